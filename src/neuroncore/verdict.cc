#include "neuroncore/verdict.h"

#include <algorithm>

#include "base/text.h"
#include "neuroncore/recommendations.h"

namespace switchyard::neuroncore {

namespace {

// A resource busier than this share of the time between the kernel's start and end bounds it.
constexpr double kBound = 0.75;
constexpr double kOverheadBounds = 0.5;
constexpr double kOverheadSaid = 0.25;  // less is left in the shares of the rest

std::string percent(double share) { return fmt::format("{:.0f} %", 100 * share); }

struct Resource {
  std::string_view name;
  double busy = 0, on_path = 0;  // shares
};

class Words {
 public:
  Words(const Profile& profile, const isa::Program& program)
      : p_(profile), program_(program), overhead_(p_.share(p_.prologue + p_.epilogue)) {
    if (overhead_ >= kOverheadSaid) {
      rest_ = 1 - overhead_;
      time_ = "of the rest";
    }
    for (const EngineProfile& engine : p_.engines) {
      add(title(engine.engine), engine.busy, p_.path.engine_time(engine.engine));
    }
    add(title(isa::Engine::kDma), p_.dma.busy, p_.path.time(SegmentKind::kTransfer));
    std::stable_sort(by_busy_.begin(), by_busy_.end(),
                     [](const Resource& a, const Resource& b) { return a.busy > b.busy; });
  }

  Verdict run() {
    if (overhead_ >= kOverheadSaid) {
      verdict_.text =
          fmt::format("Starting and ending the kernel takes {} of the time. ", percent(overhead_));
    }
    if (by_busy_[0].busy >= kBound) {
      say_bound();
    } else {
      say_waiting();
    }
    if (overhead_ >= kOverheadBounds) {
      verdict_.bound_by = "kernel start and end";
      verdict_.share = overhead_;
    }
    return std::move(verdict_);
  }

 private:
  double share(SimTime time) const { return rest_ > 0 ? p_.share(time) / rest_ : 0; }
  void add(std::string_view name, SimTime busy, SimTime on_path) {
    by_busy_.push_back({name, share(busy), share(on_path)});
  }

  void say_bound() {
    const Resource& first = by_busy_[0];
    const Resource& second = by_busy_[1];
    const bool hbm = first.name == title(isa::Engine::kDma) && p_.mbu() >= kBound * rest_;
    verdict_.bound_by = hbm ? "HBM bandwidth" : first.name;
    verdict_.share = first.busy * rest_;
    verdict_.text += fmt::format(
        "{} bounds this kernel: {} is busy {} {} and {} of the critical path.", verdict_.bound_by,
        hbm ? "DMA" : "it", percent(first.busy), time_, percent(first.on_path * rest_));
    constexpr double kLeast = 1e-3;
    const double left = std::max(second.busy * rest_, overhead_);
    verdict_.text += fmt::format(
        " Next is {} at {}: without {} as the limit, at most {} times as "
        "fast.",
        second.name, percent(second.busy), verdict_.bound_by,
        format_significant(1 / std::max(left, kLeast)));
  }

  void say_waiting() {
    verdict_.bound_by = "waiting";
    verdict_.share = (1 - by_busy_[0].busy) * rest_;
    verdict_.text += fmt::format(
        "No engine is busy enough to bound this kernel ({} most, {} {}): it is a chain of steps "
        "that wait for each other.",
        by_busy_[0].name, percent(by_busy_[0].busy), time_);
    const auto longest = std::max_element(
        by_busy_.begin(), by_busy_.end(),
        [](const Resource& a, const Resource& b) { return a.on_path < b.on_path; });
    verdict_.text +=
        fmt::format(" Of the critical path {} is {} at work and {} waits between steps.",
                    percent(longest->on_path * rest_), longest->name,
                    percent(p_.share(p_.path.time(SegmentKind::kWait))));
    say_longest_wait();
  }

  void say_longest_wait() {
    for (const PathPart& part : p_.path.parts) {
      if (part.kind != SegmentKind::kWait || part.site == kNoSite) continue;
      verdict_.text += fmt::format(" The longest wait is {} of the time, before {} ({}).",
                                   percent(p_.share(part.time)),
                                   describe(p_.sites[part.site], program_), wait_name(part));
      return;
    }
  }

  const Profile& p_;
  const isa::Program& program_;
  double overhead_;
  double rest_ = 1;  // what shares are of, as a share of the duration
  std::string_view time_ = "of the time";
  std::vector<Resource> by_busy_;
  Verdict verdict_;
};

}  // namespace

std::string wait_name(const PathPart& part) {
  if (part.reason != StallReason::kNone) return std::string(name(part.reason));
  return part.engine == isa::Engine::kDma ? "DMA start" : "engine order";
}

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
  verdict = Words(p, program).run();
  verdict.recommendations = recommend(p, program);
  if (verdict.recommendations.size() > kRecommendationsMax) {
    verdict.recommendations.resize(kRecommendationsMax);
  }
  return verdict;
}

}  // namespace switchyard::neuroncore
