// Values for a kernel's arguments, and what to say of its results.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "isa/program.h"

namespace switchyard::neuroncore {

// A pattern for an input that nobody gave: floats uniform in [-1, 1), integers 0 to 7, bool 0 or 1,
// scales near one. The same seed and name give the same bytes everywhere.
std::vector<std::uint8_t> random_argument(const isa::Tensor& tensor, std::uint64_t seed);

// 16 hexadecimal digits that differ when the bytes do.
std::string digest(const std::vector<std::uint8_t>& bytes);

// Each value as text, in order, at most `count_max`: floats with the fewest digits that tell them
// apart as float32, packed types as the numbers they pack.
std::vector<std::string> values_text(const isa::Tensor& tensor,
                                     const std::vector<std::uint8_t>& bytes, std::size_t count_max);

}  // namespace switchyard::neuroncore
