// Properties of execution over random valid programs.
#include <gmock/gmock.h>

#include "isa/text.h"
#include "neuroncore/test_outcome.h"
#include "numeric/vector_width.h"

namespace switchyard::neuroncore {
namespace {

using isa::Generation;

constexpr std::uint64_t kPrograms = 60;  // a generation

struct Sample {
  isa::Program program;
  isa::Limits limits;
  ExecuteOptions options;
  std::string text;  // for messages
};

Sample sample(Generation generation, std::uint64_t seed) {
  const isa::Limits limits = test_limits(generation);
  isa::Program program = isa::random_program(seed, limits, {.instructions = 30});
  std::string text = fmt::format("{} seed {}\n", isa::name(generation), seed);
  text += isa::to_text(program);
  ExecuteOptions options{.seed = seed};
  if (seed % 3 == 0) options.rounding = numeric::RoundingMode::kStochastic;
  if (seed % 4 == 0) options.mx_scale_rule = numeric::MxScaleRule::kOcp;
  return {std::move(program), limits, options, std::move(text)};
}

template <class Visit>
void each_sample(Visit visit) {
  for (const Generation generation : {Generation::kV2, Generation::kV3, Generation::kV4}) {
    for (std::uint64_t seed = 0; seed < kPrograms; ++seed) {
      visit(sample(generation, seed));
      if (testing::Test::HasFatalFailure()) return;
    }
  }
}

TEST(RandomPrograms, RunWithoutFaultAndReadWhatWasWritten) {
  each_sample([](const Sample& s) {
    const Outcome outcome = run_program(s.program, s.limits, s.options);
    ASSERT_FALSE(outcome.fault) << to_text(*outcome.fault) << "\n" << s.text;
    ASSERT_TRUE(outcome.reports.empty()) << to_text(outcome.reports[0]) << "\n" << s.text;
    ASSERT_FALSE(outcome.outputs.empty());
  });
}

TEST(RandomPrograms, GiveTheSameBytesAgainAndAtEveryVectorWidth) {
  each_sample([](const Sample& s) {
    const Outcome first = run_program(s.program, s.limits, s.options);
    for (const numeric::VectorWidth width : numeric::vector_widths()) {
      numeric::limit_vector_width(width);
      const Outcome again = run_program(s.program, s.limits, s.options);
      numeric::limit_vector_width(numeric::VectorWidth::kAvx512);
      ASSERT_EQ(again.outputs, first.outputs) << static_cast<int>(width) << s.text;
      ASSERT_EQ(again.trips, first.trips);
    }
  });
}

TEST(RandomPrograms, GiveTheSameBytesAtTheAddressesOfTheAllocator) {
  int fit = 0;
  each_sample([&fit](const Sample& s) {
    const std::optional<isa::Program> placed = allocated(s.program, s.limits);
    if (!placed) return;
    ++fit;
    const Outcome own = run_program(s.program, s.limits, s.options);
    const Outcome shared = run_program(*placed, s.limits, s.options);
    ASSERT_EQ(shared.outputs, own.outputs) << s.text;
    ASSERT_TRUE(shared.reports.empty()) << to_text(shared.reports[0]) << "\n" << s.text;
  });
  EXPECT_GT(fit, 150);  // of 180
}

TEST(RandomPrograms, ThatReadUnwrittenBytesAreReportedAndStillRepeat) {
  int reported = 0;
  for (std::uint64_t seed = 0; seed < kPrograms; ++seed) {
    const isa::Limits limits = test_limits(Generation::kV4);
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
  EXPECT_GT(reported, 30);
}

}  // namespace
}  // namespace switchyard::neuroncore
