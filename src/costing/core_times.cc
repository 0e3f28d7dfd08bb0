#include "costing/core_times.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/check.h"
#include "base/random.h"
#include "kernels/attention.h"
#include "kernels/norm.h"
#include "kernels/project.h"
#include "neuroncore/allocate.h"
#include "neuroncore/schedule.h"

namespace switchyard::costing {

namespace {

using kernels::Activations;
using kernels::Builder;
using numeric::ElementType;

// Part of every key: to be raised when kernels or the scheduler change what they give.
constexpr std::uint64_t kKernelsVersion = 1;

constexpr ElementType kActivations = ElementType::kBfloat16;
constexpr std::int64_t kPartitions = isa::kPartitions;
constexpr std::int64_t kActivationBytesMax = 64 << 10;  // of a partition, for one operand

constexpr std::array<std::int64_t, 8> kTokens = {1, 8, 32, 64, 128, 256, 512, 1024};
constexpr std::array<std::int64_t, 5> kContexts = {128, 512, 2048, 8192, 32768};

// Values at grid points, straight lines between, the last line on beyond.
template <std::size_t N, class Value>
double interpolate(const std::array<std::int64_t, N>& grid, double x, std::size_t points,
                   const Value& value) {
  const auto at = [&](std::size_t i) { return static_cast<double>(grid[i]); };
  if (points == 1 || x <= at(0)) return value(0);
  std::size_t right = 1;
  while (right + 1 < points && at(right) < x) ++right;
  const double low = value(right - 1), high = value(right);
  return low + (high - low) * (x - at(right - 1)) / (at(right) - at(right - 1));
}

// Sizes that tile badly are done on the next multiple of 128, as a kernel would pad them.
std::int64_t padded(std::int64_t size) {
  constexpr int kRowsMin = 96;
  if (size <= kPartitions || kernels::tile_rows(size) >= kRowsMin) return size;
  return (size + kPartitions - 1) / kPartitions * kPartitions;
}

Activations loaded(Builder& builder, std::int64_t features, std::int64_t tokens) {
  const int rows = kernels::tile_rows(features);
  Activations x = kernels::new_activations(builder, kActivations, features, rows, tokens);
  const kernels::Matrix source = builder.hbm("x", kActivations, rows, x.tiles * tokens);
  builder.dma(x.tile, source.block(0, rows, 0, source.columns));
  return x;
}

isa::Program matmuls(isa::Generation generation, std::int64_t in, std::int64_t out,
                     std::int64_t tokens, ElementType type, std::int64_t repeats) {
  Builder builder(generation);
  const Activations x = loaded(builder, in, tokens);
  const int rows = kernels::tile_rows(out);
  for (std::int64_t i = 0; i < repeats; ++i) {
    const kernels::Matrix weights = builder.hbm("w" + std::to_string(i), type, in, out);
    // Results leave as they come: a layer would hand them on.
    kernels::project(builder, x, {weights, rows}, {}, [&](const kernels::Products& p) {
      const kernels::Tile y = builder.sbuf(kActivations, rows, p.count * p.tokens);
      builder.copy(y.blocks(0, p.tokens, p.count, p.tokens), p.all());
    });
  }
  return std::move(builder.program());
}

// `groups` of `rows` queries, each with a cache of its own.
isa::Program attentions(isa::Generation generation, std::int64_t groups, std::int64_t rows,
                        std::int64_t width, std::int64_t context) {
  Builder builder(generation);
  const kernels::Tile queries = builder.sbuf(kActivations, width, groups * rows);
  builder.dma(
      queries,
      builder.hbm("q", kActivations, width, groups * rows).block(0, width, 0, groups * rows));
  const kernels::Tile out = builder.sbuf(kActivations, width, groups * rows);
  const kernels::Matrix keys = builder.hbm("k", kActivations, groups * width, context);
  const kernels::Matrix values = builder.hbm("v", kActivations, groups * context, width);
  std::vector<kernels::QueryGroup> members;
  for (std::int64_t g = 0; g < groups; ++g) {
    members.push_back({.cache = {keys.part(g * width, width, 0, context),
                                 values.part(g * context, context, 0, width)},
                       .first_column = g * rows,
                       .pitch = rows,
                       .tokens = rows});
  }
  const kernels::AttentionShape shape{.key_width = width,
                                      .value_width = width,
                                      .positions = context,
                                      .scale = 1 / std::sqrt(static_cast<double>(width))};
  kernels::attend(builder, queries, members, shape, {}, out);
  return std::move(builder.program());
}

isa::Program norms(isa::Generation generation, std::int64_t features, std::int64_t tokens,
                   std::int64_t repeats) {
  constexpr double kEpsilon = 1e-5;
  Builder builder(generation);
  const Activations x = loaded(builder, features, tokens);
  const kernels::NormConstants constants =
      kernels::norm_constants(builder, kActivations, x.rows, features, kEpsilon);
  for (std::int64_t i = 0; i < repeats; ++i) kernels::rms_norm(builder, x, constants, kActivations);
  return std::move(builder.program());
}

// Tokens whose activations of `features` fit beside the weights.
std::size_t token_points(std::int64_t features) {
  const std::int64_t tiles = features / kernels::tile_rows(features);
  std::size_t points = 1;
  while (points < kTokens.size() && tiles * kTokens[points] * 2 <= kActivationBytesMax) {
    ++points;
  }
  return points;
}

// Time of `tokens` in chunks of at most the largest point.
template <class Value>
double in_chunks(double tokens, std::size_t points, const Value& value) {
  const auto largest = static_cast<double>(kTokens[points - 1]);
  const double chunks = std::floor(tokens / largest);
  const double rest = tokens - chunks * largest;
  double total = chunks > 0 ? chunks * value(points - 1) : 0;
  if (rest > 0) total += interpolate(kTokens, rest, points, value);
  return total;
}

}  // namespace

CoreTimes::CoreTimes(const catalog::NeuronCore& core, TimeStore& store)
    : core_(neuroncore::make_core(core)), store_(store) {
  std::uint64_t hash = hash_text(core.generation, kKernelsVersion);
  for (const auto& [name, number] : core.numbers) {
    hash = hash_text(fmt::format("{} {} {:a}", name, hash, core.base(name)));
  }
  core_key_ = fmt::format("{} {:016x} ", core.generation, hash);
  for (TimeStore::Entry& entry : store_.load(core_key_)) {
    known_.emplace(entry.key.substr(core_key_.size()), entry.seconds);
  }
}

CoreTimes::~CoreTimes() { store_.save(fresh_); }

double CoreTimes::timed(const isa::Program& program) const {
  const neuroncore::Allocation allocation = neuroncore::allocate(program, core_.limits);
  SWITCHYARD_CHECK(!allocation.fault, "{}", allocation.fault->what);
  const neuroncore::Timeline t =
      neuroncore::schedule(program, core_, {.allocation = &allocation, .records_max = 0});
  return (t.duration - t.prologue - t.epilogue).ns() * 1e-9;
}

double CoreTimes::marginal(const std::string& key, const Write& write) {
  const auto known = known_.find(key);
  if (known != known_.end()) return known->second;
  constexpr std::int64_t kMany = 3;
  const double seconds = (timed(write(kMany)) - timed(write(1))) / (kMany - 1);
  simulated_ += 2;
  fresh_.push_back({core_key_ + key, seconds});
  known_.emplace(key, seconds);
  return seconds;
}

Seconds CoreTimes::matmul(std::int64_t in, std::int64_t out, double tokens, ElementType weights) {
  in = padded(in);
  out = padded(out);
  const std::size_t points = token_points(in);
  const auto at = [&](std::size_t i) {
    return marginal(fmt::format("matmul {} {}x{} m{}", numeric::name(weights), in, out, kTokens[i]),
                    [&](std::int64_t repeats) {
                      return matmuls(core_.limits.generation, in, out, kTokens[i], weights,
                                     repeats);
                    });
  };
  return Seconds(in_chunks(tokens, points, at));
}

Seconds CoreTimes::decode_attention(std::int64_t groups, std::int64_t rows, std::int64_t width,
                                    double context) {
  constexpr std::int64_t kStacked = 4;  // groups that share the partitions at most
  const std::int64_t at_once = std::min(rows, kPartitions);
  const std::int64_t stacked =
      std::min({groups, kStacked, std::max<std::int64_t>(1, kPartitions / at_once)});
  const auto at = [&](std::size_t i) {
    return marginal(
        fmt::format("decode attention {}x{}x{} c{}", stacked, at_once, width, kContexts[i]),
        [&](std::int64_t repeats) {
          return attentions(core_.limits.generation, repeats * stacked, at_once, width,
                            kContexts[i]);
        });
  };
  const double one = interpolate(kContexts, context, kContexts.size(), at);
  const auto stacks = static_cast<double>((groups + stacked - 1) / stacked);
  const auto passes = static_cast<double>((rows + at_once - 1) / at_once);
  return Seconds(one * stacks * passes);
}

Seconds CoreTimes::prefill_attention(std::int64_t width, double tokens, double context) {
  const auto at = [&](std::size_t i) {
    return marginal(
        fmt::format("prefill attention {} c{}", width, kContexts[i]), [&](std::int64_t repeats) {
          return attentions(core_.limits.generation, repeats, kPartitions, width, kContexts[i]);
        });
  };
  return Seconds(interpolate(kContexts, context, kContexts.size(), at) * tokens / kPartitions);
}

Seconds CoreTimes::norm(std::int64_t features, double tokens) {
  features = padded(features);
  const auto at = [&](std::size_t i) {
    return marginal(fmt::format("norm {} m{}", features, kTokens[i]), [&](std::int64_t repeats) {
      return norms(core_.limits.generation, features, kTokens[i], repeats);
    });
  };
  return Seconds(in_chunks(tokens, token_points(features), at));
}

}  // namespace switchyard::costing
