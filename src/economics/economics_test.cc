#include "economics/economics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"

namespace switchyard::economics {
namespace {

constexpr double kJoulesPerMegawattHour = 3.6e9;

catalog::EconomyNumbers economy() {
  return {.electricity_dollars_per_joule = 75 / kJoulesPerMegawattHour,
          .pue = 1.2,
          .carbon_kg_per_joule = 0.36 / 3.6e6,
          .discount_rate = 0.1,
          .it_life_years = 4,
          .facility_life_years = 15,
          .facility_dollars_per_watt = 12,
          .maintenance_fraction = 0.04,
          .utilisation = 0.6,
          .availability = 0.95};
}

catalog::PlatformNumbers platform() {
  catalog::PlatformNumbers numbers;
  numbers.tdp = Watts(1000);
  numbers.all_in_power = Watts(2170);
  numbers.host_power_fraction = 0.5;
  numbers.cloud_on_demand = DollarsPerHour(14);
  numbers.cloud_committed = DollarsPerHour(8.5);
  numbers.owner_hourly = DollarsPerHour(1.95);
  numbers.owner_capex = Dollars(50000);
  return numbers;
}

const PowerUse kPower = {
    .chip_drawn = Watts(800), .utility_drawn = Watts(1560), .utility_provisioned = Watts(2170)};

catalog::PlatformNumbers with_power(double all_in_watts) {
  auto numbers = platform();
  numbers.all_in_power = Watts(all_in_watts);
  numbers.tdp = Watts(all_in_watts / 2);
  return numbers;
}

TEST(CostView, NamesReadBack) {
  for (const CostView view : kCostViews) EXPECT_EQ(parse_cost_view(to_text(view)).value(), view);
}

TEST(CostView, SuggestsForAMisspeltName) {
  const auto view = parse_cost_view("ownr");
  ASSERT_FALSE(view);
  EXPECT_EQ(view.error().kind, ErrorKind::kUnknown);
  EXPECT_THAT(to_text(view.error()), testing::HasSubstr("did you mean owner?"));
}

TEST(CapitalRecovery, MatchesItsFormula) {
  // r(1+r)^n / ((1+r)^n - 1) with r = 0.1, n = 4: 0.14641 / 0.4641
  EXPECT_NEAR(capital_recovery_factor(0.1, 4), 0.14641 / 0.4641, 1e-12);
  EXPECT_NEAR(capital_recovery_factor(1, 1), 2, 1e-12);
}

TEST(CapitalRecovery, IsStraightLineWithoutInterestAndContinuousThere) {
  EXPECT_DOUBLE_EQ(capital_recovery_factor(0, 4), 0.25);
  EXPECT_NEAR(capital_recovery_factor(1e-12, 4), 0.25, 1e-11);
  EXPECT_NEAR(capital_recovery_factor(1e-15, 15), 1.0 / 15, 1e-13);
}

TEST(CapitalRecovery, IsInterestAloneInTheLongRun) {
  EXPECT_NEAR(capital_recovery_factor(0.1, 1000), 0.1, 1e-12);
  EXPECT_NEAR(capital_recovery_factor(1e300, 10), 1e300, 1e285);
}

TEST(CapitalRecovery, GrowsWithInterestAndFallsWithLife) {
  double last = 0;
  for (double rate = 0; rate <= 0.5; rate += 0.01) {
    EXPECT_GT(capital_recovery_factor(rate, 4), last);
    EXPECT_LT(capital_recovery_factor(rate, 5), capital_recovery_factor(rate, 4));
    last = capital_recovery_factor(rate, 4);
  }
}

TEST(Power, AddsTheHostAndThePlant) {
  const PowerUse power = power_use(platform(), economy(), Watts(800));
  EXPECT_DOUBLE_EQ(power.chip_drawn.value(), 800);
  EXPECT_DOUBLE_EQ(power.utility_drawn.value(), (800 + 0.5 * 1000) * 1.2);
  EXPECT_DOUBLE_EQ(power.utility_provisioned.value(), 2170);
}

TEST(Power, ScalesWithPue) {
  auto lean = economy();
  lean.pue = 1;
  auto wasteful = economy();
  wasteful.pue = 1.4;
  const PowerUse a = power_use(platform(), lean, Watts(800));
  const PowerUse b = power_use(platform(), wasteful, Watts(800));
  EXPECT_DOUBLE_EQ(b.utility_drawn / a.utility_drawn, 1.4);
  EXPECT_EQ(a.utility_provisioned, b.utility_provisioned);  // all-in already holds the plant
  EXPECT_DOUBLE_EQ(
      owner_cost(platform(), wasteful, b).energy / owner_cost(platform(), lean, a).energy, 1.4);
}

TEST(Power, ProvisionsForTheChipAtItsLimit) {
  // (1000 + 0.5 * 1000) * 1.2, whatever the chip draws now: the stated 1200 cannot be meant.
  const catalog::PlatformNumbers numbers = [] {
    auto n = platform();
    n.all_in_power = Watts(1200);
    return n;
  }();
  EXPECT_DOUBLE_EQ(power_use(numbers, economy(), Watts(300)).utility_provisioned.value(), 1800);
  const PowerUse full = power_use(numbers, economy(), numbers.tdp);
  EXPECT_LE(full.utility_drawn, full.utility_provisioned);
}

TEST(Fleet, TenGigawattsOfGb200AreWithinFourToFiveMillionChips) {
  const PowerUse power = power_use(with_power(2100), economy(), Watts(1000));
  EXPECT_EQ(chips_within(Watts(10e9), power), 4'761'904);
}

TEST(Fleet, NewCarlisleHoldsAMillionTrainium2) {
  const PowerUse power = power_use(with_power(1030), economy(), Watts(500));
  EXPECT_EQ(chips_within(Watts(1.1e9), power), 1'067'961);
}

TEST(Fleet, CountsWholeChipsOnly) {
  const PowerUse power = power_use(with_power(1000), economy(), Watts(500));
  EXPECT_EQ(chips_within(Watts(0), power), 0);
  EXPECT_EQ(chips_within(Watts(999), power), 0);
  EXPECT_EQ(chips_within(Watts(1000), power), 1);
  EXPECT_EQ(chips_within(Watts(1999), power), 1);
}

TEST(Owner, AddsUpByHand) {
  const OwnerCost cost = owner_cost(platform(), economy(), kPower);
  EXPECT_NEAR(cost.capital.value(), 50000 * 0.315470804 / 8766, 1e-6);
  EXPECT_NEAR(cost.facility.value(), 12 * 2170 * 0.131473777 / 8766, 1e-6);
  EXPECT_NEAR(cost.maintenance.value(), 0.04 * 50000 / 8766, 1e-12);
  EXPECT_NEAR(cost.energy.value(), 0.075 * 1.560, 1e-12);  // $/kWh * kW
  EXPECT_NEAR(
      cost.total.value(),
      (cost.capital + cost.facility + cost.maintenance).value() / 0.95 + cost.energy.value(),
      1e-12);
}

TEST(Owner, DowntimeRaisesCapitalButNotEnergy) {
  auto always_up = economy();
  always_up.availability = 1;
  const OwnerCost ideal = owner_cost(platform(), always_up, kPower);
  const OwnerCost real = owner_cost(platform(), economy(), kPower);
  EXPECT_EQ(ideal.energy, real.energy);
  EXPECT_DOUBLE_EQ((ideal.total - ideal.energy) / (real.total - real.energy), 0.95);
}

TEST(InferenceX, CostsOfB200MatchThePublishedRow) {
  const Delivery delivery = {.output_tokens_per_second = 11889,
                             .input_tokens_per_second = 11889.0 / 8,
                             .prefill_time_share = 0.3};
  const UnitCosts costs =
      unit_costs(CostView::kInferenceX, platform(), economy(), kPower, delivery);
  EXPECT_DOUBLE_EQ(costs.per_chip_hour.value(), 1.95);
  EXPECT_NEAR(costs.dollars_per_million_output, 0.046, 0.0005);
  EXPECT_DOUBLE_EQ(costs.dollars_per_million_output, 1.95 / (11889 * 3600 / 1e6));
  EXPECT_DOUBLE_EQ(costs.dollars_per_million_input, 1.95 / (11889.0 / 8 * 3600 / 1e6));
  EXPECT_DOUBLE_EQ(costs.dollars_per_million_total, 1.95 / (11889 * 1.125 * 3600 / 1e6));
}

TEST(InferenceX, TokensPerMegawattMatchThePublishedFigures) {
  // gpt-oss-120b, 1k/8k, 90 tok/s/user: tok/s/GPU and all-in kW to M tok/s/MW.
  struct Published {
    double watts, tokens_per_second, million_per_megawatt, joules;
  };
  for (const Published& row : {Published{1730, 1557, 0.90, 1.11}, {2170, 6076, 2.80, 0.36}}) {
    const PowerUse power = {.chip_drawn = Watts(500),
                            .utility_drawn = Watts(row.watts),
                            .utility_provisioned = Watts(row.watts)};
    const EnergyUse use =
        energy_use(economy(), power, {.output_tokens_per_second = row.tokens_per_second});
    EXPECT_NEAR(use.output_tokens_per_second_per_megawatt / 1e6, row.million_per_megawatt, 0.005);
    EXPECT_NEAR(use.joules_per_output_token, row.joules, 0.005);
  }
}

TEST(InferenceX, IgnoresUtilisationAndAvailability) {
  auto idle = economy();
  idle.utilisation = 0.1;
  idle.availability = 0.5;
  const Delivery delivery = {.output_tokens_per_second = 1000, .input_tokens_per_second = 1000};
  const auto cost = [&](const catalog::EconomyNumbers& numbers) {
    return unit_costs(CostView::kInferenceX, platform(), numbers, kPower, delivery)
        .dollars_per_million_total;
  };
  EXPECT_EQ(cost(idle), cost(economy()));
}

TEST(UnitCosts, TakeTheHourOfTheirView) {
  const Delivery delivery = {.output_tokens_per_second = 1000, .input_tokens_per_second = 1000};
  const auto hour = [&](CostView view) {
    return unit_costs(view, platform(), economy(), kPower, delivery).per_chip_hour;
  };
  EXPECT_EQ(hour(CostView::kOwner), owner_cost(platform(), economy(), kPower).total);
  EXPECT_EQ(hour(CostView::kRental), DollarsPerHour(8.5));
  EXPECT_EQ(hour(CostView::kOnDemand), DollarsPerHour(14));
  EXPECT_EQ(hour(CostView::kInferenceX), DollarsPerHour(1.95));
}

TEST(UnitCosts, AreInverseToUtilisation) {
  const Delivery delivery = {
      .output_tokens_per_second = 1000, .input_tokens_per_second = 4000, .prefill_time_share = 0.4};
  auto full = economy();
  full.utilisation = 1;
  auto half = economy();
  half.utilisation = 0.5;
  for (const CostView view : {CostView::kOwner, CostView::kRental, CostView::kOnDemand}) {
    const UnitCosts a = unit_costs(view, platform(), full, kPower, delivery);
    const UnitCosts b = unit_costs(view, platform(), half, kPower, delivery);
    EXPECT_DOUBLE_EQ(b.dollars_per_million_output, 2 * a.dollars_per_million_output);
    EXPECT_DOUBLE_EQ(b.dollars_per_million_input, 2 * a.dollars_per_million_input);
    EXPECT_EQ(a.per_chip_hour, b.per_chip_hour);
  }
}

// Random deliveries under a fixed seed.
Delivery any_delivery(Random& random) {
  return {.output_tokens_per_second = 1 + 2e4 * random.uniform(),
          .input_tokens_per_second = 1 + 2e5 * random.uniform(),
          .prefill_time_share = random.uniform()};
}

TEST(UnitCosts, OfInputAndOutputAddUpToTheBill) {
  Random random(7);
  for (int i = 0; i < 200; ++i) {
    const Delivery delivery = any_delivery(random);
    for (const CostView view : {CostView::kOwner, CostView::kRental, CostView::kOnDemand}) {
      const UnitCosts costs = unit_costs(view, platform(), economy(), kPower, delivery);
      const double millions_in = delivery.input_tokens_per_second * 3600 / 1e6;
      const double millions_out = delivery.output_tokens_per_second * 3600 / 1e6;
      const double bill = costs.per_chip_hour.value() / 0.6;
      EXPECT_NEAR(millions_in * costs.dollars_per_million_input +
                      millions_out * costs.dollars_per_million_output,
                  bill, 1e-9 * bill);
      EXPECT_NEAR((millions_in + millions_out) * costs.dollars_per_million_total, bill,
                  1e-9 * bill);
    }
  }
}

TEST(UnitCosts, NeverRiseWithThroughput) {
  Random random(11);
  for (int i = 0; i < 200; ++i) {
    const Delivery slow = any_delivery(random);
    Delivery fast = slow;
    fast.output_tokens_per_second *= 1 + random.uniform();
    fast.input_tokens_per_second *= 1 + random.uniform();
    for (const CostView view : kCostViews) {
      const UnitCosts a = unit_costs(view, platform(), economy(), kPower, slow);
      const UnitCosts b = unit_costs(view, platform(), economy(), kPower, fast);
      EXPECT_LE(b.dollars_per_million_output, a.dollars_per_million_output);
      EXPECT_LE(b.dollars_per_million_input, a.dollars_per_million_input);
      EXPECT_LE(b.dollars_per_million_total, a.dollars_per_million_total);
    }
  }
}

TEST(UnitCosts, OfNoTokensAreInfinite) {
  const UnitCosts costs = unit_costs(CostView::kOwner, platform(), economy(), kPower, {});
  EXPECT_TRUE(std::isinf(costs.dollars_per_million_output));
  EXPECT_TRUE(std::isinf(costs.dollars_per_million_input));
  EXPECT_TRUE(std::isinf(costs.dollars_per_million_total));
}

TEST(Energy, IsReportedAtTheChipAndAtTheUtility) {
  const EnergyUse use = energy_use(economy(), kPower, {.output_tokens_per_second = 1560});
  EXPECT_DOUBLE_EQ(use.joules_per_output_token, 1);
  EXPECT_DOUBLE_EQ(use.chip_joules_per_output_token, 800.0 / 1560);
  EXPECT_DOUBLE_EQ(use.output_tokens_per_second_per_megawatt_drawn, 1e6);
  EXPECT_DOUBLE_EQ(use.output_tokens_per_second_per_megawatt, 1560e6 / 2170);
  EXPECT_NEAR(use.carbon_grams_per_million_output, 100, 1e-9);  // 1 MJ at 0.36 kg/kWh
}

TEST(Energy, OfNoTokensIsInfiniteEach) {
  const EnergyUse use = energy_use(economy(), kPower, {});
  EXPECT_EQ(use.output_tokens_per_second_per_megawatt, 0);
  EXPECT_TRUE(std::isinf(use.joules_per_output_token));
  EXPECT_TRUE(std::isinf(use.carbon_grams_per_million_output));
}

TEST(EconomicsDeathTest, RefusesNumbersOutsideTheContract) {
  auto never_sold = economy();
  never_sold.utilisation = 0;
  EXPECT_DEATH(unit_costs(CostView::kRental, platform(), never_sold, kPower, {}), "utilisation");
  auto never_up = economy();
  never_up.availability = 0;
  EXPECT_DEATH(owner_cost(platform(), never_up, kPower), "availability");
  EXPECT_DEATH(capital_recovery_factor(0.1, 0), "years");
}

}  // namespace
}  // namespace switchyard::economics
