#include "fabric/ranks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <thread>

#include "base/random.h"
#include "numeric/convert.h"

namespace switchyard::fabric {
namespace {

using numeric::ElementType;
using testing::HasSubstr;

std::span<std::uint8_t> bytes_of(std::vector<float>& v) {
  return {reinterpret_cast<std::uint8_t*>(v.data()), 4 * v.size()};
}

// Runs work(rank) on a thread for each rank.
template <class Work>
void run_ranks(RankWorld& world, const Work& work) {
  std::vector<std::thread> threads;
  for (int rank = 0; rank < world.ranks(); ++rank) {
    threads.emplace_back([&, rank] {
      work(rank);
      world.finish(rank);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

std::vector<int> all(int n) {
  std::vector<int> out;
  for (int i = 0; i < n; ++i) out.push_back(i);
  return out;
}

TEST(Ranks, ReduceInTheOrderOfTheGroup) {
  constexpr int kRanks = 8, kCount = 10000;
  std::vector<std::vector<float>> src(kRanks), dst(kRanks, std::vector<float>(kCount));
  Random random(1);
  for (auto& s : src) {
    for (int i = 0; i < kCount; ++i) s.push_back(static_cast<float>(random.normal()));
  }
  RankWorld world(kRanks);
  run_ranks(world, [&](int rank) {
    const Exchange e{.kind = "all_reduce",
                     .place = "test",
                     .group = all(kRanks),
                     .src = bytes_of(src[rank]),
                     .dst = bytes_of(dst[rank]),
                     .sends = {},
                     .receives = {},
                     .reduces = true};
    EXPECT_TRUE(world.meet(rank, e).has_value());
  });
  for (int i = 0; i < kCount; ++i) {
    float sum = src[0][i];
    for (int rank = 1; rank < kRanks; ++rank) sum += src[rank][i];
    for (const auto& d : dst) ASSERT_EQ(d[i], sum);
  }
}

TEST(Ranks, ReduceEveryTypeAsFloat32OrWithWrap) {
  const std::int8_t a[] = {100, -100, 7}, b[] = {100, 50, -8};
  std::int8_t out[3];
  const auto span = [](const std::int8_t* p) {
    return std::span<const std::uint8_t>(reinterpret_cast<const std::uint8_t*>(p), 3);
  };
  const std::span<const std::uint8_t> sources[] = {span(a), span(b)};
  const std::span<std::uint8_t> to[] = {{reinterpret_cast<std::uint8_t*>(out), 3}};
  reduce(ReduceOp::kAdd, ElementType::kInt8, sources, to);
  EXPECT_EQ(out[0], -56);
  EXPECT_EQ(out[2], -1);
  reduce(ReduceOp::kMax, ElementType::kInt8, sources, to);
  EXPECT_EQ(out[1], 50);
  EXPECT_FALSE(can_reduce(ElementType::kFloat8E4m3fnX4));
  EXPECT_TRUE(can_reduce(ElementType::kBfloat16));
}

TEST(Ranks, MovePiecesBothWays) {
  RankWorld world(3);
  std::vector<std::vector<float>> src = {{1, 2, 3}, {4, 5, 6}, {7, 8, 9}};
  std::vector<std::vector<float>> dst(3, std::vector<float>(3));
  run_ranks(world, [&](int rank) {
    Exchange e{.kind = "all_to_all",
               .place = "test",
               .group = all(3),
               .src = bytes_of(src[rank]),
               .dst = bytes_of(dst[rank])};
    for (int peer = 0; peer < 3; ++peer) {
      e.sends.push_back({peer, 4 * peer, 4});
      e.receives.push_back({peer, 4 * peer, 4});
    }
    EXPECT_TRUE(world.meet(rank, e).has_value());
  });
  EXPECT_EQ(dst[1], (std::vector<float>{2, 5, 8}));
}

TEST(Ranks, ThatNeverArriveAreADeadlockThatNamesThem) {
  RankWorld world(4);
  std::vector<float> data(4);
  std::string text;
  run_ranks(world, [&](int rank) {
    if (rank == 3) return;
    std::vector<float> out(4);
    const Exchange e{.kind = "all_reduce",
                     .place = "kernel.py:7",
                     .group = all(4),
                     .src = bytes_of(data),
                     .dst = bytes_of(out),
                     .sends = {},
                     .receives = {},
                     .reduces = true};
    const Status status = world.meet(rank, e);
    ASSERT_FALSE(status.has_value());
    if (rank == 0) text = to_text(status.error());
  });
  EXPECT_THAT(text, HasSubstr("deadlock"));
  EXPECT_THAT(text, HasSubstr("ranks 0, 1, 2: waiting at all_reduce (kernel.py:7) for rank 3"));
  EXPECT_THAT(text, HasSubstr("rank 3: ended"));
}

TEST(Ranks, AtDifferentCollectivesAreADeadlockToo) {
  RankWorld world(2);
  std::vector<std::vector<float>> data(2, std::vector<float>(2));
  run_ranks(world, [&](int rank) {
    Exchange e{.kind = rank == 0 ? "all_reduce" : "all_gather",
               .place = "t",
               .group = all(2),
               .src = bytes_of(data[rank]),
               .dst = bytes_of(data[rank])};
    const Status status = world.meet(rank, e);
    ASSERT_FALSE(status.has_value());
    EXPECT_THAT(to_text(status.error()), HasSubstr("for rank"));
  });
}

TEST(Ranks, RefuseGroupsWithoutTheCallerAndPiecesThatDoNotFit) {
  RankWorld world(1);
  std::vector<float> data(2);
  Exchange e{
      .kind = "permute", .place = "t", .group = {1}, .src = bytes_of(data), .dst = bytes_of(data)};
  EXPECT_FALSE(world.meet(0, e).has_value());
  e.group = {0};
  e.receives = {{0, 0, 4}};
  const Status status = world.meet(0, e);
  ASSERT_FALSE(status.has_value());
  EXPECT_THAT(to_text(status.error()), HasSubstr("rank 0 sends nothing to rank 0"));
}

}  // namespace
}  // namespace switchyard::fabric
