#include "workload/workload.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/random.h"

namespace switchyard::workload {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

// A directory of its own for each test, removed afterwards.
class WorkloadFiles : public testing::Test {
 protected:
  void SetUp() override {
    directory_ = fs::path(testing::TempDir()) /
                 testing::UnitTest::GetInstance()->current_test_info()->name();
    fs::remove_all(directory_);
    fs::create_directories(directory_);
  }
  void TearDown() override { fs::remove_all(directory_); }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(directory_ / name) << text;
  }
  std::string faults() const {
    const auto loaded = load_workloads(directory_);
    return loaded ? "none" : to_text(loaded.error());
  }

  fs::path directory_;
};

constexpr const char* kGood = R"(
id = "mine"
name = "Mine"
prefix_share = 0.5
input = { low = 100, high = 300, source = "a log" }
output = { tokens = 50, source = "a log" }
slo = { ttft_s = 1.5, tpot_ms = 40, source = "a contract" }
)";

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  return at == std::string::npos ? "no such text" : text.replace(at, from.size(), to);
}

TEST(Lengths, OfOneValueHaveNoSpread) {
  const Lengths lengths = Lengths::fixed(1024);
  EXPECT_EQ(lengths.mean, 1024);
  EXPECT_EQ(lengths.mean_square, 1024.0 * 1024);
  EXPECT_EQ(lengths.p50, 1024);
  EXPECT_EQ(lengths.p99, 1024);
  EXPECT_EQ(lengths.maximum, 1024);
}

TEST(Lengths, AgreeBetweenUniformAndItsSamples) {
  const Lengths exact = Lengths::uniform(100, 300);
  std::vector<double> values;
  for (int i = 0; i <= 20000; ++i) values.push_back(100 + i * 0.01);
  const Lengths sampled = Lengths::of(values);
  EXPECT_NEAR(sampled.mean, exact.mean, 1e-6);
  EXPECT_NEAR(sampled.mean_square, exact.mean_square, 1);
  EXPECT_NEAR(sampled.p50, exact.p50, 1e-6);
  EXPECT_NEAR(sampled.p90, exact.p90, 1e-6);
  EXPECT_NEAR(sampled.p99, exact.p99, 1e-6);
  EXPECT_NEAR(sampled.maximum, exact.maximum, 1e-6);
}

TEST(Lengths, InterpolateQuantilesBetweenNeighbours) {
  const Lengths lengths = Lengths::of({30, 10, 20});
  EXPECT_DOUBLE_EQ(lengths.p50, 20);
  EXPECT_DOUBLE_EQ(lengths.p90, 28);
  EXPECT_EQ(lengths.maximum, 30);
  EXPECT_EQ(Lengths::of({5}).p99, 5);
}

TEST(Workload, DecodeContextOfFixedLengthsIsInputAndHalfTheOutput) {
  EXPECT_DOUBLE_EQ(fixed_workload(1024, 512, 0, {}).mean_decode_context(), 1024 + 256);
}

TEST(Workload, PrefillContextOfFixedLengthsIsBetweenPrefixAndEnd) {
  EXPECT_DOUBLE_EQ(fixed_workload(1000, 1, 0, {}).mean_prefill_context(), 500);
  EXPECT_DOUBLE_EQ(fixed_workload(1000, 1, 0.9, {}).mean_prefill_context(), 950);
  EXPECT_DOUBLE_EQ(fixed_workload(1000, 1, 0.9, {}).new_input_tokens(), 100);
}

TEST(Workload, ContextsMatchACountTokenByToken) {
  Random random(3);
  constexpr double kShare = 0.25;
  std::vector<double> inputs, outputs;
  double product = 0, decode = 0, decode_steps = 0, prefill = 0, prefill_tokens = 0;
  for (int i = 0; i < 300; ++i) {
    const double in = 4.0 * static_cast<double>(1 + random.below(500));
    const double out = static_cast<double>(1 + random.below(700));
    inputs.push_back(in);
    outputs.push_back(out);
    product += in * out / 300;
    for (double k = 0; k < out; ++k) decode += in + k + 0.5;  // half a token: the formula's limit
    decode_steps += out;
    for (double t = in * kShare; t < in; ++t) prefill += t + 0.5;
    prefill_tokens += in * (1 - kShare);
  }
  const Workload workload = {.input = Lengths::of(inputs),
                             .output = Lengths::of(outputs),
                             .prefix_share = kShare,
                             .input_output_product = product};
  EXPECT_NEAR(workload.mean_decode_context(), decode / decode_steps, 1e-6);
  EXPECT_NEAR(workload.mean_prefill_context(), prefill / prefill_tokens, 1e-6);
}

TEST(Workload, WithoutTokensHasFiniteContexts) {
  const Workload workload = fixed_workload(0, 0, 0, {});
  EXPECT_EQ(workload.mean_decode_context(), 0);
  EXPECT_EQ(workload.mean_prefill_context(), 0);
  EXPECT_EQ(fixed_workload(10, 0, 0, {}).mean_decode_context(), 10);
}

TEST(WorkloadDeathTest, RefusesAPrefixOfTheWholeInput) {
  EXPECT_DEATH(fixed_workload(10, 10, 1, {}), "prefix_share");
  EXPECT_DEATH(fixed_workload(-1, 10, 0, {}), "input_tokens");
}

TEST(Catalog, HoldsTheNamedWorkloads) {
  const auto workloads = load_workloads("catalog/workloads");
  ASSERT_TRUE(workloads) << to_text(workloads.error());
  std::vector<std::string> names;
  for (const Workload& workload : *workloads) {
    names.push_back(workload.name);
    EXPECT_FALSE(workload.title.empty());
    EXPECT_FALSE(workload.note.empty());
    EXPECT_GT(workload.slo.ttft, workload.slo.tpot);
  }
  EXPECT_THAT(names, ElementsAre("agent", "chat", "conversation", "rag", "reasoning"));
}

TEST(Catalog, GivesAWorkloadByName) {
  const auto chat = named_workload("chat", "catalog/workloads");
  ASSERT_TRUE(chat) << to_text(chat.error());
  EXPECT_EQ(chat->input.mean, 1024);
  EXPECT_EQ(chat->output.mean, 1024);
  EXPECT_EQ(chat->input_output_product, 1024.0 * 1024);
  EXPECT_EQ(chat->slo.tpot, milliseconds(50));
  const auto agent = named_workload("agent", "catalog/workloads");
  ASSERT_TRUE(agent) << to_text(agent.error());
  EXPECT_NEAR(agent->new_input_tokens(), agent->input.mean / 10, 1e-6);
}

TEST(Catalog, SuggestsForAMisspeltName) {
  const auto workload = named_workload("reasonin", "catalog/workloads");
  ASSERT_FALSE(workload);
  EXPECT_EQ(workload.error().kind, ErrorKind::kUnknown);
  EXPECT_THAT(to_text(workload.error()), HasSubstr("did you mean reasoning?"));
}

TEST(Catalog, ReachesNoFileOutsideItsDirectory) {
  const auto workload = named_workload("../economy", "catalog/workloads");
  ASSERT_FALSE(workload);
  EXPECT_EQ(workload.error().kind, ErrorKind::kUnknown);
}

TEST(Catalog, SaysThatADirectoryIsMissing) {
  const auto workload = named_workload("chat", "no/such/directory");
  ASSERT_FALSE(workload);
  EXPECT_EQ(workload.error().kind, ErrorKind::kIo);
  EXPECT_THAT(to_text(workload.error()), HasSubstr("no/such/directory"));
}

TEST_F(WorkloadFiles, ReadsSpreadLengths) {
  write("mine.toml", kGood);
  const auto mine = named_workload("mine", directory_);
  ASSERT_TRUE(mine) << to_text(mine.error());
  EXPECT_EQ(mine->title, "Mine");
  EXPECT_EQ(mine->input.mean, 200);
  EXPECT_EQ(mine->input.maximum, 300);
  EXPECT_EQ(mine->input_output_product, 200 * 50);
  EXPECT_EQ(mine->prefix_share, 0.5);
  EXPECT_EQ(mine->slo.ttft, Seconds(1.5));
}

TEST_F(WorkloadFiles, NamesEveryFaultOfEveryFile) {
  write("mine.toml", replaced(kGood, "tokens = 50", "tokens = 0"));
  write("yours.toml", replaced(kGood, "tpot_ms = 40", "tpotms = 40"));
  const std::string text = faults();
  EXPECT_THAT(text, AllOf(HasSubstr("mine.toml: output: tokens"), HasSubstr("yours.toml: id"),
                          HasSubstr("yours.toml: slo: tpot_ms: is missing"),
                          HasSubstr("did you mean tpot_ms?")));
}

TEST_F(WorkloadFiles, BoundTheirNumbers) {
  const std::vector<std::pair<std::string, std::string>> sound = {
      {"0.5", "0"}, {"0.5", "0.999"}, {"tokens = 50", "tokens = 100000000"}, {"100,", "300,"}};
  for (const auto& [from, to] : sound) {
    write("mine.toml", replaced(kGood, from, to));
    EXPECT_EQ(faults(), "none") << to;
  }
  const std::vector<std::pair<std::string, std::string>> faulty = {
      {"0.5", "1"},     {"0.5", "-0.1"}, {"tokens = 50", "tokens = 100000001"},
      {"100,", "301,"}, {"1.5", "0"},    {"40", "nan"}};
  for (const auto& [from, to] : faulty) {
    write("mine.toml", replaced(kGood, from, to));
    EXPECT_THAT(faults(), HasSubstr("mine.toml")) << to;
  }
}

TEST_F(WorkloadFiles, AskForSourceAndTables) {
  write("mine.toml", "id = \"mine\"\nname = \"Mine\"\ninput = 5\noutput = { tokens = 4 }\n");
  EXPECT_THAT(faults(), AllOf(HasSubstr("input: is 5"), HasSubstr("output: source: is missing"),
                              HasSubstr("slo: is missing")));
}

}  // namespace
}  // namespace switchyard::workload
