// The DMA engines of a core and the rings they serve. Internal to schedule.
//
// A transfer is queued on one ring of all engines. Inside (ring, engine) transfers run in order;
// across rings the engine shares itself out a packet at a time, equally (NeuronCore-v2, v3) or by
// class of service, lower first (v4). Sharing is modelled as a fluid: a transfer is done after its
// own work, the older work of its ring, and of every other ring's waiting work as much again as it
// has itself (equal class), all of it (better class) or a packet (worse class). Transfers must be
// given in order of arrival.
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
  using Row = std::array<std::int64_t, kDmaEnginesMax>;
  struct Ring {
    int key = -1;  // trigger, mode, class, and whether it waits for another core
    int priority = 0;
    Row from = {}, until = {};  // by engine: its latest work without a pause
    std::int64_t ended = 0;     // its last completion: one counter a ring, so they come in order
  };

  std::size_t ring_for(const DmaCost& cost, isa::Engine trigger);
  std::int64_t share(std::size_t mine, int priority, int engine, std::int64_t begin,
                     std::int64_t service);

  int engines_, rings_max_;
  std::int64_t packet_;  // ps of a full packet
  double hbm_ps_a_byte_;
  std::vector<Ring> rings_;
  Row work_ = {};  // by engine: all work done, whatever the ring
  std::int64_t hbm_until_ = 0, own_until_ = 0;
};

}  // namespace switchyard::neuroncore
