#include "neuroncore/schedule.h"

#include <algorithm>
#include <memory>
#include <thread>

#include "base/check.h"
#include "neuroncore/placement.h"
#include "neuroncore/races.h"
#include "neuroncore/races_pair.h"
#include "neuroncore/regions.h"

namespace switchyard::neuroncore {

std::string_view name(Policy policy) {
  constexpr std::string_view kNames[] = {"program", "list", "ideal"};
  return kNames[static_cast<int>(policy)];
}

namespace {

using Addresses = std::vector<std::optional<isa::FixedAddress>>;

// One core: its program, and its timeline once recorded.
class CoreSchedule {
 public:
  CoreSchedule(const isa::Program& program, const Core& core, const ScheduleOptions& options)
      : program_(program),
        core_(core),
        options_(options),
        given_(options.allocation ? options.allocation->addresses : Addresses{}),
        prepared_(program, core, given_),
        regions_(std::in_place, prepared_, options) {}

  const isa::Program& program() const { return program_; }
  const Prepared& prepared() const { return prepared_; }
  bool self_ordered() const { return prepared_.self_ordered(); }

  // Where tensors without an address of their own lie. Without an allocation memory has no end, and
  // there is nothing to choose.
  void place_for(Policy policy) {
    if (!options_.allocation) return;
    Addresses addresses = given_;
    if (policy == Policy::kList) {
      if (auto turns = place_in_turn(program_, core_.limits)) addresses = std::move(*turns);
    } else if (policy == Policy::kIdeal) {
      addresses.clear();
    }
    regions_.reset();
    prepared_.move(addresses);
    regions_.emplace(prepared_, options_);
  }

  std::int64_t run(Policy policy, bool record, Partner* partner, const ProgressHook& progress) {
    if (!record) return regions_->run(policy, nullptr, partner, progress).duration;
    timeline_ = {};
    Regions::Outcome outcome = regions_->run(policy, &timeline_, partner, progress);
    timeline_.duration = SimTime(outcome.duration);
    if (outcome.fault) timeline_.faults.push_back(std::move(*outcome.fault));
    return outcome.duration;
  }

  Timeline take() {
    timeline_.policy = options_.policy;
    if (!program_.automatic_order) add_races(prepared_, timeline_);
    return std::move(timeline_);
  }

 private:
  const isa::Program& program_;
  const Core& core_;
  const ScheduleOptions& options_;
  const Addresses given_;
  Prepared prepared_;
  std::optional<Regions> regions_;
  Timeline timeline_;
};

// One core, or the two of an LNC.
class Scheduler {
 public:
  using Cores = std::vector<std::unique_ptr<CoreSchedule>>;
  Scheduler(Cores cores, Policy wanted, const ProgressHook& progress)
      : cores_(std::move(cores)), wanted_(wanted), progress_(progress) {}

  void run() {
    const bool as_written =
        wanted_ == Policy::kProgram ||
        std::any_of(cores_.begin(), cores_.end(), [](const auto& c) { return c->self_ordered(); });
    if (as_written) {
      passes_ = 1;
      run_all(Policy::kProgram, true);
    } else {
      passes_ = static_cast<int>(wanted_) + 1;
      record_best();
    }
  }
  Timeline take(std::size_t rank) { return cores_[rank]->take(); }
  const Prepared& prepared(std::size_t rank) const { return cores_[rank]->prepared(); }

 private:
  // The schedule of the policy wanted, or of an earlier one that does better.
  void record_best() {
    Policy best = Policy::kProgram;
    std::int64_t shortest = run_all(Policy::kProgram, false);
    for (const Policy policy : {Policy::kList, Policy::kIdeal}) {
      for (const auto& core : cores_) core->place_for(policy);
      const std::int64_t duration = run_all(policy, policy == wanted_);
      if (duration <= shortest) {
        best = policy;
        shortest = duration;
      }
      if (policy == wanted_) break;
    }
    if (best == wanted_) return;
    for (const auto& core : cores_) core->place_for(best);
    run_all(best, true);
  }

  // The duration of the slower core.
  std::int64_t run_all(Policy policy, bool record) {
    const ProgressHook hook = pass_hook();
    ++pass_;
    if (cores_.size() == 1) return cores_[0]->run(policy, record, nullptr, hook);
    Meetings meetings;
    std::array<std::int64_t, kLncCores> durations = {};
    const auto work = [&](int rank) {
      Partner partner(meetings, rank, cores_[rank]->program());
      durations[rank] =
          cores_[rank]->run(policy, record, &partner, rank == 0 ? hook : ProgressHook{});
      meetings.finish(rank);
    };
    std::thread second(work, 1);
    work(0);
    second.join();
    return std::max(durations[0], durations[1]);
  }

  ProgressHook pass_hook() {
    if (!progress_) return {};
    return [this, pass = pass_](double share) {
      told_ = std::max(told_, std::min(1.0, (pass + share) / passes_));
      progress_(told_);
    };
  }

  Cores cores_;
  Policy wanted_;
  const ProgressHook& progress_;
  int pass_ = 0, passes_ = 1;
  double told_ = 0;
};

}  // namespace

Timeline schedule(const isa::Program& program, const Core& core, const ScheduleOptions& options) {
  Scheduler::Cores cores;
  cores.push_back(std::make_unique<CoreSchedule>(program, core, options));
  Scheduler scheduler(std::move(cores), options.policy, options.progress);
  scheduler.run();
  return scheduler.take(0);
}

std::array<Timeline, kLncCores> schedule_pair(
    const std::array<const isa::Program*, kLncCores>& programs, const Core& core,
    const std::array<ScheduleOptions, kLncCores>& options, const SharedTensors& shared) {
  SWITCHYARD_CHECK(options[0].policy == options[1].policy, "two policies in one pair");
  Scheduler::Cores cores;
  for (std::size_t rank = 0; rank < kLncCores; ++rank) {
    cores.push_back(std::make_unique<CoreSchedule>(*programs[rank], core, options[rank]));
  }
  Scheduler scheduler(std::move(cores), options[0].policy, options[0].progress);
  scheduler.run();
  std::array<Timeline, kLncCores> timelines = {scheduler.take(0), scheduler.take(1)};
  add_pair_races({&scheduler.prepared(0), &scheduler.prepared(1)}, shared,
                 {&timelines[0], &timelines[1]});
  return timelines;
}

}  // namespace switchyard::neuroncore
