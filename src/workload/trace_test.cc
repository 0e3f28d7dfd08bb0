#include "workload/trace.h"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "workload/trace_rows.h"

namespace switchyard::workload {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

Trace read(std::string_view text, bool skip_bad = false) {
  const auto trace = parse_trace(text, "t", skip_bad);
  EXPECT_TRUE(trace) << to_text(trace.error());
  return trace ? *trace : Trace{};
}

std::string error_of(std::string_view text, bool skip_bad = false) {
  const auto trace = parse_trace(text, "t", skip_bad);
  return trace ? "none" : to_text(trace.error());
}

std::vector<std::string> rows_of(const Trace& trace) {
  std::vector<std::string> rows;
  for (const Request& request : trace.requests)
    rows.push_back(
        fmt::format("{:g}: {} {}", request.arrival_s, request.input_tokens, request.output_tokens));
  return rows;
}

TEST(TraceFormats, ReadAzureDates) {
  const Trace trace = read(
      "TIMESTAMP,ContextTokens,GeneratedTokens\r\n"
      "2023-11-16 23:59:59.5000001,374,44\r\n"
      "2023-11-17 00:00:00.7500001,396,109");
  EXPECT_EQ(trace.format, "azure");
  EXPECT_TRUE(trace.has_arrivals);
  EXPECT_THAT(rows_of(trace), ElementsAre("0: 374 44", "1.25: 396 109"));
}

TEST(TraceFormats, ReadVidurWithAndWithoutArrivals) {
  const Trace timed =
      read("arrived_at,num_prefill_tokens,num_decode_tokens\n2,1,2\n4.314579,3,4\n");
  EXPECT_THAT(rows_of(timed), ElementsAre("0: 1 2", "2.31458: 3 4"));
  const Trace untimed = read("num_prefill_tokens,num_decode_tokens,pd_ratio\n9,3,3\n4,4,1\n");
  EXPECT_FALSE(untimed.has_arrivals);
  EXPECT_THAT(rows_of(untimed), ElementsAre("0: 9 3", "0: 4 4"));
}

TEST(TraceFormats, ReadNanosecondsOfLlmServingSim) {
  const Trace trace =
      read("arrival_time_ns,input_toks,output_toks\n500000000,1,2\n750000000,3,4\n");
  EXPECT_EQ(trace.format, "llmservingsim");
  EXPECT_THAT(rows_of(trace), ElementsAre("0: 1 2", "0.25: 3 4"));
}

TEST(TraceFormats, ReadBurstGptWithItsFailures) {
  const Trace trace = read(
      "Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type\n"
      "5,ChatGPT,472,18,490,Conversation log\n45.5,\"GPT-4, \"\"new\"\"\",1087,0,1087,API log\n");
  EXPECT_EQ(trace.format, "burstgpt");
  EXPECT_THAT(rows_of(trace), ElementsAre("0: 472 18", "40.5: 1087 0"));
}

TEST(TraceFormats, ReadMooncakeBlocksInMilliseconds) {
  const Trace trace =
      read(R"({"timestamp": 1000, "input_length": 600, "output_length": 2, "hash_ids": [7, 8]})"
           "\n\n"
           R"({"timestamp": 1500, "input_length": 10, "output_length": 3, "hash_ids": []})");
  EXPECT_EQ(trace.format, "mooncake");
  EXPECT_EQ(trace.block_tokens, 512);
  EXPECT_THAT(trace.requests[0].prefix_blocks, ElementsAre(7, 8));
  EXPECT_THAT(rows_of(trace), ElementsAre("0: 600 2", "0.5: 10 3"));
}

TEST(TraceFormats, TellQwenFromMooncake) {
  const Trace trace = read(
      R"({"chat_id": 1, "parent_chat_id": -1, "timestamp": 61.5, "input_length": 20,)"
      R"( "output_length": 5, "type": "text", "turn": 1, "hash_ids": [18446744073709551615]})");
  EXPECT_EQ(trace.format, "qwen-bailian");
  EXPECT_EQ(trace.block_tokens, 16);
  EXPECT_THAT(trace.requests[0].prefix_blocks, ElementsAre(-1));  // a hash: only equality matters
}

TEST(TraceFormats, ReadGenericCsvAndJsonAlike) {
  const Trace csv = read("\xef\xbb\xbfInput_Tokens , output_tokens,arrival_s\n 10, 20 ,1.5\n");
  const Trace json = read(R"({"arrival_s": 1.5, "input_tokens": 10, "output_tokens": 20})");
  EXPECT_EQ(csv.format, "generic");
  EXPECT_EQ(json.format, "generic");
  EXPECT_EQ(rows_of(csv), rows_of(json));
}

TEST(TraceFormats, ReadAnyFormatFromJson) {
  const Trace trace =
      read(R"({"input_toks": 3, "output_toks": 4, "arrival_time_ns": 5, "ids": [1]})");
  EXPECT_EQ(trace.format, "llmservingsim");
}

TEST(TraceHeader, ErrorListsTheFormatsAndTheClosest) {
  const std::string text = error_of("time,num_prefil_tokens,num_decode_tokens\n1,2,3\n");
  EXPECT_THAT(text, AllOf(HasSubstr("t:1: is not a known trace"), HasSubstr("azure (TIMESTAMP"),
                          HasSubstr("mooncake (timestamp"), HasSubstr("generic ("),
                          HasSubstr("closest is vidur, which lacks num_prefill_tokens")));
  EXPECT_THAT(error_of("{\"prompt\": 1}\n"), HasSubstr("t:1: is not a known trace"));
}

TEST(TraceHeader, MisspeltArrivalsAreNotDroppedInSilence) {
  EXPECT_THAT(error_of("arival_s,input_tokens,output_tokens\n1,2,3\n"), HasSubstr("arrival_s"));
  EXPECT_THAT(error_of("ContextTokens,GeneratedTokens\n1,2\n"), HasSubstr("lacks TIMESTAMP"));
}

TEST(TraceHeader, MustBeThereEvenWhenSkipping) {
  EXPECT_THAT(error_of("", true), HasSubstr("is empty"));
  EXPECT_THAT(error_of(" \n\r\n", true), HasSubstr("t"));
  EXPECT_THAT(error_of("input_tokens,output_tokens\n", true), HasSubstr("holds no requests"));
  EXPECT_THAT(error_of("{\"input_tokens\": 1,\n", true), HasSubstr("t:1: is not valid JSON"));
  EXPECT_THAT(error_of("[{\"input_tokens\": 1, \"output_tokens\": 2}]", true),
              HasSubstr("t:1: is not an object"));
}

TEST(TraceRows, StandByArrivalAndTiesAsInTheFile) {
  const Trace trace =
      read("arrival_s,input_tokens,output_tokens\n9,1,1\n5,2,2\n9,3,3\n5,4,4\n7,5,5\n");
  EXPECT_THAT(rows_of(trace), ElementsAre("0: 2 2", "0: 4 4", "2: 5 5", "4: 1 1", "4: 3 3"));
}

TEST(TraceRows, BoundTokenCounts) {
  const auto with = [](const std::string& tokens) {
    return error_of("input_tokens,output_tokens\n" + tokens + ",1\n");
  };
  for (const char* good : {"0", "100000000", "12.0", "1e3"}) EXPECT_EQ(with(good), "none") << good;
  for (const char* bad : {"-1", "100000001", "1.5", "nan", "inf", "", "0x10", "12 3", "1e999"})
    EXPECT_THAT(with(bad), HasSubstr("t:2: input_tokens: is \"")) << bad;
}

TEST(TraceRows, BoundArrivals) {
  const auto with = [](const std::string& arrival) {
    return error_of("arrival_s,input_tokens,output_tokens\n" + arrival + ",1,1\n");
  };
  EXPECT_EQ(with("0"), "none");
  EXPECT_EQ(with("8e9"), "none");
  for (const char* bad : {"-0.001", "8.1e9", "nan", "soon"})
    EXPECT_THAT(with(bad), HasSubstr("t:2: arrival_s")) << bad;
}

TEST(TraceRows, FaultsCarryTheirLines) {
  const std::string text = error_of("input_tokens,output_tokens\n\"1\",2\n\n3\n4,five\n6,7,8\n");
  EXPECT_THAT(text,
              AllOf(HasSubstr("t:4: has 1 cells; wanted 2, as the header"),
                    HasSubstr("t:5: output_tokens: is \"five\""), HasSubstr("t:6: has 3 cells")));
}

TEST(TraceRows, AreSkippedOnlyOnRequest) {
  constexpr const char* kText = "input_tokens,output_tokens\n1,2\n3,x\n5,6\n";
  EXPECT_THAT(error_of(kText), HasSubstr("t:3"));
  const Trace trace = read(kText, true);
  EXPECT_THAT(rows_of(trace), ElementsAre("0: 1 2", "0: 5 6"));
  EXPECT_EQ(trace.bad_row_count, 1);
  ASSERT_EQ(trace.bad_rows.size(), 1U);
  EXPECT_EQ(trace.bad_rows[0].where, "t:3: output_tokens");
}

TEST(TraceRows, KeepAThousandBadRowsAndCountTheRest) {
  std::string text = "input_tokens,output_tokens\n1,2\n";
  for (int i = 0; i < 1500; ++i) text += "x,1\n";
  const Trace trace = read(text, true);
  EXPECT_EQ(trace.bad_row_count, 1500);
  EXPECT_EQ(trace.bad_rows.size(), 1000U);
  const auto strict = parse_trace(text, "t", false);
  ASSERT_FALSE(strict);
  EXPECT_EQ(strict.error().also.size(), 19U);  // twenty are enough to see what is wrong
}

TEST(TraceRows, AllBadIsAFault) {
  EXPECT_THAT(error_of("input_tokens,output_tokens\nx,1\n", true), HasSubstr("t:2"));
}

TEST(Csv, FollowsTheQuotingOfRfc4180) {
  const Trace trace = read(
      "note,input_tokens,\"output_tokens\"\r\n"
      "\"a,b\r\nc \"\"d\"\"\",\"1\",2\r\n"
      "\"\",3,\"4\"\r\n");
  EXPECT_THAT(rows_of(trace), ElementsAre("0: 1 2", "0: 3 4"));
}

TEST(Csv, CountsLinesWithinQuotes) {
  EXPECT_THAT(error_of("note,input_tokens,output_tokens\n\"a\n\nb\",1,2\nc,x,2\n"),
              HasSubstr("t:5: input_tokens"));
}

TEST(Csv, NamesBrokenQuotesAndGoesOnWithTheNextLine) {
  constexpr const char* kHeader = "note,input_tokens,output_tokens\n";
  for (const char* bad : {"\"a,1,2\nb,3,4\n", "\"a\"x,1,2\nb,3,4\n", "a\"x,1,2\nb,3,4\n"}) {
    EXPECT_THAT(error_of(std::string(kHeader) + bad), HasSubstr("t:2: has ")) << bad;
    const Trace trace = read(std::string(kHeader) + bad, true);
    EXPECT_THAT(rows_of(trace), ElementsAre("0: 3 4")) << bad;
  }
}

TEST(Csv, EndsOnAnUnclosedQuoteInTheHeader) {
  EXPECT_THAT(error_of("\"avVi"), HasSubstr("t:1: has a quote that is never closed"));
  EXPECT_THAT(error_of("\"a\"\""), HasSubstr("t:1: has a quote that is never closed"));
}

TEST(Csv, BoundsLinesAndColumns) {
  const std::string header = "note,input_tokens,output_tokens\n";
  const std::string row_end = ",1,2\n";
  const std::string fits(kLineBytesMax - row_end.size(), 'a');
  EXPECT_EQ(error_of(header + fits + row_end), "none");
  EXPECT_THAT(error_of(header + fits + "a" + row_end), HasSubstr("t:2: is too long"));
  const std::string names = "input_tokens,output_tokens";
  const std::string cells = "1,2";
  EXPECT_EQ(error_of(names + std::string(kColumnsMax - 2, ',') + "\n" + cells +
                     std::string(kColumnsMax - 2, ',')),
            "none");
  EXPECT_THAT(error_of(names + std::string(kColumnsMax - 1, ',')), HasSubstr("too many columns"));
}

TEST(Jsonl, NamesWhatIsWrongWithALine) {
  constexpr const char* kGood = "{\"timestamp\": 0, \"input_length\": 5, \"output_length\": 1}\n";
  const auto with = [&](const std::string& line) { return error_of(kGood + line); };
  EXPECT_EQ(with(kGood), "none");
  EXPECT_THAT(with("{\"timestamp\": 0,"), HasSubstr("t:2: is not valid JSON"));
  EXPECT_THAT(with("[1]"), HasSubstr("t:2: is not an object"));
  EXPECT_THAT(with("7"), HasSubstr("t:2: is not an object"));
  EXPECT_THAT(with("{\"timestamp\": 0, \"input_length\": 5}"),
              HasSubstr("t:2: output_length: is missing"));
  EXPECT_THAT(with("{\"timestamp\": 0, \"input_length\": [5], \"output_length\": 1}"),
              HasSubstr("t:2: input_length: is \"[...]\""));
  EXPECT_THAT(with("{\"timestamp\": 0, \"input_length\": 1e999, \"output_length\": 1}"),
              HasSubstr("t:2: is not valid JSON"));
  EXPECT_THAT(with("{\"hash_ids\": [1, \"a\"], \"input_length\": 1}"), HasSubstr("t:2: hash_ids"));
  EXPECT_THAT(with("{\"hash_ids\": 3, \"input_length\": 1}"), HasSubstr("t:2: hash_ids"));
}

TEST(Jsonl, SurvivesDeepNesting) {
  const std::string deep = std::string(1'000'000, '[') + std::string(1'000'000, ']');
  EXPECT_EQ(error_of("{\"x\": " + deep + ", \"input_tokens\": 1, \"output_tokens\": 2}"), "none");
}

TEST(Jsonl, TakesTopLevelKeysOnly) {
  const Trace trace = read(R"({"meta": {"input_tokens": 9, "output_tokens": 9}, )"
                           R"("input_tokens": 1, "output_tokens": 2})");
  EXPECT_THAT(rows_of(trace), ElementsAre("0: 1 2"));
}

TEST(DateTime, ReadsZonesAndFractions) {
  std::int64_t plain = 0, zoned = 0, fraction = 0;
  ASSERT_TRUE(parse_date_time("2024-05-10 00:00:00", plain));
  EXPECT_EQ(plain, 1'715'299'200'000'000'000);
  ASSERT_TRUE(parse_date_time("2024-05-10T02:30:00.000+02:30", zoned));
  EXPECT_EQ(zoned, plain);
  ASSERT_TRUE(parse_date_time("2024-05-10 00:00:00.0099309991234Z", fraction));
  EXPECT_EQ(fraction - plain, 9'930'999);
}

TEST(DateTime, RefusesWhatIsNoDate) {
  std::int64_t out = 0;
  EXPECT_TRUE(parse_date_time("2024-02-29 23:59:59", out));
  for (const char* text :
       {"", "2024-05-10", "2023-02-29 00:00:00", "2024-13-01 00:00:00", "2024-05-10 24:00:00",
        "2024-05-10 00:00:60", "1970-01-01 00:00:00", "2201-01-01 00:00:00", "2024/05/10 00:00:00",
        "2024-05-10 00:00:00.", "2024-05-10 00:00:00+2", "2024-05-10 00:00:00 UTC"})
    EXPECT_FALSE(parse_date_time(text, out)) << text;
}

TEST(Summary, CountsLeadingBlocksSeenBefore) {
  // 16-token blocks: of the second prompt one block is cached, of the third all but its last token;
  // block 9 is known but not leading.
  const std::string end = ", \"output_length\": 4, \"chat_id\": 0, \"timestamp\": ";
  const Trace trace = read("{\"hash_ids\": [1, 2], \"input_length\": 32" + end + "0}\n" +
                           "{\"hash_ids\": [1, 3, 2], \"input_length\": 40" + end + "1}\n" +
                           "{\"hash_ids\": [1, 3], \"input_length\": 28" + end + "2}\n");
  const Workload workload = summarise(trace, "mine", {.ttft = Seconds(2), .tpot = Seconds(0.05)});
  EXPECT_EQ(workload.name, "mine");
  EXPECT_DOUBLE_EQ(workload.prefix_share, (0 + 16 + 27) / 100.0);
  EXPECT_DOUBLE_EQ(workload.input.mean, 100.0 / 3);
  EXPECT_DOUBLE_EQ(workload.input_output_product, 400.0 / 3);
  EXPECT_EQ(workload.slo.ttft, Seconds(2));
}

TEST(Summary, KeepsTheCorrelationOfInputAndOutput) {
  const Trace trace = read("input_tokens,output_tokens\n100,1000\n1000,100\n");
  const Workload workload = summarise(trace, "t", {});
  EXPECT_DOUBLE_EQ(workload.input_output_product, 100'000);
  EXPECT_LT(workload.mean_decode_context(),
            workload.input.mean + workload.output.mean_square / 2 / workload.output.mean);
}

TEST(Speed, AMillionRowsTakeSeconds) {
  std::string text = "arrival_s,input_tokens,output_tokens\n";
  for (int i = 0; i < 1'000'000; ++i) text += fmt::format("{}.5,{},{}\n", i, i % 5000, i % 700);
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(read(text).requests.size(), 1'000'000U);
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  EXPECT_LT(taken.count(), 20);  // a second or less when optimised; room for sanitizers
}

// Published traces, where they are at hand.
class PublicTraces : public testing::Test {
 protected:
  static Trace open(const std::string& name) {
    const auto trace = read_trace("../shared/data/traces/" + name, false);
    if (trace) return *trace;
    EXPECT_EQ(trace.error().kind, ErrorKind::kIo) << to_text(trace.error());
    return {};
  }
};

#define OPEN_OR_SKIP(trace, name) \
  const Trace trace = open(name); \
  if (trace.requests.empty()) GTEST_SKIP() << "public trace " << (name) << " is not at hand"

TEST_F(PublicTraces, Azure2023HasItsPublishedMeans) {
  OPEN_OR_SKIP(trace, "azure_llm_2023_conv.csv.gz");
  EXPECT_EQ(trace.requests.size(), 19'366U);
  const Workload workload = summarise(trace, "azure", {});
  EXPECT_NEAR(workload.input.mean, 1155, 0.5);
  EXPECT_NEAR(workload.output.mean, 211, 0.5);
  EXPECT_EQ(workload.input.p50, 1020);
  EXPECT_EQ(workload.output.p50, 129);
  EXPECT_NEAR(trace.requests.back().arrival_s, 3600, 120);
}

TEST_F(PublicTraces, VidurHoldsTheSameRequestsAsAzure) {
  OPEN_OR_SKIP(trace, "vidur_splitwise_conv.csv.gz");
  OPEN_OR_SKIP(azure, "azure_llm_2023_conv.csv.gz");
  ASSERT_EQ(trace.requests.size(), azure.requests.size());
  for (std::size_t i = 0; i < trace.requests.size(); ++i) {
    ASSERT_EQ(trace.requests[i].input_tokens, azure.requests[i].input_tokens) << i;
    ASSERT_NEAR(trace.requests[i].arrival_s, azure.requests[i].arrival_s, 1e-5) << i;
  }
}

TEST_F(PublicTraces, VidurSummariesHaveNoArrivals) {
  OPEN_OR_SKIP(trace, "vidur_arxiv_summarization_stats_llama2_tokenizer_filtered_v2.csv.gz");
  EXPECT_EQ(trace.requests.size(), 28'257U);
  EXPECT_FALSE(trace.has_arrivals);
}

TEST_F(PublicTraces, MooncakeSharesMostOfItsPrompts) {
  OPEN_OR_SKIP(trace, "mooncake_fast25_synthetic.jsonl.gz");
  EXPECT_EQ(trace.requests.size(), 3'993U);
  EXPECT_EQ(trace.block_tokens, 512);
  const Workload workload = summarise(trace, "mooncake", {});
  EXPECT_NEAR(workload.input.mean, 15'325.5, 0.1);
  EXPECT_NEAR(workload.prefix_share, 0.651, 0.001);
  EXPECT_NEAR(trace.requests.back().arrival_s, 17 * 60, 10);
}

TEST_F(PublicTraces, LlmServingSimHasThreeHundredRows) {
  OPEN_OR_SKIP(trace, "llmservingsim_sharegpt_llama31_300.csv.gz");
  EXPECT_EQ(trace.requests.size(), 300U);
  EXPECT_EQ(trace.requests[0].input_tokens, 2358);
  EXPECT_NEAR(trace.requests[1].arrival_s, 0.301012143, 1e-12);
}

TEST(TraceFile, MissingIsAnIoError) {
  const auto trace = read_trace("no/such/trace.csv", false);
  ASSERT_FALSE(trace);
  EXPECT_EQ(trace.error().kind, ErrorKind::kIo);
}

}  // namespace
}  // namespace switchyard::workload
