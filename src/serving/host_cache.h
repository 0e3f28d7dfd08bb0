// Blocks of the KV cache kept in host memory: content that lost its place on the chip, least
// recently used first to go, and whole sequences that were swapped out.
#pragma once

#include <cstdint>
#include <vector>

#include "serving/id_table.h"

namespace switchyard::serving {

class HostCache {
 public:
  explicit HostCache(std::int64_t blocks) : capacity_(blocks), free_(blocks) {}

  bool is_on() const { return capacity_ > 0; }
  // Keeps a unit of `blocks` under its content hash; the oldest go.
  void put(std::int64_t hash, std::int64_t blocks);
  // Whether the unit is here; it becomes the newest.
  bool touch(std::int64_t hash);
  // Room for a swapped sequence, for which kept units go. False: there is not enough.
  bool swap_out(std::int64_t blocks);
  void swap_in(std::int64_t blocks);
  std::int64_t free() const { return free_; }

 private:
  struct Unit {
    std::int64_t hash = 0, blocks = 0;
    std::int32_t older = -1, newer = -1;
  };
  Unit& at(std::int32_t unit) { return units_[static_cast<std::size_t>(unit)]; }
  void append(std::int32_t unit);
  void unlink(std::int32_t unit);
  void drop_oldest();

  std::int64_t capacity_, free_;
  std::int64_t swapped_ = 0;
  IdTable by_hash_;
  std::vector<Unit> units_;
  std::vector<std::int32_t> unused_;
  std::int32_t oldest_ = -1, newest_ = -1;
};

}  // namespace switchyard::serving
