#include "runtime/checkpoint.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/portable_math.h"
#include "base/random.h"
#include "runtime/huggingface.h"
#include "runtime/llama2c.h"

namespace switchyard::runtime {

namespace {

class RandomCheckpoint : public Checkpoint {
 public:
  RandomCheckpoint(const CheckpointShape& shape, std::uint64_t seed)
      : Checkpoint(shape), seed_(seed) {}

  Result<std::vector<float>> read(Part part, std::int64_t layer) const override {
    std::vector<float> out(static_cast<std::size_t>(part_elements(shape(), part)), 1.0F);
    if (is_gain(part)) return out;
    Random random(mix(
        seed_ ^ mix(static_cast<std::uint64_t>(part) * 4096 + static_cast<std::uint64_t>(layer))));
    const double size = 1 / std::sqrt(static_cast<double>(features_in(part)));
    for (float& value : out) value = static_cast<float>(random.normal() * size);
    return out;
  }

 private:
  static bool is_gain(Part part) {
    return part == Part::kAttentionNorm || part == Part::kMlpNorm || part == Part::kFinalNorm ||
           part == Part::kQueryNorm || part == Part::kKeyNorm;
  }
  std::int64_t features_in(Part part) const {
    if (part == Part::kEmbedding) return 1;
    if (part == Part::kDown) return shape().width;
    return part == Part::kOutput ? shape().heads * shape().head_dim : shape().hidden;
  }

  std::uint64_t seed_;
};

}  // namespace

std::int64_t part_elements(const CheckpointShape& s, Part part) {
  const std::int64_t query = s.heads * s.head_dim, key = s.kv_heads * s.head_dim;
  switch (part) {
    case Part::kEmbedding:
    case Part::kHead:
      return s.vocabulary * s.hidden;
    case Part::kAttentionNorm:
    case Part::kMlpNorm:
    case Part::kFinalNorm:
      return s.hidden;
    case Part::kQuery:
    case Part::kOutput:
      return query * s.hidden;
    case Part::kKey:
    case Part::kValue:
      return key * s.hidden;
    case Part::kQueryBias:
      return query;
    case Part::kKeyBias:
    case Part::kValueBias:
      return key;
    case Part::kQueryNorm:
    case Part::kKeyNorm:
      return s.head_dim;
    case Part::kGate:
    case Part::kUp:
    case Part::kDown:
      return s.width * s.hidden;
  }
  return 0;
}

Result<std::unique_ptr<Checkpoint>> open_checkpoint(const std::filesystem::path& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) return open_huggingface(path);
  return open_llama2c(path);
}

Result<std::unique_ptr<Checkpoint>> random_checkpoint(const std::filesystem::path& config,
                                                      std::uint64_t seed) {
  SWITCHYARD_TRY(shape, read_huggingface_shape(config));
  return std::make_unique<RandomCheckpoint>(shape, seed);
}

std::vector<double> rotary_frequencies(const CheckpointShape& shape) {
  std::vector<double> out;
  const RopeScaling& scaling = shape.rope_scaling;
  const double low_wave = scaling.original_context / scaling.low_frequency;
  const double high_wave = scaling.original_context / scaling.high_frequency;
  for (std::int64_t i = 0; i < shape.head_dim / 2; ++i) {
    const double exponent = -2.0 * static_cast<double>(i) / static_cast<double>(shape.head_dim);
    double frequency = portable_pow(shape.rope_theta, exponent);
    const double wave = 2 * std::numbers::pi / frequency;
    if (scaling.factor != 1 && wave > high_wave) {
      const double smooth = std::clamp((scaling.original_context / wave - scaling.low_frequency) /
                                           (scaling.high_frequency - scaling.low_frequency),
                                       0.0, 1.0);
      frequency = wave > low_wave ? frequency / scaling.factor
                                  : frequency * ((1 - smooth) / scaling.factor + smooth);
    }
    out.push_back(frequency);
  }
  return out;
}

}  // namespace switchyard::runtime
