#include "neuroncore/dma_rings.h"

#include <algorithm>
#include <cmath>

namespace switchyard::neuroncore {

DmaRings::DmaRings(const Core& core)
    : engines_(core.dma.engines),
      rings_max_(core.dma.rings),
      packet_(nanoseconds(core.dma.packet_overhead + core.dma.packet / core.dma.rate).ps()),
      hbm_ps_a_byte_(1e3 / core.hbm_rate) {}

void DmaRings::reset(std::int64_t now) {
  rings_.clear();
  work_.fill(now);
  own_until_ = now;
}

// Each kind of transfer has a ring while there are rings; then they share.
std::size_t DmaRings::ring_for(const DmaCost& cost, isa::Engine trigger) {
  constexpr int kModes = 4, kClasses = 4;
  const bool stores = cost.destination == isa::Buffer::kHbm, meets = cost.meeting > 0;
  const int key =
      4 * ((static_cast<int>(trigger) * kModes + static_cast<int>(cost.mode)) * kClasses +
           cost.priority) +
      2 * stores + meets;
  for (std::size_t i = 0; i < rings_.size(); ++i) {
    if (rings_[i].key == key) return i;
  }
  if (static_cast<int>(rings_.size()) == rings_max_) {
    return static_cast<std::size_t>(key % rings_max_);
  }
  rings_.push_back({.key = key});
  return rings_.size() - 1;
}

// What other rings' work adds to `service` on one engine or HBM; it delays them in turn.
std::int64_t DmaRings::share(std::size_t mine, int priority, int at, std::int64_t begin,
                             std::int64_t service) {
  std::int64_t added = 0;
  for (std::size_t i = 0; i < rings_.size(); ++i) {
    if (i == mine) continue;
    Ring& other = rings_[i];
    const std::int64_t waiting = other.until[at] - std::max(begin, other.from[at]);
    if (waiting <= 0 || other.from[at] >= begin + service) continue;
    if (other.priority < priority) {
      added += waiting;
    } else if (other.priority == priority) {
      const std::int64_t turn = std::min(waiting, service);
      added += turn;
      other.until[at] += turn;
    } else {
      added += std::min(waiting, packet_);
      other.until[at] += service;
    }
  }
  return added;
}

DmaRings::Times DmaRings::transfer(const DmaCost& cost, isa::Engine trigger, std::int64_t arrival) {
  const std::size_t mine = ring_for(cost, trigger);
  rings_[mine].priority = cost.priority;
  Times times{.start = arrival, .end = arrival, .ring = static_cast<int>(mine)};
  if (cost.own_time > 0) {
    times.start = std::max(arrival, own_until_);
    times.end = own_until_ = times.start + cost.own_time;
    times.delay = times.start - arrival;
    if (times.delay > 0) times.delayed_by = StallReason::kDmaQueue;
    return times;
  }
  std::int64_t start = INT64_MAX, queued = 0, alone = arrival;
  for (int e = 0; e <= engines_; ++e) {
    const bool hbm = e == engines_;
    const std::int64_t service =
        hbm ? std::llround(static_cast<double>(cost.hbm_bytes) * hbm_ps_a_byte_) : cost.service[e];
    if (service == 0) continue;
    Ring& ring = rings_[mine];
    if (arrival > ring.until[e]) ring.from[e] = arrival;
    const std::int64_t begin = std::max(arrival, ring.until[e]);
    const std::int64_t added =
        rings_.size() > 1 ? share(mine, cost.priority, e, begin, service) : 0;
    ring.until[e] = begin + service + added;
    work_[e] = std::max(work_[e], arrival) + service;
    if (!hbm) start = std::min(start, begin);
    alone = std::max(alone, arrival + service);
    if (ring.until[e] <= times.end) continue;
    times.end = ring.until[e];
    // In another ring it would share the engine with the work before it, turn by turn.
    queued = begin - arrival - std::min(begin - arrival, service);
  }
  if (start != INT64_MAX) times.start = start;
  queued += std::max<std::int64_t>(0, rings_[mine].ended - times.end);
  times.end = std::max(times.end, rings_[mine].ended);
  rings_[mine].ended = times.end;
  times.delay = times.end - alone;
  if (times.delay > 0) {
    times.delayed_by =
        2 * queued > times.delay ? StallReason::kDmaQueue : StallReason::kDmaBandwidth;
  }
  return times;
}

std::int64_t DmaRings::idle() const { return *std::max_element(work_.begin(), work_.end()); }

}  // namespace switchyard::neuroncore
