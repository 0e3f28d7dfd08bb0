// Requests that wait for a place in the batch: by priority, then in order of arrival. What was
// preempted comes back to the front of its priority, as in vLLM.
#pragma once

#include <array>

#include "serving/live_request.h"

namespace switchyard::serving {

inline constexpr int kPriorities = 8;

class WaitingQueue {
 public:
  bool empty() const { return size_ == 0; }
  std::int64_t size() const { return size_; }
  // Contract: not empty.
  Slot head() const {
    for (const RequestList& level : levels_) {
      if (!level.empty()) return level.first();
    }
    return kNoSlot;
  }
  void push_back(RequestSlots& slots, Slot slot) {
    level(slots, slot).push_back(slots, slot);
    ++size_;
  }
  void push_front(RequestSlots& slots, Slot slot) {
    level(slots, slot).push_front(slots, slot);
    ++size_;
  }
  void erase(RequestSlots& slots, Slot slot) {
    level(slots, slot).erase(slots, slot);
    --size_;
  }

 private:
  RequestList& level(RequestSlots& slots, Slot slot) {
    return levels_[static_cast<std::size_t>(slots[slot].record.priority)];
  }

  std::array<RequestList, kPriorities> levels_;
  std::int64_t size_ = 0;
};

}  // namespace switchyard::serving
