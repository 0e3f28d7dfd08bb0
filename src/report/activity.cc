#include "report/activity.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "base/text.h"
#include "neuroncore/intervals.h"

namespace switchyard::report {

namespace {

using neuroncore::Timeline;

// How much of each column the intervals cover.
class Columns {
 public:
  Columns(SimTime duration, int count, const std::vector<neuroncore::Interval>& intervals)
      : width_(static_cast<double>(duration.ps()) / count), filled_(count, 0.0) {
    const neuroncore::IntervalUnion merged = neuroncore::union_of(intervals);
    for (const auto& [start, end] : merged.intervals()) add(start, end);
  }

  double share(std::size_t column) const { return std::min(filled_[column], 1.0); }

 private:
  void add(SimTime start, SimTime end) {
    const auto first = static_cast<double>(start.ps()) / width_;
    const auto last = static_cast<double>(end.ps()) / width_;
    const auto count = static_cast<double>(filled_.size());
    for (double c = std::floor(first); c < last && c < count; c += 1) {
      filled_[static_cast<std::size_t>(c)] += std::min(last, c + 1) - std::max(first, c);
    }
  }
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
  std::array<std::vector<neuroncore::Interval>, isa::kEngines> busy, stalled;
  for (const neuroncore::TimedInstruction& timed : timeline.instructions) {
    const auto engine = static_cast<std::size_t>(timed.engine);
    busy[engine].push_back({timed.start, timed.end});
    if (timed.stall != neuroncore::StallReason::kNone) {
      stalled[engine].push_back({timed.reached, timed.start});
    }
  }
  constexpr auto kDma = static_cast<std::size_t>(isa::Engine::kDma);
  for (const neuroncore::TimedTransfer& transfer : timeline.transfers) {
    busy[kDma].push_back({transfer.start, transfer.end});
  }
  const auto line = [&](std::size_t engine) {
    return draw(Columns(timeline.duration, columns, busy[engine]),
                Columns(timeline.duration, columns, stalled[engine]), columns);
  };
  std::string out;
  for (const neuroncore::EngineProfile& engine : profile.engines) {
    if (engine.instructions == 0) continue;
    const auto e = static_cast<std::size_t>(engine.engine);
    out += row(neuroncore::title(engine.engine), line(e), profile.share(engine.busy));
  }
  if (profile.dma.transfers > 0) {
    out += row("DMA", line(kDma), profile.share(profile.dma.busy));
  }
  const std::string end = time_text(timeline.duration);
  out += fmt::format("{:<8} 0{:>{}}\n", "", end, columns - 1);
  return out;
}

}  // namespace switchyard::report
