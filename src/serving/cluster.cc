#include "serving/cluster.h"

#include <algorithm>
#include <limits>

namespace switchyard::serving {

namespace {

constexpr SimTime kNever(std::numeric_limits<std::int64_t>::max());

std::vector<Replica> make_replicas(RequestSlots& slots, const StepModel& steps,
                                   const ServiceOptions& o, int hash_tokens) {
  const ReplicaOptions options{.rank = {.engine = o.engine,
                                        .blocks = o.blocks,
                                        .hash_tokens = hash_tokens,
                                        .speculation = o.speculation,
                                        .seed = o.seed},
                               .ranks = o.ranks,
                               .steps = &steps,
                               .step_by_step = o.step_by_step,
                               .check = o.check};
  std::vector<Replica> replicas;
  for (int i = 0; i < o.replicas; ++i) replicas.emplace_back(slots, options);
  return replicas;
}

}  // namespace

Cluster::Cluster(const StepModel& steps, workload::RequestSource& source,
                 const ServiceOptions& options, RecordSink& sink)
    : o_(options),
      source_(source),
      sink_(sink),
      replicas_(make_replicas(slots_, steps, options, source.block_tokens())),
      router_(options.routing, 0, options.replicas),
      due_(replicas_.size()) {
  for (int i = 0; i < options.replicas; ++i) router_.set_open(i, true);
  next_sample_ = options.sample_interval_s > 0 ? SimTime() : kNever;
}

SimTime Cluster::next_time() const {
  SimTime time = arrival_.value_or(kNever);
  if (!due_.empty()) time = std::min(time, due_.time());
  return time;
}

Result<SimulationResult> Cluster::run() {
  constexpr std::int64_t kProgressEvery = 1 << 16;
  arrival_ = source_.next_arrival();
  for (SimTime now; (now = next_time()) != kNever;) {
    if (next_sample_ < now) take_samples(now);
    end_steps(now);
    SWITCHYARD_TRY_STATUS(take_arrivals(now));
    start_steps(now);
    result_.end = now;
    if (++result_.events % kProgressEvery == 0) {
      sink_.progress(result_.completed + result_.shed + result_.failed, now);
    }
  }
  SWITCHYARD_CHECK(slots_.live() == 0, "{} requests lost", slots_.live());
  for (const Replica& r : replicas_) {
    result_.steps += r.step_count();
    result_.busy_seconds += r.busy_time().ns() * 1e-9;
    result_.joules += r.joules();
  }
  return result_;
}

void Cluster::end_steps(SimTime now) {
  while (!due_.empty() && due_.time() <= now) {
    const int number = due_.top();
    due_.remove(number);
    replica(number).complete(ended_);
    router_.add_load(number, -static_cast<std::int64_t>(ended_.size()));
    for (const Slot slot : ended_) complete(slot, workload::RequestOutcome::kCompleted, now);
    ended_.clear();
    wake(number);
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
    route(slot, now);
    arrival_ = source_.next_arrival();
  }
  return {};
}

void Cluster::route(Slot slot, SimTime now) {
  LiveRequest& r = slots_[slot];
  const int number = router_.choose(r);
  if (!replica(number).can_hold(r)) {
    complete(slot, workload::RequestOutcome::kFailed, now);
    return;
  }
  r.replica = number;
  router_.add_load(number, 1);
  if (replica(number).enqueue(slot, now)) due_.set(number, replica(number).end());
  if (!replica(number).busy()) wake(number);
}

void Cluster::wake(int replica) {
  if (awake_.empty() || awake_.back() != replica) awake_.push_back(replica);
}

void Cluster::start_steps(SimTime now) {
  std::sort(awake_.begin(), awake_.end());
  awake_.erase(std::unique(awake_.begin(), awake_.end()), awake_.end());
  for (const int number : awake_) {
    if (replica(number).start(now)) due_.set(number, replica(number).end());
  }
  awake_.clear();
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
  const SimTime interval(static_cast<std::int64_t>(o_.sample_interval_s * 1e12));
  for (; next_sample_ < now; next_sample_ += interval) {
    for (std::size_t i = 0; i < replicas_.size(); ++i) {
      const Replica& r = replicas_[i];
      const std::int64_t used = r.blocks_used(next_sample_);
      sink_.sample({.time = next_sample_,
                    .replica = static_cast<int>(i),
                    .waiting = r.waiting(),
                    .running = r.running(),
                    .blocks_used = used,
                    .blocks_cached = r.blocks_cached(),
                    .blocks = r.blocks()});
    }
  }
}

}  // namespace switchyard::serving
