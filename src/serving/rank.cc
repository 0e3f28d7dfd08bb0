#include "serving/rank.h"

#include <algorithm>

namespace switchyard::serving {

Rank::Rank(RequestSlots& slots, const RankOptions& options)
    : slots_(slots),
      o_(options),
      seats_(std::min(options.engine.sequences_max,
                      options.engine.policy == BatchPolicy::kMixed
                          ? options.engine.step_tokens_max / (1 + options.speculation.drafted)
                          : options.engine.sequences_max)),
      pool_({.blocks = options.blocks,
             .block_tokens = options.engine.block_tokens,
             .prefix_cache = options.engine.prefix_cache,
             .free_first = options.engine.free_blocks_first,
             .hash_tokens = options.hash_tokens,
             .host_blocks = options.host_blocks}),
      decode_(slots, options.engine.block_tokens, options.speculation.drafted,
              options.engine.reserve_output),
      speculative_(options.speculation, options.seed) {}

std::int64_t Rank::blocks_for(std::int64_t tokens) const {
  return (tokens + o_.engine.block_tokens - 1) / o_.engine.block_tokens;
}

bool Rank::can_hold(const LiveRequest& r) const {
  std::int64_t tokens = r.record.input_tokens;
  if (!o_.hands_over) {
    tokens += std::max<std::int64_t>(0, r.output - 1) + o_.speculation.drafted;
  }
  return blocks_for(tokens) <= pool_.capacity();
}

std::int64_t Rank::blocks_held(const LiveRequest& r) const {
  if (r.phase == Phase::kDecode) return decode_.blocks_held(r);
  if (r.reserved_blocks > 0) return r.reserved_blocks;
  return std::max(r.share.blocks, blocks_for(r.computed));
}

void Rank::enqueue(Slot slot) {
  slots_[slot].phase = Phase::kWaiting;
  waiting_.push_back(slots_, slot);
}

void Rank::withdraw(Slot slot) {
  LiveRequest& r = slots_[slot];
  if (r.phase == Phase::kWaiting) {
    if (r.kv == KvPlace::kHost) pool_.host().swap_in(blocks_for(r.computed));
    waiting_.erase(slots_, slot);
    return;
  }
  SWITCHYARD_CHECK(r.phase == Phase::kLoading);
  pool_.release(r.share, blocks_held(r));
  loading_.erase(slots_, slot);
  r.ticket = -1;
}

void Rank::release_sent(LiveRequest& r) {
  sent_blocks_ -= r.sent.held;
  pool_.release(r.sent.share, r.sent.held);
  r.sent = {};
}

void Rank::take_arrived() {
  for (const Slot slot : arrived_) {
    LiveRequest& r = slots_[slot];
    loading_.erase(slots_, slot);
    running_.push_back(slots_, slot);
    if (r.computed < r.target) {
      r.phase = Phase::kPrefill;
      prefilling_.push_back(slot);
      pool_.publish(r, r.computed);
    } else {
      settle_energy();
      begin_decode(slot);
    }
  }
  arrived_.clear();
}

bool Rank::form(SimTime now) {
  chunks_.clear();
  prompts_ = {};
  decodes_ = preempted_ = false;
  budget_ = o_.engine.step_tokens_max;
  first_blocks_ = 0;
  const BatchPolicy policy = o_.engine.policy;
  take_arrived();
  if (decode_.size() == 0) filling_ = true;
  if (policy == BatchPolicy::kMixed) reserve_decodes();
  if (policy != BatchPolicy::kDecodeFirst || filling_) {
    continue_prompts();
    if (!preempted_) admit(now);
  }
  if (policy != BatchPolicy::kMixed && chunks_.empty()) {
    reserve_decodes();
    filling_ = false;
  }
  return decodes_ || !chunks_.empty();
}

StepShape Rank::shape() const {
  StepShape shape = prompts_;
  if (decodes_) {
    shape.decode_sequences = decode_.size();
    shape.decode_context = decode_.context();
  }
  return shape;
}

void Rank::reserve_decodes() {
  while (decode_.size() > 0) {
    const std::int64_t blocks = decode_.blocks_for(1);
    if (blocks <= pool_.available()) {
      pool_.take(blocks);
      first_blocks_ = blocks;
      decodes_ = true;
      budget_ -= decode_.size() * (1 + o_.speculation.drafted);
      return;
    }
    preempt(running_.last());
  }
}

std::int64_t Rank::chunk_of(std::int64_t remaining) const {
  const EngineOptions& e = o_.engine;
  if (!e.chunked_prefill) {
    // A prompt beyond the budget has a step of its own.
    return remaining <= budget_ || chunks_.empty() ? remaining : 0;
  }
  std::int64_t tokens = std::min(remaining, budget_);
  if (e.prompt_chunk_max > 0) tokens = std::min(tokens, e.prompt_chunk_max);
  return std::max<std::int64_t>(tokens, 0);
}

void Rank::schedule_chunk(Slot slot, std::int64_t tokens, std::int64_t new_blocks) {
  LiveRequest& r = slots_[slot];
  pool_.take(new_blocks);
  chunks_.push_back({slot, tokens});
  budget_ -= tokens;
  prompts_.prefill_tokens += tokens;
  prompts_.prefill_context += tokens * r.computed + tokens * (tokens + 1) / 2;
  ++prompts_.prefill_sequences;
  r.computed += tokens;
  pool_.publish(r, r.computed);
}

void Rank::continue_prompts() {
  for (std::size_t i = 0; i < prefilling_.size() && budget_ > 0; ++i) {
    const Slot slot = prefilling_[i];
    LiveRequest& r = slots_[slot];
    const std::int64_t tokens = chunk_of(r.target - r.computed);
    if (tokens == 0) continue;
    const std::int64_t held = blocks_held(r);
    const std::int64_t blocks = std::max<std::int64_t>(0, blocks_for(r.computed + tokens) - held);
    while (blocks > pool_.available()) {
      const Slot victim = running_.last();
      preempt(victim);
      if (victim == slot) return;
    }
    schedule_chunk(slot, tokens, blocks);
  }
}

void Rank::admit(SimTime now) {
  const EngineOptions& e = o_.engine;
  while (budget_ > 0 && !waiting_.empty()) {
    if (running() >= seats_) return;
    if (e.prefill_sequences_max > 0 && chunk_count() >= e.prefill_sequences_max) return;
    const Slot slot = waiting_.head();
    const bool elsewhere = slots_[slot].kv != KvPlace::kNowhere;
    if (!(elsewhere ? admit_elsewhere(slot, now) : admit_prompt(slot, now))) return;
  }
}

// Blocks for all the request will ever hold here; 0: they come as needed.
std::int64_t Rank::reservation(const LiveRequest& r) const {
  if (!o_.engine.reserve_output) return 0;
  if (o_.hands_over) return blocks_for(r.target);
  const std::int64_t rest = std::max<std::int64_t>(0, r.output - 1);
  return blocks_for(r.record.input_tokens + rest + o_.speculation.drafted);
}

bool Rank::admit_prompt(Slot slot, SimTime now) {
  LiveRequest& r = slots_[slot];
  const BlockPool::Match match = pool_.match(r);
  const std::int64_t known = match.tokens + match.loadable;
  const std::int64_t tokens = match.loadable > 0 ? 0 : chunk_of(r.target - known);
  if (tokens == 0 && match.loadable == 0) return false;
  const std::int64_t reserved = reservation(r);
  const std::int64_t room = reserved > 0 ? reserved : blocks_for(known + tokens);
  const std::int64_t blocks = std::max<std::int64_t>(0, room - match.blocks);
  if (blocks + match.revived > pool_.available()) return false;
  waiting_.erase(slots_, slot);
  pool_.acquire(r, match);
  r.reserved_blocks = reserved;
  r.computed = known;
  if (r.record.first_scheduled < SimTime()) {
    r.record.first_scheduled = now;
    r.record.cached_tokens = known;
  }
  if (match.loadable > 0) {
    pool_.take(blocks);
    begin_load(slot, match.loadable, KvPlace::kHost);
    return true;
  }
  r.phase = Phase::kPrefill;
  running_.push_back(slots_, slot);
  prefilling_.push_back(slot);
  schedule_chunk(slot, tokens, blocks);
  return true;
}

// Of a request whose whole context waits in host memory or with another replica.
bool Rank::admit_elsewhere(Slot slot, SimTime now) {
  LiveRequest& r = slots_[slot];
  const std::int64_t reserved = reservation(r);
  const std::int64_t blocks = reserved > 0 ? reserved : blocks_for(r.computed);
  if (blocks > pool_.available()) return false;
  waiting_.erase(slots_, slot);
  pool_.take(blocks);
  r.reserved_blocks = reserved;
  r.publishes = false;
  if (r.record.first_scheduled < SimTime()) r.record.first_scheduled = now;
  if (r.kv == KvPlace::kHost) pool_.host().swap_in(blocks_for(r.computed));
  begin_load(slot, r.computed, r.kv);
  return true;
}

void Rank::begin_load(Slot slot, std::int64_t tokens, KvPlace from) {
  LiveRequest& r = slots_[slot];
  r.phase = Phase::kLoading;
  r.kv = KvPlace::kNowhere;
  r.ticket = slots_.next_ticket();
  loading_.push_back(slots_, slot);
  loads_.push_back({slot, tokens, from});
}

void Rank::leave_decodes(Slot slot) {
  LiveRequest& r = slots_[slot];
  settle_energy();
  r.record.joules += decode_joules_ - r.joules_mark;
  decode_.leave(slot);
  if (decodes_) {  // its block of this step
    const std::int64_t blocks = decode_.blocks_for(1);
    pool_.give_back(first_blocks_ - blocks);
    first_blocks_ = blocks;
    decodes_ = decode_.size() > 0;
  }
}

void Rank::preempt(Slot slot) {
  LiveRequest& r = slots_[slot];
  preempted_ = true;
  const std::int64_t held = blocks_held(r);
  const bool decoding = r.phase == Phase::kDecode;
  if (decoding) {
    leave_decodes(slot);
  } else {
    std::erase(prefilling_, slot);
  }
  running_.erase(slots_, slot);
  pool_.release(r.share, held);
  ++r.record.preemptions;
  r.phase = Phase::kWaiting;
  r.reserved_blocks = 0;
  if (decoding && o_.engine.preemption == Preemption::kSwap &&
      pool_.host().swap_out(blocks_for(r.computed))) {
    r.kv = KvPlace::kHost;
    r.target = r.computed;
  } else {
    r.computed = 0;
    r.target = r.record.input_tokens + r.produced;
  }
  waiting_.push_front(slots_, slot);
}

std::int64_t Rank::repeats(std::int64_t limit) {
  if (!chunks_.empty() || (preempted_ && !waiting_.empty())) return 1;
  if (!decodes_) return limit;
  limit = std::min(limit, decode_.steps_to_finish());
  return decode_.steps_within(pool_.available() + first_blocks_, limit);
}

void Rank::settle_energy() {
  if (decode_.size() > 0) {
    decode_joules_ +=
        joules(unsettled_energy_, unsettled_time_) / static_cast<double>(decode_.size());
  }
  unsettled_energy_ = 0;
  unsettled_time_ = {};
}

double Rank::joules(Wide energy, SimTime time) const {
  return (static_cast<double>(energy) * o_.energy_share +
          static_cast<double>(time.ps()) * o_.active_watts) *
         1e-12;
}

void Rank::complete(std::int64_t steps, SimTime now, SimTime time, Wide energy) {
  const std::int64_t decode_tokens = decodes_ ? decode_.size() * (1 + o_.speculation.drafted) : 0;
  double per_token = 0;
  if (chunks_.empty()) {
    unsettled_energy_ += energy;
    unsettled_time_ += time;
  } else {
    settle_energy();
    per_token = joules(energy, time) / static_cast<double>(decode_tokens + prompts_.prefill_tokens);
    if (decodes_) decode_joules_ += per_token * (1 + o_.speculation.drafted);
  }
  if (decodes_) {
    pool_.take(decode_.blocks_for(steps) - first_blocks_);
    first_blocks_ = 0;
    decode_.advance(steps);
    if (decode_.steps_to_finish() == 0) end_decodes();
  }
  for (const Chunk& chunk : chunks_) {
    LiveRequest& r = slots_[chunk.slot];
    r.record.joules += per_token * static_cast<double>(chunk.tokens);
    if (r.computed == r.target) prompt_done(chunk.slot, now);
  }
}

void Rank::end_decodes() {
  settle_energy();
  for (Slot slot; (slot = decode_.take_finished()) != kNoSlot;) {
    LiveRequest& r = slots_[slot];
    r.record.joules += decode_joules_ - r.joules_mark;
    end(slot);
  }
}

void Rank::prompt_done(Slot slot, SimTime now) {
  LiveRequest& r = slots_[slot];
  std::erase(prefilling_, slot);
  if (r.produced == 0) r.record.first_token = now;
  if (r.output > 0) ++r.produced;
  if (r.produced >= r.output) {
    end(slot);
  } else if (o_.hands_over) {
    running_.erase(slots_, slot);
    r.phase = Phase::kSending;
    r.kv = KvPlace::kRemote;
    r.sent = {r.replica, r.rank, r.share, blocks_held(r)};
    r.share = {};
    r.reserved_blocks = 0;
    sent_blocks_ += r.sent.held;
    ended_.push_back(slot);
  } else {
    begin_decode(slot);
  }
}

void Rank::begin_decode(Slot slot) {
  LiveRequest& r = slots_[slot];
  const std::int64_t tokens = r.output - r.produced;
  r.phase = Phase::kDecode;
  r.joules_mark = decode_joules_;
  decode_.join(slot, speculative_.draw(r.record.id, r.produced, tokens));
}

// Releases a request that has left the decode set or the prompts.
void Rank::end(Slot slot) {
  LiveRequest& r = slots_[slot];
  const std::int64_t held = blocks_held(r);
  r.produced = r.output;
  pool_.publish(r, r.record.input_tokens + std::max<std::int64_t>(0, r.output - 1));
  pool_.release(r.share, held);
  running_.erase(slots_, slot);
  ended_.push_back(slot);
}

bool Rank::may_admit(Slot slot) const {
  if (o_.engine.policy == BatchPolicy::kDecodeFirst && !filling_) return false;
  return waiting_.head() == slot && running() < seats_;
}

std::int64_t Rank::blocks_used(std::int64_t steps) const {
  const std::int64_t used = pool_.capacity() - pool_.available();
  return steps > 0 && decodes_ ? used + decode_.blocks_for(steps) - first_blocks_ : used;
}

void Rank::check() const {
  pool_.check();
  std::int64_t held = sent_blocks_;
  std::int64_t shared = 0;
  const auto add = [&](Slot slot) {
    const LiveRequest& r = slots_[slot];
    SWITCHYARD_CHECK(r.computed <= r.target && r.produced <= r.output);
    held += blocks_held(r);
    shared += r.share.blocks;
  };
  for (Slot slot = running_.first(); slot != kNoSlot; slot = slots_[slot].next) add(slot);
  for (Slot slot = loading_.first(); slot != kNoSlot; slot = slots_[slot].next) add(slot);
  const std::int64_t used = pool_.capacity() - pool_.available() - first_blocks_;
  // What several share is counted for each.
  SWITCHYARD_CHECK(shared > 0 || sent_blocks_ > 0 ? held >= used : held == used, "{} {}", held,
                   used);
  SWITCHYARD_CHECK(running_.size() ==
                   decode_.size() + static_cast<std::int64_t>(prefilling_.size()));
  SWITCHYARD_CHECK(running() <= seats_);
}

}  // namespace switchyard::serving
