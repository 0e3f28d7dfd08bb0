// Properties of execution over random valid programs.
#include <gtest/gtest.h>

#include "neuroncore/test_samples.h"

namespace switchyard::neuroncore {
namespace {

constexpr std::uint64_t kPrograms = 25;  // a generation; many more in the slow test

TEST(RandomPrograms, GiveTheSameBytesAgainAtEveryWidthAndAtTheAllocatorsAddresses) {
  int fit = 0;
  each_sample(0, kPrograms, [&fit](const Sample& s) {
    const Outcome own = expect_no_fault(s);
    expect_same_at_every_width(s, own);
    fit += expect_same_when_allocated(s, own) ? 1 : 0;
  });
  EXPECT_GT(fit, 2 * static_cast<int>(kPrograms));
}

TEST(RandomPrograms, ThatReadUnwrittenBytesAreReportedAndStillRepeat) {
  int reported = 0;
  for (std::uint64_t seed = 0; seed < kPrograms; ++seed) {
    const isa::Limits limits = test_limits(isa::Generation::kV4);
    const isa::Program program =
        isa::random_program(seed, limits, {.instructions = 15, .initialised = false});
    const Outcome first = run_program(program, limits);
    const Outcome second = run_program(program, limits);
    EXPECT_EQ(first.outputs, second.outputs);
    ASSERT_EQ(first.reports.size(), second.reports.size());
    for (std::size_t i = 0; i < first.reports.size(); ++i)
      EXPECT_EQ(to_text(first.reports[i]), to_text(second.reports[i]));
    reported += first.reports.empty() ? 0 : 1;
  }
  EXPECT_GT(reported, static_cast<int>(kPrograms / 2));
}

}  // namespace
}  // namespace switchyard::neuroncore
