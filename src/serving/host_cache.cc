#include "serving/host_cache.h"

namespace switchyard::serving {

void HostCache::put(std::int64_t hash, std::int64_t blocks) {
  if (touch(hash) || blocks > capacity_ - swapped_) return;
  while (free_ < blocks) drop_oldest();
  std::int32_t unit = 0;
  if (unused_.empty()) {
    unit = static_cast<std::int32_t>(units_.size());
    units_.emplace_back();
  } else {
    unit = unused_.back();
    unused_.pop_back();
  }
  at(unit) = {.hash = hash, .blocks = blocks};
  free_ -= blocks;
  by_hash_.put(hash, unit);
  append(unit);
}

bool HostCache::touch(std::int64_t hash) {
  const std::int32_t unit = by_hash_.find(hash);
  if (unit == IdTable::kNone) return false;
  unlink(unit);
  append(unit);
  return true;
}

bool HostCache::swap_out(std::int64_t blocks) {
  if (blocks > capacity_ - swapped_) return false;
  while (free_ < blocks) drop_oldest();
  free_ -= blocks;
  swapped_ += blocks;
  return true;
}

void HostCache::swap_in(std::int64_t blocks) {
  free_ += blocks;
  swapped_ -= blocks;
}

void HostCache::append(std::int32_t unit) {
  at(unit).older = newest_;
  at(unit).newer = -1;
  (newest_ < 0 ? oldest_ : at(newest_).newer) = unit;
  newest_ = unit;
}

void HostCache::unlink(std::int32_t unit) {
  const Unit& u = at(unit);
  (u.older < 0 ? oldest_ : at(u.older).newer) = u.newer;
  (u.newer < 0 ? newest_ : at(u.newer).older) = u.older;
}

void HostCache::drop_oldest() {
  const std::int32_t unit = oldest_;
  by_hash_.erase(at(unit).hash);
  free_ += at(unit).blocks;
  unlink(unit);
  unused_.push_back(unit);
}

}  // namespace switchyard::serving
