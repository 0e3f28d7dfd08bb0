// The sequences of a rank that decode, held so that a stretch of steps costs the same as one.
//
// All of them take every decode step. So a sequence that joins at step j with s steps to go ends
// at step j + s whatever comes in between: a heap on that number gives the next to finish. Their
// contexts grow evenly: the sum grows by a constant a step. A sequence opens a new KV block at
// every block_tokens-th step, so it is enough to count sequences by step modulo block_tokens.
//
// With speculative decoding a sequence gains output / steps tokens a step, which differs between
// sequences: blocks are then counted one sequence after the other.
#pragma once

#include <cstdint>
#include <vector>

#include "serving/live_request.h"

namespace switchyard::serving {

class DecodeSet {
 public:
  // `reserved`: sequences hold LiveRequest::reserved_blocks throughout.
  DecodeSet(RequestSlots& slots, int block_tokens, int drafted, bool reserved);

  // Contract: the request has `computed` tokens in the cache and gains those that it has yet to
  // produce in `steps` >= 1 steps; no more than 1 + drafted in each.
  void join(Slot slot, std::int64_t steps);
  // Before its end; computed and produced are brought up to date.
  void leave(Slot slot);

  std::int64_t size() const { return size_; }
  std::int64_t context() const { return context_; }  // sum of tokens in the caches, context units
  std::int64_t growth() const { return growth_; }    // of that, a step
  std::int64_t steps_to_finish();                    // contract: not empty
  // KV blocks that the next `steps` steps open in sum.
  std::int64_t blocks_for(std::int64_t steps) const;
  // The most steps, up to `limit`, that open no more than `blocks`.
  std::int64_t steps_within(std::int64_t blocks, std::int64_t limit) const;
  void advance(std::int64_t steps);  // contract: none ends before
  // The next, in order of joining, that has ended; it has left. kNoSlot: none.
  Slot take_finished();

  std::int64_t blocks_held(const LiveRequest& request) const;
  std::int64_t tokens(const LiveRequest& request) const;  // in the cache

 private:
  struct Ending {
    std::int64_t at, ticket;
    Slot slot;
  };
  struct Later {
    bool operator()(const Ending& a, const Ending& b) const {
      return a.at != b.at ? a.at > b.at : a.ticket > b.ticket;
    }
  };
  bool is_stale(const Ending& ending) const { return slots_[ending.slot].ticket != ending.ticket; }
  bool is_uneven() const { return drafted_ > 0; }
  std::int64_t gained(const LiveRequest& request, std::int64_t steps) const;
  std::size_t opening_step(const LiveRequest& request) const;
  std::int64_t blocks_held_after(const LiveRequest& request, std::int64_t steps) const;
  void remove(LiveRequest& request);

  RequestSlots& slots_;
  std::int64_t block_tokens_;
  int drafted_;
  bool reserved_;
  std::int64_t position_ = 0;  // decode steps taken
  std::int64_t size_ = 0, context_ = 0, growth_ = 0;
  std::vector<Ending> endings_;        // heap, first to end on top; stale entries are skipped
  std::vector<std::int64_t> opening_;  // sequences by the step, modulo block_tokens, that opens one
  std::vector<Slot> members_;          // when uneven
};

}  // namespace switchyard::serving
