#include "neuroncore/pipelines.h"

#include <algorithm>
#include <cmath>

namespace switchyard::neuroncore {

namespace {
using isa::Engine;
}  // namespace

Pipelines::Pipelines(const Core& core)
    : core_(core),
      rings_(core),
      tile_issue_(core.cycles(Engine::kTensor, core.tensor.tile_issue).ps()),
      start_(nanoseconds(core.dma.start).ps()),
      hardware_generation_(nanoseconds(core.dma.hardware_generation).ps()),
      background_slowdown_(core.tensor.background_slowdown) {
  reset(0);
}

void Pipelines::reset(std::int64_t now) {
  streams_.fill({now, now});
  gpsimd_port_ = psum_port_ = {now, Engine::kUnknown};
  rings_.reset(now);
  generators_.fill(now);
  squares_.fill(now);
  background_ = now;
  last_multiply_ = now - tile_issue_;
  loaded_ = 0;
  idle_ = now;
}

Issue Pipelines::issue(Engine engine, const Cost& cost, std::int64_t ready,
                       std::uint64_t stationary) {
  Issue issue;
  if (cost.is_dma) {
    issue = issue_dma(engine, cost, ready);
  } else if (cost.is_matmul && engine == Engine::kTensor) {
    issue = issue_matmul(cost, ready, stationary);
  } else {
    issue = issue_stream(engine, cost, ready);
  }
  idle_ = std::max({idle_, issue.end, issue.done});
  return issue;
}

// The bus of VectorE and GpSimdE: on v2 all that touches SBUF, later what GpSimdE does and the fast
// modes of VectorE.
bool Pipelines::uses_gpsimd_port(Engine engine, const Cost& cost) const {
  if (!cost.uses_sbuf) return false;
  if (engine == Engine::kGpSimd) {
    return core_.engine.vector_gpsimd_share_sbuf || core_.engine.fast_mode_uses_gpsimd_port;
  }
  return engine == Engine::kVector &&
         (core_.engine.vector_gpsimd_share_sbuf ||
          (core_.engine.fast_mode_uses_gpsimd_port && cost.on[static_cast<int>(engine)].fast_mode));
}
bool Pipelines::uses_psum_port(Engine engine, const Cost& cost) const {
  return core_.engine.vector_scalar_share_psum && cost.uses_psum &&
         (engine == Engine::kVector || engine == Engine::kScalar);
}

std::int64_t Pipelines::wait_for_ports(Engine engine, const Cost& cost, std::int64_t start) {
  if (uses_gpsimd_port(engine, cost) && gpsimd_port_.by != engine) {
    start = std::max(start, gpsimd_port_.until);
  }
  if (uses_psum_port(engine, cost) && psum_port_.by != engine) {
    start = std::max(start, psum_port_.until);
  }
  return start;
}
void Pipelines::hold_ports(Engine engine, const Cost& cost, std::int64_t end) {
  if (uses_gpsimd_port(engine, cost)) gpsimd_port_ = {end, engine};
  if (uses_psum_port(engine, cost)) psum_port_ = {end, engine};
}

Issue Pipelines::issue_stream(Engine engine, const Cost& cost, std::int64_t ready) {
  Stream& stream = streams_[static_cast<int>(engine)];
  const EngineCost& own = cost.on[static_cast<int>(engine)];
  Issue issue{.reached = std::max(stream.sequencer, stream.pipeline)};
  const std::int64_t wanted = std::max(issue.reached, ready);
  issue.start = wait_for_ports(engine, cost, wanted);
  if (issue.start > wanted) issue.stall = StallReason::kSharedPort;
  issue.end = issue.start + own.interval;
  issue.read_done = issue.end;
  issue.done = issue.end + own.latency;
  hold_ports(engine, cost, issue.end);
  stream = {.sequencer = issue.start, .pipeline = issue.end};
  return issue;
}

// LoadStationary fills the array's second set of weights as soon as the previous MultiplyMoving has
// started, so it is seen only where it takes longer. Products on different squares run together.
Issue Pipelines::issue_matmul(const Cost& cost, std::int64_t ready, std::uint64_t stationary) {
  Stream& stream = streams_[static_cast<int>(Engine::kTensor)];
  const EngineCost& own = cost.on[static_cast<int>(Engine::kTensor)];
  const MatmulCost& matmul = cost.matmul;
  Issue issue{.reached = std::max(stream.sequencer, stream.pipeline)};
  std::int64_t squares_free = 0;
  for (int i = 0; i < 16; ++i) {
    if (matmul.squares >> i & 1) squares_free = std::max(squares_free, squares_[i]);
  }
  const bool loads = stationary != loaded_;
  const std::int64_t load_start = std::max({ready, last_multiply_, stream.sequencer});
  const std::int64_t loaded = loads ? load_start + matmul.load : std::max(ready, stream.sequencer);
  const std::int64_t issue_at = std::max(loaded, last_multiply_ + tile_issue_);
  std::int64_t multiply = std::max(issue_at, squares_free);
  std::int64_t interval = own.interval;
  bool background = false;
  if (matmul.transpose && core_.tensor.background_transpose) {
    const auto slow = std::llround(static_cast<double>(interval) * background_slowdown_);
    const std::int64_t behind = std::max(issue_at, background_);
    if (behind + slow < multiply + interval) {
      background = true;
      multiply = behind;
      interval = slow;
    }
  }
  issue.end = multiply + interval;
  // The engine is busy with an exposed load, too.
  issue.start = std::min(multiply, std::max(load_start, issue.reached));
  issue.read_done = issue.end;
  issue.done = issue.end + own.latency;
  if (background) {
    background_ = issue.end;
  } else {
    for (int i = 0; i < 16; ++i) {
      if (matmul.squares >> i & 1) squares_[i] = issue.end;
    }
  }
  last_multiply_ = multiply;
  loaded_ = stationary;
  // A later product may start beside this one: when, its squares decide.
  stream.sequencer = std::max(stream.sequencer, load_start);
  stream.pipeline = std::max(stream.sequencer, *std::min_element(squares_.begin(), squares_.end()));
  return issue;
}

// Both cores send once both are there, and have what they receive once both are done.
DmaRings::Times Pipelines::exchange(Engine engine, const DmaCost& dma, std::int64_t arrival) {
  const std::int64_t together = partner_ ? partner_->meet(arrival) : arrival;
  DmaRings::Times times = rings_.transfer(dma, engine, together + dma.meeting);
  const std::int64_t alone = times.end;
  if (partner_) times.end = partner_->meet(alone);
  const std::int64_t waited = together - arrival + times.end - alone;
  if (waited > times.delay) times.delayed_by = StallReason::kBarrier;
  times.delay += waited;
  return times;
}

Issue Pipelines::issue_dma(Engine engine, const Cost& cost, std::int64_t ready) {
  Stream& stream = streams_[static_cast<int>(engine)];
  const DmaCost& dma = cost.dma;
  const std::int64_t trigger = cost.on[static_cast<int>(engine)].interval;
  Issue issue{.reached = free(engine, cost)};
  issue.start = std::max(issue.reached, ready);
  std::int64_t arrival = 0;
  if (dma.generation > 0) {
    // GpSimdE writes the descriptors.
    issue.end = issue.start + trigger + dma.generation;
    arrival = issue.end + start_;
    stream = {.sequencer = issue.start, .pipeline = issue.end};
  } else if (dma.mode == isa::DgeMode::kHwdge) {
    std::int64_t& generator = generators_[engine == Engine::kScalar];
    const std::int64_t wanted = issue.start;
    issue.start = std::max(wanted, generator);
    if (issue.start > wanted) issue.stall = StallReason::kDescriptors;
    issue.end = generator = issue.start + hardware_generation_;
    arrival = issue.start + std::max(start_, hardware_generation_);
    stream.sequencer = issue.end;
  } else {
    issue.end = issue.start + trigger;
    arrival = issue.start + start_;
    stream.sequencer = issue.end;
  }
  issue.transfer =
      dma.meeting > 0 ? exchange(engine, dma, arrival) : rings_.transfer(dma, engine, arrival);
  issue.read_done = issue.done = issue.transfer.end;
  return issue;
}

}  // namespace switchyard::neuroncore
