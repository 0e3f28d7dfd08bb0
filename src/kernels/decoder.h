// The step of a decoder-only transformer on one tensor-parallel rank, as NeuronCore programs.
//
// A step takes `tokens` new tokens of each of `sequences` sequences at the same position, and ends
// with the logits of each sequence's last token. With one rank it is one program; with more it is
// cut where ranks add up their parts (after attention and after the MLP): a collective on the HBM
// tensor `exchange` stands between two programs. HBM tensors keep their names from program to
// program: weights, caches, tables, the residual.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kernels/attention.h"
#include "kernels/project.h"

namespace switchyard::kernels {

// What one rank holds of the model.
struct DecoderShape {
  std::int64_t hidden = 0, width = 0;  // of the MLP, this rank's part; padded with zeros or not
  std::int64_t norm_width = 0;         // the features of hidden that are no padding
  std::int64_t layers = 0;
  std::int64_t heads = 0, kv_heads = 0, head_dim = 0;  // this rank's
  std::int64_t vocabulary = 0;                         // this rank's rows of the output head
  std::int64_t embedding_rows = 0;                     // of the whole table
  std::int64_t capacity = 0;                           // positions of the cache
  double norm_epsilon = 1e-5;
  bool qkv_bias = false, qk_norm = false;
};

struct StepShape {
  std::int64_t sequences = 1;  // > 1 only with tokens = 1
  std::int64_t tokens = 1;
  std::int64_t position = 0;  // of the first new token
  bool sums_over_ranks = false;
};

struct StepTypes {
  ElementType activations = ElementType::kFloat32;
  ElementType weights = ElementType::kFloat32;
  // An MX format for products whose features in are a multiple of 128, values apart (NeuronCore-v4,
  // bfloat16 activations).
  std::optional<ElementType> packed;
};

// Whether weights that multiply activations of `tiles` feature tiles of `rows` are packed, as
// project_mx.h says.
bool is_packed(const StepTypes& types, int rows, std::int64_t tiles);
// Partitions of a feature tile of activations.
int feature_rows(const StepTypes& types, std::int64_t features);

struct StepTiling {
  Tiling projection;
  AttentionTiling attention;
};

// Programs in order; between two of them the ranks add up `exchange`.
struct Step {
  std::vector<isa::Program> programs;
};

// Names of HBM tensors.
std::string weight_name(std::int64_t layer, const std::string& what);  // "layers.3.wq"
std::string scale_name(const std::string& weight);                     // "layers.3.wq.scale"
inline constexpr const char* kTokens = "tokens";                       // int32 [tokens, 1]
inline constexpr const char* kLogits = "logits";                       // float32, see Step
inline constexpr const char* kExchange = "exchange";

// Contract: head_dim <= 128, heads divisible by kv_heads, position + tokens <= capacity.
Step decoder_step(isa::Generation generation, const DecoderShape& shape, const StepShape& step,
                  const StepTypes& types, const StepTiling& tiling);

}  // namespace switchyard::kernels
