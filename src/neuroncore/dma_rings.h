// The DMA engines of a core and the rings they serve. Internal to schedule.
//
// A transfer is queued on one ring of all engines; loads and stores have rings of their own, so
// that a store need not wait behind all loads that were started ahead of it. Inside (ring, engine)
// transfers run in order; across rings the engine shares itself out a packet at a time, equally
// (NeuronCore-v2, v3) or by class of service, lower first (v4). Sharing is modelled as a fluid: a
// transfer is done after its own work, the older work of its ring, and of every other ring's
// waiting work as much again as it has itself (equal class), all of it (better class) or a packet
// (worse class). Transfers must be given in order of arrival.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "neuroncore/cost.h"
#include "neuroncore/timeline.h"

namespace switchyard::neuroncore {

class DmaRings {
 public:
  explicit DmaRings(const Core& core);

  // Nothing is under way before `now`.
  void reset(std::int64_t now);

  struct Times {
    std::int64_t start, end;  // ps: first byte; last byte and semaphore
    int ring;
    std::int64_t delay = 0;  // by other transfers
    StallReason delayed_by = StallReason::kNone;
  };
  // `trigger`: the engine whose instruction started it.
  Times transfer(const DmaCost& cost, isa::Engine trigger, std::int64_t arrival);

  // When the last engine has no work left.
  std::int64_t idle() const;

 private:
  // By engine; behind the last one HBM, shared the same way.
  using Row = std::array<std::int64_t, kDmaEnginesMax + 1>;
  struct Ring {
    int key = -1;  // trigger, mode, class, whether it stores, whether it waits for another core
    int priority = 0;
    Row from = {}, until = {};  // its latest work without a pause
    std::int64_t ended = 0;     // its last completion: one counter a ring, so they come in order
  };

  std::size_t ring_for(const DmaCost& cost, isa::Engine trigger);
  std::int64_t share(std::size_t mine, int priority, int at, std::int64_t begin,
                     std::int64_t service);

  int engines_, rings_max_;
  std::int64_t packet_;  // ps of a full packet
  double hbm_ps_a_byte_;
  std::vector<Ring> rings_;
  Row work_ = {};  // all work done, whatever the ring
  std::int64_t own_until_ = 0;
};

}  // namespace switchyard::neuroncore
