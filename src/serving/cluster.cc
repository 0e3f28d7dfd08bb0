#include "serving/cluster.h"

#include <algorithm>
#include <limits>

namespace switchyard::serving {

namespace {

constexpr SimTime kNever(std::numeric_limits<std::int64_t>::max());

int decode_replicas(const ServiceOptions& o) {
  return std::max(o.replicas, o.autoscaling.replicas_max);
}

std::vector<Replica> make_replicas(RequestSlots& slots, const StepModel& steps,
                                   const ServiceOptions& o, int hash_tokens) {
  ReplicaOptions options{.rank = {.engine = o.engine,
                                  .blocks = o.blocks,
                                  .hash_tokens = hash_tokens,
                                  .host_blocks = o.host.blocks,
                                  .speculation = o.speculation,
                                  .seed = o.seed},
                         .ranks = o.ranks,
                         .steps = &steps,
                         .step_by_step = o.step_by_step,
                         .check = o.check};
  std::vector<Replica> replicas;
  for (int i = 0; i < decode_replicas(o); ++i) replicas.emplace_back(slots, options);
  const Disaggregation& d = o.disaggregation;
  if (d.prefill_steps) options.steps = d.prefill_steps;
  options.rank.blocks = d.prefill_blocks;
  options.rank.hands_over = true;
  for (int i = 0; i < d.prefill_replicas; ++i) replicas.emplace_back(slots, options);
  return replicas;
}

}  // namespace

Cluster::Cluster(const StepModel& steps, workload::RequestSource& source,
                 const ServiceOptions& options, RecordSink& sink)
    : o_(options),
      source_(source),
      sink_(sink),
      decode_count_(decode_replicas(options)),
      replicas_(make_replicas(slots_, steps, options, source.block_tokens())),
      standings_(replicas_.size()),
      router_(options.routing, 0, decode_count_),
      prompt_router_(options.routing, decode_count_, options.disaggregation.prefill_replicas),
      host_links_(replicas_.size(), KvLink(options.host.link)),
      out_links_(replicas_.size(), KvLink(options.disaggregation.link)),
      autoscaler_(options.autoscaling),
      due_(replicas_.size()) {
  for (std::size_t i = 0; i < replicas_.size(); ++i) {
    const auto number = static_cast<int>(i);
    standings_[i].random = Random(mix(o_.seed) + i);
    if (decodes(number) && number >= o_.replicas) continue;
    standings_[i].state = State::kStarting;
    set_up(number, SimTime());
  }
  for (const Outage& outage : o_.failures.outages) {
    timers_.set({.time = from_seconds(outage.start_s),
                 .kind = TimerKind::kFailure,
                 .replica = outage.replica,
                 .duration = from_seconds(outage.duration_s)});
  }
  if (o_.autoscaling.replicas_min > 0) {
    timers_.set({.time = from_seconds(o_.autoscaling.interval_s), .kind = TimerKind::kScale});
  }
  next_sample_ = options.sample_interval_s > 0 ? SimTime() : kNever;
}

SimTime Cluster::next_time() const {
  SimTime time = arrival_.value_or(kNever);
  if (!due_.empty()) time = std::min(time, due_.time());
  if (!timers_.empty()) time = std::min(time, timers_.time());
  if (!waits_.empty()) time = std::min(time, waits_.front().time);
  return time;
}

Result<SimulationResult> Cluster::run() {
  constexpr std::int64_t kProgressEvery = 1 << 16;
  arrival_ = source_.next_arrival();
  while (arrival_ || slots_.live() > 0) {
    const SimTime now = next_time();
    SWITCHYARD_CHECK(now != kNever, "{} requests wait for nothing", slots_.live());
    if (next_sample_ < now) take_samples(now);
    fire_timers(now);
    end_steps(now);
    SWITCHYARD_TRY_STATUS(take_arrivals(now));
    start_steps(now);
    if (++result_.events % kProgressEvery == 0) {
      sink_.progress(result_.completed + result_.shed + result_.failed, now);
    }
  }
  finish_result();
  return result_;
}

void Cluster::fire_timers(SimTime now) {
  while (!timers_.empty() && timers_.time() <= now) {
    const Timer timer = timers_.take();
    switch (timer.kind) {
      case TimerKind::kFailure:
        fail_replica(timer, now);
        break;
      case TimerKind::kReady:
        if (timer.number == standing(timer.replica).generation) set_up(timer.replica, now);
        break;
      case TimerKind::kScale:
        scale(now);
        break;
      case TimerKind::kLoaded:
        load_done(timer, now);
        break;
    }
  }
  while (!waits_.empty() && waits_.front().time <= now) {
    wait_over(waits_.front(), now);
    waits_.pop_front();
  }
}

void Cluster::end_steps(SimTime now) {
  while (!due_.empty() && due_.time() <= now) {
    const int number = due_.top();
    due_.remove(number);
    Replica& r = replica(number);
    sink_.batch({.replica = number,
                 .start = r.started(),
                 .end = r.end(),
                 .steps = r.steps(),
                 .decode_sequences = r.shape().decode_sequences,
                 .prefill_tokens = r.shape().prefill_tokens});
    r.complete(ended_);
    router_of(number).add_load(number, -static_cast<std::int64_t>(ended_.size()));
    for (const Slot slot : ended_) {
      if (slots_[slot].phase == Phase::kSending) {
        slots_[slot].record.prefill_replica = number;
        route(slot, now);
      } else {
        complete(slot, workload::RequestOutcome::kCompleted, now);
      }
    }
    ended_.clear();
    touched(number, false);
    stop_if_drained(number, now);
  }
}

Status Cluster::take_arrivals(SimTime now) {
  // A source that answers every shed request at once would never let time go on.
  constexpr int kAtOnceMax = 10'000'000;
  for (int taken = 0; arrival_ && *arrival_ <= now; ++taken) {
    if (taken == kAtOnceMax) {
      return fail({.kind = ErrorKind::kImpossible,
                   .where = "simulation",
                   .found = "ten million requests at one moment",
                   .wanted = "a source whose requests are some time apart"});
    }
    const workload::ServingRequest in = source_.take();
    const Slot slot = slots_.add();
    LiveRequest& r = slots_[slot];
    r.record.id = in.id;
    r.record.session = in.session;
    r.record.priority = std::clamp(in.priority, 0, kPriorities - 1);
    r.record.arrival = in.arrival;
    r.record.first_scheduled = SimTime(-1);
    r.record.input_tokens = std::max<std::int64_t>(1, in.input_tokens);
    r.output = std::max<std::int64_t>(0, in.output_tokens);
    r.target = r.record.input_tokens;
    r.blocks = in.blocks;
    ++result_.requests;
    if (o_.admission.wait_max_s > 0) {
      waits_.push_back({now + from_seconds(o_.admission.wait_max_s), slot, in.id});
    }
    route(slot, now);
    arrival_ = source_.next_arrival();
  }
  return {};
}

void Cluster::route(Slot slot, SimTime now) {
  LiveRequest& r = slots_[slot];
  const bool prompt_only = o_.disaggregation.prefill_replicas > 0 && r.kv != KvPlace::kRemote;
  const int prompts_at = decode_count_;
  if (!replica(0).can_hold(r) || (prompt_only && !replica(prompts_at).can_hold(r))) {
    complete(slot, workload::RequestOutcome::kFailed, now);
    return;
  }
  Router& router = prompt_only ? prompt_router_ : router_;
  if (!router.any_open()) {
    r.replica = -1;
    r.phase = Phase::kWaiting;
    parked_.push_back(slot);
    return;
  }
  const int number = router.choose(r);
  const std::int64_t queue_max = o_.admission.queue_max;
  const bool fresh = r.record.retries == 0 && r.kv == KvPlace::kNowhere;
  if (queue_max > 0 && fresh && replica(number).waiting() >= queue_max) {
    complete(slot, workload::RequestOutcome::kShed, now);
    return;
  }
  place(slot, number, now);
}

void Cluster::place(Slot slot, int number, SimTime now) {
  slots_[slot].replica = number;
  router_of(number).add_load(number, 1);
  touched(number, replica(number).enqueue(slot, now));
}

// Something at a replica has changed: its stretch may end earlier, or it may have work again.
void Cluster::touched(int number, bool shortened) {
  if (shortened) due_.set(number, replica(number).end());
  const bool awake = !awake_.empty() && awake_.back() == number;
  if (!replica(number).busy() && !awake) awake_.push_back(number);
}

void Cluster::start_steps(SimTime now) {
  if (awake_.size() > 1) {
    std::sort(awake_.begin(), awake_.end());
    awake_.erase(std::unique(awake_.begin(), awake_.end()), awake_.end());
  }
  for (const int number : awake_) {
    Replica& r = replica(number);
    if (r.start(now)) due_.set(number, r.end());
    if (!r.loads().empty()) begin_loads(number, now);
  }
  awake_.clear();
}

void Cluster::begin_loads(int number, SimTime now) {
  for (const Load& load : replica(number).loads()) {
    const LiveRequest& r = slots_[load.slot];
    KvLink& link = load.from == KvPlace::kHost
                       ? host_links_[static_cast<std::size_t>(number)]
                       : out_links_[static_cast<std::size_t>(r.sent.replica)];
    const double bytes = static_cast<double>(load.tokens) * o_.kv_bytes_per_token;
    timers_.set({.time = link.send(now, bytes),
                 .kind = TimerKind::kLoaded,
                 .replica = number,
                 .slot = load.slot,
                 .number = r.ticket});
  }
  replica(number).loads().clear();
}

void Cluster::load_done(const Timer& timer, SimTime now) {
  LiveRequest& r = slots_[timer.slot];
  if (r.ticket != timer.number) return;  // failed or withdrawn meanwhile
  if (r.sent.replica >= 0) {
    const int sender = r.sent.replica;
    replica(sender).release_sent(r);
    touched(sender, false);
  }
  touched(timer.replica, replica(timer.replica).loaded(timer.slot, now));
}

void Cluster::wait_over(const Wait& wait, SimTime now) {
  const LiveRequest& r = slots_[wait.slot];
  const bool waits =
      r.record.id == wait.id && r.phase == Phase::kWaiting && r.record.first_scheduled < SimTime();
  if (!waits) return;
  if (r.replica < 0) {
    std::erase(parked_, wait.slot);
  } else {
    const int number = r.replica;
    router_of(number).add_load(number, -1);
    touched(number, replica(number).withdraw(wait.slot, now));
  }
  complete(wait.slot, workload::RequestOutcome::kShed, now);
}

void Cluster::complete(Slot slot, workload::RequestOutcome outcome, SimTime now) {
  LiveRequest& r = slots_[slot];
  workload::RequestRecord& record = r.record;
  record.outcome = outcome;
  record.finish = now;
  record.replica = r.replica;
  if (record.prefill_replica < 0) record.prefill_replica = r.replica;
  record.output_tokens = r.produced;
  result_.preemptions += record.preemptions;
  result_.retries += record.retries;
  result_.end = now;
  if (outcome == workload::RequestOutcome::kCompleted) {
    ++result_.completed;
    result_.input_tokens += record.input_tokens;
    result_.output_tokens += record.output_tokens;
    result_.cached_tokens += record.cached_tokens;
  } else {
    ++(outcome == workload::RequestOutcome::kShed ? result_.shed : result_.failed);
    record.first_scheduled = record.first_token = now;
  }
  const workload::RequestRecord done = record;
  slots_.remove(slot);
  sink_.finished(done);
  source_.finished(done);
  arrival_ = source_.next_arrival();
}

void Cluster::take_samples(SimTime now) {
  const SimTime interval = from_seconds(o_.sample_interval_s);
  for (; next_sample_ < now; next_sample_ += interval) {
    for (std::size_t i = 0; i < replicas_.size(); ++i) {
      const Replica& r = replicas_[i];
      const State state = standings_[i].state;
      sink_.sample({.time = next_sample_,
                    .replica = static_cast<int>(i),
                    .up = state == State::kUp || state == State::kDraining,
                    .waiting = r.waiting(),
                    .running = r.running(),
                    .blocks_used = r.blocks_used(next_sample_),
                    .blocks_cached = r.blocks_cached(),
                    .blocks = r.blocks()});
    }
  }
}

void Cluster::finish_result() {
  for (std::size_t i = 0; i < replicas_.size(); ++i) {
    const Replica& r = replicas_[i];
    const auto number = static_cast<int>(i);
    if (o_.check) SWITCHYARD_CHECK(r.blocks_used(result_.end) == 0, "blocks of replica {}", number);
    if (standings_[i].state != State::kOff) stop(number, result_.end);
    const double paid = to_seconds(standings_[i].paid);
    const double busy = to_seconds(r.busy_time());
    (decodes(number) ? result_.replica_seconds : result_.prefill_replica_seconds) += paid;
    result_.steps += r.step_count();
    result_.busy_seconds += busy;
    result_.prefill_seconds += r.prefill_seconds();
    result_.joules += r.joules() + r.idle_watts() * std::max(0.0, paid - busy);
  }
}

}  // namespace switchyard::serving
