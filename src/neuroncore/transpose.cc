#include "neuroncore/transpose.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"

namespace switchyard::neuroncore {
namespace {

// A block of both sides stays in the first cache: a cache line is at most kBlock elements of 2
// bytes.
constexpr std::int64_t kBlock = 32;

template <class Word>
void transpose(MatrixBytes<const std::uint8_t> from, std::int64_t rows, std::int64_t columns,
               MatrixBytes<std::uint8_t> to) {
  constexpr std::int64_t kBytes = sizeof(Word);
  for (std::int64_t row = 0; row < rows; row += kBlock) {
    const std::int64_t row_end = std::min(rows, row + kBlock);
    for (std::int64_t column = 0; column < columns; column += kBlock) {
      const std::int64_t column_end = std::min(columns, column + kBlock);
      for (std::int64_t c = column; c < column_end; ++c) {
        for (std::int64_t r = row; r < row_end; ++r) {
          std::memcpy(to.data + (c * to.pitch + r) * kBytes,
                      from.data + (r * from.pitch + c) * kBytes, kBytes);
        }
      }
    }
  }
}

}  // namespace

void transpose_elements(MatrixBytes<const std::uint8_t> from, std::int64_t rows,
                        std::int64_t columns, int element_bytes, MatrixBytes<std::uint8_t> to) {
  if (element_bytes == 1) return transpose<std::uint8_t>(from, rows, columns, to);
  if (element_bytes == 2) return transpose<std::uint16_t>(from, rows, columns, to);
  SWITCHYARD_CHECK(element_bytes == 4, "elements of {} bytes", element_bytes);
  transpose<std::uint32_t>(from, rows, columns, to);
}

}  // namespace switchyard::neuroncore
