#include "report/timeline_trace.h"

#include <algorithm>
#include <map>
#include <memory>

#include "base/atomic_file.h"
#include "base/check.h"
#include "base/text.h"
#include "isa/text.h"
#include "neuroncore/curves.h"
#include "neuroncore/profile.h"
#include "report/chrome_trace.h"
#include "report/perfetto.h"

namespace switchyard::report {

namespace {

using neuroncore::kNoTransfer;
using neuroncore::StallReason;
using neuroncore::TimedInstruction;
using neuroncore::TimedTransfer;
using neuroncore::Timeline;

// One row of the trace and the rows beside it that hold what overlaps.
class Row {
 public:
  // The lane for something in [start, end): the first that is free.
  std::uint16_t place(SimTime start, SimTime end) {
    for (std::size_t lane = 0; lane < ends_.size(); ++lane) {
      if (ends_[lane] > start) continue;
      ends_[lane] = end;
      return static_cast<std::uint16_t>(lane);
    }
    // Beyond all reason, two share the last one: the trace stays readable.
    constexpr std::size_t kLanesMax = 64;
    if (ends_.size() == kLanesMax) return kLanesMax - 1;
    ends_.push_back(end);
    return static_cast<std::uint16_t>(ends_.size() - 1);
  }
  TrackId declare(TraceEncoder& encoder, const std::string& name, TrackId next) {
    first_ = next;
    for (std::size_t lane = 0; lane < std::max<std::size_t>(ends_.size(), 1); ++lane) {
      encoder.track(next++, lane == 0 ? name : fmt::format("{} ({})", name, lane + 1));
    }
    return next;
  }
  TrackId track(std::uint16_t lane) const { return first_ + lane; }

 private:
  std::vector<SimTime> ends_;
  TrackId first_ = 0;
};

// Arrows that leave each slice, packed: those of i stand in [begin[i], begin[i + 1]).
class Arrows {
 public:
  explicit Arrows(std::size_t slices) : begin_(slices + 1, 0) {}
  void count(std::size_t from) { ++begin_[from + 1]; }
  void allocate() {
    for (std::size_t i = 1; i < begin_.size(); ++i) begin_[i] += begin_[i - 1];
    numbers_.resize(begin_.back());
    next_ = begin_;
  }
  void add(std::size_t from, std::uint64_t number) { numbers_[next_[from]++] = number; }
  std::span<const std::uint64_t> from(std::size_t slice) const {
    return std::span(numbers_).subspan(begin_[slice], begin_[slice + 1] - begin_[slice]);
  }

 private:
  std::vector<std::size_t> begin_, next_;
  std::vector<std::uint64_t> numbers_;
};

// Where the rows of a core, and the numbers of its arrows, begin.
struct Numbers {
  TrackId track = 1;
  std::uint64_t arrow = 1;
};

class TimelineWriter {
 public:
  TimelineWriter(const CoreTrace& core, std::string prefix, Numbers first, TraceEncoder& encoder)
      : program_(*core.program),
        timeline_(*core.timeline),
        prefix_(std::move(prefix)),
        first_(first),
        encoder_(encoder),
        print_(program_),
        last_transfer_(neuroncore::last_transfers(timeline_)),
        arrows_(timeline_.instructions.size() + timeline_.transfers.size()) {}

  // Returns where the next core's begin.
  Numbers run(const std::function<void(double)>& progress) {
    place_slices();
    find_arrows();
    declare_tracks();
    const std::size_t count = timeline_.instructions.size();
    constexpr std::size_t kReport = 1 << 14;
    for (std::uint32_t i = 0; i < count; ++i) {
      write_instruction(i);
      if (progress && i % kReport == 0) {
        progress(static_cast<double>(i) / static_cast<double>(count));
      }
    }
    for (std::uint32_t i = 0; i < timeline_.transfers.size(); ++i) write_transfer(i);
    write_curves();
    return {.track = curves_ + 3, .arrow = first_.arrow + lanes_.size()};
  }

 private:
  // Slices are numbered: instructions, then transfers.
  std::size_t transfer_slice(std::uint32_t index) const {
    return timeline_.instructions.size() + index;
  }

  void place_slices() {
    for (const TimedInstruction& timed : timeline_.instructions) {
      lanes_.push_back(engines_[static_cast<int>(timed.engine)].place(timed.start, timed.end));
    }
    for (const TimedTransfer& transfer : timeline_.transfers) {
      lanes_.push_back(queues_[transfer.queue].place(transfer.start, transfer.end));
    }
  }

  // The slice whose end released instruction `index`; false if nothing of this core did.
  bool released_by(std::uint32_t index, std::size_t& slice) const {
    const TimedInstruction& timed = timeline_.instructions[index];
    if (timed.stall == StallReason::kNone || timed.stalled_on == index) return false;
    const std::uint32_t moved = last_transfer_[timed.stalled_on];
    const bool bytes = moved != kNoTransfer && timeline_.transfers[moved].end <= timed.start;
    slice = bytes ? transfer_slice(moved) : timed.stalled_on;
    return true;
  }

  std::uint64_t arrow_to(std::size_t slice) const { return first_.arrow + slice; }

  void find_arrows() {
    const auto each = [&](auto visit) {
      std::size_t from = 0;
      for (std::uint32_t i = 0; i < timeline_.instructions.size(); ++i) {
        if (released_by(i, from)) visit(from, arrow_to(i));
      }
      for (std::uint32_t i = 0; i < timeline_.transfers.size(); ++i) {
        visit(timeline_.transfers[i].timed, arrow_to(transfer_slice(i)));
      }
    };
    each([&](std::size_t from, std::uint64_t) { arrows_.count(from); });
    arrows_.allocate();
    each([&](std::size_t from, std::uint64_t number) { arrows_.add(from, number); });
  }

  void declare_tracks() {
    TrackId next = first_.track;
    for (const isa::Engine engine : neuroncore::kStreams) {
      next = engines_[static_cast<int>(engine)].declare(
          encoder_, prefix_ + std::string(neuroncore::title(engine)), next);
    }
    for (auto& [queue, row] : queues_) {
      next = row.declare(encoder_, fmt::format("{}DMA q{}", prefix_, queue), next);
    }
    curves_ = next;
    encoder_.counter_track(curves_, prefix_ + "SBUF live", "B");
    encoder_.counter_track(curves_ + 1, prefix_ + "PSUM live", "B");
    encoder_.counter_track(curves_ + 2, prefix_ + "DMA rate", "MB/s");
  }

  void add_common(std::vector<TraceArgument>& arguments, isa::InstructionId id, SimTime start,
                  SimTime end) {
    if (const isa::SourceId source = program_.source_of(id)) {
      arguments.push_back({"source", std::string_view(program_.sources()[source])});
    }
    text_ = print_(instruction_);
    arguments.push_back({"instruction", std::string_view(text_)});
    arguments.push_back({"number", std::int64_t{id}});
    arguments.push_back({"start_ps", start.ps()});
    arguments.push_back({"duration_ps", (end - start).ps()});
  }

  void write_instruction(std::uint32_t index) {
    const TimedInstruction& timed = timeline_.instructions[index];
    program_.read(timed.instruction, instruction_);
    arguments_.clear();
    add_common(arguments_, timed.instruction, timed.start, timed.end);
    if (!instruction_.name.empty()) {
      arguments_.push_back({"name", std::string_view(instruction_.name)});
    }
    if (timed.iteration > 0) {
      arguments_.push_back({"iteration", std::int64_t{timed.iteration}});
    }
    std::size_t from = 0;
    const std::uint64_t number = arrow_to(index);
    const bool released = released_by(index, from);
    if (timed.stall != StallReason::kNone) {
      arguments_.push_back({"waited_for", neuroncore::name(timed.stall)});
      arguments_.push_back({"waited_ps", (timed.start - timed.reached).ps()});
    }
    encoder_.slice({.track = engines_[static_cast<int>(timed.engine)].track(lanes_[index]),
                    .name = isa::name(instruction_.opcode),
                    .category = "instruction",
                    .start = timed.start,
                    .end = timed.end,
                    .arguments = arguments_,
                    .arrows_out = arrows_.from(index),
                    .arrows_in = std::span(&number, released ? 1u : 0u)});
  }

  void write_transfer(std::uint32_t index) {
    const TimedTransfer& transfer = timeline_.transfers[index];
    const isa::InstructionId id = timeline_.instructions[transfer.timed].instruction;
    program_.read(id, instruction_);
    arguments_.clear();
    add_common(arguments_, id, transfer.start, transfer.end);
    arguments_.push_back({"from", isa::name(transfer.source)});
    arguments_.push_back({"to", isa::name(transfer.destination)});
    arguments_.push_back({"bytes", transfer.bytes});
    arguments_.push_back({"descriptors", transfer.descriptors});
    if (transfer.delayed_by != StallReason::kNone) {
      arguments_.push_back({"delayed_by", neuroncore::name(transfer.delayed_by)});
      arguments_.push_back({"delay_ps", transfer.delay.ps()});
    }
    const std::size_t slice = transfer_slice(index);
    const std::uint64_t number = arrow_to(slice);
    encoder_.slice({.track = queues_.at(transfer.queue).track(lanes_[slice]),
                    .name = isa::name(instruction_.opcode),
                    .category = "dma",
                    .start = transfer.start,
                    .end = transfer.end,
                    .arguments = arguments_,
                    .arrows_out = arrows_.from(slice),
                    .arrows_in = std::span(&number, 1u)});
  }

  void write_curves() {
    constexpr std::int64_t kMega = 1000000;
    const auto write = [&](TrackId track, const neuroncore::Curve& curve, std::int64_t unit) {
      for (const neuroncore::CurvePoint& point : curve) {
        encoder_.count(track, point.time, point.value / unit);
      }
    };
    write(curves_, neuroncore::live_bytes(program_, timeline_, isa::Buffer::kSbuf), 1);
    write(curves_ + 1, neuroncore::live_bytes(program_, timeline_, isa::Buffer::kPsum), 1);
    write(curves_ + 2, neuroncore::dma_rate(timeline_), kMega);
  }

  const isa::Program& program_;
  const Timeline& timeline_;
  const std::string prefix_;
  const Numbers first_;
  TraceEncoder& encoder_;
  isa::InstructionPrinter print_;
  std::vector<std::uint32_t> last_transfer_;
  Arrows arrows_;
  std::array<Row, isa::kEngines> engines_;
  std::map<std::uint16_t, Row> queues_;
  std::vector<std::uint16_t> lanes_;  // by slice
  TrackId curves_ = 0;
  isa::Instruction instruction_;
  std::string text_;
  std::vector<TraceArgument> arguments_;
};

}  // namespace

void write_timelines(std::span<const CoreTrace> cores, TraceEncoder& encoder,
                     const std::function<void(double share)>& progress) {
  Numbers next;
  for (std::size_t i = 0; i < cores.size(); ++i) {
    const auto part = [&](double share) {
      if (progress) progress((static_cast<double>(i) + share) / static_cast<double>(cores.size()));
    };
    const std::string prefix = cores.size() > 1 ? fmt::format("core {} ", i) : "";
    next = TimelineWriter(cores[i], prefix, next, encoder).run(part);
  }
}

Status write_trace_file(const std::string& path, std::span<const CoreTrace> cores,
                        const std::function<void(double share)>& progress) {
  SWITCHYARD_CHECK(!cores.empty(), "a trace of no core");
  SWITCHYARD_TRY(file, AtomicFile::create(path));
  const TraceSink sink = [&](std::string_view bytes) { return file.write(bytes); };
  const std::string title = trace_title(*cores[0].program, *cores[0].timeline);
  std::unique_ptr<TraceEncoder> encoder;
  if (path.ends_with(".json")) {
    encoder = std::make_unique<ChromeTraceEncoder>(sink, title);
  } else {
    encoder = std::make_unique<PerfettoEncoder>(sink, title);
  }
  write_timelines(cores, *encoder, progress);
  SWITCHYARD_TRY_STATUS(encoder->finish());
  return file.commit();
}

std::string trace_title(const isa::Program& program, const Timeline& timeline) {
  return fmt::format("NeuronCore-{}, policy {}", isa::name(program.generation()),
                     neuroncore::name(timeline.policy));
}

}  // namespace switchyard::report
