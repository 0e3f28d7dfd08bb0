#include "neuroncore/placement.h"

#include <algorithm>
#include <map>
#include <queue>

#include "neuroncore/allocate.h"
#include "neuroncore/liveness.h"

namespace switchyard::neuroncore {

namespace {

using isa::TensorId;

// Bytes of a partition; all tensors are taken to cover all partitions.
class Ring {
 public:
  Ring(std::int64_t capacity, std::int64_t alignment)
      : capacity_(capacity), alignment_(alignment) {}

  void reserve(std::int64_t begin, std::int64_t bytes) {
    std::int64_t& end = taken_[begin];
    end = std::max(end, begin + bytes);
  }

  std::optional<std::int64_t> take(std::int64_t bytes, isa::InstructionId last) {
    for (const std::int64_t from : {next_, std::int64_t{0}}) {
      const std::optional<std::int64_t> at = gap(from, bytes);
      if (!at) continue;
      taken_.emplace(*at, *at + std::max<std::int64_t>(bytes, 1));
      expiries_.emplace(last, *at);
      next_ = align(*at + bytes);
      return at;
    }
    return std::nullopt;
  }

  void free_until(isa::InstructionId now) {
    while (!expiries_.empty() && expiries_.top().first < now) {
      taken_.erase(expiries_.top().second);
      expiries_.pop();
    }
  }

 private:
  std::int64_t align(std::int64_t at) const {
    return (at + alignment_ - 1) / alignment_ * alignment_;
  }

  std::optional<std::int64_t> gap(std::int64_t from, std::int64_t bytes) const {
    std::int64_t at = align(from);
    auto block = taken_.upper_bound(at);
    if (block != taken_.begin()) at = std::max(at, align(std::prev(block)->second));
    for (; block != taken_.end() && block->first < at + bytes; ++block) {
      at = std::max(at, align(block->second));
    }
    if (at + bytes > capacity_) return std::nullopt;
    return at;
  }

  using Expiry = std::pair<isa::InstructionId, std::int64_t>;
  std::int64_t capacity_, alignment_, next_ = 0;
  std::map<std::int64_t, std::int64_t> taken_;  // begin to end
  std::priority_queue<Expiry, std::vector<Expiry>, std::greater<>> expiries_;
};

}  // namespace

std::optional<std::vector<std::optional<isa::FixedAddress>>> place_in_turn(
    const isa::Program& program, const isa::Limits& limits) {
  const std::vector<LiveRange> ranges = live_ranges(program);
  Ring sbuf(limits.sbuf_partition_bytes, kSbufAlignment);
  Ring psum(limits.psum_partition_bytes, limits.psum_bank_bytes());
  const auto ring_of = [&](const isa::Tensor& t) -> Ring& {
    return t.buffer == isa::Buffer::kPsum ? psum : sbuf;
  };
  std::vector<TensorId> order;
  for (TensorId id = 0; id < ranges.size(); ++id) {
    const isa::Tensor& tensor = program.tensor(id);
    if (!isa::is_on_chip(tensor.buffer) || !ranges[id].used) continue;
    if (tensor.address) {
      ring_of(tensor).reserve(tensor.address->byte, tensor.partition_bytes());
    } else {
      order.push_back(id);
    }
  }
  std::sort(order.begin(), order.end(), [&](TensorId a, TensorId b) {
    return std::pair(ranges[a].first, a) < std::pair(ranges[b].first, b);
  });
  std::vector<std::optional<isa::FixedAddress>> addresses(ranges.size());
  for (const TensorId id : order) {
    const isa::Tensor& tensor = program.tensor(id);
    Ring& ring = ring_of(tensor);
    ring.free_until(ranges[id].first);
    const std::optional<std::int64_t> at = ring.take(tensor.partition_bytes(), ranges[id].last);
    if (!at) return std::nullopt;
    addresses[id] = isa::FixedAddress{0, *at};
  }
  return addresses;
}

}  // namespace switchyard::neuroncore
