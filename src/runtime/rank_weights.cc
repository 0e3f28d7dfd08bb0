#include "runtime/rank_weights.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "kernels/builder.h"
#include "kernels/project_mx.h"
#include "numeric/convert.h"
#include "numeric/mx.h"

namespace switchyard::runtime {

namespace {

using kernels::weight_name;
using numeric::ElementType;
using Values = std::vector<float>;

// Which of the stored rows (features out) a rank holds, in its order.
using Rows = std::vector<std::int64_t>;

Rows rows_from(std::int64_t first, std::int64_t count) {
  Rows rows(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = first + static_cast<std::int64_t>(i);
  return rows;
}

// Heads' rows, neighbouring pairs brought to halves.
Rows head_rows(const CheckpointShape& shape, std::int64_t first, std::int64_t count) {
  Rows rows;
  const std::int64_t half = shape.head_dim / 2;
  for (std::int64_t head = first; head < first + count; ++head) {
    for (std::int64_t i = 0; i < shape.head_dim; ++i) {
      const std::int64_t within = shape.neighbour_pairs ? (i % half) * 2 + i / half : i;
      rows.push_back(head * shape.head_dim + within);
    }
  }
  return rows;
}

// [out, in] as stored to [in, rows], times the gain of what is read.
Values turned(const Values& stored, std::int64_t features_in, const Rows& rows,
              const Values* gain) {
  const auto in = static_cast<std::size_t>(features_in);
  Values out(in * rows.size());
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const float* source = stored.data() + static_cast<std::size_t>(rows[r]) * in;
    for (std::size_t i = 0; i < in; ++i) {
      out[i * rows.size() + r] = gain ? source[i] * (*gain)[i] : source[i];
    }
  }
  return out;
}

// The rank's columns (features in) of [out, in], as [columns, out].
Values turned_columns(const Values& stored, std::int64_t features_out, std::int64_t features_in,
                      std::int64_t first, std::int64_t count) {
  Values out(static_cast<std::size_t>(count * features_out));
  for (std::int64_t c = 0; c < count; ++c) {
    for (std::int64_t o = 0; o < features_out; ++o) {
      out[static_cast<std::size_t>(c * features_out + o)] =
          stored[static_cast<std::size_t>(o * features_in + first + c)];
    }
  }
  return out;
}

// [in, out] with rows and columns of zeros behind.
Values padded(const Values& values, std::int64_t in, std::int64_t out, std::int64_t in_padded,
              std::int64_t out_padded) {
  if (in == in_padded && out == out_padded) return values;
  Values result(static_cast<std::size_t>(in_padded * out_padded));
  for (std::int64_t i = 0; i < in; ++i) {
    std::copy_n(values.data() + i * out, out, result.data() + i * out_padded);
  }
  return result;
}

std::vector<std::uint8_t> bytes_of(const Values& values, ElementType type) {
  std::vector<std::uint8_t> bytes(values.size() *
                                  static_cast<std::size_t>(numeric::traits(type).storage_bytes));
  numeric::convert(ElementType::kFloat32, values.data(), type, bytes.data(), values.size());
  return bytes;
}

// What the tensors of a rank have in common.
struct Sink {
  const TakeTensor& take;
  const kernels::StepTypes& types;

  void put(const std::string& name, ElementType type, const Values& values) const {
    take(name, bytes_of(values, type));
  }

  // Weights [rows * tiles, out], packed where activations of that shape are.
  Status weight(const std::string& name, const Values& values, int rows, std::int64_t tiles,
                std::int64_t out) const {
    if (!kernels::is_packed(types, rows, tiles)) {
      put(name, types.weights, values);
      return {};
    }
    constexpr int kLanes = numeric::kMxGroupLanes;
    const numeric::MxShape shape{.partitions = rows, .values = static_cast<int>(kLanes * out)};
    std::vector<std::uint8_t> words, scales;
    Values quad(static_cast<std::size_t>(shape.partitions) *
                static_cast<std::size_t>(shape.values));
    for (std::int64_t first = 0; first < tiles; first += kLanes) {
      for (std::int64_t p = 0; p < rows; ++p) {
        for (std::int64_t lane = 0; lane < kLanes; ++lane) {
          const float* source = values.data() + ((first + lane) * rows + p) * out;
          for (std::int64_t c = 0; c < out; ++c) {
            quad[static_cast<std::size_t>(p * shape.values + c * kLanes + lane)] = source[c];
          }
        }
      }
      SWITCHYARD_TRY(
          tile, numeric::quantize_mx(ElementType::kFloat32, bytes_of(quad, ElementType::kFloat32),
                                     shape, *types.packed));
      words.insert(words.end(), tile.data.begin(), tile.data.end());
      scales.insert(scales.end(), tile.scales.begin(), tile.scales.end());
    }
    take(name, std::move(words));
    take(kernels::scale_name(name), std::move(scales));
    return {};
  }
};

// cos and sin of frequency * position for all positions: by turning step by step, which needs
// nothing of a mathematical library. Errors grow by 2^-53 a step.
void angles(double frequency, std::int64_t positions, float* cosine, float* sine) {
  constexpr int kTerms = 12;  // of the series at angles up to 1: exact to 2^-53
  double c = 0, s = 0;
  for (int k = kTerms; k >= 0; --k) {
    c = 1 - (k == kTerms ? 0 : c) * frequency * frequency / ((2.0 * k + 1) * (2.0 * k + 2));
    s = 1 - (k == kTerms ? 0 : s) * frequency * frequency / ((2.0 * k + 2) * (2.0 * k + 3));
  }
  s *= frequency;
  double x = 1, y = 0;
  for (std::int64_t p = 0; p < positions; ++p) {
    cosine[p] = static_cast<float>(x);
    sine[p] = static_cast<float>(y);
    const double next = x * c - y * s;
    y = x * s + y * c;
    x = next;
  }
}

void rotary_tables(const CheckpointShape& shape, std::int64_t capacity, const Sink& sink) {
  const std::vector<double> frequencies = rotary_frequencies(shape);
  const std::int64_t half = shape.head_dim / 2;
  Values cosine(static_cast<std::size_t>(shape.head_dim * capacity)), sine(cosine.size());
  for (std::int64_t i = 0; i < shape.head_dim; ++i) {
    angles(frequencies[static_cast<std::size_t>(i % half)], capacity, cosine.data() + i * capacity,
           sine.data() + i * capacity);
  }
  Values rotation(static_cast<std::size_t>(shape.head_dim * shape.head_dim));
  for (std::int64_t i = 0; i < half; ++i) {
    rotation[static_cast<std::size_t>((i + half) * shape.head_dim + i)] = -1;
    rotation[static_cast<std::size_t>(i * shape.head_dim + i + half)] = 1;
  }
  sink.put("rope.cosine", ElementType::kFloat32, cosine);
  sink.put("rope.sine", ElementType::kFloat32, sine);
  sink.put("rope.rotation", sink.types.activations, rotation);
}

// Takes the parts of one layer.
class LayerWriter {
 public:
  LayerWriter(const Checkpoint& checkpoint, std::int64_t layer, int rank,
              const kernels::DecoderShape& local, const Sink& sink)
      : checkpoint_(checkpoint),
        shape_(checkpoint.shape()),
        local_(local),
        layer_(layer),
        rank_(rank),
        ranks_(shape_.heads / local.heads),
        sink_(sink) {}

  Status write() {
    const std::int64_t width = shape_.head_dim, kv_first = rank_ * shape_.kv_heads / ranks_;
    const Rows queries = head_rows(shape_, rank_ * local_.heads, local_.heads);
    const Rows keys = head_rows(shape_, kv_first, local_.kv_heads);
    const Rows values = rows_from(kv_first * width, local_.kv_heads * width);
    SWITCHYARD_TRY(attention_gain, checkpoint_.read(Part::kAttentionNorm, layer_));
    SWITCHYARD_TRY_STATUS(from_hidden(Part::kQuery, "wq", queries, attention_gain, 0));
    SWITCHYARD_TRY_STATUS(from_hidden(Part::kKey, "wk", keys, attention_gain, 0));
    SWITCHYARD_TRY(stored_values, checkpoint_.read(Part::kValue, layer_));
    sink_.put(name("wv"), sink_.types.weights,
              padded(turned(stored_values, shape_.hidden, values, &attention_gain), shape_.hidden,
                     local_.kv_heads * width, local_.hidden, local_.kv_heads * width));
    if (shape_.qkv_bias) {
      SWITCHYARD_TRY_STATUS(bias(Part::kQueryBias, "bq", queries, local_.heads));
      SWITCHYARD_TRY_STATUS(bias(Part::kKeyBias, "bk", keys, local_.kv_heads));
      SWITCHYARD_TRY_STATUS(bias(Part::kValueBias, "bv", values, 0));
    }
    if (shape_.qk_norm) {
      SWITCHYARD_TRY_STATUS(head_gain(Part::kQueryNorm, "norm_q"));
      SWITCHYARD_TRY_STATUS(head_gain(Part::kKeyNorm, "norm_k"));
    }
    SWITCHYARD_TRY_STATUS(to_hidden(Part::kOutput, "wo", shape_.heads * width, local_.heads * width,
                                    local_.heads * width, static_cast<int>(width)));
    return write_mlp();
  }

 private:
  std::string name(const std::string& what) const { return weight_name(layer_, what); }

  Status write_mlp() {
    SWITCHYARD_TRY(gain, checkpoint_.read(Part::kMlpNorm, layer_));
    const std::int64_t width = shape_.width / ranks_;
    const Rows rows = rows_from(rank_ * width, width);
    SWITCHYARD_TRY_STATUS(from_hidden(Part::kGate, "w_gate", rows, gain, local_.width));
    SWITCHYARD_TRY_STATUS(from_hidden(Part::kUp, "w_up", rows, gain, local_.width));
    return to_hidden(Part::kDown, "w_down", shape_.width, width, local_.width,
                     kernels::feature_rows(sink_.types, local_.width));
  }

  // Reads normalised hidden values; `out` features after padding (0: none).
  Status from_hidden(Part part, const std::string& what, const Rows& rows, const Values& gain,
                     std::int64_t out) {
    SWITCHYARD_TRY(stored, checkpoint_.read(part, layer_));
    const auto features = static_cast<std::int64_t>(rows.size());
    const std::int64_t wide = std::max(out, features);
    const int tile = kernels::feature_rows(sink_.types, local_.hidden);
    return sink_.weight(name(what),
                        padded(turned(stored, shape_.hidden, rows, &gain), shape_.hidden, features,
                               local_.hidden, wide),
                        tile, local_.hidden / tile, wide);
  }

  // Adds to the residual: this rank's `mine` of `all` features in, padded to `in`.
  Status to_hidden(Part part, const std::string& what, std::int64_t all, std::int64_t mine,
                   std::int64_t in, int tile) {
    SWITCHYARD_TRY(stored, checkpoint_.read(part, layer_));
    return sink_.weight(name(what),
                        padded(turned_columns(stored, shape_.hidden, all, rank_ * mine, mine), mine,
                               shape_.hidden, in, local_.hidden),
                        tile, in / tile, local_.hidden);
  }

  // [head_dim, heads], or a row with heads 0.
  Status bias(Part part, const std::string& what, const Rows& rows, std::int64_t heads) {
    SWITCHYARD_TRY(stored, checkpoint_.read(part, layer_));
    Values out(rows.size());
    for (std::size_t r = 0; r < rows.size(); ++r) {
      const auto i = static_cast<std::int64_t>(r);
      const std::int64_t at = heads == 0 ? i : i % shape_.head_dim * heads + i / shape_.head_dim;
      out[static_cast<std::size_t>(at)] = stored[static_cast<std::size_t>(rows[r])];
    }
    sink_.put(name(what), ElementType::kFloat32, out);
    return {};
  }

  Status head_gain(Part part, const std::string& what) {
    SWITCHYARD_TRY(stored, checkpoint_.read(part, layer_));
    // Gains of neighbouring pairs would have to move with them; no format has both.
    sink_.put(name(what), ElementType::kFloat32, stored);
    return {};
  }

  const Checkpoint& checkpoint_;
  const CheckpointShape& shape_;
  const kernels::DecoderShape& local_;
  std::int64_t layer_;
  std::int64_t rank_, ranks_;
  const Sink& sink_;
};

}  // namespace

Status check_ranks(const CheckpointShape& shape, int ranks) {
  const auto fits = [&](std::int64_t n) {
    return shape.heads % n == 0 && shape.width % n == 0 &&
           (shape.kv_heads % n == 0 || n % shape.kv_heads == 0);
  };
  if (ranks >= 1 && fits(ranks)) return {};
  constexpr int kRanksMax = 64;
  std::vector<std::string> good;
  for (int n = 1; n <= kRanksMax; ++n) {
    if (fits(n)) good.push_back(std::to_string(n));
  }
  return fail({.kind = ErrorKind::kUsage,
               .where = "--tp",
               .found = fmt::format("{} ranks for {} heads, {} KV heads and an MLP of {}", ranks,
                                    shape.heads, shape.kv_heads, shape.width),
               .wanted = "one of " + join(good, ", ")});
}

kernels::DecoderShape rank_shape(const CheckpointShape& shape, int ranks, std::int64_t capacity,
                                 const kernels::StepTypes& types) {
  constexpr std::int64_t kMxFeatures = 128;  // a quad of the smallest tiles
  const auto fitting = [&](std::int64_t features) {
    return types.packed ? (features + kMxFeatures - 1) / kMxFeatures * kMxFeatures : features;
  };
  return {.hidden = fitting(shape.hidden),
          .width = fitting(shape.width / ranks),
          .norm_width = shape.hidden,
          .layers = shape.layers,
          .heads = shape.heads / ranks,
          .kv_heads = std::max<std::int64_t>(1, shape.kv_heads / ranks),
          .head_dim = shape.head_dim,
          .vocabulary = (shape.vocabulary + 2 * ranks - 1) / (2 * ranks) * 2,
          .embedding_rows = shape.vocabulary,
          .capacity = capacity,
          .norm_epsilon = shape.norm_epsilon,
          .qkv_bias = shape.qkv_bias,
          .qk_norm = shape.qk_norm};
}

Status rank_weights(const Checkpoint& checkpoint, int rank, int ranks, std::int64_t capacity,
                    const kernels::StepTypes& types, const TakeTensor& take) {
  const CheckpointShape& shape = checkpoint.shape();
  const kernels::DecoderShape local = rank_shape(shape, ranks, capacity, types);
  const Sink sink{take, types};
  SWITCHYARD_TRY(embedding, checkpoint.read(Part::kEmbedding, 0));
  sink.put("embedding", types.activations,
           padded(embedding, shape.vocabulary, shape.hidden, shape.vocabulary, local.hidden));
  rotary_tables(shape, capacity, sink);
  for (std::int64_t layer = 0; layer < shape.layers; ++layer) {
    SWITCHYARD_TRY_STATUS(LayerWriter(checkpoint, layer, rank, local, sink).write());
  }
  SWITCHYARD_TRY(gain, checkpoint.read(Part::kFinalNorm, 0));
  SWITCHYARD_TRY(head, checkpoint.read(Part::kHead, 0));
  head.resize(static_cast<std::size_t>(local.vocabulary * ranks * shape.hidden));  // zeros behind
  const int tile = kernels::feature_rows(types, local.hidden);
  return sink.weight("head",
                     padded(turned(head, shape.hidden,
                                   rows_from(rank * local.vocabulary, local.vocabulary), &gain),
                            shape.hidden, local.vocabulary, local.hidden, local.vocabulary),
                     tile, local.hidden / tile, local.vocabulary);
}

}  // namespace switchyard::runtime
