#include "runtime/energy.h"

#include <gtest/gtest.h>

namespace switchyard::runtime {
namespace {

TEST(EnergyTest, WholeChipsForTheTimeAndEachByteAndProductOnce) {
  const auto catalog = *catalog::load(catalog::default_directory());
  const catalog::Platform& platform = **catalog.platform("trn3-gen2");
  const catalog::Chip& chip = catalog.chip_of(platform);
  const catalog::PlatformNumbers numbers = catalog::sample(chip, platform, {});
  Generated g{.ttft = Seconds(2), .decode = Seconds(3)};
  const double active = numbers.active_power.value() * 5;
  EXPECT_DOUBLE_EQ(energy_of(g, chip, numbers, 1).value(), active);
  EXPECT_DOUBLE_EQ(energy_of(g, chip, numbers, chip.core_count).value(), active);
  EXPECT_DOUBLE_EQ(energy_of(g, chip, numbers, chip.core_count + 1).value(), 2 * active);
  g.work = {.hbm = Bytes(1e12), .flops = Flops(1e15)};
  EXPECT_NEAR(energy_of(g, chip, numbers, 1).value(),
              active + chip.memory_energy.si() * 1e12 + chip.compute_energy.at("bf16").si() * 1e15,
              1e-6 * active);
}

}  // namespace
}  // namespace switchyard::runtime
