// What a schedule means: where the time went, what bounds it and what would help.
//
// Made from a program and a timeline alone, so hand-made timelines profile too. Times are
// simulated. For each engine busy + stalled + idle is the duration, to the picosecond; the segments
// of the critical path tile the duration without gap or overlap.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "isa/program.h"
#include "neuroncore/timeline.h"

namespace switchyard::neuroncore {

inline constexpr int kStallReasons = static_cast<int>(StallReason::kDescriptors) + 1;
std::string_view name(StallReason reason);  // "operand ready"

// What a core could do at most; the roofline of MFU, HFU and MBU.
struct Peaks {
  double clock_hz = 0;            // the core's base clock: the vendor's cycle count is in it
  double matmul_flops_per_s = 0;  // TensorE on bfloat16
  double hbm_bytes_per_s = 0;     // of the HBM a core reaches
  double float32_cost = 1;        // time a float32 FLOP takes, in those of bfloat16
  bool hardware_dge = false;      // has hardware that generates DMA descriptors
};

struct Core;
Peaks peaks_of(const Core& core);

// Executions that a reader sees as one place of the kernel: an opcode at a source line, or, where
// the program has no line, an opcode with its shapes.
struct Site {
  isa::Opcode opcode = isa::Opcode::kTensorCopy;
  isa::SourceId source = 0;
  isa::InstructionId example = 0;  // the first executed
  std::int64_t executions = 0;
  SimTime work;      // sum of its executions; transfers too
  SimTime stalled;   // spent by engines that had reached it
  SimTime critical;  // on the critical path, waits for it included
  std::int64_t dma_bytes = 0;
};
using SiteId = std::uint32_t;
inline constexpr SiteId kNoSite = ~SiteId{0};

// Time an engine stood before an instruction for one reason.
struct Stall {
  SimTime time;
  SiteId worst = kNoSite;  // what it waited for longest
  SimTime worst_time;      // how long for that
};

struct EngineProfile {
  isa::Engine engine = isa::Engine::kUnknown;
  std::int64_t instructions = 0;
  SimTime work;  // sum of its instructions; more than busy where they overlap
  SimTime busy, stalled, idle;
  std::array<Stall, kStallReasons> stalls = {};
  double partitions_used = 0;  // mean share of the 128 in compute, weighted by time
};

struct QueueProfile {
  std::uint16_t queue = 0;
  std::int64_t transfers = 0, descriptors = 0, bytes = 0;
  SimTime busy;
};

// How descriptors came to be: in advance, by the DGE hardware, by GpSimdE's software.
enum class DmaKind : std::uint8_t { kStatic, kHardware, kSoftware };
inline constexpr int kDmaKinds = 3;
std::string_view name(DmaKind kind);  // "static", "hardware_dynamic", "software_dynamic"

struct DmaKindProfile {
  std::int64_t descriptors = 0, bytes = 0;
  SimTime busy;
};

struct DmaProfile {
  std::int64_t transfers = 0, descriptors = 0, bytes = 0;
  SimTime work, busy;  // sum of the transfers; at least one going on
  std::array<DmaKindProfile, kDmaKinds> kinds = {};
  std::vector<QueueProfile> queues;  // those used, by number
};

// Bytes by path. On-chip bytes count compute instructions and DMA.
struct Traffic {
  std::int64_t hbm_read = 0, hbm_write = 0;
  std::int64_t sbuf_read = 0, sbuf_write = 0;
  std::int64_t psum_read = 0, psum_write = 0;
  std::int64_t psum_to_sbuf = 0, psum_to_sbuf_count = 0;
  std::int64_t spill_save = 0, spill_reload = 0;  // to and from the kernel's own HBM tensors
  std::int64_t hbm_reread = 0;                    // of hbm_read: bytes that were read before
  std::int64_t arguments = 0, inputs = 0;         // size of HBM arguments; of those read
};

struct Flops {
  std::int64_t hardware = 0;   // all of TensorE
  std::int64_t transpose = 0;  // of those, moving data only
  std::int64_t model() const { return hardware - transpose; }
  double adjusted_hardware = 0, adjusted_transpose = 0;  // in time of bfloat16 FLOPs
  std::int64_t matmuls = 0, transposes = 0;              // instructions
  SimTime float32_time;                                  // of TensorE in float32 passes
};

enum class SegmentKind : std::uint8_t {
  kPrologue,
  kEpilogue,
  kWork,      // an engine works
  kTransfer,  // a DMA queue moves bytes
  kWait,      // between the end of one and the start of the next: semaphores, start costs
  kUnused,    // nothing that the timeline knows of
};
std::string_view name(SegmentKind kind);

struct Segment {
  SegmentKind kind = SegmentKind::kUnused;
  StallReason reason = StallReason::kNone;  // why it follows the one before
  isa::Engine engine = isa::Engine::kUnknown;
  std::uint16_t queue = 0;  // kTransfer
  SiteId site = kNoSite;
  std::uint32_t timed = 0;  // index in Timeline::instructions
  SimTime start, end;
};

// One row of the path, summed.
struct PathPart {
  SegmentKind kind = SegmentKind::kUnused;
  StallReason reason = StallReason::kNone;  // of kWait; none: a start cost of the engine or DMA
  isa::Engine engine = isa::Engine::kUnknown;
  SiteId site = kNoSite;
  SimTime time;
  std::int64_t segments = 0;
};

struct CriticalPath {
  std::vector<Segment> segments;  // in time
  std::vector<PathPart> parts;    // the longest first
  SimTime time(SegmentKind kind) const;
  SimTime engine_time(isa::Engine engine) const;
};

struct Recommendation {
  std::string key;  // "small_dma"
  double gain = 0;  // share of the duration that it could save at most
  std::string text;
};

struct Verdict {
  std::string bound_by;  // "TensorE", "DMA", "HBM bandwidth", "waiting", "kernel start and end"
  double share = 0;      // of the duration
  std::string text;
  std::vector<Recommendation> recommendations;  // by gain, at most kRecommendationsMax
};
inline constexpr std::size_t kRecommendationsMax = 4;

inline constexpr std::array<isa::Engine, 5> kStreams = {isa::Engine::kTensor, isa::Engine::kVector,
                                                        isa::Engine::kScalar, isa::Engine::kGpSimd,
                                                        isa::Engine::kSync};
std::string_view title(isa::Engine engine);  // "TensorE", as the vendor's guides write it

struct Profile {
  isa::Generation generation = isa::Generation::kV3;
  Policy policy = Policy::kList;
  Peaks peaks;
  SimTime duration, prologue, epilogue;
  SimTime active;  // at least one engine or queue works
  std::array<EngineProfile, kStreams.size()> engines;
  DmaProfile dma;
  Traffic traffic;
  Flops flops;
  std::vector<Site> sites;  // in the order of their first execution
  CriticalPath path;
  Verdict verdict;
  std::int64_t semaphore_events = 0;

  const EngineProfile& engine(isa::Engine which) const;
  double share(SimTime time) const;  // of the duration; 0 for an empty one
  double mfu() const;                // of useful FLOPs, as the vendor counts: type ignored
  double hfu() const;                // of all FLOPs of TensorE
  double mbu() const;                // of HBM's bandwidth
};

Profile make_profile(const isa::Program& program, const Timeline& timeline, const Peaks& peaks);

}  // namespace switchyard::neuroncore
