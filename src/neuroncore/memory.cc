#include "neuroncore/memory.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <new>

#include "base/check.h"
#include "base/text.h"
#include "numeric/convert.h"

namespace switchyard::neuroncore {

namespace {

constexpr std::int64_t kAlignment = 64;  // of rows, in bytes

// The bytes of one unwritten element: NaN in floats, 4 in integers, as nki.simulate has it.
std::vector<std::uint8_t> sentinel(numeric::ElementType type) {
  using numeric::ElementKind;
  const numeric::ElementTraits& traits = numeric::traits(type);
  std::vector<std::uint8_t> element(static_cast<std::size_t>(traits.storage_bytes));
  if (traits.kind == ElementKind::kPacked) {
    const std::vector<float> lanes(static_cast<std::size_t>(traits.lanes),
                                   std::numeric_limits<float>::quiet_NaN());
    numeric::convert(numeric::ElementType::kFloat32, lanes.data(), type, element.data(),
                     lanes.size());
    return element;
  }
  const std::uint32_t code = traits.kind == ElementKind::kFloat
                                 ? numeric::encode(type, std::numeric_limits<float>::quiet_NaN())
                                 : numeric::encode(type, 4.0f);
  std::memcpy(element.data(), &code, element.size());
  return element;
}

// `count` bytes of one element repeated.
void repeat(std::uint8_t* bytes, std::int64_t count, std::span<const std::uint8_t> element) {
  auto done = static_cast<std::int64_t>(element.size());
  if (count < done) return;
  std::memcpy(bytes, element.data(), element.size());
  while (done < count) {
    const std::int64_t step = std::min(done, count - done);
    std::memcpy(bytes + done, bytes, static_cast<std::size_t>(step));
    done += step;
  }
}

void fill_unwritten(Storage& storage, int row, std::int64_t first, std::int64_t count,
                    std::span<const std::uint8_t> element) {
  std::uint8_t* bytes = storage.row(row) + first;
  if (!storage.any_written(row, first, count)) return repeat(bytes, count, element);
  const auto size = static_cast<std::int64_t>(element.size());
  for (std::int64_t at = 0; at + size <= count; at += size) {
    if (storage.any_written(row, first + at, size)) continue;
    std::memcpy(bytes + at, element.data(), element.size());
  }
}

}  // namespace

Storage::Storage(int rows, std::int64_t row_bytes)
    : rows_(rows),
      row_bytes_(row_bytes),
      pitch_((row_bytes + kAlignment - 1) / kAlignment * kAlignment),
      bytes_(new(std::align_val_t(kAlignment))
                 std::uint8_t[static_cast<std::size_t>(pitch_ * rows)]()),
      written_(rows, row_bytes) {}

void Storage::Free::operator()(std::uint8_t* bytes) const {
  ::operator delete[](bytes, std::align_val_t(kAlignment));
}

void Storage::mark_written(int row, std::int64_t first, std::int64_t count) {
  written_.set(row, first, count);
  if (matmul_) matmul_->clear(row, first, count);
}

bool Storage::any_written(int row, std::int64_t first, std::int64_t count) const {
  return written_.any(row, first, count);
}

std::int64_t Storage::first_unwritten(int row, std::int64_t first, std::int64_t count) const {
  return written_.first_clear(row, first, count);
}

bool Storage::known_written(const Block& block) const {
  for (const Block& known : known_) {
    if (known.row <= block.row && block.row + block.rows <= known.row + known.rows &&
        known.first <= block.first && block.first + block.count <= known.first + known.count)
      return true;
  }
  return false;
}

void Storage::remember_written(const Block& block) {
  for (Block& known : known_) {  // one that goes on where another ends makes it longer
    if (known.row != block.row || known.rows != block.rows) continue;
    const std::int64_t end = std::max(known.first + known.count, block.first + block.count);
    const std::int64_t first = std::min(known.first, block.first);
    if (end - first > known.count + block.count) continue;
    known.first = first;
    known.count = end - first;
    return;
  }
  known_[oldest_known_] = block;
  oldest_known_ = (oldest_known_ + 1) % known_.size();
}

void Storage::mark_matmul(int row, std::int64_t first, std::int64_t count) {
  if (!matmul_) matmul_ = std::make_unique<BitRows>(rows_, row_bytes_);
  written_.set(row, first, count);
  matmul_->set(row, first, count);
}

Coverage Storage::matmul_coverage(int row, std::int64_t first, std::int64_t count) const {
  return matmul_ ? matmul_->coverage(row, first, count) : Coverage::kNone;
}

void Storage::forget() {
  written_ = BitRows(rows_, row_bytes_);
  matmul_.reset();
  known_ = {};
}

Memory::Memory(const isa::Limits& limits) : limits_(limits) {}

Storage& Memory::image(isa::Buffer buffer) {
  std::unique_ptr<Storage>& image = buffer == isa::Buffer::kSbuf ? sbuf_ : psum_;
  const std::int64_t bytes =
      buffer == isa::Buffer::kSbuf ? limits_.sbuf_partition_bytes : limits_.psum_partition_bytes;
  if (!image) image = std::make_unique<Storage>(isa::kPartitions, bytes);
  return *image;
}

// Storage of that size, of a released tensor if there is one.
std::unique_ptr<Storage> Memory::make(int rows, std::int64_t row_bytes) {
  for (std::size_t i = free_.size(); i-- > 0;) {
    if (free_[i]->rows() != rows || free_[i]->row_bytes() != row_bytes) continue;
    std::unique_ptr<Storage> storage = std::move(free_[i]);
    free_.erase(free_.begin() + static_cast<std::ptrdiff_t>(i));
    storage->forget();
    return storage;
  }
  return std::make_unique<Storage>(rows, row_bytes);
}

void Memory::release(isa::TensorId id) {
  constexpr std::size_t kFreeMax = 32;
  if (id >= own_.size() || !own_[id]) return;
  if (free_.size() == kFreeMax) free_.erase(free_.begin());
  free_.push_back(std::move(own_[id]));
  places_[id] = {};
}

Status Memory::bind(isa::TensorId id, const isa::Tensor& tensor) {
  SWITCHYARD_CHECK(id == places_.size(), "tensor {} bound after {}", id, places_.size());
  Place place;
  if (isa::is_on_chip(tensor.buffer) && tensor.address) {
    const isa::FixedAddress address = *tensor.address;
    Storage& whole = image(tensor.buffer);
    const bool fits = address.partition >= 0 && address.byte >= 0 &&
                      address.partition + tensor.partitions() <= whole.rows() &&
                      address.byte + tensor.partition_bytes() <= whole.row_bytes();
    if (!fits) {
      return fail({.kind = ErrorKind::kImpossible,
                   .where = "tensor " + quote(tensor.name),
                   .found = fmt::format("partitions {}..{}, bytes {}..{} of {}", address.partition,
                                        address.partition + tensor.partitions() - 1, address.byte,
                                        address.byte + tensor.partition_bytes() - 1,
                                        isa::name(tensor.buffer)),
                   .wanted = fmt::format("inside {} partitions of {} bytes", whole.rows(),
                                         whole.row_bytes())});
    }
    place = {&whole, address.partition, address.byte};
  } else {
    own_.resize(id + 1);
    own_[id] = make(tensor.partitions(), tensor.partition_bytes());
    place = {own_[id].get(), 0, 0};
  }
  const std::vector<std::uint8_t> element = sentinel(tensor.type);
  for (int row = 0; row < tensor.partitions(); ++row) {
    fill_unwritten(*place.storage, place.first_row + row, place.first_byte,
                   tensor.partition_bytes(), element);
  }
  places_.push_back(place);
  return {};
}

void Memory::bind_shared(isa::TensorId id, Storage& storage) {
  SWITCHYARD_CHECK(id == places_.size(), "tensor {} bound after {}", id, places_.size());
  places_.push_back({&storage, 0, 0});
}

void Memory::write(isa::TensorId id, const isa::Tensor& tensor,
                   std::span<const std::uint8_t> bytes) {
  const std::int64_t row_bytes = tensor.partition_bytes();
  SWITCHYARD_CHECK(static_cast<std::int64_t>(bytes.size()) == row_bytes * tensor.partitions(),
                   "{} bytes for tensor {}", bytes.size(), tensor.name);
  const Place& place = places_[id];
  for (int row = 0; row < tensor.partitions(); ++row) {
    std::memcpy(place.storage->row(place.first_row + row) + place.first_byte,
                bytes.data() + row * row_bytes, static_cast<std::size_t>(row_bytes));
    place.storage->mark_written(place.first_row + row, place.first_byte, row_bytes);
  }
}

std::vector<std::uint8_t> Memory::read(isa::TensorId id, const isa::Tensor& tensor) const {
  const std::int64_t row_bytes = tensor.partition_bytes();
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(row_bytes * tensor.partitions()));
  const Place& place = places_[id];
  for (int row = 0; row < tensor.partitions(); ++row) {
    std::memcpy(bytes.data() + row * row_bytes,
                place.storage->row(place.first_row + row) + place.first_byte,
                static_cast<std::size_t>(row_bytes));
  }
  return bytes;
}

}  // namespace switchyard::neuroncore
