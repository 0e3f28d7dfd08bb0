// Counting semaphores of a program that orders itself. Internal to schedule.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "isa/instruction.h"

namespace switchyard::neuroncore {

class Semaphores {
 public:
  explicit Semaphores(std::size_t count) : updates_(count) {}

  void update(const isa::SemaphoreUse& use, std::int64_t time);
  // From when on the count, by the updates known, is at least the value; nothing: never.
  std::optional<std::int64_t> reached(const isa::SemaphoreUse& use) const;
  std::int64_t count(isa::SemaphoreId id) const;

 private:
  struct Update {
    std::int64_t time;
    std::int64_t amount;
  };
  std::vector<std::vector<Update>> updates_;  // of each semaphore, by time
};

}  // namespace switchyard::neuroncore
