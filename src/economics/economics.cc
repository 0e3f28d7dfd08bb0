#include "economics/economics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "base/check.h"
#include "base/portable_math.h"
#include "base/text.h"

namespace switchyard::economics {

namespace {

constexpr double kHoursPerYear = 8766;  // leap years included

double dollars_per_million(DollarsPerHour cost, double tokens_per_second) {
  if (tokens_per_second <= 0) return std::numeric_limits<double>::infinity();
  return cost.value() / (tokens_per_second * 3600 / 1e6);
}

DollarsPerHour hourly(CostView view, const catalog::PlatformNumbers& platform,
                      const catalog::EconomyNumbers& economy, const PowerUse& power) {
  switch (view) {
    case CostView::kOwner:
      return owner_cost(platform, economy, power).total;
    case CostView::kRental:
      return platform.cloud_committed;
    case CostView::kOnDemand:
      return platform.cloud_on_demand;
    case CostView::kInferenceX:
      return platform.owner_hourly;
  }
  SWITCHYARD_CHECK(false, "cost view {}", static_cast<int>(view));
}

}  // namespace

std::string to_text(CostView view) {
  switch (view) {
    case CostView::kOwner:
      return "owner";
    case CostView::kRental:
      return "rental";
    case CostView::kOnDemand:
      return "on-demand";
    case CostView::kInferenceX:
      return "inferencex";
  }
  SWITCHYARD_CHECK(false, "cost view {}", static_cast<int>(view));
}

Result<CostView> parse_cost_view(const std::string& text) {
  std::vector<std::string> names;
  for (const CostView view : kCostViews) {
    names.push_back(to_text(view));
    if (names.back() == text) return view;
  }
  return fail({.kind = ErrorKind::kUnknown,
               .where = "cost view",
               .found = quote(text) + " is not known",
               .wanted = join(names, ", "),
               .hint = did_you_mean(text, names)});
}

double capital_recovery_factor(double rate_per_year, double years) {
  SWITCHYARD_CHECK(years > 0 && rate_per_year >= 0, "rate {}, years {}", rate_per_year, years);
  if (rate_per_year == 0) return 1 / years;
  // r / (1 - (1+r)^-n), which keeps its digits when r is near 0 and stays finite when it is large.
  return rate_per_year / -portable_expm1(-years * portable_log1p(rate_per_year));
}

PowerUse power_use(const catalog::PlatformNumbers& platform, const catalog::EconomyNumbers& economy,
                   Watts chip_drawn) {
  const Watts host_share = platform.tdp * platform.host_power_fraction;
  return {.chip_drawn = chip_drawn,
          .utility_drawn = (chip_drawn + host_share) * economy.pue,
          .utility_provisioned =
              std::max(platform.all_in_power, (platform.tdp + host_share) * economy.pue)};
}

std::int64_t chips_within(Watts site, const PowerUse& power) {
  SWITCHYARD_CHECK(power.utility_provisioned > Watts(0));
  const double chips = std::floor(site / power.utility_provisioned);
  SWITCHYARD_CHECK(chips >= 0 && chips < 1e18, "{} chips", chips);
  return static_cast<std::int64_t>(chips);
}

OwnerCost owner_cost(const catalog::PlatformNumbers& platform,
                     const catalog::EconomyNumbers& economy, const PowerUse& power) {
  SWITCHYARD_CHECK(economy.availability > 0 && economy.availability <= 1, "availability {}",
                   economy.availability);
  const auto per_hour = [](double dollars_per_year) {
    return DollarsPerHour(dollars_per_year / kHoursPerYear);
  };
  const double capex = platform.owner_capex.value();
  const double facility_capex =
      economy.facility_dollars_per_watt * power.utility_provisioned.value();
  const Joules hour_of_energy = power.utility_drawn * Seconds(3600);
  OwnerCost cost;
  cost.capital =
      per_hour(capex * capital_recovery_factor(economy.discount_rate, economy.it_life_years));
  cost.facility = per_hour(
      facility_capex * capital_recovery_factor(economy.discount_rate, economy.facility_life_years));
  cost.maintenance = per_hour(capex * economy.maintenance_fraction);
  cost.energy = DollarsPerHour(economy.electricity_dollars_per_joule * hour_of_energy.value());
  cost.total =
      (cost.capital + cost.facility + cost.maintenance) / economy.availability + cost.energy;
  return cost;
}

UnitCosts unit_costs(CostView view, const catalog::PlatformNumbers& platform,
                     const catalog::EconomyNumbers& economy, const PowerUse& power,
                     const Delivery& delivery) {
  const bool inferencex = view == CostView::kInferenceX;
  const double utilisation = inferencex ? 1 : economy.utilisation;
  SWITCHYARD_CHECK(utilisation > 0 && utilisation <= 1, "utilisation {}", utilisation);
  const double prefill = delivery.prefill_time_share;
  SWITCHYARD_CHECK(prefill >= 0 && prefill <= 1, "prefill share {}", prefill);

  UnitCosts costs;
  costs.per_chip_hour = hourly(view, platform, economy, power);
  const DollarsPerHour sold_hour = costs.per_chip_hour / utilisation;
  const double in = delivery.input_tokens_per_second;
  const double out = delivery.output_tokens_per_second;
  costs.dollars_per_million_input = dollars_per_million(sold_hour * (inferencex ? 1 : prefill), in);
  costs.dollars_per_million_output =
      dollars_per_million(sold_hour * (inferencex ? 1 : 1 - prefill), out);
  costs.dollars_per_million_total = dollars_per_million(sold_hour, in + out);
  return costs;
}

EnergyUse energy_use(const catalog::EconomyNumbers& economy, const PowerUse& power,
                     const Delivery& delivery) {
  SWITCHYARD_CHECK(power.utility_provisioned > Watts(0) && power.utility_drawn > Watts(0));
  constexpr double kWattsPerMegawatt = 1e6;
  constexpr double kGramsPerKilogram = 1e3;
  const double out = delivery.output_tokens_per_second;
  const auto joules_per_token = [out](Watts drawn) {
    return out > 0 ? drawn.value() / out : std::numeric_limits<double>::infinity();
  };
  EnergyUse use;
  use.output_tokens_per_second_per_megawatt =
      out * kWattsPerMegawatt / power.utility_provisioned.value();
  use.output_tokens_per_second_per_megawatt_drawn =
      out * kWattsPerMegawatt / power.utility_drawn.value();
  use.joules_per_output_token = joules_per_token(power.utility_drawn);
  use.chip_joules_per_output_token = joules_per_token(power.chip_drawn);
  use.carbon_grams_per_million_output =
      use.joules_per_output_token * 1e6 * economy.carbon_kg_per_joule * kGramsPerKilogram;
  return use;
}

}  // namespace switchyard::economics
