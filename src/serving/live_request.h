// A request inside the service, from arrival to its record, and the slots that hold them.
//
// Requests are named by slot. Slots of finished requests are used again, so memory grows with the
// requests alive at once.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/check.h"
#include "workload/source.h"

namespace switchyard::serving {

using Slot = std::int32_t;
inline constexpr Slot kNoSlot = -1;

enum class Phase : std::uint8_t {
  kWaiting,  // in a queue
  kLoading,  // its KV blocks are taken, their content is on the way
  kPrefill,
  kDecode,
  kSending,  // prompt done, on its way to the replica that decodes
};

// Where the KV cache of a waiting request lies.
enum class KvPlace : std::uint8_t { kNowhere, kHost, kRemote };

// What a request holds of the prefix tree of a pool.
struct TreeShare {
  std::int32_t node = 0;    // where it ends
  std::int64_t blocks = 0;  // from the root to there
};

// Blocks that a replica keeps for a request until another has pulled their content.
struct SentBlocks {
  std::int32_t replica = -1, rank = -1;
  TreeShare share;
  std::int64_t held = 0;
};

struct LiveRequest {
  workload::RequestRecord record;
  std::span<const std::int64_t> blocks;
  std::int64_t output = 0;           // tokens wanted
  std::int64_t produced = 0;         // so far
  std::int64_t target = 0;           // tokens to be in the cache before the next one is produced
  std::int64_t computed = 0;         // of those, in the cache
  std::int64_t reserved_blocks = 0;  // when the engine reserves room for the output
  TreeShare share;
  bool publishes = false;  // its next full blocks enter the prefix tree
  KvPlace kv = KvPlace::kNowhere;
  SentBlocks sent;
  Phase phase = Phase::kWaiting;
  std::int32_t replica = -1, rank = -1;
  Slot previous = kNoSlot, next = kNoSlot;  // in the list of its phase

  std::int64_t ticket = -1;  // of its decoding or loading; -1 when it does neither
  // While it decodes; see DecodeSet.
  std::int64_t joined_at = 0, finish_at = 0;
  std::int64_t growth = 0;
  std::int32_t member = -1;
  double joules_mark = 0;
};

class RequestSlots {
 public:
  Slot add() {
    ++live_;
    if (free_.empty()) {
      requests_.emplace_back();
      return static_cast<Slot>(requests_.size()) - 1;
    }
    const Slot slot = free_.back();
    free_.pop_back();
    return slot;
  }
  void remove(Slot slot) {
    (*this)[slot] = {};
    free_.push_back(slot);
    --live_;
  }
  LiveRequest& operator[](Slot slot) { return requests_[static_cast<std::size_t>(slot)]; }
  const LiveRequest& operator[](Slot slot) const {
    return requests_[static_cast<std::size_t>(slot)];
  }
  std::int64_t live() const { return live_; }
  Slot end() const { return static_cast<Slot>(requests_.size()); }  // beyond every slot
  std::int64_t next_ticket() { return tickets_++; }                 // never given twice

 private:
  std::vector<LiveRequest> requests_;
  std::vector<Slot> free_;
  std::int64_t live_ = 0, tickets_ = 0;
};

// A doubly linked list through `previous` and `next`; a request is in at most one.
class RequestList {
 public:
  bool empty() const { return first_ == kNoSlot; }
  Slot first() const { return first_; }
  Slot last() const { return last_; }
  std::int64_t size() const { return size_; }

  void push_back(RequestSlots& slots, Slot slot) { insert(slots, last_, slot, kNoSlot); }
  void push_front(RequestSlots& slots, Slot slot) { insert(slots, kNoSlot, slot, first_); }
  void erase(RequestSlots& slots, Slot slot) {
    LiveRequest& r = slots[slot];
    (r.previous == kNoSlot ? first_ : slots[r.previous].next) = r.next;
    (r.next == kNoSlot ? last_ : slots[r.next].previous) = r.previous;
    r.previous = r.next = kNoSlot;
    --size_;
  }

 private:
  void insert(RequestSlots& slots, Slot before, Slot slot, Slot after) {
    slots[slot].previous = before;
    slots[slot].next = after;
    (before == kNoSlot ? first_ : slots[before].next) = slot;
    (after == kNoSlot ? last_ : slots[after].previous) = slot;
    ++size_;
  }

  Slot first_ = kNoSlot, last_ = kNoSlot;
  std::int64_t size_ = 0;
};

}  // namespace switchyard::serving
