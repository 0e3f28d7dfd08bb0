#include "base/parallel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <vector>

namespace switchyard {
namespace {

class ThreadCount : public ::testing::Test {
 protected:
  void TearDown() override { unsetenv("SWITCHYARD_THREADS"); }
  static int with(const char* text) {
    setenv("SWITCHYARD_THREADS", text, 1);
    return thread_count();
  }
};

TEST_F(ThreadCount, FollowsTheEnvironmentWithinItsBounds) {
  unsetenv("SWITCHYARD_THREADS");
  const int hardware = thread_count();
  EXPECT_GE(hardware, 1);
  EXPECT_EQ(with("1"), 1);
  EXPECT_EQ(with("256"), 256);
  for (const char* wrong : {"0", "257", "-1", "many", ""}) EXPECT_EQ(with(wrong), hardware);
}

TEST_F(ThreadCount, DoesNotChangeWhatParallelForDoes) {
  for (const char* threads : {"1", "2", "9"}) {
    setenv("SWITCHYARD_THREADS", threads, 1);
    std::vector<std::atomic<int>> calls(1000);
    parallel_for(1000, [&](int i) { ++calls[static_cast<std::size_t>(i)]; });
    for (const auto& count : calls) ASSERT_EQ(count, 1);
  }
}

TEST(ParallelFor, DoesNothingForNoWork) {
  int calls = 0;
  parallel_for(0, [&](int) { ++calls; });
  EXPECT_EQ(calls, 0);
}

}  // namespace
}  // namespace switchyard
