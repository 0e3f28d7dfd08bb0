#include "serving/block_pool.h"

#include <algorithm>
#include <numeric>

namespace switchyard::serving {

BlockPool::BlockPool(const PoolOptions& options)
    : options_(options), host_(options.host_blocks), capacity_(options.blocks) {
  if (options.prefix_cache && options.hash_tokens > 0) {
    unit_tokens_ = std::lcm(options.hash_tokens, options.block_tokens);
    unit_blocks_ = unit_tokens_ / options.block_tokens;
    unit_hashes_ = unit_tokens_ / options.hash_tokens;
  }
  clear();
}

void BlockPool::clear() {
  nodes_.clear();
  nodes_.emplace_back();
  unused_.clear();
  by_first_ = {};
  first_ = last_ = -1;
  loose_ = capacity_;
  queued_ = cached_ = 0;
}

std::int64_t BlockPool::hash_at(const LiveRequest& r, std::int64_t unit) const {
  return r.blocks[static_cast<std::size_t>((unit + 1) * unit_hashes_ - 1)];
}

std::int64_t BlockPool::full_units(const LiveRequest& r, std::int64_t tokens) const {
  if (unit_tokens_ == 0) return 0;
  return std::min(static_cast<std::int64_t>(r.blocks.size()) / unit_hashes_, tokens / unit_tokens_);
}

BlockPool::Match BlockPool::match(const LiveRequest& r) {
  Match found;
  const std::int64_t most = full_units(r, r.target);
  std::int64_t units = 0;
  while (units < most) {
    const std::int32_t child = by_first_.find(hash_at(r, units));
    if (child == IdTable::kNone || at(child).parent != found.node) break;
    const Node& node = at(child);
    const std::int64_t limit = std::min(most - units, static_cast<std::int64_t>(node.units.size()));
    std::int64_t equal = 1;
    while (equal < limit &&
           node.units[static_cast<std::size_t>(equal)] == hash_at(r, units + equal))
      ++equal;
    units += equal;
    if (node.references == 0) found.revived += equal * unit_blocks_;
    found.node = child;
    found.in_node = equal;
    if (equal < static_cast<std::int64_t>(node.units.size())) break;
  }
  found.blocks = units * unit_blocks_;
  const std::int64_t last_block = (r.target - 1) / options_.block_tokens * options_.block_tokens;
  found.tokens = std::min(units * unit_tokens_, last_block);
  if (host_.is_on()) {
    while (units < most && host_.touch(hash_at(r, units))) ++units;
    found.loadable = std::min(units * unit_tokens_, last_block) - found.tokens;
  }
  return found;
}

void BlockPool::acquire(LiveRequest& r, const Match& match) {
  r.share = {match.node, match.blocks};
  r.publishes = unit_tokens_ > 0;
  if (match.node == 0) return;
  if (match.in_node < static_cast<std::int64_t>(at(match.node).units.size())) {
    r.share.node = split(match.node, match.in_node);
  }
  for (std::int32_t n = r.share.node; n != 0; n = at(n).parent) {
    if (at(n).references++ == 0) unqueue(n);
  }
}

void BlockPool::publish(LiveRequest& r, std::int64_t tokens) {
  if (!r.publishes) return;
  const std::int64_t known = r.share.blocks / unit_blocks_;
  const std::int64_t full = full_units(r, tokens);
  if (full <= known) return;
  if (r.share.node == 0 || at(r.share.node).children > 0 || at(r.share.node).references > 1) {
    const std::int64_t first = hash_at(r, known);
    if (by_first_.find(first) != IdTable::kNone) {  // another computed the same meanwhile
      r.publishes = false;
      return;
    }
    const std::int32_t child = new_node();
    at(child).parent = r.share.node;
    at(child).references = 1;
    ++at(r.share.node).children;
    by_first_.put(first, child);
    r.share.node = child;
  }
  Node& node = at(r.share.node);
  for (std::int64_t u = known; u < full; ++u) node.units.push_back(hash_at(r, u));
  node.blocks += (full - known) * unit_blocks_;
  r.share.blocks = full * unit_blocks_;
}

void BlockPool::release(TreeShare& share, std::int64_t held) {
  SWITCHYARD_CHECK(held >= share.blocks, "{} of {}", held, share.blocks);
  queue_loose(held - share.blocks);
  for (std::int32_t n = share.node; n != 0; n = at(n).parent) {
    if (--at(n).references == 0) enqueue(n);
  }
  share = {};
}

void BlockPool::take(std::int64_t blocks) {
  SWITCHYARD_CHECK(blocks <= available(), "{} of {}", blocks, available());
  if (blocks <= loose_) {
    loose_ -= blocks;
    return;
  }
  blocks -= loose_;
  loose_ = 0;
  while (blocks > 0) {
    Node& node = at(first_);
    if (node.units.empty()) {
      const std::int64_t taken = std::min(blocks, node.blocks);
      node.blocks -= taken;
      queued_ -= taken;
      blocks -= taken;
      if (node.blocks == 0) drop(first_);
      continue;
    }
    SWITCHYARD_CHECK(node.children == 0 && node.references == 0);
    const std::int64_t units =
        std::min((blocks + unit_blocks_ - 1) / unit_blocks_, node.blocks / unit_blocks_);
    const std::int64_t freed = units * unit_blocks_;
    if (host_.is_on()) {
      for (std::int64_t i = 0; i < units; ++i) {
        host_.put(node.units[node.units.size() - 1 - static_cast<std::size_t>(i)], unit_blocks_);
      }
    }
    cached_ -= freed;
    queued_ -= freed;
    node.blocks -= freed;
    loose_ += std::max<std::int64_t>(0, freed - blocks);
    blocks -= std::min(blocks, freed);
    if (node.blocks == 0) {
      by_first_.erase(node.units.front());
      --at(node.parent).children;
      drop(first_);
    } else {
      node.units.resize(node.units.size() - static_cast<std::size_t>(units));
    }
  }
}

// The first `units` of a node become a node of their own, which is returned.
std::int32_t BlockPool::split(std::int32_t lower, std::int64_t units) {
  const std::int32_t upper = new_node();
  Node& high = at(upper);
  Node& low = at(lower);
  const auto cut = low.units.begin() + units;
  high.units.assign(low.units.begin(), cut);
  low.units.erase(low.units.begin(), cut);
  high.blocks = units * unit_blocks_;
  low.blocks -= high.blocks;
  high.parent = low.parent;
  high.children = 1;
  high.references = low.references;
  low.parent = upper;
  by_first_.put(high.units.front(), upper);
  by_first_.put(low.units.front(), lower);
  if (low.queued) link(upper, lower, low.after);
  return upper;
}

std::int32_t BlockPool::new_node() {
  if (unused_.empty()) {
    nodes_.emplace_back();
    return static_cast<std::int32_t>(nodes_.size()) - 1;
  }
  const std::int32_t node = unused_.back();
  unused_.pop_back();
  return node;
}

void BlockPool::link(std::int32_t node, std::int32_t before, std::int32_t after) {
  at(node).before = before;
  at(node).after = after;
  at(node).queued = true;
  (before < 0 ? first_ : at(before).after) = node;
  (after < 0 ? last_ : at(after).before) = node;
}

void BlockPool::enqueue(std::int32_t node) {
  link(node, last_, -1);
  queued_ += at(node).blocks;
  cached_ += at(node).blocks;
}

void BlockPool::unqueue(std::int32_t node) {
  Node& n = at(node);
  (n.before < 0 ? first_ : at(n.before).after) = n.after;
  (n.after < 0 ? last_ : at(n.after).before) = n.before;
  n.queued = false;
  queued_ -= n.blocks;
  cached_ -= n.blocks;
}

// Takes the first of the queue, now empty, out of use.
void BlockPool::drop(std::int32_t node) {
  Node& n = at(node);
  first_ = n.after;
  (first_ < 0 ? last_ : at(first_).before) = -1;
  n.units.clear();
  n.parent = n.children = n.references = 0;
  n.queued = false;
  unused_.push_back(node);
}

void BlockPool::queue_loose(std::int64_t blocks) {
  if (blocks == 0) return;
  if (options_.free_first || first_ < 0) {
    loose_ += blocks;
    return;
  }
  if (!at(last_).units.empty()) {
    const std::int32_t run = new_node();
    at(run).blocks = 0;
    link(run, last_, -1);
  }
  at(last_).blocks += blocks;
  queued_ += blocks;
}

void BlockPool::check() const {
  std::int64_t blocks = 0, known = 0;
  for (std::int32_t n = first_, before = -1; n >= 0; before = n, n = at(n).after) {
    SWITCHYARD_CHECK(at(n).queued && at(n).before == before && at(n).references == 0);
    SWITCHYARD_CHECK(at(n).blocks > 0);
    blocks += at(n).blocks;
    if (!at(n).units.empty()) known += at(n).blocks;
  }
  SWITCHYARD_CHECK(blocks == queued_ && known == cached_, "{} {} {} {}", blocks, queued_, known,
                   cached_);
  SWITCHYARD_CHECK(loose_ >= 0 && available() <= capacity_, "{} of {}", available(), capacity_);
}

}  // namespace switchyard::serving
