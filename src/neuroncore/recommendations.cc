#include "neuroncore/recommendations.h"

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "neuroncore/verdict.h"

namespace switchyard::neuroncore {

namespace {

using isa::Engine;

// Below 2 KiB a descriptor a DMA engine is far from its rate (nki-dma-bandwidth-guide.rst).
constexpr double kDescriptorBytesGood = 2048;
// Thresholds of the vendor's own recommendations (Neuron Explorer's summary page).
constexpr double kTransposeShare = 0.10;
constexpr double kReloadShare = 0.25;
// Assumptions: less is not worth a line.
constexpr double kStallShare = 0.05;
constexpr double kGainMin = 0.02;
constexpr double kBusyShare = 0.5;
constexpr double kPartitionsGood = 0.75;

std::string percent(double share) { return fmt::format("{:.0f} %", 100 * share); }

class Rules {
 public:
  Rules(const Profile& profile, const isa::Program& program)
      : profile_(profile), program_(program) {}

  std::vector<Recommendation> run() {
    small_dma();
    dma_start();
    dma_bound();
    rereads();
    spills();
    transposes();
    float32_matmul();
    idle_tensor();
    few_partitions();
    busy_engine(Engine::kScalar, "scalar_bound",
                "move copies, scaling and plain arithmetic to VectorE or GpSimdE and keep only "
                "activation functions here");
    busy_engine(Engine::kVector, "vector_bound",
                "keep operands in SBUF and in 16 bits for its faster modes, and move copies to "
                "ScalarE or GpSimdE");
    busy_engine(Engine::kGpSimd, "gpsimd_bound", "move what VectorE or ScalarE can do to them");
    stall_rules();
    kernel_overhead();
    std::stable_sort(out_.begin(), out_.end(),
                     [](const auto& a, const auto& b) { return a.gain > b.gain; });
    return std::move(out_);
  }

 private:
  double share(SimTime time) const { return profile_.share(time); }
  double path_share(SegmentKind kind) const { return share(profile_.path.time(kind)); }

  void add(std::string key, double gain, std::string text) {
    if (gain >= kGainMin) out_.push_back({std::move(key), std::min(gain, 1.0), std::move(text)});
  }

  // Without a wait the busiest resource and the kernel's start and end remain.
  void add_wait(std::string key, double gain, std::string text) {
    double rest = share(profile_.dma.busy);
    for (const EngineProfile& engine : profile_.engines) rest = std::max(rest, share(engine.busy));
    rest += share(profile_.prologue + profile_.epilogue);
    add(std::move(key), std::min(gain, 1 - rest), std::move(text));
  }

  // Time in which engines stood for `reason`: the longest of them, and where most of it was.
  struct Worst {
    const EngineProfile* engine = nullptr;
    Stall stall;
  };
  Worst worst_stall(StallReason reason) const {
    Worst worst;
    for (const EngineProfile& engine : profile_.engines) {
      const Stall& stall = engine.stalls[static_cast<std::size_t>(reason)];
      if (stall.time > worst.stall.time) worst = {&engine, stall};
    }
    return worst;
  }

  void small_dma() {
    const DmaProfile& dma = profile_.dma;
    if (dma.descriptors == 0) return;
    const double average = static_cast<double>(dma.bytes) / static_cast<double>(dma.descriptors);
    if (average >= kDescriptorBytesGood) return;
    const double gain = path_share(SegmentKind::kTransfer) * (1 - average / kDescriptorBytesGood);
    add("small_dma", gain,
        fmt::format("Larger DMAs: {} descriptors move {} B each on average, at least {} B are "
                    "needed for the full rate. Load wider tiles (more bytes a partition) in one "
                    "dma_copy.",
                    format_integer(dma.descriptors), format_significant(average),
                    kDescriptorBytesGood));
  }

  // Between a trigger and its first byte, where nothing else was going on.
  void dma_start() {
    SimTime waited;
    std::int64_t count = 0;
    for (const PathPart& part : profile_.path.parts) {
      const bool starts = part.kind == SegmentKind::kWait && part.engine == Engine::kDma &&
                          part.reason == StallReason::kNone;
      if (!starts) continue;
      waited += part.time;
      count += part.segments;
    }
    if (share(waited) < kStallShare) return;
    add_wait(
        "dma_start", share(waited),
        fmt::format("Start loads further ahead: the time from trigger to first byte, {} times on "
                    "the critical path, takes {} of the time. More buffers, or fewer and larger "
                    "DMAs, hide it.",
                    format_integer(count), percent(share(waited))));
  }

  void dma_bound() {
    const double busy = share(profile_.dma.busy);
    const double on_path = path_share(SegmentKind::kTransfer);
    if (busy < kBusyShare || on_path < kBusyShare) return;
    const double mbu = profile_.mbu();
    add("dma_bound", on_path,
        fmt::format("Move fewer bytes: DMA is busy {} of the time and {} of the critical path "
                    "(HBM at {} of its peak). Keep tiles in SBUF for more work on each, or use a "
                    "narrower type.",
                    percent(busy), percent(on_path), percent(mbu)));
  }

  void rereads() {
    const Traffic& traffic = profile_.traffic;
    if (traffic.hbm_read == 0) return;
    const double again =
        static_cast<double>(traffic.hbm_reread) / static_cast<double>(traffic.hbm_read);
    if (again < kReloadShare) return;
    add("reload", path_share(SegmentKind::kTransfer) * again,
        fmt::format("Load once: {} of the bytes read from HBM ({}) had been read before. Block "
                    "the loops so that a tile stays in SBUF until its last use.",
                    percent(again), format_si(static_cast<double>(traffic.hbm_reread), "B")));
  }

  void spills() {
    const Traffic& traffic = profile_.traffic;
    if (traffic.hbm_read == 0) return;
    const double spilled =
        static_cast<double>(traffic.spill_reload) / static_cast<double>(traffic.hbm_read);
    if (spilled < kReloadShare) return;
    add("spill", path_share(SegmentKind::kTransfer) * spilled,
        fmt::format("Keep intermediates on chip: {} of the bytes read from HBM come from the "
                    "kernel's own tensors there. Smaller tiles or fused loops would fit in SBUF.",
                    percent(spilled)));
  }

  void transposes() {
    const Flops& flops = profile_.flops;
    if (flops.hardware == 0) return;
    const double transposed =
        static_cast<double>(flops.transpose) / static_cast<double>(flops.hardware);
    if (transposed <= kTransposeShare) return;
    add("transpose", share(profile_.engine(Engine::kTensor).busy) * transposed,
        fmt::format("Fewer transposes on TensorE: {} of its FLOPs only move data. Use "
                    "dma_transpose, or choose layouts that need none.",
                    percent(transposed)));
  }

  void float32_matmul() {
    const double in_float32 = share(profile_.flops.float32_time);
    const double cost = profile_.peaks.float32_cost;
    if (in_float32 < kStallShare || cost <= 1) return;
    add("float32_matmul", in_float32 * (1 - 1 / cost),
        fmt::format("Multiply in bfloat16: float32 matmuls hold TensorE for {} of the time at "
                    "{} times the cost.",
                    percent(in_float32), format_significant(cost)));
  }

  void idle_tensor() {
    const EngineProfile& tensor = profile_.engine(Engine::kTensor);
    if (tensor.instructions == 0 || share(tensor.busy) >= kBusyShare) return;
    const Stall* longest = nullptr;
    for (const Stall& stall : tensor.stalls) {
      if (!longest || stall.time > longest->time) longest = &stall;
    }
    if (share(longest->time) < kStallShare || longest->worst == kNoSite) return;
    const auto reason = static_cast<StallReason>(longest - tensor.stalls.data());
    add_wait(
        "idle_tensor", share(longest->time),
        fmt::format("Feed TensorE: it works {} of the time and stands {} for \"{}\", mostly on "
                    "{}. Issue that earlier or overlap it with other tiles.",
                    percent(share(tensor.busy)), percent(share(longest->time)), name(reason),
                    describe(profile_.sites[longest->worst], program_)));
  }

  void few_partitions() {
    for (const EngineProfile& engine : profile_.engines) {
      const double on_path = share(profile_.path.engine_time(engine.engine));
      if (engine.partitions_used == 0 || engine.partitions_used >= kPartitionsGood) continue;
      add("partitions", on_path * (1 - engine.partitions_used),
          fmt::format("Use all 128 partitions: {}'s instructions span {} of them on average.",
                      title(engine.engine), percent(engine.partitions_used)));
    }
  }

  void busy_engine(Engine engine, std::string key, std::string_view advice) {
    const double busy = share(profile_.engine(engine).busy);
    const double on_path = share(profile_.path.engine_time(engine));
    if (busy < kBusyShare || on_path < kBusyShare) return;
    add(std::move(key), on_path,
        fmt::format("Relieve {}: it works {} of the time and {} of the critical path; {}.",
                    title(engine), percent(busy), percent(on_path), advice));
  }

  void stall_rules() {
    struct Rule {
      StallReason reason;
      std::string_view key, advice;
    };
    constexpr Rule kRules[] = {
        {StallReason::kBufferFree, "buffer_free",
         "give the tile a second buffer, so that writing one overlaps reading the other"},
        {StallReason::kPsumBank, "psum_bank",
         "spread results over more PSUM banks: a whole bank counts as one"},
        {StallReason::kSemaphore, "semaphore",
         "signal earlier, or let automatic ordering find the edge"},
        {StallReason::kDependsOn, "depends_on", "drop explicit edges that data does not need"},
        {StallReason::kDmaQueue, "dma_queue", "spread transfers over more queues"},
        {StallReason::kDescriptors, "descriptors",
         "use descriptors generated by hardware (dge_mode hwdge) and start them early"},
        {StallReason::kSharedPort, "shared_port",
         "let VectorE and GpSimdE work at different times, or on different memories"},
        {StallReason::kLoop, "loop", "unroll the hardware loop or give each turn more work"},
        {StallReason::kBarrier, "barrier", "balance the two cores between barriers"},
    };
    for (const Rule& rule : kRules) {
      const Worst worst = worst_stall(rule.reason);
      if (!worst.engine || share(worst.stall.time) < kStallShare) continue;
      const std::string on =
          worst.stall.worst == kNoSite
              ? ""
              : ", mostly on " + describe(profile_.sites[worst.stall.worst], program_);
      add_wait(std::string(rule.key), share(worst.stall.time),
               fmt::format("Shorten waits for \"{}\": {} stands {} of the time{}; {}.",
                           name(rule.reason), title(worst.engine->engine),
                           percent(share(worst.stall.time)), on, rule.advice));
    }
  }

  void kernel_overhead() {
    const double overhead = share(profile_.prologue + profile_.epilogue);
    if (overhead < kReloadShare) return;
    add("overhead", overhead,
        fmt::format("Do more in one kernel: its start and end take {} of the time.",
                    percent(overhead)));
  }

  const Profile& profile_;
  const isa::Program& program_;
  std::vector<Recommendation> out_;
};

}  // namespace

std::vector<Recommendation> recommend(const Profile& profile, const isa::Program& program) {
  return Rules(profile, program).run();
}

}  // namespace switchyard::neuroncore
