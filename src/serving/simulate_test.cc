#include "serving/simulate.h"

#include <gtest/gtest.h>

#include "serving/test_service.h"

namespace switchyard::serving {
namespace {

TEST(Simulate, OneRequestTakesItsPromptStepAndItsDecodeSteps) {
  TestSteps steps;
  ListSource source;
  source.add(1, 100, 5);
  Collector sink;
  const auto result = simulate(steps, source, small_service(), sink);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->completed, 1);
  EXPECT_EQ(result->steps, 5);
  EXPECT_EQ(result->output_tokens, 5);
  const auto& r = sink.records.at(0);
  const std::int64_t prompt = 1'000'000 + 100 * 10'000 + 100 * 101 / 2;
  EXPECT_EQ((r.first_token - r.arrival).ps(), prompt);
  std::int64_t decode = 0;
  for (int i = 0; i < 4; ++i) decode += 1'000'000 + 10'000 + 100 * (100 + i);
  EXPECT_EQ((r.finish - r.first_token).ps(), decode);
}

}  // namespace
}  // namespace switchyard::serving
