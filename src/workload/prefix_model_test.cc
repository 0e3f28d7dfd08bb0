#include "workload/prefix_model.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "workload/request_maker.h"

namespace switchyard::workload {
namespace {

// Share of the input blocks found in a cache that never forgets.
struct Sharing {
  std::set<std::int64_t> seen;
  double found = 0, all = 0;
  void add(std::span<const std::int64_t> blocks) {
    bool leading = true;
    for (const std::int64_t block : blocks) {
      leading = leading && seen.contains(block);
      found += leading ? 1 : 0;
      all += 1;
    }
    seen.insert(blocks.begin(), blocks.end());
  }
  double share() const { return found / all; }
};

TEST(PrefixModel, OfATraceWithoutBlocksSharesNothing) {
  const Trace trace{.requests = {{.input_tokens = 5}}, .block_tokens = 0};
  EXPECT_FALSE(PrefixModel::fit(trace).shares());
}

TEST(PrefixModel, RepeatsTheSharingOfATraceOfConversations) {
  Trace trace{.block_tokens = 16};
  Random random(1);
  for (std::int64_t n = 0; n < 4000; ++n) {
    Request request{.input_tokens = 160};
    const auto conversation = static_cast<std::int64_t>(random.below(200));
    for (std::int64_t i = 0; i < 10; ++i) {
      request.prefix_blocks.push_back(i < 6 ? conversation * 100 + i : 1'000'000 + n * 100 + i);
    }
    trace.requests.push_back(request);
  }
  const PrefixModel model = PrefixModel::fit(trace);
  PromptGenerator generator(model, 7);
  Sharing of_trace, of_draws;
  for (const Request& request : trace.requests) {
    of_trace.add(request.prefix_blocks);
    std::vector<std::int64_t> blocks;
    append_blocks(generator.draw(160, random), 16, blocks);
    EXPECT_EQ(blocks.size(), 10u);
    of_draws.add(blocks);
  }
  EXPECT_NEAR(of_draws.share(), of_trace.share(), 0.03);
}

TEST(PrefixModel, FittedToMooncakeFindsAsMuch) {
  const std::filesystem::path path = "../shared/data/traces/mooncake_fast25_synthetic.jsonl.gz";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "no " << path;
  const Trace trace = read_trace(path, false).value();
  const PrefixModel model = PrefixModel::fit(trace);
  ASSERT_TRUE(model.shares());
  PromptGenerator generator(model, 3);
  const LengthModel lengths = LengthModel::fit(trace.requests);
  Random random(2);
  Sharing of_trace, of_draws;
  for (const Request& request : trace.requests) {
    of_trace.add(request.prefix_blocks);
    std::vector<std::int64_t> blocks;
    append_blocks(generator.draw(lengths.draw(random).input_tokens, random), 512, blocks);
    of_draws.add(blocks);
  }
  EXPECT_NEAR(of_draws.share(), of_trace.share(), 0.06);
}

TEST(PrefixModel, ABlockBelongsToThePieceOfItsLastToken) {
  const std::vector<PromptPiece> short_first = {{1, 20}, {2, 40}};
  const std::vector<PromptPiece> other_second = {{1, 20}, {3, 40}};
  std::vector<std::int64_t> a, b;
  append_blocks(short_first, 16, a);
  append_blocks(other_second, 16, b);
  ASSERT_EQ(a.size(), 3u);
  EXPECT_EQ(a[0], b[0]);
  EXPECT_NE(a[1], b[1]);  // tokens 16 to 31 end in the second piece
  EXPECT_NE(a[2], b[2]);
}

TEST(PrefixModel, BlocksGoOnWhereTheyEnded) {
  const std::vector<PromptPiece> first = {{1, 20}, {2, 40}};
  const std::vector<PromptPiece> longer = {{1, 20}, {2, 100}};
  std::vector<std::int64_t> grown, whole;
  append_blocks(std::vector<PromptPiece>{{1, 20}, {2, 32}}, 16, grown);
  append_blocks(longer, 16, grown);
  append_blocks(longer, 16, whole);
  EXPECT_EQ(grown, whole);
}

}  // namespace
}  // namespace switchyard::workload
