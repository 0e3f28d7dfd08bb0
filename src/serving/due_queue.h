// Which of a fixed set of numbered things is due next: a heap that can move its members.
// Ties go to the lower number.
#pragma once

#include <cstdint>
#include <vector>

#include "base/sim_time.h"

namespace switchyard::serving {

class DueQueue {
 public:
  explicit DueQueue(std::size_t count) : place_(count, -1) {}

  bool empty() const { return heap_.empty(); }
  SimTime time() const { return heap_[0].time; }  // contract: not empty
  int top() const { return heap_[0].number; }
  // Adds or moves.
  void set(int number, SimTime time) {
    std::int32_t& place = place_[static_cast<std::size_t>(number)];
    if (place < 0) {
      place = static_cast<std::int32_t>(heap_.size());
      heap_.push_back({time, number});
      rise(heap_.size() - 1);
      return;
    }
    const auto at = static_cast<std::size_t>(place);
    const bool earlier = time < heap_[at].time;
    heap_[at].time = time;
    earlier ? rise(at) : sink(at);
  }
  void remove(int number) {
    const std::int32_t place = place_[static_cast<std::size_t>(number)];
    if (place < 0) return;
    const auto at = static_cast<std::size_t>(place);
    const Due moved = heap_.back();
    heap_.pop_back();
    place_[static_cast<std::size_t>(number)] = -1;
    if (at == heap_.size()) return;
    put(at, moved);
    rise(at);
    sink(static_cast<std::size_t>(place_[static_cast<std::size_t>(moved.number)]));
  }

 private:
  struct Due {
    SimTime time;
    int number;
    bool operator<(const Due& other) const {
      return time != other.time ? time < other.time : number < other.number;
    }
  };
  void put(std::size_t at, Due due) {
    heap_[at] = due;
    place_[static_cast<std::size_t>(due.number)] = static_cast<std::int32_t>(at);
  }
  void rise(std::size_t at) {
    const Due due = heap_[at];
    while (at > 0 && due < heap_[(at - 1) / 2]) {
      put(at, heap_[(at - 1) / 2]);
      at = (at - 1) / 2;
    }
    put(at, due);
  }
  void sink(std::size_t at) {
    const Due due = heap_[at];
    for (std::size_t child; (child = 2 * at + 1) < heap_.size(); at = child) {
      if (child + 1 < heap_.size() && heap_[child + 1] < heap_[child]) ++child;
      if (!(heap_[child] < due)) break;
      put(at, heap_[child]);
    }
    put(at, due);
  }

  std::vector<Due> heap_;
  std::vector<std::int32_t> place_;  // -1: not in the heap
};

}  // namespace switchyard::serving
