#include "neuroncore/regions.h"

#include <algorithm>

#include "base/check.h"

namespace switchyard::neuroncore {

namespace {

using isa::Engine;
using isa::Opcode;

// Of kIdeal: no bound in practice, but one on memory.
constexpr std::uint32_t kIdealWindow = 1u << 18;
constexpr std::int64_t kTimeMax = std::int64_t{1} << 62;  // ps: a month and a half

std::int64_t add_times(std::int64_t time, std::int64_t step, std::int64_t times) {
  std::int64_t total = 0;
  if (__builtin_mul_overflow(step, times, &total) || total > kTimeMax - time) return kTimeMax;
  return time + total;
}

}  // namespace

struct Regions::Walk {
  Walk(const Core& core, const Prepared& prepared, Policy wanted, Timeline* timeline,
       std::size_t records_max, Partner* other, const ProgressHook& hook)
      : policy(wanted),
        pipelines(core),
        semaphores(prepared.program().semaphores().size()),
        loop_turn(nanoseconds(core.kernel.loop_turn).ps()),
        barrier(nanoseconds(core.kernel.barrier).ps()),
        partner(other),
        progress(hook) {
    pipelines.join(partner);
    if (timeline) recorder.emplace(*timeline, records_max);
  }

  Policy policy;
  Pipelines pipelines;
  Semaphores semaphores;
  std::optional<Recorder> recorder;
  std::int64_t loop_turn, barrier;
  Partner* partner;
  const ProgressHook& progress;
  int depth = 0;  // of loops
  std::int64_t now = 0;
  std::size_t next_trip = 0;
  std::optional<Fault> fault;
};

Regions::Regions(const Prepared& prepared, const ScheduleOptions& options)
    : prepared_(prepared), program_(prepared.program()), options_(options), hazards_(prepared) {
  find_ends();
}
Regions::~Regions() = default;

void Regions::find_ends() {
  std::vector<isa::InstructionId> open;
  const auto is_begin = [](Opcode o) { return o == Opcode::kForBegin || o == Opcode::kWhileBegin; };
  for (std::size_t i = 0; i < program_.size(); ++i) {
    const auto id = static_cast<isa::InstructionId>(i);
    const Opcode opcode = prepared_.form_of(id).opcode;
    if (is_begin(opcode) && ends_.empty()) {
      ends_.resize(program_.size());
      loop_of_.resize(program_.size());
      holds_loop_.resize(program_.size());
      holds_meeting_.resize(program_.size());
    }
    if (!open.empty()) loop_of_[id] = open.back() + 1;
    if (opcode == Opcode::kCoreBarrier || opcode == Opcode::kSendrecv) {
      for (const isa::InstructionId begin : open) holds_meeting_[begin] = true;
    }
    if (is_begin(opcode)) {
      if (!open.empty()) holds_loop_[open.back()] = true;
      open.push_back(id);
    } else if (opcode == Opcode::kLoopEnd) {
      SWITCHYARD_CHECK(!open.empty(), "instruction {} closes no loop", id);
      ends_[open.back()] = id;
      open.pop_back();
    }
  }
  SWITCHYARD_CHECK(open.empty(), "loop at {} is not closed", open.back());
}

Regions::Outcome Regions::run(Policy policy, Timeline* timeline, Partner* partner,
                              const ProgressHook& progress) {
  const Core& core = prepared_.core();
  Walk walk(core, prepared_, policy, timeline, options_.records_max, partner, progress);
  walk.now = nanoseconds(core.kernel.start).ps();
  if (timeline) {
    timeline->prologue = SimTime(walk.now);
    timeline->epilogue = nanoseconds(core.kernel.end);
    timeline->instructions.reserve(std::min(options_.records_max, program_.size()));
    timeline->transfers.reserve(std::min(options_.records_max, prepared_.transfers()));
  }
  run_range(walk, 0, static_cast<isa::InstructionId>(program_.size()));
  return {.duration = add_times(walk.now, nanoseconds(core.kernel.end).ps(), 1),
          .fault = std::move(walk.fault)};
}

void Regions::run_range(Walk& walk, isa::InstructionId first, isa::InstructionId end) {
  isa::InstructionId line = first;
  for (isa::InstructionId id = first; id < end && !walk.fault; ++id) {
    const Opcode opcode = prepared_.form_of(id).opcode;
    if (opcode == Opcode::kForBegin || opcode == Opcode::kWhileBegin) {
      run_line(walk, line, id);
      if (walk.fault) return;
      run_loop(walk, id);
      id = ends_[id];
      line = id + 1;
    } else if (opcode == Opcode::kCoreBarrier) {
      run_line(walk, line, id);
      if (walk.fault) return;
      meet(walk, id);
      line = id + 1;
    }
  }
  if (!walk.fault) run_line(walk, line, end);
}

// What the sequencers do together while everything rests, from `start` on.
void Regions::mark(Walk& walk, isa::InstructionId id, std::int64_t start, std::int64_t time) {
  const bool is_barrier = prepared_.form_of(id).opcode == Opcode::kCoreBarrier;
  const std::int64_t end = add_times(start, time, 1);
  if (walk.recorder && !walk.recorder->full()) {
    const Engine engine = is_barrier ? prepared_.engine(id) : Engine::kSync;
    const Issue issue{.reached = walk.now, .start = start, .end = end};
    static const Cost kNothing;
    const std::uint32_t at = walk.recorder->add(id, engine, kNothing, issue, StallReason::kNone, 0);
    TimedInstruction& timed = walk.recorder->timeline().instructions[at];
    timed.stall = is_barrier ? StallReason::kBarrier : StallReason::kLoop;
    timed.stalled_on = at;  // on nothing of this core
  }
  walk.now = end;
}

void Regions::meet(Walk& walk, isa::InstructionId barrier) {
  std::int64_t together = walk.now;
  if (walk.partner) {
    walk.partner->arrive_at(barrier);
    together = walk.partner->meet(walk.now);
    walk.fault = walk.partner->fault();
  }
  if (!walk.fault) mark(walk, barrier, together, walk.barrier);
}

const Graph& Regions::graph_for(isa::InstructionId first, isa::InstructionId end) {
  if (graph_at_.empty()) graph_at_.resize(program_.size());
  std::uint32_t& known = graph_at_[first];
  if (known == 0) {
    graphs_.push_back(std::make_unique<Graph>(prepared_, hazards_, first, end));
    known = static_cast<std::uint32_t>(graphs_.size());
  }
  return *graphs_[known - 1];
}

void Regions::run_line(Walk& walk, isa::InstructionId first, isa::InstructionId end) {
  if (first == end) return;
  walk.pipelines.reset(walk.now);
  Line line(graph_for(first, end), walk.pipelines, walk.recorder ? &*walk.recorder : nullptr,
            walk.partner);
  if (walk.progress && walk.depth == 0) {
    const auto total = static_cast<double>(program_.size());
    line.watch([&walk, first, total](std::uint32_t issued) {
      walk.progress((first + static_cast<double>(issued)) / total);
    });
  }
  switch (walk.policy) {
    case Policy::kProgram:
      walk.fault = run_in_order(line, walk.semaphores);
      break;
    case Policy::kList:
      run_list(line, static_cast<std::uint32_t>(std::max(1, options_.window)), false);
      break;
    case Policy::kIdeal:
      run_list(line, kIdealWindow, true);
      break;
  }
  if (walk.partner && walk.partner->fault()) walk.fault = walk.partner->fault();
  walk.now = std::min(kTimeMax, walk.pipelines.idle());
}

std::int64_t Regions::trips_of(Walk& walk, isa::InstructionId begin) {
  if (options_.trips && walk.next_trip < options_.trips->size()) {
    return (*options_.trips)[walk.next_trip++];
  }
  const isa::Instruction& form = program_.form(program_.form_of(begin));
  if (form.opcode == Opcode::kWhileBegin) return 1;
  const isa::Operand* lower = form.find(isa::OperandName::kLower);
  const isa::Operand* upper = form.find(isa::OperandName::kUpper);
  const auto is_number = [](const isa::Operand* o) {
    return o && o->kind == isa::OperandKind::kNumber;
  };
  if (!is_number(lower) || !is_number(upper)) return 1;
  const auto step = static_cast<double>(form.integer(isa::AttributeName::kStep));
  const double trips = (upper->number - lower->number + step - 1) / step;
  constexpr double kTripsMax = 1e15;
  return step > 0 ? static_cast<std::int64_t>(std::clamp(trips, 0.0, kTripsMax)) : 0;
}

void Regions::run_loop(Walk& walk, isa::InstructionId begin) {
  const isa::InstructionId end = ends_[begin];
  const std::int64_t trips = trips_of(walk, begin);
  const std::uint32_t outer = walk.recorder ? walk.recorder->iteration() : 0;
  mark(walk, begin, walk.now, walk.loop_turn);
  const bool counts_differ =
      holds_loop_[begin] && options_.trips && walk.next_trip < options_.trips->size();
  const bool meets = walk.partner && holds_meeting_[begin];
  const bool alike = !counts_differ && !meets && !prepared_.self_ordered();
  ++walk.depth;
  for (std::int64_t trip = 0; trip < trips && !walk.fault; ++trip) {
    if (walk.progress && walk.depth == 1) {
      const double turned = static_cast<double>(trip) / static_cast<double>(trips);
      walk.progress((begin + turned * (end - begin)) / static_cast<double>(program_.size()));
    }
    if (walk.recorder) walk.recorder->set_iteration(static_cast<std::uint32_t>(trip));
    const std::int64_t before = walk.now;
    Timeline* timeline = walk.recorder ? &walk.recorder->timeline() : nullptr;
    const std::size_t records = timeline ? timeline->instructions.size() : 0;
    const std::size_t transfers = timeline ? timeline->transfers.size() : 0;
    run_range(walk, begin + 1, end);
    if (walk.fault) break;
    mark(walk, end, walk.now, walk.loop_turn);
    if (!alike) continue;
    turn_again(walk, begin, records, transfers, walk.now - before, trips - 1);
    break;
  }
  --walk.depth;
  if (walk.recorder) walk.recorder->set_iteration(outer);
}

// The records from `first_record` on, `times` more times, each `turn` later than the one before.
void Regions::turn_again(Walk& walk, isa::InstructionId begin, std::size_t first_record,
                         std::size_t first_transfer, std::int64_t turn, std::int64_t times) {
  const std::int64_t before = walk.now;
  walk.now = add_times(before, turn, times);
  if (!walk.recorder || walk.now == kTimeMax) return;
  Timeline& timeline = walk.recorder->timeline();
  const std::size_t records = timeline.instructions.size() - first_record;
  const std::size_t transfers = timeline.transfers.size() - first_transfer;
  if (records == 0) return;
  const std::size_t room = (walk.recorder->records_max() - timeline.instructions.size()) / records;
  const auto copies =
      static_cast<std::int64_t>(std::min<std::uint64_t>(static_cast<std::uint64_t>(times), room));
  const auto more = static_cast<std::size_t>(copies);
  timeline.instructions.reserve(timeline.instructions.size() + more * records);
  timeline.transfers.reserve(timeline.transfers.size() + more * transfers);
  for (std::int64_t copy = 1; copy <= copies; ++copy) {
    const SimTime shift(turn * copy);
    const auto offset = static_cast<std::uint32_t>(records * static_cast<std::size_t>(copy));
    for (std::size_t i = 0; i < records; ++i) {
      TimedInstruction next = timeline.instructions[first_record + i];
      next.reached += shift;
      next.start += shift;
      next.end += shift;
      if (next.stalled_on >= first_record) next.stalled_on += offset;
      // Those of inner loops carry the count of theirs.
      if (loop_of_[next.instruction] == begin + 1) {
        next.iteration = static_cast<std::uint32_t>(copy);
      }
      timeline.instructions.push_back(next);
    }
    for (std::size_t i = 0; i < transfers; ++i) {
      TimedTransfer next = timeline.transfers[first_transfer + i];
      next.start += shift;
      next.end += shift;
      next.timed += offset;
      timeline.transfers.push_back(next);
    }
  }
}

}  // namespace switchyard::neuroncore
