#include "neuroncore/critical_path.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "base/check.h"
#include "neuroncore/curves.h"

namespace switchyard::neuroncore {

namespace {

constexpr std::uint32_t kNone = kNoTransfer;

bool is_rest(const TimedInstruction& timed, std::uint32_t index) {
  return (timed.stall == StallReason::kLoop || timed.stall == StallReason::kBarrier) &&
         timed.stalled_on == index;
}

class Walk {
 public:
  Walk(const Timeline& timeline, const std::vector<SiteId>& sites);
  std::vector<Segment> run();

 private:
  void from_instruction(std::uint32_t index);
  void from_transfer(std::uint32_t index);
  // What came before: an instruction or its transfer. `reason` says why it mattered.
  void go_to(std::uint32_t instruction, std::uint32_t transfer, StallReason reason);
  void to_beginning();
  void find_rests();
  void from_rest(std::uint32_t index);
  void segment(Segment segment, SimTime start);

  const Timeline& timeline_;
  const std::vector<SiteId>& sites_;
  std::vector<std::uint32_t> before_on_engine_, before_in_queue_, last_transfer_;
  // Where all engines rest (loop turns, barriers), and what ended last before it.
  struct Rest {
    std::uint32_t at, instruction, transfer;
  };
  std::vector<Rest> rests_;
  std::vector<Segment> segments_;                         // backwards
  SimTime cursor_;                                        // everything after it is explained
  std::uint32_t instruction_ = kNone, transfer_ = kNone;  // where the walk stands; one is set
  Segment next_;                                          // follows what is found next
};

Walk::Walk(const Timeline& timeline, const std::vector<SiteId>& sites)
    : timeline_(timeline),
      sites_(sites),
      before_on_engine_(timeline.instructions.size(), kNone),
      before_in_queue_(timeline.transfers.size(), kNone),
      last_transfer_(last_transfers(timeline)) {
  std::array<std::uint32_t, isa::kEngines> last;
  last.fill(kNone);
  for (std::uint32_t i = 0; i < timeline.instructions.size(); ++i) {
    const auto engine = static_cast<std::size_t>(timeline.instructions[i].engine);
    before_on_engine_[i] = last[engine];
    last[engine] = i;
  }
  std::vector<std::uint32_t> last_in_queue;
  for (std::uint32_t i = 0; i < timeline.transfers.size(); ++i) {
    const TimedTransfer& transfer = timeline.transfers[i];
    if (transfer.queue >= last_in_queue.size()) last_in_queue.resize(transfer.queue + 1u, kNone);
    before_in_queue_[i] = last_in_queue[transfer.queue];
    last_in_queue[transfer.queue] = i;
  }
  find_rests();
}

void Walk::find_rests() {
  Rest last{.at = 0, .instruction = kNone, .transfer = kNone};
  SimTime end;
  for (std::uint32_t i = 0; i < timeline_.instructions.size(); ++i) {
    const TimedInstruction& timed = timeline_.instructions[i];
    if (is_rest(timed, i)) {
      last.at = i;
      rests_.push_back(last);
    }
    if (timed.end >= end) {
      last = {.at = 0, .instruction = i, .transfer = kNone};
      end = timed.end;
    }
    const std::uint32_t moved = last_transfer_[i];
    if (moved == kNone || timeline_.transfers[moved].end < end) continue;
    last = {.at = 0, .instruction = i, .transfer = moved};
    end = timeline_.transfers[moved].end;
  }
}

void Walk::from_rest(std::uint32_t index) {
  const auto rest = std::lower_bound(rests_.begin(), rests_.end(), index,
                                     [](const Rest& r, std::uint32_t at) { return r.at < at; });
  next_.reason = timeline_.instructions[index].stall;
  if (rest->instruction == kNone) {
    to_beginning();
  } else {
    go_to(rest->instruction, rest->transfer, next_.reason);
  }
}

void Walk::segment(Segment segment, SimTime start) {
  start = std::min(start, cursor_);
  if (start == cursor_) return;
  segment.start = start;
  segment.end = cursor_;
  cursor_ = start;
  segments_.push_back(segment);
}

void Walk::to_beginning() {
  instruction_ = transfer_ = kNone;
  Segment wait = next_;
  segment(wait, std::min(timeline_.prologue, cursor_));
  segment({.kind = SegmentKind::kPrologue}, SimTime());
}

void Walk::go_to(std::uint32_t instruction, std::uint32_t transfer, StallReason reason) {
  instruction_ = instruction;
  transfer_ = transfer;
  next_.reason = reason;
  const SimTime end = transfer != kNone ? timeline_.transfers[transfer].end
                                        : timeline_.instructions[instruction].end;
  segment(next_, end);
}

void Walk::from_instruction(std::uint32_t index) {
  const TimedInstruction& timed = timeline_.instructions[index];
  segment(
      {.kind = SegmentKind::kWork, .engine = timed.engine, .site = sites_[index], .timed = index},
      timed.start);
  next_ = {
      .kind = SegmentKind::kWait, .engine = timed.engine, .site = sites_[index], .timed = index};
  const bool waited =
      timed.stall != StallReason::kNone && timed.start > timed.reached && timed.stalled_on != index;
  if (waited) {
    const TimedInstruction& on = timeline_.instructions[timed.stalled_on];
    SWITCHYARD_CHECK(on.start <= timed.start, "instruction {} waited for {}, which starts later",
                     index, timed.stalled_on);
    const std::uint32_t moved = last_transfer_[timed.stalled_on];
    const bool for_bytes = moved != kNone && timeline_.transfers[moved].end <= timed.start;
    go_to(timed.stalled_on, for_bytes ? moved : kNone, timed.stall);
  } else if (is_rest(timed, index)) {
    from_rest(index);
  } else if (before_on_engine_[index] != kNone) {
    go_to(before_on_engine_[index], kNone, StallReason::kNone);
  } else {
    to_beginning();
  }
}

void Walk::from_transfer(std::uint32_t index) {
  const TimedTransfer& transfer = timeline_.transfers[index];
  const Segment self = {.kind = SegmentKind::kTransfer,
                        .engine = isa::Engine::kDma,
                        .queue = transfer.queue,
                        .site = sites_[transfer.timed],
                        .timed = transfer.timed};
  segment(self, transfer.start);
  next_ = self;
  next_.kind = SegmentKind::kWait;
  const std::uint32_t before = before_in_queue_[index];
  const SimTime triggered = timeline_.instructions[transfer.timed].end;
  // The queue keeps its order: an earlier transfer that ended after the trigger held this one up.
  if (before != kNone && timeline_.transfers[before].end > triggered &&
      timeline_.transfers[before].end <= transfer.start) {
    go_to(transfer.timed, before, StallReason::kDmaQueue);
  } else {
    // A sendrecv starts when the other core is there, too.
    const bool meets = transfer.delayed_by == StallReason::kBarrier;
    go_to(transfer.timed, kNone, meets ? StallReason::kBarrier : StallReason::kNone);
  }
}

std::vector<Segment> Walk::run() {
  cursor_ = timeline_.duration;
  SimTime last;
  for (std::uint32_t i = 0; i < timeline_.instructions.size(); ++i) {
    if (instruction_ == kNone || timeline_.instructions[i].end > last) {
      instruction_ = i;
      last = timeline_.instructions[i].end;
    }
  }
  for (std::uint32_t i = 0; i < timeline_.transfers.size(); ++i) {
    if (timeline_.transfers[i].end < last || timeline_.transfers[i].end == SimTime()) continue;
    transfer_ = i;
    last = timeline_.transfers[i].end;
  }
  segment({.kind = SegmentKind::kEpilogue}, timeline_.duration - timeline_.epilogue);
  segment({.kind = SegmentKind::kUnused}, last);
  std::size_t steps = 2 * (timeline_.instructions.size() + timeline_.transfers.size()) + 1;
  while (instruction_ != kNone) {
    SWITCHYARD_CHECK(steps-- > 0, "the chain of waits has a cycle");
    if (transfer_ != kNone) {
      from_transfer(transfer_);
    } else {
      from_instruction(instruction_);
    }
  }
  if (cursor_ > SimTime()) to_beginning();
  std::reverse(segments_.begin(), segments_.end());
  return std::move(segments_);
}

}  // namespace

CriticalPath find_critical_path(const Timeline& timeline, const std::vector<SiteId>& sites) {
  CriticalPath path;
  path.segments = Walk(timeline, sites).run();
  std::map<std::tuple<SegmentKind, StallReason, isa::Engine, SiteId>, std::size_t> rows;
  for (const Segment& segment : path.segments) {
    const StallReason reason =
        segment.kind == SegmentKind::kWait ? segment.reason : StallReason::kNone;
    const auto [row, added] =
        rows.try_emplace({segment.kind, reason, segment.engine, segment.site}, path.parts.size());
    if (added) path.parts.push_back({segment.kind, reason, segment.engine, segment.site, {}, 0});
    PathPart& part = path.parts[row->second];
    part.time += segment.end - segment.start;
    ++part.segments;
  }
  std::stable_sort(path.parts.begin(), path.parts.end(),
                   [](const PathPart& a, const PathPart& b) { return a.time > b.time; });
  return path;
}

SimTime CriticalPath::time(SegmentKind kind) const {
  SimTime total;
  for (const PathPart& part : parts) {
    if (part.kind == kind) total += part.time;
  }
  return total;
}

SimTime CriticalPath::engine_time(isa::Engine engine) const {
  SimTime total;
  for (const PathPart& part : parts) {
    if (part.kind == SegmentKind::kWork && part.engine == engine) total += part.time;
  }
  return total;
}

}  // namespace switchyard::neuroncore
