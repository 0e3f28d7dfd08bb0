#include "neuroncore/races.h"

#include <algorithm>
#include <map>

#include "base/text.h"
#include "neuroncore/hazards.h"
#include "neuroncore/overlap.h"

namespace switchyard::neuroncore {

namespace {

using isa::InstructionId;

constexpr std::size_t kRacesMax = 100;
constexpr std::size_t kThreads = isa::kEngines + 16;  // engines, then rings

using Clock = std::array<std::uint32_t, kThreads>;

void join(Clock& into, const Clock& other) {
  for (std::size_t i = 0; i < kThreads; ++i) into[i] = std::max(into[i], other[i]);
}

// One execution of one instruction.
struct Event {
  std::size_t thread = 0;    // on which its work is done
  std::uint32_t number = 0;  // on that thread, from 1
  Clock known = {};          // what is over when it starts
  std::int64_t end = 0;
};

class Races {
 public:
  Races(const Prepared& prepared, Timeline& timeline)
      : prepared_(prepared), program_(prepared.program()), timeline_(timeline) {}

  void run() {
    follow();
    compare();
  }

 private:
  // Clocks, over the run.
  void follow() {
    std::size_t transfer = 0;
    events_.resize(timeline_.instructions.size());
    for (std::uint32_t i = 0; i < events_.size(); ++i) {
      const TimedInstruction& timed = timeline_.instructions[i];
      const FormInfo& form = prepared_.form_of(timed.instruction);
      if (form.is_loop_marker || form.opcode == isa::Opcode::kCoreBarrier) {
        meet(i);
        continue;
      }
      const auto stream = static_cast<std::size_t>(timed.engine);
      Event& event = events_[i];
      join(streams_[stream], waited_for(timed));
      event.known = streams_[stream];
      event.thread = stream;
      event.end = timed.end.ps();
      if (transfer < timeline_.transfers.size() && timeline_.transfers[transfer].timed == i) {
        const TimedTransfer& t = timeline_.transfers[transfer++];
        event.thread = isa::kEngines + t.queue;
        event.end = t.end.ps();
        // A ring works in order, behind the trigger.
        Clock& ring = streams_[event.thread];
        join(ring, event.known);
        event.known = ring;
      }
      event.number = ++streams_[event.thread][event.thread];
      latest_[timed.instruction] = i;
      if (const isa::InstructionExtras* extras = program_.extras(timed.instruction)) {
        for (const isa::SemaphoreUse& use : extras->updates) updates_[use.semaphore].push_back(i);
      }
    }
  }

  // What edges and semaphores tell an instruction before it starts.
  Clock waited_for(const TimedInstruction& timed) const {
    Clock clock = {};
    const isa::InstructionExtras* extras = program_.extras(timed.instruction);
    if (!extras) return clock;
    for (const InstructionId on : extras->depends_on) {
      const auto found = latest_.find(on);
      if (found != latest_.end()) join(clock, over(events_[found->second]));
    }
    for (const isa::SemaphoreUse& use : extras->waits) {
      const auto found = updates_.find(use.semaphore);
      if (found == updates_.end()) continue;
      for (const std::uint32_t i : found->second) {
        if (events_[i].end <= timed.start.ps()) join(clock, over(events_[i]));
      }
    }
    return clock;
  }

  // What is over when `event` is.
  static Clock over(const Event& event) {
    Clock clock = event.known;
    clock[event.thread] = std::max(clock[event.thread], event.number);
    return clock;
  }

  // At loop turns and barriers all rest.
  void meet(std::uint32_t i) {
    Clock all = {};
    for (const Clock& clock : streams_) join(all, clock);
    streams_.fill(all);
    events_[i].known = all;
    rests_.push_back(i);
  }

  // Pairs that touch the same bytes, in program order as the automatic ordering would see them.
  void compare() {
    Hazards hazards(prepared_, false);
    std::vector<Edge> edges;
    std::vector<std::uint32_t> order(events_.size());
    for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = i;
    std::size_t begin = 0;
    rests_.push_back(static_cast<std::uint32_t>(events_.size()));
    for (const std::uint32_t rest : rests_) {
      hazards.clear();
      std::sort(order.begin() + static_cast<std::ptrdiff_t>(begin), order.begin() + rest,
                [&](std::uint32_t a, std::uint32_t b) {
                  return timeline_.instructions[a].instruction <
                         timeline_.instructions[b].instruction;
                });
      for (std::size_t k = begin; k < rest; ++k) {
        edges.clear();
        hazards.add(timeline_.instructions[order[k]].instruction, static_cast<std::uint32_t>(k),
                    edges);
        for (const Edge edge : edges) check(order[edge.on], order[k], edge);
      }
      begin = rest + 1;
      if (timeline_.faults.size() >= kRacesMax) return;
    }
  }

  void check(std::uint32_t a, std::uint32_t b, const Edge& edge) {
    const auto kind = static_cast<EdgeKind>(edge.kind);
    if (kind == EdgeKind::kOrder || kind == EdgeKind::kSequence || kind == EdgeKind::kRegister) {
      return;
    }
    const auto ordered = [&](const Event& first, const Event& second) {
      return second.known[first.thread] >= first.number;
    };
    // One engine's own stream works in order, whatever its instructions touch.
    if (events_[a].thread == events_[b].thread || ordered(events_[a], events_[b]) ||
        ordered(events_[b], events_[a]) || timeline_.faults.size() >= kRacesMax) {
      return;
    }
    const InstructionId earlier = timeline_.instructions[a].instruction;
    const InstructionId later = timeline_.instructions[b].instruction;
    if (!share_bytes(prepared_, earlier, later)) return;
    timeline_.faults.push_back(
        {.kind = FaultKind::kRace,
         .instruction = later,
         .where = describe(later),
         .what = fmt::format(
             "{} that {} and nothing orders the two; wanted an edge or a semaphore",
             kind == EdgeKind::kRaw ? "reads bytes" : "writes bytes",
             kind == EdgeKind::kRaw ? "another instruction writes" : "another instruction uses"),
         .details = {"the other is " + describe(earlier)}});
  }

  std::string describe(InstructionId id) const {
    const std::string& source = program_.sources()[program_.source_of(id)];
    return fmt::format("{} {} on {}{}{}", id, isa::name(program_.form(program_.form_of(id)).opcode),
                       isa::name(prepared_.engine(id)), source.empty() ? "" : ", ", source);
  }

  const Prepared& prepared_;
  const isa::Program& program_;
  Timeline& timeline_;
  std::vector<Event> events_;                      // parallel to timeline_.instructions
  std::array<Clock, kThreads> streams_ = {};       // what each thread knows
  std::map<InstructionId, std::uint32_t> latest_;  // execution of each instruction
  std::map<isa::SemaphoreId, std::vector<std::uint32_t>> updates_;
  std::vector<std::uint32_t> rests_;
};

}  // namespace

void add_races(const Prepared& prepared, Timeline& timeline) { Races(prepared, timeline).run(); }

}  // namespace switchyard::neuroncore
