#include "serving/decode_set.h"

#include <algorithm>

#include "serving/step_model.h"

namespace switchyard::serving {

DecodeSet::DecodeSet(RequestSlots& slots, int block_tokens, int drafted, bool reserved)
    : slots_(slots),
      block_tokens_(block_tokens),
      drafted_(drafted),
      reserved_(reserved),
      opening_(static_cast<std::size_t>(block_tokens), 0) {}

// Tokens of the first `steps` steps since it joined.
std::int64_t DecodeSet::gained(const LiveRequest& r, std::int64_t steps) const {
  if (!is_uneven()) return steps;
  return (r.output - r.produced) * steps / (r.finish_at - r.joined_at);
}

// A sequence of c tokens at step p opens a block at the steps s with c + s - p = 0 mod
// block_tokens.
std::size_t DecodeSet::opening_step(const LiveRequest& r) const {
  const std::int64_t step = (r.joined_at - r.computed) % block_tokens_;
  return static_cast<std::size_t>(step < 0 ? step + block_tokens_ : step);
}

void DecodeSet::join(Slot slot, std::int64_t steps) {
  LiveRequest& r = slots_[slot];
  r.joined_at = position_;
  r.finish_at = position_ + steps;
  r.growth = (r.output - r.produced) * kContextUnits / steps;
  r.ticket = slots_.next_ticket();
  endings_.push_back({r.finish_at, r.ticket, slot});
  std::push_heap(endings_.begin(), endings_.end(), Later());
  ++size_;
  context_ += r.computed * kContextUnits;
  growth_ += r.growth;
  if (is_uneven()) {
    r.member = static_cast<std::int32_t>(members_.size());
    members_.push_back(slot);
  } else {
    ++opening_[opening_step(r)];
  }
}

void DecodeSet::remove(LiveRequest& r) {
  --size_;
  context_ -= r.computed * kContextUnits + r.growth * (position_ - r.joined_at);
  growth_ -= r.growth;
  if (is_uneven()) {
    slots_[members_.back()].member = r.member;
    members_[static_cast<std::size_t>(r.member)] = members_.back();
    members_.pop_back();
  } else {
    --opening_[opening_step(r)];
  }
  r.ticket = -1;
}

void DecodeSet::leave(Slot slot) {
  LiveRequest& r = slots_[slot];
  remove(r);
  const std::int64_t tokens = gained(r, position_ - r.joined_at);
  r.computed += tokens;
  r.produced += tokens;
}

std::int64_t DecodeSet::steps_to_finish() {
  while (is_stale(endings_.front())) {
    std::pop_heap(endings_.begin(), endings_.end(), Later());
    endings_.pop_back();
  }
  return endings_.front().at - position_;
}

void DecodeSet::advance(std::int64_t steps) {
  position_ += steps;
  context_ += growth_ * steps;
}

Slot DecodeSet::take_finished() {
  while (!endings_.empty() && (endings_.front().at <= position_ || is_stale(endings_.front()))) {
    const Ending ending = endings_.front();
    std::pop_heap(endings_.begin(), endings_.end(), Later());
    endings_.pop_back();
    if (is_stale(ending)) continue;
    LiveRequest& r = slots_[ending.slot];
    remove(r);
    return ending.slot;
  }
  return kNoSlot;
}

std::int64_t DecodeSet::tokens(const LiveRequest& r) const {
  return r.computed + gained(r, position_ - r.joined_at);
}

// The last step taken needed room for the tokens it found, its own and the drafted ones.
std::int64_t DecodeSet::blocks_held_after(const LiveRequest& r, std::int64_t steps) const {
  if (reserved_) return r.reserved_blocks;
  const std::int64_t taken = position_ + steps - r.joined_at;
  std::int64_t room = r.computed;
  if (taken > 0) room += gained(r, taken - 1) + 1 + drafted_;
  return (room + block_tokens_ - 1) / block_tokens_;
}

std::int64_t DecodeSet::blocks_held(const LiveRequest& r) const { return blocks_held_after(r, 0); }

std::int64_t DecodeSet::blocks_for(std::int64_t steps) const {
  if (reserved_) return 0;
  std::int64_t blocks = 0;
  if (is_uneven()) {
    for (const Slot slot : members_) {
      const LiveRequest& r = slots_[slot];
      blocks += blocks_held_after(r, steps) - blocks_held_after(r, 0);
    }
    return blocks;
  }
  blocks = steps / block_tokens_ * size_;
  std::int64_t step = position_ % block_tokens_;
  for (std::int64_t rest = steps % block_tokens_; rest > 0; --rest) {
    blocks += opening_[static_cast<std::size_t>(step)];
    if (++step == block_tokens_) step = 0;
  }
  return blocks;
}

std::int64_t DecodeSet::steps_within(std::int64_t blocks, std::int64_t limit) const {
  // A sequence opens no more than one block a block_tokens of growth, and one for what it drafts.
  const std::int64_t growth_max = is_uneven() ? (1 + drafted_) : 1;
  const std::int64_t most =
      ((limit * growth_max + drafted_) / block_tokens_ + 1) * std::max<std::int64_t>(size_, 1);
  if (most <= blocks || blocks_for(limit) <= blocks) return limit;
  std::int64_t low = 0, high = limit;  // blocks_for(low) fits, blocks_for(high) does not
  while (high - low > 1) {
    const std::int64_t middle = low + (high - low) / 2;
    (blocks_for(middle) <= blocks ? low : high) = middle;
  }
  return low;
}

}  // namespace switchyard::serving
