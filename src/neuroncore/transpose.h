// Transposition of a matrix of elements of 1, 2 or 4 bytes.
#pragma once

#include <cstdint>

namespace switchyard::neuroncore {

// Rows of elements, `pitch` elements apart.
template <class Byte>
struct MatrixBytes {
  Byte* data;
  std::int64_t pitch;
};

// `to` [columns, rows] from `from` [rows, columns]; they must not overlap.
void transpose_elements(MatrixBytes<const std::uint8_t> from, std::int64_t rows,
                        std::int64_t columns, int element_bytes, MatrixBytes<std::uint8_t> to);

}  // namespace switchyard::neuroncore
