// The scheduler of one rank: which requests a step works on, after vLLM's V1 scheduler.
//
// A step holds one token of every sequence that decodes, then chunks of prompts begun, then chunks
// of waiting requests in order, while the token budget, the seats and the KV blocks last. Who finds
// no block preempts the request let in last. Other policies change which of these a step takes.
// [vLLM v1/core/sched/scheduler.py]
#pragma once

#include <vector>

#include "serving/block_pool.h"
#include "serving/decode_set.h"
#include "serving/options.h"
#include "serving/speculative_steps.h"
#include "serving/step_model.h"
#include "serving/stretch.h"
#include "serving/waiting_queue.h"

namespace switchyard::serving {

struct RankOptions {
  EngineOptions engine;
  std::int64_t blocks = 0;
  int hash_tokens = 0;
  std::int64_t host_blocks = 0;
  bool hands_over = false;  // computes prompts for another replica to decode
  Speculation speculation;
  std::uint64_t seed = 0;
  double active_watts = 0;  // this rank's part of the replica's
  double energy_share = 1;  // part of the energy of a step that is this rank's
};

struct Chunk {
  Slot slot = kNoSlot;
  std::int64_t tokens = 0;
};

// Content of a request that must come over a link before it goes on.
struct Load {
  Slot slot = kNoSlot;
  std::int64_t tokens = 0;
  KvPlace from = KvPlace::kNowhere;
};

class Rank {
 public:
  Rank(RequestSlots& slots, const RankOptions& options);

  // Whether the request fits an empty rank.
  bool can_hold(const LiveRequest& request) const;
  void enqueue(Slot slot);
  // Takes a waiting or loading request out again.
  void withdraw(Slot slot);
  // The content of a loading request is here; it takes part in the next step formed.
  void loaded(Slot slot) { arrived_.push_back(slot); }
  // The blocks of a request handed over may go.
  void release_sent(LiveRequest& request);
  // What a step beginning now works on. False: nothing.
  bool form(SimTime now);
  // Valid after form() and until complete().
  StepShape shape() const;
  std::int64_t growth() const { return decodes_ ? decode_.growth() : 0; }
  // The most steps, up to `limit`, that repeat the one formed with only contexts growing.
  std::int64_t repeats(std::int64_t limit);
  // The formed step was taken `steps` times, until `now`, in `time` and with `energy` pJ in sum.
  void complete(std::int64_t steps, SimTime now, SimTime time, Wide energy);
  // Ended in complete(): their blocks are free again, or held for handing over.
  std::vector<Slot>& ended() { return ended_; }
  // Begun in form(): the caller sees to them and empties the list.
  std::vector<Load>& loads() { return loads_; }

  // Whether `slot`, just enqueued, may be let in by the next step, should that come early.
  bool may_admit(Slot slot) const;
  std::int64_t waiting() const { return waiting_.size(); }
  std::int64_t running() const { return running_.size() + loading_.size(); }
  std::int64_t chunk_count() const { return static_cast<std::int64_t>(chunks_.size()); }
  // Blocks in use once `steps` of the formed steps are taken.
  std::int64_t blocks_used(std::int64_t steps) const;
  const BlockPool& pool() const { return pool_; }
  void check() const;

 private:
  std::int64_t blocks_for(std::int64_t tokens) const;
  std::int64_t blocks_held(const LiveRequest& request) const;
  std::int64_t chunk_of(std::int64_t remaining) const;
  void reserve_decodes();
  void continue_prompts();
  void admit(SimTime now);
  bool admit_prompt(Slot slot, SimTime now);
  bool admit_elsewhere(Slot slot, SimTime now);
  void begin_load(Slot slot, std::int64_t tokens, KvPlace from);
  void take_arrived();
  std::int64_t reservation(const LiveRequest& request) const;
  void leave_decodes(Slot slot);
  void schedule_chunk(Slot slot, std::int64_t tokens, std::int64_t new_blocks);
  void preempt(Slot slot);
  void prompt_done(Slot slot, SimTime now);
  void begin_decode(Slot slot);
  void end(Slot slot);
  void end_decodes();
  double joules(Wide energy, SimTime time) const;
  void settle_energy();

  RequestSlots& slots_;
  RankOptions o_;
  std::int64_t seats_;  // sequences at once: also as many as may decode in one step
  BlockPool pool_;
  DecodeSet decode_;
  SpeculativeSteps speculative_;
  WaitingQueue waiting_;
  RequestList running_;           // in order of admission
  RequestList loading_;           // hold blocks and seats, take part in no step yet
  std::vector<Slot> arrived_;     // of those, whose content is here
  std::vector<Slot> prefilling_;  // of those, prompts begun, in order of admission
  std::vector<Slot> ended_;
  std::vector<Load> loads_;
  std::int64_t sent_blocks_ = 0;  // held for replicas that have yet to pull them

  // Of the step formed.
  std::vector<Chunk> chunks_;
  StepShape prompts_;
  bool decodes_ = false;
  bool preempted_ = false;
  std::int64_t budget_ = 0;
  std::int64_t first_blocks_ = 0;  // taken for the first of its decode steps

  bool filling_ = true;  // decode-first: prompts are taken in

  // Energy is shared by tokens. What decode steps used is shared out when the batch changes, so
  // that it does not matter how a stretch was cut.
  Wide unsettled_energy_ = 0;
  SimTime unsettled_time_;
  double decode_joules_ = 0;  // of a sequence that decoded since the start
};

}  // namespace switchyard::serving
