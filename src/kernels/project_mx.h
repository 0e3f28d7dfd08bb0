// Matrix products with weights in MX formats (NeuronCore-v4): four rows of K a word, a scale for 8
// partitions of words. Activations are quantised to MXFP8 on the way in.
//
// Feature tiles 4q to 4q + 3 of the activations are the lanes of quad q: word (p, t) holds feature
// p of each of the four, so quantising needs no copy. Weights in HBM: words [features in / 4,
// features out], quad by quad, and scales [features in / 32, features out], whose rows go to the
// first four partitions of each quadrant (mxfp-matmul.rst).
#pragma once

#include "kernels/project.h"

namespace switchyard::kernels {

// Partitions of a feature tile when `features` are multiplied in MX formats; 0: they cannot be,
// being no multiple of 128.
int mx_rows(std::int64_t features);

// Quantised activations.
struct MxActivations {
  Tile words;   // [rows, quads * tokens] float8_e4m3fn_x4
  Tile scales;  // [rows, quads * tokens]
  int rows = 0;
  std::int64_t quads = 0, tokens = 0;
};
// Contract: x is bfloat16, x.rows a multiple of 32, x.tiles one of 4.
MxActivations quantise(Builder& builder, const Activations& x);

struct MxWeights {
  Matrix words, scales;
  int rows_out = 0;  // even
};

// As project().
void project(Builder& builder, const MxActivations& x, const MxWeights& weights,
             const Tiling& tiling, const std::function<void(const Products&)>& use);

}  // namespace switchyard::kernels
