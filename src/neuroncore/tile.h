// An access resolved to bytes, and rows of values moved in and out of it.
//
// A Tile is what execution works on: for each partition the same nest of strided loops. Values come
// out as float32 (the type in which the engines compute) or as raw words (bit patterns), in the
// access's element order, and go back through the conversion of numeric/.
#pragma once

#include <array>
#include <cstdint>

#include "isa/access.h"
#include "neuroncore/memory.h"
#include "numeric/rounding.h"

namespace switchyard::neuroncore {

struct Tile {
  std::uint8_t* data = nullptr;       // first element of the first partition
  std::int64_t partition_stride = 0;  // bytes
  int partitions = 1;
  numeric::ElementType type = numeric::ElementType::kFloat32;
  int element_bytes = 4;
  std::int64_t elements = 1;  // of each partition
  int rank = 0;               // dims in use, collapsed; 0 is one element
  struct Loop {
    std::int64_t stride;  // bytes
    std::int64_t count;
  };
  std::array<Loop, isa::kPatternDims> dims = {};
  // NeuronCore-v4 gather: byte offset of each element, [partitions][elements], instead of dims;
  // nullptr otherwise. Owned by the machine's scratch.
  const std::int64_t* gather = nullptr;
  // For the record of written bytes.
  Storage* storage = nullptr;
  int first_row = 0;
  std::int64_t first_byte = 0;  // of data in its row

  bool contiguous() const {
    return !gather && (rank == 0 || (rank == 1 && dims[0].stride == element_bytes));
  }
  std::uint8_t* row(int partition) const { return data + partition * partition_stride; }
  // Byte offset from row() of element `index`.
  std::int64_t offset_of(int partition, std::int64_t index) const;
};

// One element as a tile of its own.
Tile element_of(const Tile& tile, int partition, std::int64_t index);

// Elements [first, first + count) of one partition. Not for packed types.
void read_values(const Tile& tile, int partition, std::int64_t first, std::int64_t count,
                 float* values);
// `rounding.random.position` is that of the first value.
void write_values(const Tile& tile, int partition, std::int64_t first, std::int64_t count,
                  const float* values, const numeric::Rounding& rounding = {});

// The same as bit patterns in 32-bit words, zero-extended (sign-extended for signed integers).
void read_words(const Tile& tile, int partition, std::int64_t first, std::int64_t count,
                std::uint32_t* words);
void write_words(const Tile& tile, int partition, std::int64_t first, std::int64_t count,
                 const std::uint32_t* words);

// Elements as bytes, in order, without conversion; packed types too.
void read_bytes(const Tile& tile, int partition, std::int64_t first, std::int64_t count,
                std::uint8_t* bytes);
void write_bytes(const Tile& tile, int partition, std::int64_t first, std::int64_t count,
                 const std::uint8_t* bytes);

// The same for all elements of `rows` partitions, dense in `bytes`.
void read_rows(const Tile& tile, int partition, int rows, std::uint8_t* bytes);
void write_rows(const Tile& tile, int partition, int rows, const std::uint8_t* bytes);
// Rows of any two layouts that do not overlap.
void copy_rows(const std::uint8_t* from, std::int64_t from_pitch, std::uint8_t* to,
               std::int64_t to_pitch, int rows, std::int64_t row_bytes);

// The record of written bytes, over the whole tile.
void mark_written(const Tile& tile);
// The first unwritten byte: its partition (-1: none), and its distance from data in elements.
struct UnwrittenElement {
  int partition = -1;
  std::int64_t element = 0;
};
UnwrittenElement find_unwritten(const Tile& tile);

}  // namespace switchyard::neuroncore
