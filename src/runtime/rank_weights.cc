#include "runtime/rank_weights.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

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

void rotary_tables(const CheckpointShape& shape, std::int64_t capacity, const TakeTensor& take,
                   ElementType activations) {
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
  take("rope.cosine", ElementType::kFloat32, std::move(cosine));
  take("rope.sine", ElementType::kFloat32, std::move(sine));
  take("rope.rotation", activations, std::move(rotation));
}

// Takes the parts of one layer.
class LayerWriter {
 public:
  LayerWriter(const Checkpoint& checkpoint, std::int64_t layer, int rank, int ranks,
              const kernels::StepTypes& types, const TakeTensor& take)
      : checkpoint_(checkpoint),
        shape_(checkpoint.shape()),
        local_(rank_shape(shape_, ranks, 1)),
        layer_(layer),
        rank_(rank),
        ranks_(ranks),
        types_(types),
        take_(take) {}

  Status write() {
    const std::int64_t kv_first = rank_ * shape_.kv_heads / ranks_;
    const Rows queries = head_rows(shape_, rank_ * local_.heads, local_.heads);
    const Rows keys = head_rows(shape_, kv_first, local_.kv_heads);
    const Rows values = rows_from(kv_first * shape_.head_dim, local_.kv_heads * shape_.head_dim);
    SWITCHYARD_TRY(attention_gain, checkpoint_.read(Part::kAttentionNorm, layer_));
    SWITCHYARD_TRY_STATUS(weight(Part::kQuery, "wq", queries, attention_gain));
    SWITCHYARD_TRY_STATUS(weight(Part::kKey, "wk", keys, attention_gain));
    SWITCHYARD_TRY_STATUS(weight(Part::kValue, "wv", values, attention_gain));
    if (shape_.qkv_bias) {
      SWITCHYARD_TRY_STATUS(bias(Part::kQueryBias, "bq", queries, local_.heads));
      SWITCHYARD_TRY_STATUS(bias(Part::kKeyBias, "bk", keys, local_.kv_heads));
      SWITCHYARD_TRY_STATUS(bias(Part::kValueBias, "bv", values, 0));
    }
    if (shape_.qk_norm) {
      SWITCHYARD_TRY_STATUS(head_gain(Part::kQueryNorm, "norm_q"));
      SWITCHYARD_TRY_STATUS(head_gain(Part::kKeyNorm, "norm_k"));
    }
    SWITCHYARD_TRY(output, checkpoint_.read(Part::kOutput, layer_));
    put("wo", types_.weights,
        turned_columns(output, shape_.hidden, shape_.heads * shape_.head_dim,
                       rank_ * local_.heads * shape_.head_dim, local_.heads * shape_.head_dim));
    SWITCHYARD_TRY(mlp_gain, checkpoint_.read(Part::kMlpNorm, layer_));
    const Rows width = rows_from(rank_ * local_.width, local_.width);
    SWITCHYARD_TRY_STATUS(weight(Part::kGate, "w_gate", width, mlp_gain));
    SWITCHYARD_TRY_STATUS(weight(Part::kUp, "w_up", width, mlp_gain));
    SWITCHYARD_TRY(down, checkpoint_.read(Part::kDown, layer_));
    put("w_down", types_.weights,
        turned_columns(down, shape_.hidden, shape_.width, rank_ * local_.width, local_.width));
    return {};
  }

 private:
  void put(const std::string& what, ElementType type, Values values) {
    take_(weight_name(layer_, what), type, std::move(values));
  }

  Status weight(Part part, const std::string& what, const Rows& rows, const Values& gain) {
    SWITCHYARD_TRY(stored, checkpoint_.read(part, layer_));
    put(what, types_.weights, turned(stored, shape_.hidden, rows, &gain));
    return {};
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
    put(what, ElementType::kFloat32, std::move(out));
    return {};
  }

  Status head_gain(Part part, const std::string& what) {
    SWITCHYARD_TRY(stored, checkpoint_.read(part, layer_));
    put(what, ElementType::kFloat32, std::move(stored));
    return {};
  }

  const Checkpoint& checkpoint_;
  const CheckpointShape& shape_;
  kernels::DecoderShape local_;
  std::int64_t layer_;
  int rank_, ranks_;
  kernels::StepTypes types_;
  const TakeTensor& take_;
};

std::int64_t vocabulary_of(const CheckpointShape& shape, int ranks) {
  return (shape.vocabulary + ranks - 1) / ranks;
}

}  // namespace

Status check_ranks(const CheckpointShape& shape, int ranks) {
  const auto divides = [&](std::int64_t value) { return value % ranks == 0; };
  const bool kv = divides(shape.kv_heads) || ranks % shape.kv_heads == 0;
  if (ranks >= 1 && divides(shape.heads) && divides(shape.width) && kv) return {};
  std::vector<std::string> good;
  for (int n = 1; n <= 64; ++n) {
    const bool fits = shape.heads % n == 0 && shape.width % n == 0 &&
                      (shape.kv_heads % n == 0 || n % shape.kv_heads == 0);
    if (fits) good.push_back(std::to_string(n));
  }
  return fail({.kind = ErrorKind::kUsage,
               .where = "--tp",
               .found = fmt::format("{} ranks for {} heads, {} KV heads and an MLP of {}", ranks,
                                    shape.heads, shape.kv_heads, shape.width),
               .wanted = fmt::format("one of {}", fmt::join(good, ", "))});
}

kernels::DecoderShape rank_shape(const CheckpointShape& shape, int ranks, std::int64_t capacity) {
  return {.hidden = shape.hidden,
          .width = shape.width / ranks,
          .layers = shape.layers,
          .heads = shape.heads / ranks,
          .kv_heads = std::max<std::int64_t>(1, shape.kv_heads / ranks),
          .head_dim = shape.head_dim,
          .vocabulary = vocabulary_of(shape, ranks),
          .embedding_rows = shape.vocabulary,
          .capacity = capacity,
          .norm_epsilon = shape.norm_epsilon,
          .qkv_bias = shape.qkv_bias,
          .qk_norm = shape.qk_norm};
}

Status rank_weights(const Checkpoint& checkpoint, int rank, int ranks, std::int64_t capacity,
                    const kernels::StepTypes& types, const TakeTensor& take) {
  const CheckpointShape& shape = checkpoint.shape();
  SWITCHYARD_TRY(embedding, checkpoint.read(Part::kEmbedding, 0));
  take("embedding", types.activations, std::move(embedding));
  rotary_tables(shape, capacity, take, types.activations);
  for (std::int64_t layer = 0; layer < shape.layers; ++layer) {
    SWITCHYARD_TRY_STATUS(LayerWriter(checkpoint, layer, rank, ranks, types, take).write());
  }
  SWITCHYARD_TRY(gain, checkpoint.read(Part::kFinalNorm, 0));
  SWITCHYARD_TRY(head, checkpoint.read(Part::kHead, 0));
  const std::int64_t share = vocabulary_of(shape, ranks);
  head.resize(static_cast<std::size_t>(share * ranks * shape.hidden));  // rows of zeros at the end
  take("head", types.weights, turned(head, shape.hidden, rows_from(rank * share, share), &gain));
  return {};
}

}  // namespace switchyard::runtime
