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

const std::map<std::string, std::uint64_t> kDigests = {
    {"alias.txt", 0x6a9bdd17898fc296}, {"v2-0.txt", 0x61179d8fc822d494},
    {"v2-1.txt", 0x14d5940db204f42c},  {"v2-2.txt", 0xc7804c504e4c20f5},
    {"v2-3.txt", 0xee42c69eef333e8a},  {"v2-4.txt", 0x1c4b458818287d19},
    {"v2-5.txt", 0x6acb5cefd600c7a7},  {"v2-6.txt", 0xc0c32805c126b14a},
    {"v2-7.txt", 0x3a9e287c33bf1991},  {"v3-0.txt", 0x4b7cc5e05714bf9f},
    {"v3-1.txt", 0x0cc156438a7f47f9},  {"v3-2.txt", 0x549f96dbdd741e8f},
    {"v3-3.txt", 0x3d8f9126956dae25},  {"v3-4.txt", 0x2726709b689a6ee0},
    {"v3-5.txt", 0x14eeed175fbf4d52},  {"v3-6.txt", 0x8c23a0d6f52e3012},
    {"v3-7.txt", 0x7189da91c2ea01d0},  {"v4-0.txt", 0x46d1da9c58b6701b},
    {"v4-1.txt", 0xe1f184abc5210be2},  {"v4-2.txt", 0x8d80be599a9562d3},
    {"v4-3.txt", 0x565309a5cc423d6b},  {"v4-4.txt", 0x8959f9ea3bab06fe},
    {"v4-5.txt", 0xa5f2fd218671a97b},  {"v4-6.txt", 0xd72cd2cbe7a8e90b},
    {"v4-7.txt", 0x2386633af04dc861},  {"v4-8.txt", 0xb8829b4863415196},
    {"v4-9.txt", 0xc649026a21e8ccc4},
};

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
