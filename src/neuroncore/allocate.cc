#include "neuroncore/allocate.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <queue>

#include "base/text.h"
#include "neuroncore/liveness.h"

namespace switchyard::neuroncore {

namespace {

using isa::Buffer;
using isa::TensorId;

constexpr std::size_t kSecondTryMax = 20000;  // tensors; the second try compares all pairs
constexpr std::size_t kDetailsMax = 24;

struct Block {
  std::int64_t begin, end;
};

// SBUF or PSUM: bytes of a partition. All tensors are taken to cover all partitions.
class Space {
 public:
  Space(const isa::Program& program, std::span<const LiveRange> ranges, Buffer buffer,
        std::int64_t capacity, std::int64_t alignment)
      : program_(program), ranges_(ranges), capacity_(capacity), alignment_(alignment) {
    for (TensorId id = 0; id < program.tensors().size(); ++id) {
      const isa::Tensor& tensor = program.tensor(id);
      if (tensor.buffer != buffer || !ranges[id].used) continue;
      (tensor.address ? fixed_ : free_).push_back(id);
    }
    std::stable_sort(free_.begin(), free_.end(),
                     [&](TensorId a, TensorId b) { return ranges_[a].first < ranges_[b].first; });
  }

  // The first tensor that found no room, or nothing.
  std::optional<TensorId> place(Allocation& out) {
    for (const TensorId id : fixed_) note_peak(id, program_.tensor(id).address->byte);
    const std::optional<TensorId> failed = first_fit(out);
    if (!failed || free_.size() > kSecondTryMax) return failed;
    return largest_first(out) ? std::nullopt : failed;
  }

  std::int64_t peak() const { return peak_; }

  Fault capacity_fault(TensorId failed) const;

 private:
  std::int64_t bytes(TensorId id) const { return program_.tensor(id).partition_bytes(); }

  std::optional<std::int64_t> gap(std::vector<Block>& taken, std::int64_t bytes) const {
    std::sort(taken.begin(), taken.end(),
              [](const Block& a, const Block& b) { return a.begin < b.begin; });
    std::int64_t at = 0;
    for (const Block& block : taken) {
      if (block.begin - at >= bytes) break;
      at = std::max(at, (block.end + alignment_ - 1) / alignment_ * alignment_);
    }
    if (at + bytes > capacity_) return std::nullopt;
    return at;
  }

  void add_fixed(TensorId id, std::vector<Block>& taken) const {
    for (const TensorId other : fixed_) {
      if (!ranges_[other].overlaps(ranges_[id])) continue;
      const std::int64_t begin = program_.tensor(other).address->byte;
      taken.push_back({begin, begin + bytes(other)});
    }
  }

  void settle(TensorId id, std::int64_t at, Allocation& out) {
    out.addresses[id] = isa::FixedAddress{0, at};
    note_peak(id, at);
  }
  void note_peak(TensorId id, std::int64_t at) { peak_ = std::max(peak_, at + bytes(id)); }

  std::optional<TensorId> first_fit(Allocation& out) {
    using Expiry = std::pair<isa::InstructionId, TensorId>;
    std::priority_queue<Expiry, std::vector<Expiry>, std::greater<>> expiries;
    std::map<TensorId, Block> live;
    std::vector<Block> taken;
    for (const TensorId id : free_) {
      while (!expiries.empty() && expiries.top().first < ranges_[id].first) {
        live.erase(expiries.top().second);
        expiries.pop();
      }
      taken.clear();
      for (const auto& [other, block] : live) taken.push_back(block);
      add_fixed(id, taken);
      const auto at = gap(taken, bytes(id));
      if (!at) return id;
      settle(id, *at, out);
      live.emplace(id, Block{*at, *at + bytes(id)});
      expiries.emplace(ranges_[id].last, id);
    }
    return std::nullopt;
  }

  bool largest_first(Allocation& out) {
    std::vector<TensorId> order = free_;
    std::stable_sort(order.begin(), order.end(),
                     [&](TensorId a, TensorId b) { return bytes(a) > bytes(b); });
    std::vector<TensorId> placed;
    std::vector<Block> taken;
    peak_ = 0;
    for (const TensorId id : fixed_) note_peak(id, program_.tensor(id).address->byte);
    for (const TensorId id : order) {
      taken.clear();
      for (const TensorId other : placed) {
        if (!ranges_[other].overlaps(ranges_[id])) continue;
        const std::int64_t begin = out.addresses[other]->byte;
        taken.push_back({begin, begin + bytes(other)});
      }
      add_fixed(id, taken);
      const auto at = gap(taken, bytes(id));
      if (!at) return false;
      settle(id, *at, out);
      placed.push_back(id);
    }
    return true;
  }

  const isa::Program& program_;
  std::span<const LiveRange> ranges_;
  std::int64_t capacity_, alignment_, peak_ = 0;
  std::vector<TensorId> free_, fixed_;
};

Fault Space::capacity_fault(TensorId failed) const {
  const isa::InstructionId at = ranges_[failed].first;
  std::vector<TensorId> live;
  for (const auto* list : {&free_, &fixed_}) {
    for (const TensorId id : *list) {
      if (ranges_[id].first <= at && at <= ranges_[id].last) live.push_back(id);
    }
  }
  std::stable_sort(live.begin(), live.end(),
                   [&](TensorId a, TensorId b) { return bytes(a) > bytes(b); });
  std::int64_t total = 0;
  for (const TensorId id : live) total += bytes(id);
  const isa::Tensor& tensor = program_.tensor(failed);
  const std::string& source = program_.sources()[program_.source_of(at)];
  Fault fault{
      .kind = FaultKind::kCapacity,
      .instruction = at,
      .where = "tensor " + quote(tensor.name) + (source.empty() ? "" : ", " + source),
      .what = fmt::format("needs {} bytes of each {} partition; {} tensors live here hold {} of {}",
                          bytes(failed), isa::name(tensor.buffer), live.size() - 1,
                          total - bytes(failed), capacity_)};
  for (const TensorId id : live) {
    if (fault.details.size() == kDetailsMax) {
      fault.details.push_back(fmt::format("and {} more", live.size() - kDetailsMax));
      break;
    }
    fault.details.push_back(fmt::format("{}: {} bytes, live in instructions {} to {}",
                                        quote(program_.tensor(id).name), bytes(id),
                                        ranges_[id].first, ranges_[id].last));
  }
  return fault;
}

}  // namespace

Allocation allocate(const isa::Program& program, const isa::Limits& limits) {
  const std::vector<LiveRange> ranges = live_ranges(program);
  Allocation out;
  out.addresses.resize(program.tensors().size());
  for (TensorId id = 0; id < out.addresses.size(); ++id) {
    out.addresses[id] = program.tensor(id).address;
  }
  Space sbuf(program, ranges, Buffer::kSbuf, limits.sbuf_partition_bytes, kSbufAlignment);
  Space psum(program, ranges, Buffer::kPsum, limits.psum_partition_bytes, limits.psum_bank_bytes());
  for (Space* space : {&sbuf, &psum}) {
    const auto failed = space->place(out);
    if (failed && !out.fault) out.fault = space->capacity_fault(*failed);
  }
  out.sbuf_peak_bytes = sbuf.peak();
  out.psum_peak_bytes = psum.peak();
  return out;
}

}  // namespace switchyard::neuroncore
