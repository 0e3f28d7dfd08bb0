#include "neuroncore/schedule.h"

#include "neuroncore/placement.h"
#include "neuroncore/races.h"
#include "neuroncore/regions.h"

namespace switchyard::neuroncore {

std::string_view name(Policy policy) {
  constexpr std::string_view kNames[] = {"program", "list", "ideal"};
  return kNames[static_cast<int>(policy)];
}

namespace {

using Addresses = std::vector<std::optional<isa::FixedAddress>>;

class Scheduler {
 public:
  Scheduler(const isa::Program& program, const Core& core, const ScheduleOptions& options)
      : program_(program),
        core_(core),
        options_(options),
        given_(options.allocation ? options.allocation->addresses : Addresses{}),
        prepared_(program, core, given_),
        regions_(std::in_place, prepared_, options) {}

  Timeline run() {
    if (options_.policy == Policy::kProgram || prepared_.self_ordered()) {
      record(Policy::kProgram);
    } else {
      record_best();
    }
    timeline_.policy = options_.policy;
    if (!program_.automatic_order) add_races(prepared_, timeline_);
    return std::move(timeline_);
  }

 private:
  // The schedule of the policy wanted, or of an earlier one that does better.
  void record_best() {
    Policy best = Policy::kProgram;
    std::int64_t shortest = regions_->run(Policy::kProgram, nullptr).duration;
    for (const Policy policy : {Policy::kList, Policy::kIdeal}) {
      place_for(policy);
      const bool wanted = policy == options_.policy;
      const std::int64_t duration =
          wanted ? record(policy) : regions_->run(policy, nullptr).duration;
      if (duration <= shortest) {
        best = policy;
        shortest = duration;
      }
      if (wanted) break;
    }
    if (best == options_.policy) return;
    timeline_ = {};
    place_for(best);
    record(best);
  }

  std::int64_t record(Policy policy) {
    Regions::Outcome outcome = regions_->run(policy, &timeline_);
    timeline_.duration = SimTime(outcome.duration);
    if (outcome.fault) timeline_.faults.push_back(std::move(*outcome.fault));
    return outcome.duration;
  }

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

  const isa::Program& program_;
  const Core& core_;
  const ScheduleOptions& options_;
  const Addresses given_;
  Prepared prepared_;
  std::optional<Regions> regions_;
  Timeline timeline_;
};

}  // namespace

Timeline schedule(const isa::Program& program, const Core& core, const ScheduleOptions& options) {
  return Scheduler(program, core, options).run();
}

}  // namespace switchyard::neuroncore
