// Microscaling (MX) tiles: 8-bit or 4-bit values that share a power of two in groups of 32.
//
// A tile has P partitions of F values in the layout of SBUF. A group is 8 partitions by the 4
// values that one _x4 word packs: group (r, c) holds partitions 8r .. 8r+7, values 4c .. 4c+3.
// Quantisation keeps the layout: F values become F/4 words. Which rows of a matrix lie in one word
// is the kernel's business (the documented packing puts k = p + P j into lane j of partition p).
//
// Scales are bytes of float8_e8m0fnu, logically [P/8, F/4]; mx_scale_layout.h places them in SBUF.
//
// Sources: mxfp-matmul.rst, trainium3_arch.rst, the quantize_mx page and release notes of NKI 0.5.0
// (aws-neuron-sdk); OCP Microscaling Formats specification 1.0.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"
#include "numeric/element_type.h"
#include "numeric/rounding.h"

namespace switchyard::numeric {

inline constexpr int kMxGroupPartitions = 8;
inline constexpr int kMxGroupLanes = 4;

// How the scale X of a group follows from its largest magnitude a; Emax is the exponent of the
// largest binade of the destination (8 for e4m3fn, 15 for e5m2, 2 for e2m1fn).
enum class MxScaleRule : std::uint8_t {
  kNeuron,  // X = 2^(floor(log2 a) - (Emax - 1)): nothing exceeds the range. Documented since 0.5.0
  kOcp,     // X = 2^(floor(log2 a) - Emax), then values are held inside the range
};

struct MxShape {
  int partitions = 0;  // P, a multiple of 8
  int values = 0;      // F, a multiple of 4
};
Status check_mx_shape(MxShape shape);

struct MxOptions {
  MxScaleRule rule = MxScaleRule::kNeuron;
  // How scaled values are rounded. The value at (p, f) meets the random word at position p F + f.
  RoundingMode mode = RoundingMode::kNearestEven;
  RandomKey random = {};
};

struct MxTile {
  ElementType type = ElementType::kFloat8E4m3fnX4;
  MxShape shape;
  std::vector<std::uint8_t> data;    // [P, F/4] words, row by row
  std::vector<std::uint8_t> scales;  // [P/8, F/4], logical
};

// `source` holds [P, F] values, row by row, of float32, float16 or bfloat16 (the hardware takes the
// last two; float32 serves weights quantised offline). Errors: a type or shape not allowed.
Result<MxTile> quantize_mx(ElementType source_type, std::span<const std::uint8_t> source,
                           MxShape shape, ElementType packed_type, const MxOptions& options = {});

// [P, F] float32: each value times its scale, rounded once; a scale of 0xff makes its group NaN.
Result<std::vector<float>> dequantize_mx(const MxTile& tile);

}  // namespace switchyard::numeric
