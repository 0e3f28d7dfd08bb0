// From throughput and power to dollars, megawatts, joules and carbon.
//
// All functions work on plain numbers per chip. Views of cost:
//   owner       total cost of owning: capital recovery on IT and facility, maintenance, energy
//               drawn; availability and utilisation explicit
//   rental      a cloud's committed price per chip-hour, over utilisation
//   on-demand   a cloud's list price per chip-hour, over utilisation
//   inferencex  the InferenceX convention: its hourly owner cost, utilisation 1; cost charged whole
//               to output tokens for "$/M output" and whole again to input tokens for "$/M input"
//
// Utilisation is the share of the tokens a deployment could deliver that is sold. Chips and their
// power are paid for in every hour, the idle ones at the power drawn under load too: idle chips
// draw less, so the owner's energy is an upper bound. [assumption]
//
// Contract of all functions: utilisation and availability in (0, 1], lives > 0, nothing negative.
// A stream without tokens costs infinity per token.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "base/result.h"
#include "base/units.h"
#include "catalog/sample.h"

namespace switchyard::economics {

enum class CostView { kOwner, kRental, kOnDemand, kInferenceX };
inline constexpr std::array kCostViews = {CostView::kOwner, CostView::kRental, CostView::kOnDemand,
                                          CostView::kInferenceX};
std::string to_text(CostView view);
// Unknown names get a suggestion.
Result<CostView> parse_cost_view(const std::string& text);

// CRF(r, n) = r(1+r)^n / ((1+r)^n - 1); 1/n at r = 0. Contract: n > 0, r >= 0.
double capital_recovery_factor(double rate_per_year, double years);

// The parts of an owner's hour, per chip.
struct OwnerCost {
  DollarsPerHour capital;      // IT equipment, recovered over its life
  DollarsPerHour facility;     // building and electrical plant, by provisioned power
  DollarsPerHour maintenance;  // share of the capital each year
  DollarsPerHour energy;       // drawn at the utility, under load
  DollarsPerHour total;        // (capital + facility + maintenance) / availability + energy
};

// Power of one chip's share of the deployment.
struct PowerUse {
  Watts chip_drawn;           // at the chip, mean under load
  Watts utility_drawn;        // (chip + host share) * PUE; the host share is a fraction of the TDP
  Watts utility_provisioned;  // the platform's all-in power, at least what a chip at its limit
                              // draws: where estimates, drawn apart, disagree, all-in gives way
};
PowerUse power_use(const catalog::PlatformNumbers& platform, const catalog::EconomyNumbers& economy,
                   Watts chip_drawn);

// Whole chips that a site's power feeds, as provisioned. Contract: provisioned power > 0.
std::int64_t chips_within(Watts site, const PowerUse& power);

OwnerCost owner_cost(const catalog::PlatformNumbers& platform,
                     const catalog::EconomyNumbers& economy, const PowerUse& power);

// What a deployment delivers, per chip, while it is loaded.
struct Delivery {
  double output_tokens_per_second = 0;
  double input_tokens_per_second = 0;  // received, cached ones included
  double prefill_time_share = 0;       // of chip time, [0, 1]; the rest is decode
};

struct UnitCosts {
  DollarsPerHour per_chip_hour;  // before utilisation
  // Input bears the time of prefill, output that of decode, so that they add up to the bill:
  // tokens in * $in + tokens out * $out = chip-hours * price / utilisation. Not so in the
  // inferencex view, where each bears the whole.
  double dollars_per_million_output = 0;
  double dollars_per_million_input = 0;
  double dollars_per_million_total = 0;  // over all tokens
};
UnitCosts unit_costs(CostView view, const catalog::PlatformNumbers& platform,
                     const catalog::EconomyNumbers& economy, const PowerUse& power,
                     const Delivery& delivery);

struct EnergyUse {
  // At full load; by power provisioned and by power drawn, both at the utility.
  double output_tokens_per_second_per_megawatt = 0;
  double output_tokens_per_second_per_megawatt_drawn = 0;
  double joules_per_output_token = 0;          // drawn at the utility
  double chip_joules_per_output_token = 0;     // by the chips alone, comparable to board telemetry
  double carbon_grams_per_million_output = 0;  // location based, from the power drawn
};
EnergyUse energy_use(const catalog::EconomyNumbers& economy, const PowerUse& power,
                     const Delivery& delivery);

}  // namespace switchyard::economics
