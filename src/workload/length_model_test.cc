#include "workload/length_model.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

namespace switchyard::workload {
namespace {

struct Moments {
  double input = 0, output = 0, input_variation = 0, correlation = 0;
  double output_p50 = 0, output_p99 = 0;
};

template <class Draw>
Moments moments(int count, Draw draw) {
  double si = 0, so = 0, sii = 0, soo = 0, sio = 0;
  std::vector<double> outputs;
  for (int n = 0; n < count; ++n) {
    const LengthPair pair = draw(n);
    const auto i = static_cast<double>(pair.input_tokens);
    const auto o = static_cast<double>(pair.output_tokens);
    si += i;
    so += o;
    sii += i * i;
    soo += o * o;
    sio += i * o;
    outputs.push_back(o);
  }
  std::sort(outputs.begin(), outputs.end());
  Moments m{.input = si / count, .output = so / count};
  const double vi = sii / count - m.input * m.input;
  const double vo = soo / count - m.output * m.output;
  m.input_variation = std::sqrt(std::max(vi, 0.0)) / m.input;
  if (vi > 0 && vo > 0) m.correlation = (sio / count - m.input * m.output) / std::sqrt(vi * vo);
  m.output_p50 = outputs[outputs.size() / 2];
  m.output_p99 = outputs[outputs.size() * 99 / 100];
  return m;
}

TEST(LengthModel, HasTheMomentsAskedFor) {
  const LengthModel model = LengthModel::log_normal({1000, 0.8}, {50.5, 0}, 0);
  Random random(1);
  const Moments m = moments(200000, [&](int) { return model.draw(random); });
  EXPECT_NEAR(m.input, 1000, 10);
  EXPECT_NEAR(m.input_variation, 0.8, 0.02);
  EXPECT_NEAR(m.output, 50.5, 0.05);  // rounded up and down alike
}

TEST(LengthModel, CorrelatesAsAsked) {
  for (const double wanted : {-1.0, -0.5, 0.0, 0.5, 1.0}) {
    const LengthModel model = LengthModel::log_normal({1000, 0.2}, {1000, 0.2}, wanted);
    Random random(2);
    const Moments m = moments(50000, [&](int) { return model.draw(random); });
    EXPECT_NEAR(m.correlation, wanted, 0.05) << wanted;  // of logarithms, not lengths
  }
}

TEST(LengthModel, NeverLeavesItsBounds) {
  const LengthModel model = LengthModel::log_normal({1, 50}, {kTokensMax, 5}, 0);
  Random random(3);
  for (int n = 0; n < 20000; ++n) {
    const LengthPair pair = model.draw(random);
    ASSERT_GE(pair.input_tokens, 1);
    ASSERT_GE(pair.output_tokens, 1);
    ASSERT_LE(pair.output_tokens, static_cast<std::int64_t>(kTokensMax));
  }
}

TEST(LengthModel, FittedToOneRequestRepeatsIt) {
  const std::vector<Request> one = {{.input_tokens = 17, .output_tokens = 0}};
  const LengthModel model = LengthModel::fit(one);
  Random random(4);
  for (int n = 0; n < 100; ++n) {
    const LengthPair pair = model.draw(random);
    ASSERT_EQ(pair.input_tokens, 17);
    ASSERT_EQ(pair.output_tokens, 1);
  }
}

TEST(LengthModel, FittedToATraceHasItsMeansTailsAndCorrelation) {
  for (const char* name : {"azure_llm_2023_conv.csv.gz", "mooncake_fast25_synthetic.jsonl.gz",
                           "vidur_arxiv_summarization_stats_llama2_tokenizer_filtered_v2.csv.gz"}) {
    const std::filesystem::path there = std::filesystem::path("../shared/data/traces") / name;
    if (!std::filesystem::exists(there)) GTEST_SKIP() << "no " << there;
    const Trace trace = read_trace(there, false).value();
    const Moments of_trace = moments(static_cast<int>(trace.requests.size()), [&](int n) {
      const Request& r = trace.requests[static_cast<std::size_t>(n)];
      return LengthPair{r.input_tokens, std::max<std::int64_t>(r.output_tokens, 1)};
    });
    const LengthModel model = LengthModel::fit(trace.requests);
    Random random(5);
    const Moments m = moments(100000, [&](int) { return model.draw(random); });
    EXPECT_NEAR(m.input / of_trace.input, 1, 0.02) << name;
    EXPECT_NEAR(m.output / of_trace.output, 1, 0.02) << name;
    EXPECT_NEAR(m.input_variation, of_trace.input_variation, 0.05) << name;
    EXPECT_NEAR(m.output_p50 / of_trace.output_p50, 1, 0.05) << name;
    EXPECT_NEAR(m.output_p99 / of_trace.output_p99, 1, 0.05) << name;
    EXPECT_NEAR(m.correlation, of_trace.correlation, 0.05) << name;
  }
}

}  // namespace
}  // namespace switchyard::workload
