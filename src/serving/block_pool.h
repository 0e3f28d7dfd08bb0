// The paged KV cache of a rank, with the prefix cache inside it.
//
// Blocks of known content stay after their request until their room is needed. A radix tree over
// content hashes holds them; a node is a run of units that were always used together, so that
// the work of a request grows with the branches it passes, not with its blocks. A unit is the
// smallest piece both the hashes and the engine's blocks divide.
//
// Free blocks stand in one queue in order of release, the end of a request before its start, and
// are taken from the front: least recently used first, leaves before their stems. As in vLLM,
// blocks of no known content stand in the same queue; with `free_first`, as in SGLang, they are
// taken before any cached one. [vLLM BlockPool and FreeKVCacheBlockQueue; SGLang RadixCache]
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "serving/host_cache.h"
#include "serving/id_table.h"
#include "serving/live_request.h"

namespace switchyard::serving {

struct PoolOptions {
  std::int64_t blocks = 0;
  int block_tokens = 16;
  bool prefix_cache = true;
  bool free_first = false;
  int hash_tokens = 0;  // tokens a content hash stands for; 0: none come
  std::int64_t host_blocks = 0;
};

class BlockPool {
 public:
  explicit BlockPool(const PoolOptions& options);

  std::int64_t capacity() const { return capacity_; }
  // May be taken now, cached ones included.
  std::int64_t available() const { return loose_ + queued_; }
  std::int64_t cached() const { return cached_; }            // of those, of known content
  void take(std::int64_t blocks);                            // contract: available
  void give_back(std::int64_t blocks) { loose_ += blocks; }  // just taken, not needed

  // The longest known start of a request's content.
  struct Match {
    std::int32_t node = 0;      // where it ends
    std::int64_t in_node = 0;   // units of that node
    std::int64_t blocks = 0;    // in sum
    std::int64_t revived = 0;   // of those, free now
    std::int64_t tokens = 0;    // that need not be computed: all but the last block of the target
    std::int64_t loadable = 0;  // more such tokens, whose content lies in host memory
  };
  Match match(const LiveRequest& request);
  void acquire(LiveRequest& request, const Match& match);
  // Full blocks of known content up to `tokens` may be found from now on.
  void publish(LiveRequest& request, std::int64_t tokens);
  // `held`: all blocks of the request, shared ones included.
  void release(TreeShare& share, std::int64_t held);
  HostCache& host() { return host_; }
  void clear();  // contents lost; contract: no request holds a block
  void check() const;

 private:
  struct Node {
    std::vector<std::int64_t> units;  // content hashes; empty: a run of blocks of no content
    std::int64_t blocks = 0;          // of this node
    std::int32_t parent = 0, children = 0, references = 0;
    std::int32_t before = -1, after = -1;  // in the queue
    bool queued = false;
  };

  Node& at(std::int32_t node) { return nodes_[static_cast<std::size_t>(node)]; }
  const Node& at(std::int32_t node) const { return nodes_[static_cast<std::size_t>(node)]; }
  std::int64_t hash_at(const LiveRequest& request, std::int64_t unit) const;
  std::int64_t full_units(const LiveRequest& request, std::int64_t tokens) const;
  std::int32_t new_node();
  void link(std::int32_t node, std::int32_t before, std::int32_t after);
  void enqueue(std::int32_t node);
  void unqueue(std::int32_t node);
  void drop(std::int32_t node);
  void queue_loose(std::int64_t blocks);
  std::int32_t split(std::int32_t node, std::int64_t units);

  PoolOptions options_;
  HostCache host_;  // units taken for other content go there
  std::int64_t capacity_;
  std::int64_t unit_tokens_ = 0, unit_blocks_ = 1, unit_hashes_ = 1;
  std::int64_t loose_ = 0;   // in front of the queue
  std::int64_t queued_ = 0;  // blocks in the queue
  std::int64_t cached_ = 0;
  std::vector<Node> nodes_;  // 0 is the root
  std::vector<std::int32_t> unused_;
  IdTable by_first_;  // nodes by the first of their units
  std::int32_t first_ = -1, last_ = -1;
};

}  // namespace switchyard::serving
