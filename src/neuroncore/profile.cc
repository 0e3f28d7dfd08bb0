#include "neuroncore/profile.h"

#include <algorithm>
#include <unordered_map>

#include "base/check.h"
#include "neuroncore/core.h"
#include "neuroncore/critical_path.h"
#include "neuroncore/intervals.h"
#include "neuroncore/profile_dma.h"
#include "neuroncore/profile_form.h"
#include "neuroncore/verdict.h"

namespace switchyard::neuroncore {

namespace {

// Accounts for an engine's time from left to right: each moment counts once.
class EngineAccount {
 public:
  void add(const TimedInstruction& timed, SiteId on, const FormFacts& facts) {
    SWITCHYARD_CHECK(timed.start >= last_start_ && timed.end >= timed.start,
                     "instruction {} starts before the one before it, or ends before it starts",
                     timed.instruction);
    last_start_ = timed.start;
    const SimTime reached = std::max(covered_, timed.reached);
    const SimTime start = std::max(covered_, timed.start);
    if (timed.stall != StallReason::kNone && start > reached) {
      const SimTime waited = start - reached;
      out_.stalled += waited;
      const auto reason = static_cast<std::size_t>(timed.stall);
      out_.stalls[reason].time += waited;
      waits_[static_cast<std::uint64_t>(reason) << 32 | on] += waited;
    }
    covered_ = std::max(covered_, timed.end);
    busy_.add(timed.start, timed.end);
    const SimTime work = timed.end - timed.start;
    out_.work += work;
    ++out_.instructions;
    if (facts.partitions > 0) {
      partition_work_ += static_cast<double>(work.ps());
      partition_time_ += static_cast<double>(work.ps()) * facts.partitions;
    }
  }

  EngineProfile close(isa::Engine engine, SimTime duration, std::vector<Interval>& active) {
    out_.engine = engine;
    out_.busy = busy_.total();
    out_.idle = duration - out_.busy - out_.stalled;
    if (partition_work_ > 0) {
      out_.partitions_used = partition_time_ / partition_work_ / isa::kPartitions;
    }
    for (const auto& [key, time] : waits_) {
      Stall& stall = out_.stalls[key >> 32];
      const auto site = static_cast<SiteId>(key);
      const bool worse =
          time > stall.worst_time || (time == stall.worst_time && site < stall.worst);
      if (!worse) continue;
      stall.worst = site;
      stall.worst_time = time;
    }
    active.insert(active.end(), busy_.intervals().begin(), busy_.intervals().end());
    return out_;
  }

 private:
  EngineProfile out_;
  IntervalUnion busy_;
  SimTime covered_, last_start_;
  double partition_work_ = 0, partition_time_ = 0;
  std::unordered_map<std::uint64_t, SimTime> waits_;  // by reason and site
};

void add_flops(const FormFacts& facts, const TimedInstruction& timed, Flops& flops) {
  if (timed.engine != isa::Engine::kTensor || facts.flops == 0) return;
  const auto count = static_cast<double>(facts.flops);
  flops.hardware += facts.flops;
  flops.adjusted_hardware += count * facts.flop_cost;
  if (facts.float32 && !facts.transpose) flops.float32_time += timed.end - timed.start;
  ++(facts.transpose ? flops.transposes : flops.matmuls);
  if (!facts.transpose) return;
  flops.transpose += facts.flops;
  flops.adjusted_transpose += count * facts.flop_cost;
}

// Sites of timed instructions; counts executions and their work on the way.
std::vector<SiteId> find_sites(const Timeline& timeline, SiteTable& table) {
  std::vector<SiteId> sites;
  sites.reserve(timeline.instructions.size());
  for (const TimedInstruction& timed : timeline.instructions) {
    sites.push_back(table.site(timed.instruction));
    Site& site = table.sites()[sites.back()];
    ++site.executions;
    site.work += timed.end - timed.start;
    if (timed.stall != StallReason::kNone && timed.start > timed.reached) {
      site.stalled += timed.start - timed.reached;
    }
  }
  for (const TimedTransfer& transfer : timeline.transfers) {
    Site& site = table.sites()[sites[transfer.timed]];
    site.work += transfer.end - transfer.start;
    site.dma_bytes += transfer.bytes;
  }
  return sites;
}

std::int64_t count_semaphore_events(const isa::Program& program, const Timeline& timeline) {
  std::int64_t events = 0;
  for (const TimedInstruction& timed : timeline.instructions) {
    if (const auto* extras = program.extras(timed.instruction)) {
      events += static_cast<std::int64_t>(extras->updates.size());
    }
  }
  return events + static_cast<std::int64_t>(timeline.transfers.size());
}

}  // namespace

std::string_view name(StallReason reason) {
  constexpr std::string_view kNames[] = {
      "none",        "operand ready", "buffer free", "PSUM bank", "DMA queue", "DMA bandwidth",
      "shared port", "semaphore",     "depends_on",  "loop",      "barrier",   "descriptors"};
  static_assert(std::size(kNames) == kStallReasons);
  return kNames[static_cast<int>(reason)];
}

std::string_view name(DmaKind kind) {
  constexpr std::string_view kNames[] = {"static", "hardware_dynamic", "software_dynamic"};
  return kNames[static_cast<int>(kind)];
}

std::string_view name(SegmentKind kind) {
  constexpr std::string_view kNames[] = {"prologue", "epilogue", "work",
                                         "transfer", "wait",     "unused"};
  return kNames[static_cast<int>(kind)];
}

std::string_view title(isa::Engine engine) {
  constexpr std::string_view kTitles[] = {"unknown", "TensorE", "VectorE", "ScalarE",
                                          "GpSimdE", "SyncE",   "DMA"};
  return kTitles[static_cast<int>(engine)];
}

Peaks peaks_of(const Core& core) {
  constexpr double kGiga = 1e9;
  const auto hertz = [&](isa::Engine engine) {
    return core.gigahertz[static_cast<std::size_t>(engine)] * kGiga;
  };
  return {
      .clock_hz = hertz(isa::Engine::kSync),
      // Two FLOPs a PE and cycle, as the vendor's profiler counts.
      .matmul_flops_per_s = 2.0 * isa::kPartitions * isa::kPartitions * hertz(isa::Engine::kTensor),
      .hbm_bytes_per_s = core.hbm_rate * kGiga,
      .float32_cost = core.tensor.float32_passes,
      .hardware_dge = core.dma.hardware_generators > 0};
}

const EngineProfile& Profile::engine(isa::Engine which) const {
  const auto index = static_cast<std::size_t>(which) - 1;
  SWITCHYARD_CHECK(index < engines.size() && kStreams[index] == which, "no stream of engine {}",
                   isa::name(which));
  return engines[index];
}

double Profile::share(SimTime time) const {
  if (duration <= SimTime()) return 0;
  return static_cast<double>(time.ps()) / static_cast<double>(duration.ps());
}

namespace {

double utilisation(std::int64_t amount, double per_second, SimTime duration) {
  if (duration <= SimTime() || per_second <= 0) return 0;
  return static_cast<double>(amount) / (per_second * static_cast<double>(duration.ps()) * 1e-12);
}

}  // namespace

double Profile::mfu() const {
  return utilisation(flops.model(), peaks.matmul_flops_per_s, duration);
}
double Profile::hfu() const {
  return utilisation(flops.hardware, peaks.matmul_flops_per_s, duration);
}
double Profile::mbu() const {
  return utilisation(traffic.hbm_read + traffic.hbm_write, peaks.hbm_bytes_per_s, duration);
}

Profile make_profile(const isa::Program& program, const Timeline& timeline, const Peaks& peaks) {
  Profile profile{.generation = program.generation(),
                  .policy = timeline.policy,
                  .peaks = peaks,
                  .duration = timeline.duration,
                  .prologue = timeline.prologue,
                  .epilogue = timeline.epilogue};
  const std::vector<FormFacts> facts = facts_of_forms(program, peaks);
  SiteTable table(program);
  const std::vector<SiteId> sites = find_sites(timeline, table);
  std::array<EngineAccount, kStreams.size()> accounts;
  for (const TimedInstruction& timed : timeline.instructions) {
    const auto stream = static_cast<std::size_t>(timed.engine) - 1;
    SWITCHYARD_CHECK(stream < accounts.size(), "instruction {} on no engine", timed.instruction);
    const FormFacts& of = facts[program.form_of(timed.instruction)];
    const bool waited = timed.stall != StallReason::kNone;
    accounts[stream].add(timed, waited ? sites[timed.stalled_on] : kNoSite, of);
    add_flops(of, timed, profile.flops);
  }
  std::vector<Interval> active;
  for (std::size_t i = 0; i < accounts.size(); ++i) {
    profile.engines[i] = accounts[i].close(kStreams[i], timeline.duration, active);
  }
  profile.dma = profile_dma(program, timeline, facts, active);
  profile.active = union_of(std::move(active)).total();
  profile.traffic = profile_traffic(program, timeline, facts);
  profile.semaphore_events = count_semaphore_events(program, timeline);
  profile.path = find_critical_path(timeline, sites);
  profile.sites = std::move(table.sites());
  for (const PathPart& part : profile.path.parts) {
    if (part.site != kNoSite) profile.sites[part.site].critical += part.time;
  }
  profile.verdict = make_verdict(profile, program);
  return profile;
}

}  // namespace switchyard::neuroncore
