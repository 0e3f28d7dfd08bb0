// Transposition of a matrix of elements of 1, 2 or 4 bytes.
#pragma once

#include <cstdint>

namespace switchyard::neuroncore {

// `to` [columns, rows] from `from` [rows, columns], both dense; they must not overlap.
void transpose_elements(const std::uint8_t* from, std::int64_t rows, std::int64_t columns,
                        int element_bytes, std::uint8_t* to);

}  // namespace switchyard::neuroncore
