// Replicas that start, stop, fail and come back.
#include <algorithm>
#include <tuple>

#include "serving/cluster.h"

namespace switchyard::serving {

// Opens a replica that was starting or failed.
void Cluster::set_up(int number, SimTime now) {
  Standing& s = standing(number);
  if (s.state != State::kStarting && s.state != State::kFailed) return;
  s.state = State::kUp;
  router_of(number).set_open(number, true);
  set_next_failure(number, now);
  std::vector<Slot> parked;
  parked.swap(parked_);
  for (const Slot slot : parked) route(slot, now);
}

void Cluster::set_next_failure(int number, SimTime now) {
  if (o_.failures.mean_between_s <= 0) return;
  Standing& s = standing(number);
  timers_.set({.time = now + from_seconds(s.random.exponential(o_.failures.mean_between_s)),
               .kind = TimerKind::kFailure,
               .replica = number,
               .number = ++s.generation,
               .duration = from_seconds(o_.failures.repair_s)});
}

// Planned outages carry no number. One that meets a replica that is not up changes nothing.
void Cluster::fail_replica(const Timer& timer, SimTime now) {
  const int number = timer.replica;
  Standing& s = standing(number);
  if (timer.number > 0 && timer.number != s.generation) return;
  if (s.state != State::kUp && s.state != State::kDraining) return;
  s.state = State::kFailed;
  ++s.generation;
  router_of(number).set_open(number, false);
  router_of(number).add_load(number, -replica(number).in_flight());
  due_.remove(number);
  timers_.set({.time = now + timer.duration,
               .kind = TimerKind::kReady,
               .replica = number,
               .number = s.generation});

  std::vector<Slot> lost;
  for (Slot slot = 0; slot < slots_.end(); ++slot) {
    const LiveRequest& r = slots_[slot];
    if (r.replica == number || r.sent.replica == number) lost.push_back(slot);
  }
  std::sort(lost.begin(), lost.end(), [&](Slot a, Slot b) {
    const auto& x = slots_[a].record;
    const auto& y = slots_[b].record;
    return std::tie(x.arrival, x.id) < std::tie(y.arrival, y.id);
  });
  for (const Slot slot : lost) begin_anew(slot, number, now);
  replica(number).crash(now);
  for (const Slot slot : lost) route(slot, now);
}

// Forgets all that was done for a request, which loses its KV cache with replica `failed`.
void Cluster::begin_anew(Slot slot, int failed, SimTime now) {
  LiveRequest& r = slots_[slot];
  if (r.sent.replica == failed) {
    // It waits for another replica to pull what is now gone.
    if (r.replica < 0) {
      std::erase(parked_, slot);
    } else {
      router_of(r.replica).add_load(r.replica, -1);
      touched(r.replica, replica(r.replica).withdraw(slot, now));
    }
  } else if (r.sent.replica >= 0) {
    const int sender = r.sent.replica;
    replica(sender).release_sent(r);
    touched(sender, false);
  }
  LiveRequest fresh;
  fresh.record = r.record;
  fresh.record.first_scheduled = SimTime(-1);
  fresh.record.first_token = {};
  fresh.record.cached_tokens = 0;
  fresh.record.prefill_replica = -1;
  ++fresh.record.retries;
  fresh.blocks = r.blocks;
  fresh.output = r.output;
  fresh.target = r.record.input_tokens;
  r = fresh;
}

void Cluster::start_replica(int number, SimTime now) {
  Standing& s = standing(number);
  if (s.state == State::kDraining) {
    s.state = State::kUp;
    router_of(number).set_open(number, true);
    return;
  }
  s.state = State::kStarting;
  s.paid_since = now;
  timers_.set({.time = now + from_seconds(o_.autoscaling.startup_s),
               .kind = TimerKind::kReady,
               .replica = number,
               .number = ++s.generation});
}

void Cluster::drain(int number, SimTime now) {
  if (standing(number).state == State::kStarting) {
    stop(number, now);
    return;
  }
  standing(number).state = State::kDraining;
  router_of(number).set_open(number, false);
  stop_if_drained(number, now);
}

void Cluster::stop_if_drained(int number, SimTime now) {
  if (standing(number).state != State::kDraining || replica(number).in_flight() > 0) return;
  stop(number, now);
}

void Cluster::stop(int number, SimTime now) {
  Standing& s = standing(number);
  s.state = State::kOff;
  s.paid += now - s.paid_since;
  ++s.generation;
}

void Cluster::scale(SimTime now) {
  timers_.set({.time = now + from_seconds(o_.autoscaling.interval_s), .kind = TimerKind::kScale});
  int running = 0;
  for (int i = 0; i < decode_count_; ++i) {
    const State state = standing(i).state;
    running += state == State::kUp || state == State::kStarting ? 1 : 0;
  }
  const int wanted = autoscaler_.wanted(to_seconds(now), slots_.live(), running);
  // Those that are emptying first, then the lowest numbers; the highest go first.
  for (const State from : {State::kDraining, State::kOff}) {
    for (int i = 0; i < decode_count_ && running < wanted; ++i) {
      if (standing(i).state != from) continue;
      start_replica(i, now);
      ++running;
    }
  }
  for (int i = decode_count_ - 1; i >= 0 && running > wanted; --i) {
    const State state = standing(i).state;
    if (state != State::kUp && state != State::kStarting) continue;
    drain(i, now);
    --running;
  }
  if (router_.any_open() && !parked_.empty()) {
    std::vector<Slot> parked;
    parked.swap(parked_);
    for (const Slot slot : parked) route(slot, now);
  }
}

}  // namespace switchyard::serving
