// The memories of one NeuronCore: where each tensor lies and which bytes were ever written.
//
// SBUF and PSUM are physical images, partition by partition. A tensor with an address lies in the
// image, so tensors whose addresses overlap alias each other as on the device. A tensor without one
// lies in storage of its own until the allocator gives it an address (allocate.h); results are the
// same, since the allocator never lets live tensors overlap. HBM tensors have storage of their own.
//
// New storage holds what the vendor's simulator puts there: NaN in floats, 4 in integers. A bit a
// byte records what was written.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/result.h"
#include "isa/limits.h"
#include "isa/program.h"
#include "neuroncore/bit_rows.h"

namespace switchyard::neuroncore {

// A block of bytes with rows (partitions) and a bit for each byte written.
class Storage {
 public:
  Storage(int rows, std::int64_t row_bytes);

  std::uint8_t* row(int index) { return bytes_.get() + index * pitch_; }
  std::int64_t pitch() const { return pitch_; }  // bytes between rows, a multiple of 64
  int rows() const { return rows_; }
  std::int64_t row_bytes() const { return row_bytes_; }

  void mark_written(int row, std::int64_t first, std::int64_t count);
  bool any_written(int row, std::int64_t first, std::int64_t count) const;
  // The first byte of [first, first + count) never written, or -1.
  std::int64_t first_unwritten(int row, std::int64_t first, std::int64_t count) const;

  // Rows and bytes of which each byte was written, remembered: most instructions use the tiles of
  // those before them, and then no bit is looked at.
  struct Block {
    int row = 0, rows = 0;
    std::int64_t first = 0, count = 0;  // bytes of each row
  };
  bool known_written(const Block& block) const;
  void remember_written(const Block& block);
  // Whether marking such a block again changes nothing.
  bool marked(const Block& block) const { return !matmul_ && known_written(block); }

  // Bytes whose last writer is a matmul: mark_matmul marks them written by one, mark_written by
  // anything else.
  void mark_matmul(int row, std::int64_t first, std::int64_t count);
  Coverage matmul_coverage(int row, std::int64_t first, std::int64_t count) const;

  // Nothing written; the bytes stay as they are.
  void forget();

 private:
  struct Free {
    void operator()(std::uint8_t* bytes) const;
  };
  int rows_;
  std::int64_t row_bytes_, pitch_;
  std::unique_ptr<std::uint8_t[], Free> bytes_;
  BitRows written_;
  std::unique_ptr<BitRows> matmul_;  // made when first needed
  std::array<Block, 4> known_ = {};
  std::size_t oldest_known_ = 0;
};

// Where a tensor lies.
struct Place {
  Storage* storage = nullptr;
  int first_row = 0;
  std::int64_t first_byte = 0;  // in each row
};

class Memory {
 public:
  explicit Memory(const isa::Limits& limits);
  Memory(Memory&&) = default;

  // Gives tensor `id` its place; ids are bound in order, without gaps. On chip with an address: in
  // the image, and an error if it does not fit there.
  Status bind(isa::TensorId id, const isa::Tensor& tensor);
  // The tensor will not be used again: its storage, unless in an image or shared, may serve
  // another.
  void release(isa::TensorId id);
  // HBM of another core's memory (LNC pairs, arguments of the caller). `storage` must outlive this.
  void bind_shared(isa::TensorId id, Storage& storage);

  const Place& place(isa::TensorId id) const { return places_[id]; }
  std::size_t tensors() const { return places_.size(); }

  // The tensor's bytes row by row; for inputs and outputs. Writing marks them written.
  void write(isa::TensorId id, const isa::Tensor& tensor, std::span<const std::uint8_t> bytes);
  std::vector<std::uint8_t> read(isa::TensorId id, const isa::Tensor& tensor) const;

 private:
  Storage& image(isa::Buffer buffer);
  std::unique_ptr<Storage> make(int rows, std::int64_t row_bytes);

  isa::Limits limits_;
  std::unique_ptr<Storage> sbuf_, psum_;        // made when first needed
  std::vector<std::unique_ptr<Storage>> own_;   // by tensor; of those outside the images
  std::vector<std::unique_ptr<Storage>> free_;  // released
  std::vector<Place> places_;
};

}  // namespace switchyard::neuroncore
