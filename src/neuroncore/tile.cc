#include "neuroncore/tile.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "numeric/convert.h"

namespace switchyard::neuroncore {

namespace {

using numeric::ElementKind;
using numeric::ElementType;

constexpr std::int64_t kChunk = 512;  // elements moved at once: stays in the first cache

// Calls visit(byte offset in the row, count, stride in bytes) for each run of elements
// [first, first + count) that advances by one stride.
template <class Visit>
void each_run(const Tile& tile, int partition, std::int64_t first, std::int64_t count,
              Visit visit) {
  if (tile.gather) {
    const std::int64_t* offsets = tile.gather + partition * tile.elements;
    for (std::int64_t i = first; i < first + count; ++i)
      visit(offsets[i], std::int64_t{1}, std::int64_t{0});
    return;
  }
  const Tile::Loop inner =
      tile.rank > 0 ? tile.dims[tile.rank - 1] : Tile::Loop{tile.element_bytes, 1};
  while (count > 0) {
    const std::int64_t place = first % inner.count;
    const std::int64_t run = std::min(count, inner.count - place);
    visit(tile.offset_of(partition, first), run, inner.stride);
    first += run;
    count -= run;
  }
}

template <class T>
void copy_strided(const std::uint8_t* from, std::int64_t from_stride, std::uint8_t* to,
                  std::int64_t to_stride, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) {
    T value;
    std::memcpy(&value, from + i * from_stride, sizeof value);
    std::memcpy(to + i * to_stride, &value, sizeof value);
  }
}

void copy_elements(int bytes, const std::uint8_t* from, std::int64_t from_stride, std::uint8_t* to,
                   std::int64_t to_stride, std::int64_t count) {
  if (from_stride == bytes && to_stride == bytes) {
    std::memcpy(to, from, static_cast<std::size_t>(count * bytes));
  } else if (bytes == 1) {
    copy_strided<std::uint8_t>(from, from_stride, to, to_stride, count);
  } else if (bytes == 2) {
    copy_strided<std::uint16_t>(from, from_stride, to, to_stride, count);
  } else {
    copy_strided<std::uint32_t>(from, from_stride, to, to_stride, count);
  }
}

// Calls visit(first element, count, bytes) chunk by chunk; `bytes` holds count elements in order.
template <class Visit>
void each_chunk_in(const Tile& tile, int partition, std::int64_t first, std::int64_t count,
                   Visit visit) {
  std::uint8_t buffer[kChunk * 4];
  for (std::int64_t at = 0; at < count; at += kChunk) {
    const std::int64_t n = std::min(kChunk, count - at);
    read_bytes(tile, partition, first + at, n, buffer);
    visit(at, n, buffer);
  }
}

template <class T>
void widen(const std::uint8_t* bytes, std::int64_t count, std::uint32_t* words) {
  for (std::int64_t i = 0; i < count; ++i) {
    T value;
    std::memcpy(&value, bytes + i * static_cast<std::int64_t>(sizeof value), sizeof value);
    words[i] = static_cast<std::uint32_t>(static_cast<std::int32_t>(value));
  }
}

void widen(ElementType type, int element_bytes, const std::uint8_t* bytes, std::int64_t count,
           std::uint32_t* words) {
  const bool is_signed = type == ElementType::kInt8 || type == ElementType::kInt16;
  if (element_bytes == 4) {
    std::memcpy(words, bytes, static_cast<std::size_t>(count * 4));
  } else if (element_bytes == 2) {
    is_signed ? widen<std::int16_t>(bytes, count, words)
              : widen<std::uint16_t>(bytes, count, words);
  } else {
    is_signed ? widen<std::int8_t>(bytes, count, words) : widen<std::uint8_t>(bytes, count, words);
  }
}

template <class T>
void narrow(const std::uint32_t* words, std::int64_t count, std::uint8_t* bytes) {
  for (std::int64_t i = 0; i < count; ++i) {
    const auto value = static_cast<T>(words[i]);
    std::memcpy(bytes + i * static_cast<std::int64_t>(sizeof value), &value, sizeof value);
  }
}

void narrow(int element_bytes, const std::uint32_t* words, std::int64_t count,
            std::uint8_t* bytes) {
  if (element_bytes == 4) return narrow<std::uint32_t>(words, count, bytes);
  if (element_bytes == 2) return narrow<std::uint16_t>(words, count, bytes);
  narrow<std::uint8_t>(words, count, bytes);
}

}  // namespace

std::int64_t Tile::offset_of(int partition, std::int64_t index) const {
  if (gather) return gather[partition * elements + index];
  std::int64_t offset = 0;
  for (int i = rank - 1; i >= 0; --i) {
    offset += index % dims[i].count * dims[i].stride;
    index /= dims[i].count;
  }
  return offset;
}

Tile element_of(const Tile& tile, int partition, std::int64_t index) {
  const std::int64_t offset = tile.offset_of(partition, index);
  Tile one = tile;
  one.data = tile.row(partition) + offset;
  one.first_row += partition;
  one.first_byte += offset;
  one.partitions = 1;
  one.elements = 1;
  one.rank = 0;
  one.gather = nullptr;
  return one;
}

void read_bytes(const Tile& tile, int partition, std::int64_t first, std::int64_t count,
                std::uint8_t* bytes) {
  const std::uint8_t* row = tile.row(partition);
  const int size = tile.element_bytes;
  if (tile.contiguous()) {
    std::memcpy(bytes, row + first * size, static_cast<std::size_t>(count * size));
    return;
  }
  each_run(tile, partition, first, count,
           [&](std::int64_t offset, std::int64_t run, std::int64_t stride) {
             copy_elements(size, row + offset, stride, bytes, size, run);
             bytes += run * size;
           });
}

void write_bytes(const Tile& tile, int partition, std::int64_t first, std::int64_t count,
                 const std::uint8_t* bytes) {
  std::uint8_t* row = tile.row(partition);
  const int size = tile.element_bytes;
  if (tile.contiguous()) {
    std::memcpy(row + first * size, bytes, static_cast<std::size_t>(count * size));
    return;
  }
  each_run(tile, partition, first, count,
           [&](std::int64_t offset, std::int64_t run, std::int64_t stride) {
             copy_elements(size, bytes, size, row + offset, stride, run);
             bytes += run * size;
           });
}

namespace {

// One size known to the compiler is a move of a register or two; a call costs more than that.
template <std::size_t kBytes>
void copy_rows_of(const std::uint8_t* from, std::int64_t from_pitch, std::uint8_t* to,
                  std::int64_t to_pitch, int rows) {
  for (int r = 0; r < rows; ++r) std::memcpy(to + r * to_pitch, from + r * from_pitch, kBytes);
}

}  // namespace

void copy_rows(const std::uint8_t* from, std::int64_t from_pitch, std::uint8_t* to,
               std::int64_t to_pitch, int rows, std::int64_t row_bytes) {
  switch (row_bytes) {
    case 1:
      return copy_rows_of<1>(from, from_pitch, to, to_pitch, rows);
    case 2:
      return copy_rows_of<2>(from, from_pitch, to, to_pitch, rows);
    case 4:
      return copy_rows_of<4>(from, from_pitch, to, to_pitch, rows);
    case 8:
      return copy_rows_of<8>(from, from_pitch, to, to_pitch, rows);
    case 16:
      return copy_rows_of<16>(from, from_pitch, to, to_pitch, rows);
    case 32:
      return copy_rows_of<32>(from, from_pitch, to, to_pitch, rows);
    case 64:
      return copy_rows_of<64>(from, from_pitch, to, to_pitch, rows);
    case 128:
      return copy_rows_of<128>(from, from_pitch, to, to_pitch, rows);
    default:
      for (int r = 0; r < rows; ++r)
        std::memcpy(to + r * to_pitch, from + r * from_pitch, static_cast<std::size_t>(row_bytes));
  }
}

void read_rows(const Tile& tile, int partition, int rows, std::uint8_t* bytes) {
  const std::int64_t row_bytes = tile.elements * tile.element_bytes;
  if (tile.contiguous())
    return copy_rows(tile.row(partition), tile.partition_stride, bytes, row_bytes, rows, row_bytes);
  for (int r = 0; r < rows; ++r)
    read_bytes(tile, partition + r, 0, tile.elements, bytes + r * row_bytes);
}

void write_rows(const Tile& tile, int partition, int rows, const std::uint8_t* bytes) {
  const std::int64_t row_bytes = tile.elements * tile.element_bytes;
  if (tile.contiguous())
    return copy_rows(bytes, row_bytes, tile.row(partition), tile.partition_stride, rows, row_bytes);
  for (int r = 0; r < rows; ++r)
    write_bytes(tile, partition + r, 0, tile.elements, bytes + r * row_bytes);
}

void read_values(const Tile& tile, int partition, std::int64_t first, std::int64_t count,
                 float* values) {
  SWITCHYARD_CHECK(!numeric::is_packed(tile.type), "{} has no plain values",
                   numeric::name(tile.type));
  if (tile.contiguous()) {
    numeric::convert(tile.type, tile.row(partition) + first * tile.element_bytes,
                     ElementType::kFloat32, values, static_cast<std::size_t>(count));
    return;
  }
  each_chunk_in(tile, partition, first, count,
                [&](std::int64_t at, std::int64_t n, const std::uint8_t* bytes) {
                  numeric::convert(tile.type, bytes, ElementType::kFloat32, values + at,
                                   static_cast<std::size_t>(n));
                });
}

void write_values(const Tile& tile, int partition, std::int64_t first, std::int64_t count,
                  const float* values, const numeric::Rounding& rounding) {
  SWITCHYARD_CHECK(!numeric::is_packed(tile.type), "{} has no plain values",
                   numeric::name(tile.type));
  if (tile.contiguous()) {
    numeric::convert(ElementType::kFloat32, values, tile.type,
                     tile.row(partition) + first * tile.element_bytes,
                     static_cast<std::size_t>(count), rounding);
    return;
  }
  std::uint8_t buffer[kChunk * 4];
  numeric::Rounding step = rounding;
  for (std::int64_t at = 0; at < count; at += kChunk) {
    const std::int64_t n = std::min(kChunk, count - at);
    numeric::convert(ElementType::kFloat32, values + at, tile.type, buffer,
                     static_cast<std::size_t>(n), step);
    write_bytes(tile, partition, first + at, n, buffer);
    step.random.position += static_cast<std::uint64_t>(n);
  }
}

void read_words(const Tile& tile, int partition, std::int64_t first, std::int64_t count,
                std::uint32_t* words) {
  each_chunk_in(tile, partition, first, count,
                [&](std::int64_t at, std::int64_t n, const std::uint8_t* bytes) {
                  widen(tile.type, tile.element_bytes, bytes, n, words + at);
                });
}

void write_words(const Tile& tile, int partition, std::int64_t first, std::int64_t count,
                 const std::uint32_t* words) {
  std::uint8_t buffer[kChunk * 4];
  for (std::int64_t at = 0; at < count; at += kChunk) {
    const std::int64_t n = std::min(kChunk, count - at);
    narrow(tile.element_bytes, words + at, n, buffer);
    write_bytes(tile, partition, first + at, n, buffer);
  }
}

namespace {

// Calls visit(row of the storage, first byte, bytes) over all bytes of the tile, runs joined where
// they continue; visit returns false to stop.
template <class Visit>
void each_span(const Tile& tile, Visit visit) {
  const int size = tile.element_bytes;
  bool going = true;
  for (int p = 0; p < tile.partitions && going; ++p) {
    if (tile.contiguous()) {
      going = visit(p, tile.first_byte, tile.elements * size);
      continue;
    }
    each_run(tile, p, 0, tile.elements,
             [&](std::int64_t offset, std::int64_t run, std::int64_t stride) {
               const std::int64_t at = tile.first_byte + offset;
               if (stride == size || stride == 0) {
                 going = going && visit(p, at, stride == 0 ? size : run * size);
                 return;
               }
               for (std::int64_t i = 0; i < run && going; ++i) {
                 going = visit(p, at + i * stride, static_cast<std::int64_t>(size));
               }
             });
  }
}

// All bytes from the first to the last of each row.
Storage::Block reach_of(const Tile& tile) {
  std::int64_t low = 0, high = tile.element_bytes;
  for (int i = 0; i < tile.rank; ++i) {
    const std::int64_t last = tile.dims[i].stride * (tile.dims[i].count - 1);
    (last < 0 ? low : high) += last;
  }
  return {tile.first_row, tile.partitions, tile.first_byte + low, high - low};
}

}  // namespace

void mark_written(const Tile& tile) {
  if (!tile.gather && tile.storage->marked(reach_of(tile))) return;
  if (tile.contiguous()) tile.storage->remember_written(reach_of(tile));
  each_span(tile, [&](int partition, std::int64_t first, std::int64_t bytes) {
    tile.storage->mark_written(tile.first_row + partition, first, bytes);
    return true;
  });
}

UnwrittenElement find_unwritten(const Tile& tile) {
  UnwrittenElement found;
  if (!tile.gather && tile.storage->known_written(reach_of(tile))) return found;
  each_span(tile, [&](int partition, std::int64_t first, std::int64_t bytes) {
    const std::int64_t byte =
        tile.storage->first_unwritten(tile.first_row + partition, first, bytes);
    if (byte < 0) return true;
    found = {partition, (byte - tile.first_byte) / tile.element_bytes};
    return false;
  });
  if (found.partition < 0 && tile.contiguous()) tile.storage->remember_written(reach_of(tile));
  return found;
}

}  // namespace switchyard::neuroncore
