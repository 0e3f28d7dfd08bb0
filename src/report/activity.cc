#include "report/activity.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "base/text.h"

namespace switchyard::report {

namespace {

using neuroncore::Timeline;

// Time in each column.
class Columns {
 public:
  Columns(SimTime duration, int count)
      : width_(static_cast<double>(duration.ps()) / count), filled_(count, 0.0) {}

  void add(SimTime start, SimTime end) {
    const auto first = static_cast<double>(start.ps()) / width_;
    const auto last = static_cast<double>(end.ps()) / width_;
    const auto count = static_cast<double>(filled_.size());
    for (double c = std::floor(first); c < last && c < count; c += 1) {
      filled_[static_cast<std::size_t>(c)] += std::min(last, c + 1) - std::max(first, c);
    }
  }
  double share(std::size_t column) const { return std::min(filled_[column], 1.0); }

 private:
  double width_;
  std::vector<double> filled_;
};

std::string draw(const Columns& busy, const Columns& stalled, int columns) {
  constexpr const char* kBlocks[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  constexpr double kSeen = 0.02;  // of a column
  std::string line;
  for (std::size_t c = 0; c < static_cast<std::size_t>(columns); ++c) {
    if (busy.share(c) >= kSeen) {
      line += kBlocks[std::min(7, static_cast<int>(busy.share(c) * 8))];
    } else {
      line += stalled.share(c) >= kSeen ? "·" : " ";
    }
  }
  return line;
}

std::string row(std::string_view label, const std::string& line, double share) {
  return fmt::format("{:<8} {} {:>4.0f} %\n", label, line, 100 * share);
}

}  // namespace

std::string time_text(SimTime time) {
  constexpr double kThousand = 1000;
  double value = static_cast<double>(time.ps());
  std::string_view unit = "ps";
  for (const std::string_view next : {"ns", "us", "ms", "s"}) {
    if (value < kThousand) break;
    value /= kThousand;
    unit = next;
  }
  return fmt::format("{} {}", format_significant(value, 4), unit);
}

std::string activity_chart(const Timeline& timeline, const neuroncore::Profile& profile,
                           int columns) {
  if (timeline.duration <= SimTime()) return "";
  const Columns empty(timeline.duration, columns);
  std::array<Columns, isa::kEngines> busy{empty, empty, empty, empty, empty, empty, empty};
  std::array<Columns, isa::kEngines> stalled = busy;
  for (const neuroncore::TimedInstruction& timed : timeline.instructions) {
    const auto engine = static_cast<std::size_t>(timed.engine);
    busy[engine].add(timed.start, timed.end);
    if (timed.stall != neuroncore::StallReason::kNone) {
      stalled[engine].add(timed.reached, timed.start);
    }
  }
  constexpr auto kDma = static_cast<std::size_t>(isa::Engine::kDma);
  for (const neuroncore::TimedTransfer& transfer : timeline.transfers) {
    busy[kDma].add(transfer.start, transfer.end);
  }
  std::string out;
  for (const neuroncore::EngineProfile& engine : profile.engines) {
    if (engine.instructions == 0) continue;
    const auto e = static_cast<std::size_t>(engine.engine);
    out += row(neuroncore::title(engine.engine), draw(busy[e], stalled[e], columns),
               profile.share(engine.busy));
  }
  if (profile.dma.transfers > 0) {
    out += row("DMA", draw(busy[kDma], stalled[kDma], columns), profile.share(profile.dma.busy));
  }
  const std::string end = time_text(timeline.duration);
  out += fmt::format("{:<8} 0{:>{}}\n", "", end, columns - 1);
  return out;
}

}  // namespace switchyard::report
