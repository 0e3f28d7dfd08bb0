// The radix tree against a queue of single blocks, as vLLM keeps them.
#include "serving/block_pool.h"

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <optional>

#include "base/random.h"

namespace switchyard::serving {
namespace {

constexpr int kBlockTokens = 4;

// One entry a free block: its content, or none. Referenced blocks are counted by content.
struct Reference {
  std::int64_t free_only = 0;  // with free_first: blocks of no content
  bool free_first = false;
  std::deque<std::optional<std::int64_t>> queue;
  std::map<std::int64_t, int> references;  // by content; 0: in the queue

  std::int64_t available() const { return free_only + static_cast<std::int64_t>(queue.size()); }
  std::int64_t match(std::span<const std::int64_t> hashes, std::int64_t most) const {
    std::int64_t n = 0;
    while (n < most && references.contains(hashes[static_cast<std::size_t>(n)])) ++n;
    return n;
  }
  void acquire(std::span<const std::int64_t> hashes, std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i) {
      const std::int64_t hash = hashes[static_cast<std::size_t>(i)];
      if (references[hash]++ == 0) std::erase(queue, std::optional(hash));
    }
  }
  void take(std::int64_t count) {
    for (; count > 0; --count) {
      if (free_only > 0) {
        --free_only;
        continue;
      }
      if (queue.front()) references.erase(*queue.front());
      queue.pop_front();
    }
  }
  void release(std::span<const std::int64_t> hashes, std::int64_t shared, std::int64_t held) {
    for (std::int64_t i = held - shared; i > 0; --i) {
      if (free_first) {
        ++free_only;
      } else {
        queue.emplace_back(std::nullopt);
      }
    }
    for (std::int64_t i = shared - 1; i >= 0; --i) {
      const std::int64_t hash = hashes[static_cast<std::size_t>(i)];
      if (--references[hash] == 0) queue.emplace_back(hash);
    }
  }
};

struct Held {
  LiveRequest request;
  std::vector<std::int64_t> hashes;
  std::int64_t held = 0;
};

std::vector<std::int64_t> random_content(Random& random, std::int64_t blocks, std::int64_t& fresh) {
  std::vector<std::int64_t> hashes;
  std::uint64_t chain = random.below(3);
  for (std::int64_t i = 0; i < blocks; ++i) {
    chain = mix(chain + (random.below(5) == 0 ? static_cast<std::uint64_t>(1000 + fresh++) : 1));
    hashes.push_back(static_cast<std::int64_t>(chain >> 1));
  }
  return hashes;
}

void run(std::uint64_t seed) {
  SCOPED_TRACE(seed);
  Random random(seed);
  const bool free_first = random.below(2) == 0;
  const auto capacity = static_cast<std::int64_t>(20 + random.below(60));
  BlockPool pool({.blocks = capacity,
                  .block_tokens = kBlockTokens,
                  .free_first = free_first,
                  .hash_tokens = kBlockTokens});
  Reference reference;
  reference.free_only = capacity;
  reference.free_first = free_first;
  std::deque<Held> live;
  std::int64_t fresh = 0, hits = 0;
  for (int step = 0; step < 400; ++step) {
    if (live.empty() || random.below(2) == 0) {
      Held h;
      const auto blocks = static_cast<std::int64_t>(1 + random.below(12));
      h.hashes = random_content(random, blocks, fresh);
      h.request.blocks = h.hashes;
      h.request.target = blocks * kBlockTokens + static_cast<std::int64_t>(random.below(4));
      const BlockPool::Match match = pool.match(h.request);
      ASSERT_EQ(match.blocks, reference.match(h.hashes, blocks)) << step;
      hits += match.blocks;
      const std::int64_t all = (h.request.target + kBlockTokens - 1) / kBlockTokens;
      if (all - match.blocks + match.revived > pool.available()) continue;
      pool.acquire(h.request, match);
      reference.acquire(h.hashes, match.blocks);
      pool.take(all - match.blocks);
      reference.take(all - match.blocks);
      h.held = all;
      const std::int64_t before = h.request.share.blocks;
      pool.publish(h.request, h.request.target);
      for (std::int64_t i = before; i < h.request.share.blocks; ++i) {
        reference.references[h.hashes[static_cast<std::size_t>(i)]] = 1;
      }
      live.push_back(std::move(h));
      live.back().request.blocks = live.back().hashes;
    } else {
      const auto chosen = random.below(live.size());
      std::swap(live[chosen], live.back());
      Held& h = live.back();
      reference.release(h.hashes, h.request.share.blocks, h.held);
      pool.release(h.request.share, h.held);
      live.pop_back();
    }
    ASSERT_EQ(pool.available(), reference.available()) << step;
    pool.check();
  }
  while (!live.empty()) {
    pool.release(live.back().request.share, live.back().held);
    live.pop_back();
  }
  EXPECT_EQ(pool.available(), capacity);
  EXPECT_GT(hits, 0);
}

TEST(BlockPool, ReusesAndEvictsAsAQueueOfSingleBlocksDoes) {
  for (std::uint64_t seed = 1; seed <= 200 && !HasFailure(); ++seed) run(seed);
}

TEST(BlockPool, CutsHashesAndBlocksOfDifferentSizeIntoUnitsBothDivide) {
  // Hashes of 6 tokens, blocks of 4: units of 12 tokens, each named by its last hash.
  BlockPool pool({.blocks = 100, .block_tokens = 4, .hash_tokens = 6});
  const std::vector<std::int64_t> hashes = {11, 12, 13, 14, 15};
  LiveRequest first;
  first.blocks = hashes;
  first.target = 30;
  pool.acquire(first, pool.match(first));
  pool.take(8);
  pool.publish(first, 30);
  EXPECT_EQ(first.share.blocks, 6);
  pool.release(first.share, 8);
  LiveRequest second;
  second.blocks = hashes;
  second.target = 100;
  EXPECT_EQ(pool.match(second).tokens, 24);
  second.target = 24;  // its last block is computed anew
  EXPECT_EQ(pool.match(second).tokens, 20);
}

}  // namespace
}  // namespace switchyard::serving
