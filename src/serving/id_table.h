// From content hash to a small number: open addressing, for the hot path of the prefix cache.
#pragma once

#include <bit>
#include <cstdint>
#include <vector>

#include "base/random.h"

namespace switchyard::serving {

class IdTable {
 public:
  static constexpr std::int32_t kNone = -1;

  std::int32_t find(std::int64_t id) const {
    if (entries_.empty()) return kNone;
    for (std::size_t i = home(id);; i = (i + 1) & mask_) {
      if (entries_[i].value == kNone || entries_[i].id == id) return entries_[i].value;
    }
  }
  // Adds or replaces. Contract: value >= 0.
  void put(std::int64_t id, std::int32_t value) {
    if (2 * (size_ + 1) > entries_.size()) grow();
    std::size_t i = home(id);
    while (entries_[i].value != kNone && entries_[i].id != id) i = (i + 1) & mask_;
    if (entries_[i].value == kNone) ++size_;
    entries_[i] = {id, value};
  }
  void erase(std::int64_t id) {
    if (entries_.empty()) return;
    std::size_t i = home(id);
    while (entries_[i].id != id || entries_[i].value == kNone) {
      if (entries_[i].value == kNone) return;
      i = (i + 1) & mask_;
    }
    --size_;
    // Later entries of the same run move up, so that no search ends early.
    for (std::size_t j = (i + 1) & mask_; entries_[j].value != kNone; j = (j + 1) & mask_) {
      const std::size_t from_home = (j - home(entries_[j].id)) & mask_;
      if (from_home < ((j - i) & mask_)) continue;
      entries_[i] = entries_[j];
      i = j;
    }
    entries_[i].value = kNone;
  }
  std::size_t size() const { return size_; }

 private:
  struct Entry {
    std::int64_t id = 0;
    std::int32_t value = kNone;
  };
  std::size_t home(std::int64_t id) const { return mix(static_cast<std::uint64_t>(id)) & mask_; }
  void grow() {
    std::vector<Entry> old(entries_.empty() ? 16 : entries_.size() * 2);
    old.swap(entries_);
    mask_ = entries_.size() - 1;
    size_ = 0;
    for (const Entry& entry : old) {
      if (entry.value != kNone) put(entry.id, entry.value);
    }
  }

  std::vector<Entry> entries_;
  std::size_t mask_ = 0, size_ = 0;
};

}  // namespace switchyard::serving
