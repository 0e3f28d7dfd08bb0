// From throughput and power to dollars, megawatts, joules and carbon.
//
// All functions work on plain numbers per chip. Views of cost:
//   owner       total cost of owning: capital recovery on IT and facility, maintenance, energy
//   drawn, availability and
//               utilisation explicit
//   rental      a cloud's committed price per chip-hour, over utilisation
//   on-demand   a cloud's list price per chip-hour, over utilisation
//   inferencex  the InferenceX convention: its hourly owner cost, utilisation 1, power as
//   provisioned; cost charged
//               whole to output tokens for "$/M output" and whole again to input tokens for "$/M
//               input"
#pragma once

#include <array>
#include <string>

#include "base/result.h"
#include "base/units.h"
#include "catalog/sample.h"

namespace switchyard::economics {

enum class CostView { kOwner, kRental, kOnDemand, kInferenceX };
inline constexpr std::array kCostViews = {CostView::kOwner, CostView::kRental, CostView::kOnDemand,
                                          CostView::kInferenceX};
std::string to_text(CostView view);
Result<CostView> parse_cost_view(const std::string& text);

// CRF(r, n) = r(1+r)^n / ((1+r)^n - 1); 1/n at r = 0. Contract: n > 0, r >= 0.
double capital_recovery_factor(double rate_per_year, double years);

// The parts of an owner's hour, per chip.
struct OwnerCost {
  DollarsPerHour capital, facility, maintenance, energy;
  DollarsPerHour total;  // (capital + facility + maintenance) / availability + energy
};

// Power of one chip's share of the deployment.
struct PowerUse {
  Watts chip_drawn;     // at the chip, mean under load
  Watts utility_drawn;  // (chip + host share) * PUE
  Watts utility_provisioned;
};
PowerUse power_use(const catalog::PlatformNumbers& platform, const catalog::EconomyNumbers& economy,
                   Watts chip_drawn);

OwnerCost owner_cost(const catalog::PlatformNumbers& platform,
                     const catalog::EconomyNumbers& economy, const PowerUse& power);

// What a deployment delivers, per chip, while it is loaded.
struct Delivery {
  double output_tokens_per_second = 0;
  double input_tokens_per_second = 0;  // received, cached ones included
  double prefill_time_share = 0;       // of chip time, [0, 1]; the rest is decode
};

struct UnitCosts {
  DollarsPerHour per_chip_hour;           // before utilisation
  double dollars_per_million_output = 0;  // input and output parts add up to the bill:
  double dollars_per_million_input =
      0;  //   in * $in + out * $out = chip-hours * price (except inferencex)
  double dollars_per_million_total = 0;  // over all tokens
};
UnitCosts unit_costs(CostView view, const catalog::PlatformNumbers& platform,
                     const catalog::EconomyNumbers& economy, const PowerUse& power,
                     const Delivery& delivery);

struct EnergyUse {
  double output_tokens_per_second_per_megawatt = 0;  // provisioned at the utility, at full load
  double output_tokens_per_second_per_megawatt_drawn = 0;  // drawn at the utility, at full load
  double joules_per_output_token = 0;                      // drawn at the utility
  double chip_joules_per_output_token =
      0;  // drawn by the chips alone, comparable to board telemetry
  double carbon_grams_per_million_output = 0;  // location based
};
EnergyUse energy_use(const catalog::EconomyNumbers& economy, const PowerUse& power,
                     const Delivery& delivery);

}  // namespace switchyard::economics
