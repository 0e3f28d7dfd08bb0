// For tests: random valid programs with options of execution, and the properties that hold for all.
#pragma once

#include <gtest/gtest.h>

#include "isa/text.h"
#include "neuroncore/test_outcome.h"
#include "numeric/vector_width.h"

namespace switchyard::neuroncore {

struct Sample {
  isa::Program program;
  isa::Limits limits;
  ExecuteOptions options;
  std::string text;  // for messages
};

inline Sample sample(isa::Generation generation, std::uint64_t seed) {
  const isa::Limits limits = test_limits(generation);
  isa::Program program = isa::random_program(seed, limits, {.instructions = 30});
  std::string text = fmt::format("{} seed {}\n", isa::name(generation), seed);
  text += isa::to_text(program);
  ExecuteOptions options{.seed = seed};
  if (seed % 3 == 0) options.rounding = numeric::RoundingMode::kStochastic;
  if (seed % 4 == 0) options.mx_scale_rule = numeric::MxScaleRule::kOcp;
  return {std::move(program), limits, options, std::move(text)};
}

// Seeds [first, last) of each generation.
template <class Visit>
void each_sample(std::uint64_t first, std::uint64_t last, Visit visit) {
  for (const auto generation : {isa::Generation::kV2, isa::Generation::kV3, isa::Generation::kV4}) {
    for (std::uint64_t seed = first; seed < last; ++seed) {
      visit(sample(generation, seed));
      if (testing::Test::HasFatalFailure()) return;
    }
  }
}

// Returns what the others compare with.
inline Outcome expect_no_fault(const Sample& s) {
  Outcome outcome = run_program(s.program, s.limits, s.options);
  EXPECT_FALSE(outcome.fault) << to_text(*outcome.fault) << "\n" << s.text;
  EXPECT_TRUE(outcome.reports.empty()) << to_text(outcome.reports[0]) << "\n" << s.text;
  EXPECT_FALSE(outcome.outputs.empty());
  return outcome;
}

inline void expect_same_at_every_width(const Sample& s, const Outcome& expected) {
  for (const numeric::VectorWidth width : numeric::vector_widths()) {
    numeric::limit_vector_width(width);
    const Outcome again = run_program(s.program, s.limits, s.options);
    numeric::limit_vector_width(numeric::VectorWidth::kAvx512);
    ASSERT_EQ(again.outputs, expected.outputs) << static_cast<int>(width) << s.text;
    ASSERT_EQ(again.trips, expected.trips);
  }
}

// Whether it fits the memory at all.
inline bool expect_same_when_allocated(const Sample& s, const Outcome& expected) {
  const std::optional<isa::Program> placed = allocated(s.program, s.limits);
  if (!placed) return false;
  const Outcome shared = run_program(*placed, s.limits, s.options);
  EXPECT_EQ(shared.outputs, expected.outputs) << s.text;
  EXPECT_TRUE(shared.reports.empty()) << to_text(shared.reports[0]) << "\n" << s.text;
  return true;
}

}  // namespace switchyard::neuroncore
