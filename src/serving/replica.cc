#include "serving/replica.h"

#include <algorithm>
#include <bit>
#include <limits>

namespace switchyard::serving {

Replica::Replica(RequestSlots& slots, const ReplicaOptions& options) : o_(options), slots_(slots) {
  o_.rank.energy_share = 1.0 / o_.ranks;
  o_.rank.active_watts = o_.steps->active_watts() / o_.ranks;
  works_.resize(static_cast<std::size_t>(o_.ranks));
  make_ranks();
}

void Replica::make_ranks() {
  ranks_.clear();
  ranks_.reserve(works_.size());
  for (int i = 0; i < o_.ranks; ++i) ranks_.emplace_back(slots_, o_.rank);
}

bool Replica::enqueue(Slot slot, SimTime now) {
  std::size_t best = 0;
  if (ranks_.size() > 1) {
    // Waiting requests weigh four times running ones. [vLLM DPLBAsyncMPClient]
    std::int64_t best_load = std::numeric_limits<std::int64_t>::max();
    for (std::size_t i = 0; i < ranks_.size(); ++i) {
      const std::int64_t load = 4 * ranks_[i].waiting() + ranks_[i].running();
      if (load < best_load) {
        best = i;
        best_load = load;
      }
    }
  }
  slots_[slot].rank = static_cast<std::int32_t>(best);
  ranks_[best].enqueue(slot);
  ++in_flight_;
  return ranks_[best].may_admit(slot) && shorten(now);
}

bool Replica::withdraw(Slot slot, SimTime now) {
  ranks_[static_cast<std::size_t>(slots_[slot].rank)].withdraw(slot);
  --in_flight_;
  return shorten(now);
}

bool Replica::loaded(Slot slot, SimTime now) {
  ranks_[static_cast<std::size_t>(slots_[slot].rank)].loaded(slot);
  return shorten(now);
}

void Replica::release_sent(LiveRequest& r) {
  ranks_[static_cast<std::size_t>(r.sent.rank)].release_sent(r);
}

void Replica::crash(SimTime now) {
  // Of the stretch, what ended before; the step under way is lost.
  if (busy_) account(stretch_.steps_until(now, steps_) - 1);
  busy_ = false;
  carry_ = 0;
  in_flight_ = 0;
  loads_.clear();
  make_ranks();
}

bool Replica::shorten(SimTime now) {
  if (!busy_ || steps_ == 1) return false;
  const std::int64_t steps = stretch_.steps_until(now, steps_);
  if (steps == steps_) return false;
  steps_ = steps;
  end_ = stretch_.end_after(steps);
  return true;
}

// To the compiled shape that holds it. Tokens that only fill up attend like the others.
void Replica::pad(StepShape& shape) const {
  const auto padded = [](std::int64_t count) {
    return static_cast<std::int64_t>(std::bit_ceil(static_cast<std::uint64_t>(count)));
  };
  if (shape.decode_sequences > 0) shape.decode_sequences = padded(shape.decode_sequences);
  if (shape.prefill_tokens == 0) return;
  const std::int64_t tokens = std::max(o_.rank.engine.pad_tokens_min, padded(shape.prefill_tokens));
  shape.prefill_context = shape.prefill_context / shape.prefill_tokens * tokens;
  shape.prefill_tokens = tokens;
}

bool Replica::start(SimTime now) {
  bool any = false;
  shape_ = {};
  const auto scale = static_cast<std::int64_t>(ranks_.size());
  for (std::size_t i = 0; i < ranks_.size(); ++i) {
    Work& work = works_[i];
    work.any = ranks_[i].form(now);
    std::vector<Load>& loads = ranks_[i].loads();
    if (!loads.empty()) {
      loads_.insert(loads_.end(), loads.begin(), loads.end());
      loads.clear();
    }
    if (!work.any) continue;
    any = true;
    StepShape& shape = work.shape;
    shape = ranks_[i].shape();
    shape_.decode_sequences += shape.decode_sequences;
    shape_.prefill_tokens += shape.prefill_tokens;
    if (o_.rank.engine.pad_tokens_min > 0) pad(shape);
    shape.decode_sequences *= scale;
    shape.decode_context *= scale;
    shape.prefill_tokens *= scale;
    shape.prefill_context *= scale;
    shape.prefill_sequences *= scale;
    work.line = o_.steps->line(shape);
    work.growth = ranks_[i].growth() * scale;
    work.room = work.growth > 0
                    ? (work.line.context_end - shape.decode_context + work.growth - 1) / work.growth
                    : std::numeric_limits<std::int32_t>::max();
  }
  if (!any) return false;
  if (end_ != now) carry_ = 0;
  plan(now);
  return true;
}

// How long the formed step takes and how often it is repeated.
void Replica::plan(SimTime now) {
  pace_ = works_.size();
  for (std::size_t i = 0; i < works_.size(); ++i) {
    if (!works_[i].any) continue;
    if (pace_ == works_.size() || works_[i].line.time > works_[pace_].line.time) pace_ = i;
  }
  const Work& pace = works_[pace_];
  const std::int64_t growth = pace.line.time_slope * pace.growth;
  std::int64_t steps = o_.step_by_step ? 1 : kStepsMax;
  for (std::size_t i = 0; i < works_.size() && steps > 1; ++i) {
    const Work& work = works_[i];
    steps = ranks_[i].repeats(steps);
    if (!work.any) continue;
    steps = std::min(steps, work.room);
    const std::int64_t faster = work.line.time_slope * work.growth - growth;
    if (faster > 0) steps = std::min(steps, (pace.line.time - work.line.time) / faster + 1);
  }
  step_prefill_ = shape_.prefill_tokens > 0 ? pace.line.time - time_without_prompts() : 0;
  stretch_ = Stretch(now, carry_, pace.line.time, growth);
  steps_ = steps;
  end_ = stretch_.end_after(steps);
  busy_ = true;
}

std::int64_t Replica::time_without_prompts() const {
  std::int64_t longest = 0;
  for (std::size_t i = 0; i < ranks_.size(); ++i) {
    if (!works_[i].any || works_[i].shape.decode_sequences == 0) continue;
    const StepShape& shape = works_[i].shape;
    longest = std::max(longest, o_.steps
                                    ->line({.decode_sequences = shape.decode_sequences,
                                            .decode_context = shape.decode_context})
                                    .time);
  }
  return longest;
}

void Replica::account(std::int64_t steps) {
  busy_time_ += stretch_.end_after(steps) - stretch_.start();
  step_count_ += steps;
  prefill_seconds_ +=
      static_cast<double>(step_prefill_ * steps) / (std::int64_t{1} << kFineBits) * 1e-12;
  for (const Work& work : works_) {
    if (work.any) energy_ += work.energy(steps);
  }
}

void Replica::complete(std::vector<Slot>& ended) {
  busy_ = false;
  carry_ = stretch_.carry_after(steps_);
  const SimTime time = end_ - stretch_.start();
  account(steps_);
  for (std::size_t i = 0; i < ranks_.size(); ++i) {
    if (!works_[i].any) continue;
    ranks_[i].complete(steps_, end_, time, works_[i].energy(steps_));
    std::vector<Slot>& done = ranks_[i].ended();
    in_flight_ -= static_cast<std::int64_t>(done.size());
    ended.insert(ended.end(), done.begin(), done.end());
    done.clear();
  }
  if (o_.check) {
    for (const Rank& rank : ranks_) rank.check();
  }
}

std::int64_t Replica::waiting() const {
  std::int64_t sum = 0;
  for (const Rank& rank : ranks_) sum += rank.waiting();
  return sum;
}

std::int64_t Replica::running() const {
  std::int64_t sum = 0;
  for (const Rank& rank : ranks_) sum += rank.running();
  return sum;
}

std::int64_t Replica::blocks_used(SimTime now) const {
  // The step under way has its blocks.
  const std::int64_t steps = busy_ ? stretch_.steps_until(now + SimTime(1), steps_) : 0;
  std::int64_t sum = 0;
  for (const Rank& rank : ranks_) sum += rank.blocks_used(steps);
  return sum;
}

std::int64_t Replica::blocks_cached() const {
  std::int64_t sum = 0;
  for (const Rank& rank : ranks_) sum += rank.pool().cached();
  return sum;
}

std::int64_t Replica::blocks() const {
  return ranks_[0].pool().capacity() * static_cast<std::int64_t>(ranks_.size());
}

double Replica::joules() const {
  return static_cast<double>(energy_) * 1e-12 / static_cast<double>(ranks_.size()) +
         busy_time_.ns() * 1e-9 * o_.steps->active_watts();
}

}  // namespace switchyard::serving
