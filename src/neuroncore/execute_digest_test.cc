// The bytes that the programs of tests/fuzz_seeds/execute_fuzz/ compute, as one number each: every
// compiler and machine must agree. A digest changes only with a change of values that is meant.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "base/files.h"
#include "isa/text.h"
#include "neuroncore/test_outcome.h"

namespace switchyard::neuroncore {
namespace {

const std::map<std::string, std::uint64_t> kDigests = {};

std::uint64_t digest(const Outcome& outcome) {
  std::uint64_t sum = 0;
  for (const std::vector<std::uint8_t>& bytes : outcome.outputs) {
    const auto* text = reinterpret_cast<const char*>(bytes.data());
    sum = mix(sum + hash_text({text, bytes.size()}));
  }
  return sum;
}

TEST(Digest, OfEachProgramIsTheSameEverywhere) {
  std::map<std::string, std::uint64_t> digests;
  for (const auto& entry : std::filesystem::directory_iterator("tests/fuzz_seeds/execute_fuzz")) {
    const std::string file = entry.path().filename().string();
    if (!kDigests.contains(file)) continue;  // what fuzzing found need not run
    const Result<std::string> text = read_file(entry.path());
    ASSERT_TRUE(text) << to_text(text.error());
    const Result<isa::Program> program = isa::parse_program(*text, file);
    ASSERT_TRUE(program) << to_text(program.error());
    const ExecuteOptions options{.seed = 3, .rounding = numeric::RoundingMode::kStochastic};
    digests[file] = digest(run_program(*program, test_limits(program->generation()), options));
  }
  EXPECT_EQ(digests, kDigests);
}

}  // namespace
}  // namespace switchyard::neuroncore
