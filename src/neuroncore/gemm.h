// The arithmetic of TensorE: out[m][n] (+)= sum over k of stationary[k][m] * moving[k][n].
//
// Defined as acc = 0, then acc = fma(stationary[k][m], moving[k][n], acc) in float32 for k
// ascending, then out = acc, or out + acc when accumulating. A NaN becomes the quiet NaN
// 0x7fc00000. Every vector width gives these bits. The order of the sum inside the array is not
// published: docs/numerics.md.
//
// Both matrices come as panels of float32: `width` columns side by side, k after k, so that the
// inner loop reads memory in order. Missing columns of the last panel are zeros.
#pragma once

#include <cstddef>
#include <cstdint>

#include "numeric/vector_width.h"

namespace switchyard::neuroncore {

inline constexpr int kStationaryPanel = 8;
inline constexpr int kMovingPanel = 32;

struct PanelShape {
  int depth = 0;  // k
  int columns = 0;
  int width = kMovingPanel;

  int panels() const { return (columns + width - 1) / width; }
  std::size_t floats() const {
    return static_cast<std::size_t>(panels()) * static_cast<std::size_t>(depth) *
           static_cast<std::size_t>(width);
  }
};

// Puts one row (all columns at depth `k`) in its place.
void pack_row(const float* row, int k, PanelShape shape, float* panels);

// The four rows k .. k + 3 that a row of x4 words holds: lane j of word c, times the word's scale,
// is column c at depth k + j. `values` are the lanes in order, 4 a column.
void pack_scaled_lanes(const float* values, const float* scales, int k, PanelShape shape,
                       float* panels, numeric::VectorWidth width);

struct GemmShape {
  int depth = 0;  // k
  int rows = 0;   // m
  int columns = 0;
};

// `out` has rows `pitch` floats apart.
void multiply_panels(GemmShape shape, const float* stationary, const float* moving, float* out,
                     std::ptrdiff_t pitch, bool accumulate,
                     numeric::VectorWidth width = numeric::best_vector_width());

}  // namespace switchyard::neuroncore
