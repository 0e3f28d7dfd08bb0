#include "kernels/decoder.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/check.h"
#include "kernels/norm.h"
#include "kernels/project_mx.h"
#include "kernels/rope.h"

namespace switchyard::kernels {

namespace {

using isa::TensorKind;

class StepWriter {
 public:
  StepWriter(isa::Generation generation, const DecoderShape& shape, const StepShape& step,
             const StepTypes& types, const StepTiling& tiling)
      : shape_(shape),
        step_(step),
        types_(types),
        tiling_(tiling),
        columns_(step.sequences * step.tokens),
        rows_(feature_rows(types, shape.hidden)),
        generation_(generation) {}

  Step write() {
    begin();
    embed();
    for (std::int64_t layer = 0; layer < shape_.layers; ++layer) {
      attention(layer);
      mlp(layer);
    }
    logits();
    out_.programs.push_back(std::move(b_->program()));
    return std::move(out_);
  }

 private:
  void begin() {
    b_.emplace(generation_);
    b_->section("constants");
    norm_ = norm_constants(*b_, types_.activations, rows_, shape_.norm_width, shape_.norm_epsilon);
    rope_.reset();
    head_norm_.reset();
  }

  // Adds `part`, this rank's share of a sum, to the residual.
  void add(const Products& part) {
    const Tile target = part.matching(x_);
    b_->tensor_tensor(target, target, part.all(), isa::Op::kAdd);
  }

  // Ends the program where ranks add up their parts; the next one begins with the sum.
  void exchange(const Activations& part, const std::string& section) {
    const Matrix residual = shared("residual");
    b_->dma(block(residual), x_.tile);
    const Matrix sum = shared(kExchange);
    b_->dma(block(sum), part.tile);
    out_.programs.push_back(std::move(b_->program()));
    begin();
    b_->section(section);
    x_ = new_activations(*b_, types_.activations, shape_.hidden, rows_, columns_);
    b_->dma(x_.tile, block(shared("residual")));
    const Activations total =
        new_activations(*b_, types_.activations, shape_.hidden, rows_, columns_);
    b_->dma(total.tile, block(shared(kExchange)));
    b_->tensor_tensor(x_.tile, x_.tile, total.tile, isa::Op::kAdd);
  }
  Matrix shared(const std::string& name) {
    return b_->hbm(name, types_.activations, rows_, x_.tiles * columns_, TensorKind::kInputOutput);
  }
  static Tile block(const Matrix& matrix) {
    return matrix.block(0, matrix.rows, 0, matrix.columns);
  }

  Matrix weight(std::int64_t layer, const std::string& what, std::int64_t rows,
                std::int64_t columns) {
    return b_->hbm(weight_name(layer, what), types_.weights, rows, columns);
  }

  void embed() {
    b_->section("embedding");
    x_ = new_activations(*b_, types_.activations, shape_.hidden, rows_, columns_);
    const Matrix tokens = b_->hbm(kTokens, ElementType::kInt32, columns_, 1);
    const Matrix table =
        b_->hbm("embedding", types_.activations, shape_.embedding_rows, shape_.hidden);
    for (std::int64_t token = 0; token < columns_; token += isa::kPartitions) {
      const std::int64_t count = std::min<std::int64_t>(isa::kPartitions, columns_ - token);
      const Tile looked_up = b_->sbuf(types_.activations, count, shape_.hidden);
      b_->gather_rows(looked_up, table, tokens, token);
      for (std::int64_t tile = 0; tile < x_.tiles; ++tile) {
        const Tile turned = b_->psum(rows_, count, types_.activations);
        b_->transpose(turned, looked_up.columns(tile * rows_, rows_));
        b_->copy(x_.at(tile, token, count), turned);
      }
    }
  }

  // Activations that several products read: quantised at most once.
  struct Input {
    Activations plain;
    std::optional<MxActivations> packed;
  };

  // x times the weights of that name, [features of x, features_out].
  void multiply(Input& x, const std::string& name, std::int64_t features_out, int rows_out,
                const std::function<void(const Products&)>& use) {
    const std::int64_t in = x.plain.rows * x.plain.tiles;
    if (!is_packed(types_, x.plain.rows, x.plain.tiles)) {
      const Matrix matrix = b_->hbm(name, types_.weights, in, features_out);
      return project(*b_, x.plain, {matrix, rows_out}, tiling_.projection, use);
    }
    if (!x.packed) x.packed = quantise(*b_, x.plain);
    const MxWeights weights{
        .words = b_->hbm(name, *types_.packed, in / 4, features_out),
        .scales = b_->hbm(scale_name(name), ElementType::kUint8, in / 32, features_out),
        .rows_out = rows_out};
    project(*b_, *x.packed, weights, tiling_.projection, use);
  }

  // Products as activations of their own.
  Activations collect(Input& x, const std::string& name, std::int64_t features_out, int rows_out) {
    Activations out =
        new_activations(*b_, types_.activations, features_out, rows_out, x.plain.tokens);
    multiply(x, name, features_out, rows_out,
             [&](const Products& p) { b_->copy(p.matching(out), p.all(), isa::Engine::kScalar); });
    return out;
  }

  void add_bias(const Activations& out, std::int64_t layer, const std::string& what) {
    if (!shape_.qkv_bias) return;
    const Matrix bias =
        b_->hbm(weight_name(layer, what), ElementType::kFloat32, out.rows, out.tiles);
    const Tile loaded = b_->sbuf(ElementType::kFloat32, out.rows, out.tiles);
    b_->dma(loaded, block(bias));
    const Tile all = out.tile.blocks(0, out.tokens, out.tiles, out.tokens);
    b_->tensor_tensor(all, all, loaded.repeated(out.tokens), isa::Op::kAdd);
  }

  // Queries or keys: projected, biased, normalised, rotated; [head_dim, heads * columns].
  Activations heads(Input& x, std::int64_t layer, const std::string& name, std::int64_t count) {
    const int width = static_cast<int>(shape_.head_dim);
    Activations out = collect(x, weight_name(layer, "w" + name), count * width, width);
    add_bias(out, layer, "b" + name);
    if (shape_.qk_norm) {
      if (!head_norm_) {
        head_norm_ = norm_constants(*b_, types_.activations, width, width, shape_.norm_epsilon);
      }
      const Matrix gain =
          b_->hbm(weight_name(layer, "norm_" + name), ElementType::kFloat32, width, 1);
      const Tile loaded = b_->sbuf(ElementType::kFloat32, width, 1);
      b_->dma(loaded, block(gain));
      norm_heads(*b_, out.tile, *head_norm_, loaded);
    }
    rope(*b_, out.tile, count, columns_, rope_tables());
    return out;
  }

  const RopeTables& rope_tables() {
    if (rope_) return *rope_;
    const std::int64_t width = shape_.head_dim;
    const auto angles = [&](const std::string& name) {
      const Matrix table = b_->hbm(name, ElementType::kFloat32, width, shape_.capacity);
      const Tile loaded = b_->sbuf(ElementType::kFloat32, width, columns_);
      for (std::int64_t s = 0; s < step_.sequences; ++s) {
        b_->dma(loaded.columns(s * step_.tokens, step_.tokens),
                table.block(0, width, step_.position, step_.tokens));
      }
      return loaded;
    };
    rope_.emplace(RopeTables{.cosine = angles("rope.cosine"),
                             .sine = angles("rope.sine"),
                             .rotation = b_->sbuf(types_.activations, width, width)});
    b_->dma(rope_->rotation, block(b_->hbm("rope.rotation", types_.activations, width, width)));
    return *rope_;
  }

  // Caches of a layer, KV head by KV head and in each sequence by sequence.
  Matrix keys(std::int64_t layer) {
    return b_->hbm(weight_name(layer, "keys"), types_.activations,
                   shape_.kv_heads * step_.sequences * shape_.head_dim, shape_.capacity,
                   TensorKind::kInputOutput);
  }
  Matrix values(std::int64_t layer) {
    return b_->hbm(weight_name(layer, "values"), types_.activations,
                   shape_.kv_heads * step_.sequences * shape_.capacity, shape_.head_dim,
                   TensorKind::kInputOutput);
  }

  void store_keys(const Activations& k, const Matrix& cache) {
    b_->dma(cache.row_tiles(0, shape_.head_dim, shape_.kv_heads * step_.sequences, step_.position,
                            step_.tokens),
            k.tile);
  }

  // `rows` are tokens [first, first + count) as [count, kv_heads * head_dim].
  void store_values(const Tile& rows, std::int64_t first, const Matrix& cache) {
    const std::int64_t width = shape_.head_dim, sequence = shape_.capacity * width;
    const bool many = step_.sequences > 1;
    Tile target{.access = {.tensor = cache.tensor, .type = cache.type, .rank = 3}};
    target.access.offset = step_.position * width + first * (many ? sequence : width);
    target.access.dims[0] = {many ? sequence : width, rows.partition_count()};
    target.access.dims[1] = {step_.sequences * sequence, shape_.kv_heads};
    target.access.dims[2] = {1, width};
    b_->dma(target, rows);
  }

  void attention(std::int64_t layer) {
    b_->section("attention norm");
    Input normed{rms_norm(*b_, x_, norm_, types_.activations)};
    b_->section("qkv projection");
    const Activations q = heads(normed, layer, "q", shape_.heads);
    const Activations k = heads(normed, layer, "k", shape_.kv_heads);
    const Matrix key_cache = keys(layer), value_cache = values(layer);
    store_keys(k, key_cache);
    const Matrix wv = weight(layer, "wv", shape_.hidden, shape_.kv_heads * shape_.head_dim);
    project_values(normed.plain, wv, layer, value_cache);
    b_->section("attention");
    const Activations mixed =
        new_activations(*b_, types_.activations, shape_.heads * shape_.head_dim,
                        static_cast<int>(shape_.head_dim), columns_);
    attend_all(q, key_cache, value_cache, mixed);
    b_->section("output projection");
    sum_into_residual(mixed, weight_name(layer, "wo"));
  }

  void project_values(const Activations& normed, const Matrix& wv, std::int64_t layer,
                      const Matrix& cache) {
    SWITCHYARD_CHECK(wv.columns <= 512 || !shape_.qkv_bias, "{} value columns with bias",
                     wv.columns);
    std::vector<Tile> rows;
    for (std::int64_t token = 0; token < columns_; token += isa::kPartitions) {
      rows.push_back(b_->sbuf(types_.activations,
                              std::min<std::int64_t>(isa::kPartitions, columns_ - token),
                              wv.columns));
    }
    std::optional<Tile> bias;
    if (shape_.qkv_bias) {
      // One row for every partition: read with a row pitch of 0.
      Matrix row = b_->hbm(weight_name(layer, "bv"), ElementType::kFloat32, 1, wv.columns);
      row.pitch = 0;
      bias = b_->sbuf(ElementType::kFloat32, rows[0].partition_count(), wv.columns);
      b_->dma(*bias, row.block(0, rows[0].partition_count(), 0, wv.columns));
    }
    project_rows(
        *b_, normed, wv, tiling_.projection,
        [&](const Tile& psum, std::int64_t column, std::int64_t token) {
          const Tile target = rows[static_cast<std::size_t>(token / isa::kPartitions)].columns(
              column, psum.elements());
          if (!bias) return b_->copy(target, psum);
          b_->tensor_tensor(
              target, psum,
              bias->partitions(0, target.partition_count()).columns(column, psum.elements()),
              isa::Op::kAdd);
        });
    for (std::size_t i = 0; i < rows.size(); ++i) {
      store_values(rows[i], static_cast<std::int64_t>(i) * isa::kPartitions, cache);
    }
  }

  CacheHead cache_head(const Matrix& keys, const Matrix& values, std::int64_t index) const {
    return {keys.part(index * shape_.head_dim, shape_.head_dim, 0, shape_.capacity),
            values.part(index * shape_.capacity, shape_.capacity, 0, shape_.head_dim)};
  }

  void attend_all(const Activations& q, const Matrix& keys, const Matrix& values,
                  const Activations& out) {
    AttentionShape shape{.key_width = shape_.head_dim,
                         .value_width = shape_.head_dim,
                         .positions = step_.position + step_.tokens,
                         .scale = 1 / std::sqrt(static_cast<double>(shape_.head_dim))};
    const std::int64_t shared = shape_.heads / shape_.kv_heads;
    std::vector<QueryGroup> groups;
    if (step_.tokens == 1) {
      for (std::int64_t g = 0; g < shape_.kv_heads * step_.sequences; ++g) {
        const std::int64_t kv = g / step_.sequences, sequence = g % step_.sequences;
        groups.push_back({.cache = cache_head(keys, values, g),
                          .first_column = kv * shared * columns_ + sequence,
                          .pitch = columns_,
                          .heads = shared});
      }
      attend(*b_, q.tile, groups, shape, tiling_.attention, out.tile);
      return;
    }
    shape.causal_from = step_.position;
    for (std::int64_t token = 0; token < step_.tokens; token += isa::kPartitions) {
      const std::int64_t count = std::min<std::int64_t>(isa::kPartitions, step_.tokens - token);
      groups.clear();
      for (std::int64_t head = 0; head < shape_.heads; ++head) {
        groups.push_back({.cache = cache_head(keys, values, head / shared),
                          .first_column = head * columns_ + token,
                          .tokens = count,
                          .token = token});
      }
      shape.positions = step_.position + token + count;
      attend(*b_, q.tile, groups, shape, tiling_.attention, out.tile);
    }
  }

  void mlp(std::int64_t layer) {
    b_->section("mlp norm");
    Input normed{rms_norm(*b_, x_, norm_, types_.activations)};
    b_->section("mlp gate and up");
    const int rows = feature_rows(types_, shape_.width);
    const Activations hidden =
        new_activations(*b_, types_.activations, shape_.width, rows, columns_);
    multiply(normed, weight_name(layer, "w_gate"), shape_.width, rows, [&](const Products& p) {
      b_->activation(p.matching(hidden), p.all(), isa::Op::kSilu);
    });
    multiply(normed, weight_name(layer, "w_up"), shape_.width, rows, [&](const Products& p) {
      b_->tensor_tensor(p.matching(hidden), p.matching(hidden), p.all(), isa::Op::kMultiply);
    });
    b_->section("mlp down");
    sum_into_residual(hidden, weight_name(layer, "w_down"));
  }

  void sum_into_residual(const Activations& x, const std::string& name) {
    Input input{x};
    if (!step_.sums_over_ranks) {
      multiply(input, name, shape_.hidden, rows_, [&](const Products& p) { add(p); });
      return;
    }
    exchange(collect(input, name, shape_.hidden, rows_), "residual");
  }

  void logits() {
    b_->section("final norm");
    Activations last = x_;
    if (step_.tokens > 1) {
      last = new_activations(*b_, types_.activations, shape_.hidden, rows_, 1);
      b_->copy(last.tile.blocks(0, 1, x_.tiles, 1),
               x_.tile.blocks(columns_ - 1, columns_, x_.tiles, 1));
    }
    Input normed{rms_norm(*b_, last, norm_, types_.activations)};
    b_->section("output head");
    const int rows = tile_rows(shape_.vocabulary);
    const Matrix target = b_->hbm(kLogits, ElementType::kFloat32, shape_.vocabulary, last.tokens,
                                  TensorKind::kOutput);
    multiply(normed, "head", shape_.vocabulary, rows, [&](const Products& p) {
      const Tile values = b_->sbuf(ElementType::kFloat32, rows, p.count * p.tokens);
      b_->copy(values.blocks(0, p.tokens, p.count, p.tokens), p.all());
      b_->dma(target.row_tiles(p.first * rows, rows, p.count, 0, p.tokens), values);
    });
  }

  const DecoderShape& shape_;
  const StepShape& step_;
  const StepTypes& types_;
  const StepTiling& tiling_;
  std::int64_t columns_;
  int rows_;
  isa::Generation generation_;
  std::optional<Builder> b_;
  NormConstants norm_;
  std::optional<NormConstants> head_norm_;
  std::optional<RopeTables> rope_;
  Activations x_;
  Step out_;
};

}  // namespace

std::string weight_name(std::int64_t layer, const std::string& what) {
  return "layers." + std::to_string(layer) + "." + what;
}

std::string scale_name(const std::string& weight) { return weight + ".scale"; }

bool is_packed(const StepTypes& types, int rows, std::int64_t tiles) {
  return types.packed && rows % 32 == 0 && tiles % 4 == 0;
}

int feature_rows(const StepTypes& types, std::int64_t features) {
  return types.packed && mx_rows(features) > 0 ? mx_rows(features) : tile_rows(features);
}

Step decoder_step(isa::Generation generation, const DecoderShape& shape, const StepShape& step,
                  const StepTypes& types, const StepTiling& tiling) {
  SWITCHYARD_CHECK(shape.head_dim <= isa::kPartitions && shape.heads % shape.kv_heads == 0 &&
                       step.position + step.tokens <= shape.capacity &&
                       (step.sequences == 1 || step.tokens == 1),
                   "a step of {} x {} tokens at {} over {} positions", step.sequences, step.tokens,
                   step.position, shape.capacity);
  return StepWriter(generation, shape, step, types, tiling).write();
}

}  // namespace switchyard::kernels
