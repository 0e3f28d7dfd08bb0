// A language model with its weights, as a file or a directory of files holds it.
//
// Formats: llama2.c checkpoints (version 0, one .bin), HuggingFace directories (config.json with
// safetensors, sharded or not; Llama, Mistral, Qwen2 and Qwen3 families). A third source makes
// random weights for a config.json alone. All give float32 by part and layer, [features out,
// features in] as stored.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"

namespace switchyard::runtime {

// Llama 3.1's stretch of the rotary frequencies; factor 1: none.
struct RopeScaling {
  double factor = 1, low_frequency = 1, high_frequency = 4;
  double original_context = 8192;
};

struct CheckpointShape {
  std::int64_t hidden = 0, width = 0, layers = 0;
  std::int64_t heads = 0, kv_heads = 0, head_dim = 0;
  std::int64_t vocabulary = 0, context_max = 0;
  double norm_epsilon = 1e-5, rope_theta = 10000;
  RopeScaling rope_scaling;
  bool qkv_bias = false, qk_norm = false;
  bool tied_head = false;  // the output head is the embedding
  // Rotary pairs are neighbours (llama2.c) instead of halves of a head (HuggingFace).
  bool neighbour_pairs = false;
};

enum class Part {
  kEmbedding,      // [vocabulary, hidden]
  kAttentionNorm,  // [hidden]
  kQuery,          // [heads * head_dim, hidden]
  kKey,            // [kv_heads * head_dim, hidden]
  kValue,
  kQueryBias,
  kKeyBias,
  kValueBias,
  kQueryNorm,  // [head_dim]
  kKeyNorm,
  kOutput,  // [hidden, heads * head_dim]
  kMlpNorm,
  kGate,  // [width, hidden]
  kUp,
  kDown,  // [hidden, width]
  kFinalNorm,
  kHead,  // [vocabulary, hidden]
};

class Checkpoint {
 public:
  explicit Checkpoint(const CheckpointShape& shape) : shape_(shape) {}
  virtual ~Checkpoint() = default;
  const CheckpointShape& shape() const { return shape_; }
  // `layer` counts for parts of layers only. Contract: the shape has the part.
  virtual Result<std::vector<float>> read(Part part, std::int64_t layer) const = 0;

 private:
  CheckpointShape shape_;
};

std::int64_t part_elements(const CheckpointShape& shape, Part part);

// A .bin file of llama2.c, or a directory with config.json and safetensors.
Result<std::unique_ptr<Checkpoint>> open_checkpoint(const std::filesystem::path& path);
// Normal weights of deviation 1 / sqrt(features in), the same for the same seed.
Result<std::unique_ptr<Checkpoint>> random_checkpoint(const std::filesystem::path& config,
                                                      std::uint64_t seed);

// Angles a position turns by, for each pair of a head.
std::vector<double> rotary_frequencies(const CheckpointShape& shape);

}  // namespace switchyard::runtime
