// A decoder as plainly as it can be written, in double precision, with random weights: what the
// programs of decoder.h are held against. For tests.
#pragma once

#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "base/random.h"
#include "kernels/decoder.h"

namespace switchyard::kernels {

class ReferenceDecoder {
 public:
  ReferenceDecoder(const DecoderShape& shape, std::uint64_t seed) : shape_(shape), random_(seed) {
    const std::int64_t h = shape.hidden, d = shape.head_dim;
    make("embedding", shape.embedding_rows * h, 1);
    for (std::int64_t l = 0; l < shape.layers; ++l) {
      make(weight_name(l, "wq"), h * shape.heads * d, 0.3);
      make(weight_name(l, "wk"), h * shape.kv_heads * d, 0.3);
      make(weight_name(l, "wv"), h * shape.kv_heads * d, 0.3);
      make(weight_name(l, "wo"), shape.heads * d * h, 0.2);
      make(weight_name(l, "w_gate"), h * shape.width, 0.2);
      make(weight_name(l, "w_up"), h * shape.width, 0.2);
      make(weight_name(l, "w_down"), shape.width * h, 0.1);
      if (shape.qkv_bias) {
        make(weight_name(l, "bq"), shape.heads * d, 0.3);
        make(weight_name(l, "bk"), shape.kv_heads * d, 0.3);
        make(weight_name(l, "bv"), shape.kv_heads * d, 0.3);
      }
      if (shape.qk_norm) {
        make(weight_name(l, "norm_q"), d, 1);
        make(weight_name(l, "norm_k"), d, 1);
      }
    }
    make("head", h * shape.vocabulary, 0.2);
    make_rope();
    keys_.resize(static_cast<std::size_t>(shape.layers));
    values_.resize(static_cast<std::size_t>(shape.layers));
  }

  std::map<std::string, std::vector<float>> weights;

  // Logits after one more token.
  std::vector<double> step(int token) {
    const auto& table = weights.at("embedding");
    std::vector<double> x(static_cast<std::size_t>(shape_.hidden));
    for (std::size_t i = 0; i < x.size(); ++i) {
      x[i] = table[static_cast<std::size_t>(token) * x.size() + i];
    }
    for (std::int64_t l = 0; l < shape_.layers; ++l) {
      add(x, multiply(attention(norm(x), l), weight_name(l, "wo")));
      const std::vector<double> n = norm(x);
      std::vector<double> gate = multiply(n, weight_name(l, "w_gate"));
      const std::vector<double> up = multiply(n, weight_name(l, "w_up"));
      for (std::size_t i = 0; i < gate.size(); ++i) gate[i] *= up[i] / (1 + std::exp(-gate[i]));
      add(x, multiply(gate, weight_name(l, "w_down")));
    }
    ++position_;
    return multiply(norm(x), "head");
  }

 private:
  void make(const std::string& name, std::int64_t count, double size) {
    std::vector<float>& out = weights[name];
    for (std::int64_t i = 0; i < count; ++i) {
      out.push_back(static_cast<float>((random_.uniform() * 2 - 1) * size));
    }
  }

  void make_rope() {
    const std::int64_t d = shape_.head_dim, n = shape_.capacity;
    std::vector<float> cosine(static_cast<std::size_t>(d * n)), sine(cosine.size());
    for (std::int64_t i = 0; i < d; ++i) {
      for (std::int64_t p = 0; p < n; ++p) {
        const double angle =
            static_cast<double>(p) *
            std::pow(10000.0, -2.0 * static_cast<double>(i % (d / 2)) / static_cast<double>(d));
        cosine[static_cast<std::size_t>(i * n + p)] = static_cast<float>(std::cos(angle));
        sine[static_cast<std::size_t>(i * n + p)] = static_cast<float>(std::sin(angle));
      }
    }
    std::vector<float> rotation(static_cast<std::size_t>(d * d));
    for (std::int64_t i = 0; i < d / 2; ++i) {
      rotation[static_cast<std::size_t>((i + d / 2) * d + i)] = -1;
      rotation[static_cast<std::size_t>(i * d + i + d / 2)] = 1;
    }
    weights["rope.cosine"] = cosine;
    weights["rope.sine"] = sine;
    weights["rope.rotation"] = rotation;
  }

  std::vector<double> norm(const std::vector<double>& x) const {
    double mean = 0;
    for (const double v : x) mean += v * v / static_cast<double>(x.size());
    std::vector<double> out = x;
    for (double& v : out) v /= std::sqrt(mean + shape_.norm_epsilon);
    return out;
  }

  std::vector<double> multiply(const std::vector<double>& x, const std::string& name) const {
    const auto& w = weights.at(name);
    std::vector<double> out(w.size() / x.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
      for (std::size_t j = 0; j < out.size(); ++j) out[j] += x[i] * w[i * out.size() + j];
    }
    return out;
  }

  static void add(std::vector<double>& x, const std::vector<double>& y) {
    for (std::size_t i = 0; i < x.size(); ++i) x[i] += y[i];
  }

  // Queries or keys of every head: biased, normalised, rotated.
  std::vector<double> heads(const std::vector<double>& x, std::int64_t layer,
                            const std::string& which) const {
    std::vector<double> out = multiply(x, weight_name(layer, "w" + which));
    const auto d = static_cast<std::size_t>(shape_.head_dim), n = out.size() / d;
    for (std::size_t h = 0; h < n; ++h) {
      if (shape_.qkv_bias) {
        const auto& bias = weights.at(weight_name(layer, "b" + which));
        for (std::size_t i = 0; i < d; ++i) out[h * d + i] += bias[i * n + h];
      }
      std::vector<double> head(out.begin() + static_cast<std::ptrdiff_t>(h * d),
                               out.begin() + static_cast<std::ptrdiff_t>((h + 1) * d));
      if (shape_.qk_norm) {
        head = norm(head);
        const auto& gain = weights.at(weight_name(layer, "norm_" + which));
        for (std::size_t i = 0; i < d; ++i) head[i] *= gain[i];
      }
      for (std::size_t i = 0; i < d; ++i) {
        const auto at = i * static_cast<std::size_t>(shape_.capacity) + position_;
        const double other = i < d / 2 ? -head[i + d / 2] : head[i - d / 2];
        out[h * d + i] =
            head[i] * weights.at("rope.cosine")[at] + other * weights.at("rope.sine")[at];
      }
    }
    return out;
  }

  std::vector<double> attention(const std::vector<double>& x, std::int64_t layer) {
    const std::vector<double> q = heads(x, layer, "q");
    auto& keys = keys_[static_cast<std::size_t>(layer)];
    auto& values = values_[static_cast<std::size_t>(layer)];
    keys.push_back(heads(x, layer, "k"));
    values.push_back(multiply(x, weight_name(layer, "wv")));
    if (shape_.qkv_bias) {
      const auto& bias = weights.at(weight_name(layer, "bv"));
      for (std::size_t i = 0; i < bias.size(); ++i) values.back()[i] += bias[i];
    }
    const auto d = static_cast<std::size_t>(shape_.head_dim);
    const auto shared = static_cast<std::size_t>(shape_.heads / shape_.kv_heads);
    std::vector<double> out(q.size());
    for (std::size_t h = 0; h < q.size() / d; ++h) {
      const std::size_t kv = h / shared * d;
      std::vector<double> weight;
      double sum = 0;
      for (const auto& key : keys) {
        double score = 0;
        for (std::size_t i = 0; i < d; ++i) score += q[h * d + i] * key[kv + i];
        weight.push_back(std::exp(score / std::sqrt(static_cast<double>(d))));
        sum += weight.back();
      }
      for (std::size_t p = 0; p < weight.size(); ++p) {
        for (std::size_t i = 0; i < d; ++i) out[h * d + i] += weight[p] / sum * values[p][kv + i];
      }
    }
    return out;
  }

  DecoderShape shape_;
  Random random_;
  std::size_t position_ = 0;
  std::vector<std::vector<std::vector<double>>> keys_, values_;
};

}  // namespace switchyard::kernels
