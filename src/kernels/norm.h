// RMSNorm over the features of each token, without the learned gain: whoever stores the weights
// folds the gain into those that read the result.
//
// Features lie on partitions, so TensorE sums the squares: a stationary matrix of 1 / features adds
// them up and leaves the mean on every partition.
#pragma once

#include "kernels/activations.h"

namespace switchyard::kernels {

// Made once in a program.
struct NormConstants {
  Tile mean;     // [rows, rows] of 1 / features, in the type of activations
  Tile epsilon;  // [rows, 1] float32
};
NormConstants norm_constants(Builder& builder, ElementType type, int rows, std::int64_t features,
                             double epsilon);

// x / sqrt(mean(x^2) + epsilon), in the type `type`.
Activations rms_norm(Builder& builder, const Activations& x, const NormConstants& constants,
                     ElementType type);

// The same of each head alone, in place: heads [head width, columns], gain [head width, 1] float32.
void norm_heads(Builder& builder, const Tile& heads, const NormConstants& constants,
                const Tile& gain);

}  // namespace switchyard::kernels
