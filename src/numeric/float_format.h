// The binary formats that are a sign, an exponent and a significand, by their codes.
//
// A code is the bit pattern right-aligned; its magnitude is the code without the sign. Magnitudes
// order like values, so limits are stated as magnitudes. Overflow says what a finite value that
// rounds beyond max_finite becomes. Sources: OCP 8-bit floating point and MX specifications; the
// ml_dtypes definitions for names ending in fn; custom-quantization.rst of aws-neuron-sdk for
// float8_e4m3.
#pragma once

#include <cstdint>

#include "numeric/element_type.h"

namespace switchyard::numeric {

struct FloatFormat {
  int exponent_bits;
  int mantissa_bits;
  int bias;
  std::uint32_t max_finite;       // largest finite magnitude
  std::uint32_t infinity;         // magnitude of infinity, 0 when there is none
  std::uint32_t nan;              // what a NaN becomes, before the sign is put in by exclusive or
  std::uint32_t format_overflow;  // by the definition of the format
  std::uint32_t neuron_overflow;  // as documented for Neuron devices
  int storage_shift = 0;          // code << storage_shift stands in memory

  constexpr int bits() const { return 1 + exponent_bits + mantissa_bits; }
  constexpr int storage_bytes() const {
    const int stored = bits() + storage_shift;
    return stored <= 8 ? 1 : stored <= 16 ? 2 : 4;
  }
  constexpr std::uint32_t magnitude_mask() const { return (1u << (bits() - 1)) - 1; }
};

inline constexpr FloatFormat kTfloat32Format = {8,       10,      127,     0x3fbff, 0x3fc00,
                                                0x3fe00, 0x3fc00, 0x3fc00, 13};
inline constexpr FloatFormat kBfloat16Format = {8, 7, 127, 0x7f7f, 0x7f80, 0x7fc0, 0x7f80, 0x7f80};
inline constexpr FloatFormat kFloat16Format = {5, 10, 15, 0x7bff, 0x7c00, 0x7e00, 0x7c00, 0x7c00};
inline constexpr FloatFormat kFloat8E3m4Format = {3, 4, 3, 0x6f, 0x70, 0x78, 0x70, 0x70};
inline constexpr FloatFormat kFloat8E4m3Format = {4, 3, 7, 0x77, 0x78, 0x7c, 0x78, 0x7c};
inline constexpr FloatFormat kFloat8E4m3fnFormat = {4, 3, 7, 0x7e, 0, 0x7f, 0x7f, 0x7f};
inline constexpr FloatFormat kFloat8E5m2Format = {5, 2, 15, 0x7b, 0x7c, 0x7e, 0x7c, 0x7c};
// Neither infinity nor NaN: too large becomes 6; NaN becomes -0, as in ml_dtypes.
inline constexpr FloatFormat kFloat4E2m1fnFormat = {2, 1, 1, 0x7, 0, 0x8, 0x7, 0x7};

}  // namespace switchyard::numeric
