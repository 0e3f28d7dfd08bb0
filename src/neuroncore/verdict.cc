#include "neuroncore/verdict.h"

#include <algorithm>

#include "base/text.h"
#include "neuroncore/recommendations.h"

namespace switchyard::neuroncore {

namespace {

// A resource busier than this share of the time between start and end bounds the kernel.
constexpr double kBound = 0.75;
constexpr double kOverhead = 0.5;

struct Resource {
  std::string_view name;
  double busy = 0;     // share of the duration
  double on_path = 0;  // share of the duration on the critical path
};

std::vector<Resource> resources(const Profile& p) {
  std::vector<Resource> out;
  for (const EngineProfile& engine : p.engines) {
    out.push_back(
        {title(engine.engine), p.share(engine.busy), p.share(p.path.engine_time(engine.engine))});
  }
  out.push_back({title(isa::Engine::kDma), p.share(p.dma.busy),
                 p.share(p.path.time(SegmentKind::kTransfer))});
  std::stable_sort(out.begin(), out.end(),
                   [](const Resource& a, const Resource& b) { return a.busy > b.busy; });
  return out;
}

std::string percent(double share) { return fmt::format("{:.0f} %", 100 * share); }

// The longest wait between works on the path.
std::string longest_wait(const Profile& p, const isa::Program& program) {
  for (const PathPart& part : p.path.parts) {
    if (part.kind != SegmentKind::kWait || part.site == kNoSite) continue;
    return fmt::format(" The longest wait is {} of the time, before {} ({}).",
                       percent(p.share(part.time)), describe(p.sites[part.site], program),
                       part.reason == StallReason::kNone ? "engine start" : name(part.reason));
  }
  return "";
}

void say_bound(Verdict& verdict, const Profile& p, const std::vector<Resource>& by_busy) {
  const Resource& first = by_busy[0];
  const Resource& second = by_busy[1];
  const bool hbm = first.name == title(isa::Engine::kDma) && p.mbu() >= kBound;
  verdict.bound_by = hbm ? "HBM bandwidth" : first.name;
  verdict.share = first.busy;
  verdict.text = fmt::format(
      "{} bounds this kernel: {} is busy {} of the time and {} of the critical path.",
      verdict.bound_by, hbm ? "DMA" : "it", percent(first.busy), percent(first.on_path));
  const double rest = std::max(second.busy, p.share(p.prologue + p.epilogue));
  verdict.text += fmt::format(" Next is {} at {}: with {} relieved, at most {} times faster.",
                              second.name, percent(second.busy), verdict.bound_by,
                              format_significant(1 / std::max(rest, 1e-3)));
}

void say_waiting(Verdict& verdict, const Profile& p, const isa::Program& program,
                 const std::vector<Resource>& by_busy) {
  const double waits = p.share(p.path.time(SegmentKind::kWait));
  verdict.bound_by = "waiting";
  verdict.share = 1 - by_busy[0].busy;
  verdict.text = fmt::format(
      "No engine is busy enough to bound this kernel ({} most, {} of the time): it is a chain of "
      "steps that wait for each other.",
      by_busy[0].name, percent(by_busy[0].busy));
  const auto longest =
      std::max_element(by_busy.begin(), by_busy.end(),
                       [](const Resource& a, const Resource& b) { return a.on_path < b.on_path; });
  verdict.text += fmt::format(" Of the critical path {} is {}, {} waits between steps.",
                              percent(longest->on_path), longest->name, percent(waits));
  verdict.text += longest_wait(p, program);
}

}  // namespace

std::string describe(const Site& site, const isa::Program& program) {
  const std::string opcode(isa::name(site.opcode));
  if (site.source != 0) return opcode + " at " + program.sources()[site.source];
  const isa::Instruction instruction = program.at(site.example);
  for (const isa::Operand& operand : instruction.operands) {
    if (operand.kind != isa::OperandKind::kAccess) continue;
    const isa::Tensor& tensor = program.tensor(operand.access.tensor);
    return fmt::format("{} {}={} (instruction {})", opcode, isa::name(operand.name), tensor.name,
                       site.example);
  }
  return fmt::format("{} (instruction {})", opcode, site.example);
}

Verdict make_verdict(const Profile& p, const isa::Program& program) {
  Verdict verdict;
  if (p.duration <= SimTime()) {
    verdict.bound_by = "nothing";
    verdict.text = "Nothing ran.";
    return verdict;
  }
  const double overhead = p.share(p.prologue + p.epilogue);
  const std::vector<Resource> by_busy = resources(p);
  if (overhead >= kOverhead) {
    verdict.bound_by = "kernel start and end";
    verdict.share = overhead;
    verdict.text = fmt::format(
        "Starting and ending the kernel takes {} of the time; the work "
        "between is short ({} is busiest, {} of the time).",
        percent(overhead), by_busy[0].name, percent(by_busy[0].busy));
  } else if (by_busy[0].busy >= kBound * (1 - overhead)) {
    say_bound(verdict, p, by_busy);
  } else {
    say_waiting(verdict, p, program, by_busy);
  }
  verdict.recommendations = recommend(p, program);
  if (verdict.recommendations.size() > kRecommendationsMax) {
    verdict.recommendations.resize(kRecommendationsMax);
  }
  return verdict;
}

}  // namespace switchyard::neuroncore
