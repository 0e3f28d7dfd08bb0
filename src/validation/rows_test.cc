// Reading tables and making cases of their rows: hostile text, spellings, reasons.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.h"
#include "base/text.h"
#include "validation/case.h"
#include "validation/parallelism.h"

namespace switchyard::validation {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const catalog::Catalog& shipped() {
  static const auto loaded = catalog::load("catalog");
  return *loaded;
}
const ModelNames& models() {
  static const auto loaded = ModelNames::load("catalog/models");
  return *loaded;
}

constexpr const char* kHeader =
    "row_id,source_set,platform,chip_count,model,precision,mode,parallelism,engine,workload,isl,"
    "osl,concurrency,batch_size,spec_decode,output_tok_s,ttft_ms,tpot_ms,power_w_per_chip,quality,"
    "notes\n";
constexpr const char* kGood =
    "a,aic_silicon_sample/inferencex,H200-SXM-141GB,2,meta-llama/Llama-3.1-70B,fp8,agg,"
    "TP2 PP1 DP1 moeTP2 EP1,vllm,random,1024,1024,16,16,,,190,15.65,,ok,\n";

Measurements parse(const std::string& rows) {
  auto parsed = parse_measurements(kHeader + rows, "t.csv");
  EXPECT_TRUE(parsed) << to_text(parsed.error());
  return parsed ? std::move(*parsed) : Measurements{};
}

std::string reason_of(const std::string& line) {
  static Measurements kept;
  kept = parse(line);
  const CaseOrReason made = make_case(kept.rows.at(0), shipped(), models());
  return std::holds_alternative<std::string>(made) ? std::get<std::string>(made) : "";
}

std::string with(std::string line, const std::string& from, const std::string& to) {
  const auto at = line.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return line.replace(at, from.size(), to);
}

TEST(MeasuredRows, NamesFileAndLineOfWhatCannotBeRead) {
  const Measurements m = parse(std::string(kGood) + with(kGood, "15.65", "fast") + "a,b\n" +
                               with(kGood, "1024,1024", "-5,1024") + with(kGood, "15.65", "1e99") +
                               with(kGood, ",16,16,", ",nan,16,"));
  EXPECT_EQ(m.rows.size(), 1u);
  EXPECT_THAT(m.malformed,
              ElementsAre(HasSubstr("t.csv:3: tpot_ms is"), HasSubstr("t.csv:4: has 2 cells"),
                          HasSubstr("t.csv:5: isl is"), HasSubstr("t.csv:6: tpot_ms is"),
                          HasSubstr("t.csv:7: concurrency is")));
}

TEST(MeasuredRows, RefusesTablesOfAnotherKind) {
  const auto other = parse_measurements("a,b\n1,2\n", "other.csv");
  ASSERT_FALSE(other);
  EXPECT_THAT(to_text(other.error()), HasSubstr("no column platform"));
  EXPECT_FALSE(read_measurements("no/such/directory"));
  EXPECT_FALSE(read_measurements("catalog/models"));  // no CSV in it
}

TEST(MeasuredRows, AbsentColumnsAreBlank) {
  const auto m = parse_measurements("platform,model\nH100-SXM-80GB,llama-3.1-8b\n", "t.csv");
  ASSERT_TRUE(m);
  const CaseOrReason made = make_case(m->rows[0], shipped(), models());
  ASSERT_TRUE(std::holds_alternative<std::string>(made));
}

TEST(Names, KnowPlatformsByTheirWords) {
  const std::pair<const char*, const char*> kNames[] = {
      {"H100-SXM-80GB", "h100"},
      {"GB200", "gb200-nvl72"},
      {"TPU v6e (Trillium)", "tpu-v6e"},
      {"TPU v7 (Ironwood)", "tpu-ironwood"},
      {"Trainium1 (trn1.32xlarge)", "trn1"},
      {"Trainium2 (trn2)", "trn2"},
      {"Inferentia2 (inf2.48xlarge)", "inf2"},
      {"AMD Instinct MI300X 192GB HBM3", "mi300x"},
      {"gb300-nvl72", "gb300-nvl72"}};
  for (const auto& [name, id] : kNames) {
    std::string why_not;
    const catalog::Platform* p = find_platform(shipped(), name, why_not);
    ASSERT_TRUE(p) << name << ": " << why_not;
    EXPECT_EQ(p->id, id);
  }
  for (const char* name : {"H100-NVL", "H100-PCIe", "H100-SXM-80GB power-capped", "L4000", "",
                           "AMD Instinct MI300X (x32), AMD Instinct MI355X (x16)"}) {
    std::string why_not;
    EXPECT_EQ(find_platform(shipped(), name, why_not), nullptr) << name;
    EXPECT_FALSE(why_not.empty());
  }
}

TEST(Names, KnowModelsBySpelling) {
  const std::pair<const char*, const char*> kNames[] = {
      {"meta-llama/Llama-3.1-8B-Instruct", "llama-3.1-8b"},
      {"nvidia/Llama-3.1-8B-Instruct-FP8", "llama-3.1-8b"},
      {"Meta-Llama-3.1-8B-Instruct", "llama-3.1-8b"},
      {"llama2-70b-99.9", "llama-2-70b"},
      {"llama3.1-405b", "llama-3.1-405b"},
      {"Qwen/Qwen3-235B-A22B-Thinking-2507-FP8", "qwen3-235b-a22b"},
      {"Qwen/Qwen3-Coder-30B-A3B-Instruct", "qwen3-30b-a3b"},
      {"nvidia/DeepSeek-R1-NVFP4", "deepseek-r1"},
      {"zhipuai/GLM-5", "glm-5"}};
  for (const auto& [name, id] : kNames) {
    const model::Model* m = models().find(name);
    ASSERT_TRUE(m) << name;
    EXPECT_EQ(m->id, id);
  }
  EXPECT_EQ(models().find("gptj-99"), nullptr);
  EXPECT_EQ(models().find(""), nullptr);
}

TEST(Case, TakesInferencexLengthsAndThroughput) {
  const Measurements m = parse(kGood);
  const CaseOrReason made = make_case(m.rows[0], shipped(), models());
  ASSERT_TRUE(std::holds_alternative<Case>(made));
  const Case& c = std::get<Case>(made);
  EXPECT_DOUBLE_EQ(c.input, 1024 * 0.9);
  EXPECT_EQ(c.cache_bits, 8);
  EXPECT_EQ(c.sharding.tp, 2);
  const double e2e = 0.190 + (c.output - 1) * 0.01565;
  EXPECT_NEAR(c.measured.output_tokens_per_second, 16 * c.output / e2e, 1e-6);
}

TEST(Case, SaysWhyARowIsSkipped) {
  EXPECT_EQ(reason_of(kGood), "");
  EXPECT_THAT(reason_of(with(kGood, ",ok,", ",wip_run,")), HasSubstr("quality"));
  EXPECT_EQ(reason_of(with(kGood, "Llama-3.1-70B", "Llama-9-1T")), "model not known");
  EXPECT_EQ(reason_of(with(kGood, "H200-SXM-141GB", "X9")), "platform not in the catalog");
  EXPECT_EQ(reason_of(with(kGood, ",fp8,", ",fp3,")), "precision not known");
  EXPECT_EQ(reason_of(with(kGood, ",16,16,", ",,,")), "concurrency not stated");
  EXPECT_EQ(reason_of(with(kGood, "1024,1024", "1024,")), "lengths not stated");
  EXPECT_EQ(reason_of(with(kGood, "190,15.65", ",")), "nothing measured that we predict");
  EXPECT_EQ(reason_of(with(kGood, ",16,,", ",16,EAGLE,")),
            "speculative decoding of unknown acceptance");
  EXPECT_EQ(reason_of(with(kGood, "TP2 PP1 DP1 moeTP2 EP1", "TP3 PP1")),
            "parallelism contradicts the chip count");
}

TEST(Parallelism, ReadsEverySpelling) {
  const model::Model moe = *models().find("deepseek-r1");
  const model::Model dense = *models().find("llama-3.1-8b");
  const auto read = [](const char* text, int chips, const model::Model& m) {
    std::string fault;
    const Parallelism p = read_parallelism(text, chips, m, fault);
    EXPECT_EQ(fault, "") << text;
    return p;
  };
  EXPECT_EQ(read("TP8 PP1 DP1 moeTP1 EP8", 8, moe).sharding.ep, 8);
  EXPECT_EQ(read("TP1 EP8 DP8", 8, moe).sharding.dp, 8);
  EXPECT_EQ(read("TP1 EP8 DP1", 8, moe).sharding.tp, 8);
  EXPECT_EQ(read("TP32", 16, dense).sharding.tp, 16);  // two cores a chip
  EXPECT_EQ(read("DP4 TP2", 8, dense).replicas, 4);
  const Parallelism split = read("P 2x(TP1 DP4 EP4) + D 3x(TP8 DP1 EP8)", 32, moe);
  EXPECT_EQ(split.prefill_workers, 2);
  EXPECT_EQ(split.replicas, 3);
  EXPECT_EQ(split.prefill.dp, 4);
  std::string fault;
  read_parallelism("P ?x(TP8 DP1 EP8) + D ?x(TP8 DP1 EP8)", 0, moe, fault);
  EXPECT_EQ(fault, "disaggregated without worker counts");
}

// Whatever stands in a row, it becomes a case or a reason.
TEST(Case, SurvivesRandomRows) {
  Random random(7);
  const std::string alphabet = "TPDEx(+) 0123456789,.-abcdefgH?%k=";
  for (int round = 0; round < 3000; ++round) {
    std::string line = kGood;
    const int edits = 1 + static_cast<int>(random.below(4));
    for (int i = 0; i < edits; ++i) {
      line[random.below(line.size() - 1)] = alphabet[random.below(alphabet.size())];
    }
    const auto parsed = parse_measurements(kHeader + line, "t.csv");
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->rows.size() + parsed->malformed.size(), 1u) << line;
    for (const MeasuredRow& row : parsed->rows) {
      const CaseOrReason made = make_case(row, shipped(), models());
      const auto* reason = std::get_if<std::string>(&made);
      EXPECT_TRUE(reason == nullptr || !reason->empty()) << line;
    }
  }
}

}  // namespace
}  // namespace switchyard::validation
