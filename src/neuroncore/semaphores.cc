#include "neuroncore/semaphores.h"

#include <algorithm>

namespace switchyard::neuroncore {

void Semaphores::update(const isa::SemaphoreUse& use, std::int64_t time) {
  std::vector<Update>& updates = updates_[use.semaphore];
  const auto place = std::upper_bound(updates.begin(), updates.end(), time,
                                      [](std::int64_t t, const Update& u) { return t < u.time; });
  updates.insert(place, {time, use.value});
}

std::optional<std::int64_t> Semaphores::reached(const isa::SemaphoreUse& use) const {
  std::int64_t sum = 0;
  if (sum >= use.value) return 0;
  for (const Update& update : updates_[use.semaphore]) {
    sum += update.amount;
    if (sum >= use.value) return update.time;
  }
  return std::nullopt;
}

std::int64_t Semaphores::count(isa::SemaphoreId id) const {
  std::int64_t sum = 0;
  for (const Update& update : updates_[id]) sum += update.amount;
  return sum;
}

}  // namespace switchyard::neuroncore
