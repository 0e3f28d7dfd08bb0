// The random words of stochastic rounding, by address.
//
// The vendor does not publish its source of randomness, so this is a definition of our own: the
// word at position p is word p mod 4 of Philox4x32-10 (Salmon et al., "Parallel random numbers: as
// easy as 1, 2, 3", 2011) with the 64-bit seed as key and the counter (p / 4, stream), low words
// first. A value x between two neighbours lo and hi of the destination becomes hi if
// floor(2^32 * (|x| - |lo|) / (|hi| - |lo|)) + word carries out of 32 bits, else lo: hi is the one
// larger in magnitude, so the mean is x to 2^-32 of a unit in the last place. Exact values,
// infinity and NaN do not look at the word; beyond the largest finite value "hi" is the overflow
// code.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "numeric/rounding.h"
#include "numeric/vector_width.h"

namespace switchyard::numeric {

using PhiloxBlock = std::array<std::uint32_t, 4>;
PhiloxBlock philox(PhiloxBlock counter, std::array<std::uint32_t, 2> key);

// Words of positions key.position .. key.position + count - 1. The last position must not pass
// 2^64.
void random_words(const RandomKey& key, std::uint32_t* words, std::size_t count,
                  VectorWidth width = best_vector_width());

}  // namespace switchyard::numeric
