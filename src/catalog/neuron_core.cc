#include "catalog/neuron_core.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/check.h"
#include "base/text.h"
#include "catalog/readers.h"

namespace switchyard::catalog {

namespace {

// What a number may be, beyond its dimension.
enum class Rule {
  kAny,       // 0 or more
  kPositive,  // it is divided by, or nothing without it
  kShare,     // 0 < x <= 1
  kFlag,      // 0 or 1
  kFew,       // 0, 1, ... 16
  kSome,      // 1, ... 16
};

struct Number {
  const char* section;
  const char* key;
  Dimension dimension;
  Rule rule;
};

using enum Rule;
constexpr Dimension kBytes = Dimension::kBytes, kCount = Dimension::kCount,
                    kCycles = Dimension::kCycles, kTime = Dimension::kTime,
                    kClock = Dimension::kFrequency, kRate = Dimension::kByteRate,
                    kFraction = Dimension::kFraction;

constexpr std::array kNumbers = {
    Number{"limits", "sbuf_partition", kBytes, kPositive},
    Number{"limits", "psum_partition", kBytes, kPositive},
    Number{"limits", "stationary_free", kCount, kPositive},
    Number{"limits", "moving_free_float32", kCount, kPositive},
    Number{"limits", "moving_free_bfloat16", kCount, kAny},
    Number{"limits", "bn_stats_free", kCount, kPositive},
    Number{"clock", "tensor", kClock, kPositive},
    Number{"clock", "vector", kClock, kPositive},
    Number{"clock", "scalar", kClock, kPositive},
    Number{"clock", "gpsimd", kClock, kPositive},
    Number{"clock", "sync", kClock, kPositive},
    Number{"engine", "interval_min", kCycles, kAny},
    Number{"engine", "dynamic_interval_min", kCycles, kAny},
    Number{"engine", "accumulator_read", kCycles, kAny},
    Number{"engine", "wide_stride", kBytes, kPositive},
    Number{"engine", "wide_stride_factor", kCount, kPositive},
    Number{"engine", "semaphore", kTime, kAny},
    Number{"engine", "sequencer", kCycles, kAny},
    Number{"engine", "register_memory", kCycles, kAny},
    Number{"engine", "vector_gpsimd_share_sbuf", kCount, kFlag},
    Number{"engine", "vector_scalar_share_psum", kCount, kFlag},
    Number{"engine", "fast_mode_uses_gpsimd_port", kCount, kFlag},
    Number{"tensor", "interval_min", kCycles, kAny},
    Number{"tensor", "column", kCycles, kPositive},
    Number{"tensor", "load_column", kCycles, kAny},
    Number{"tensor", "float32_passes", kCount, kPositive},
    Number{"tensor", "onezero_passes", kCount, kPositive},
    Number{"tensor", "float32_transpose_passes", kCount, kPositive},
    Number{"tensor", "latency", kCycles, kAny},
    Number{"tensor", "tile_issue", kCycles, kAny},
    Number{"tensor", "background_transpose", kCount, kFlag},
    Number{"tensor", "background_slowdown", kCount, kPositive},
    Number{"vector", "latency", kCycles, kAny},
    Number{"vector", "two_streams", kCycles, kPositive},
    Number{"vector", "scan", kCycles, kPositive},
    Number{"vector", "cumulative", kCycles, kPositive},
    Number{"vector", "reciprocal", kCycles, kPositive},
    Number{"vector", "bn_aggr", kCycles, kPositive},
    Number{"vector", "narrow_reduce", kCycles, kPositive},
    Number{"vector", "narrow_memset", kCycles, kPositive},
    Number{"vector", "copy_mode_contiguous", kCount, kPositive},
    Number{"vector", "copy_mode_other", kCount, kPositive},
    Number{"vector", "tensor_tensor_mode", kCount, kPositive},
    Number{"vector", "mode_takes_float8", kCount, kFlag},
    Number{"vector", "exponential", kCycles, kPositive},
    Number{"vector", "quantize", kCycles, kPositive},
    Number{"vector", "random", kCycles, kPositive},
    Number{"scalar", "latency", kCycles, kAny},
    Number{"scalar", "mode", kCount, kPositive},
    Number{"scalar", "two_streams", kCycles, kPositive},
    Number{"gpsimd", "start", kCycles, kAny},
    Number{"gpsimd", "latency", kCycles, kAny},
    Number{"gpsimd", "two_streams", kCycles, kPositive},
    Number{"gpsimd", "rsqrt", kCycles, kPositive},
    Number{"gpsimd", "topk", kCycles, kPositive},
    Number{"gpsimd", "gather_fixed", kCycles, kPositive},
    Number{"gpsimd", "gather_unit", kCycles, kPositive},
    Number{"gpsimd", "nonzero", kCycles, kPositive},
    Number{"gpsimd", "partition_reduce", kCycles, kPositive},
    Number{"gpsimd", "n_gather", kCycles, kPositive},
    Number{"gpsimd", "dma_rate", kRate, kPositive},
    Number{"dma", "engines", kCount, kSome},
    Number{"dma", "rings", kCount, kSome},
    Number{"dma", "partitions_per_engine", kCount, kSome},
    Number{"dma", "rate", kRate, kPositive},
    Number{"dma", "packet", kBytes, kPositive},
    Number{"dma", "packet_overhead", kTime, kAny},
    Number{"dma", "start", kTime, kAny},
    Number{"dma", "trigger", kCycles, kAny},
    Number{"dma", "hardware_generation", kTime, kAny},
    Number{"dma", "hardware_generators", kCount, kFew},
    Number{"dma", "software_generation", kCycles, kAny},
    Number{"dma", "software_descriptor", kCycles, kAny},
    Number{"dma", "transpose_hbm", kFraction, kShare},
    Number{"dma", "transpose_sbuf", kFraction, kShare},
    Number{"dma", "transpose_unaligned", kFraction, kShare},
    Number{"dma", "accumulate", kFraction, kShare},
    Number{"dma", "classes", kCount, kSome},
    Number{"hbm", "rate", kRate, kPositive},
    Number{"kernel", "start", kTime, kAny},
    Number{"kernel", "end", kTime, kAny},
    Number{"kernel", "loop_turn", kTime, kAny},
    Number{"kernel", "barrier", kTime, kAny},
};

// A whole number in [low, high], base and range.
Estimate read_whole(Table& table, const Number& number, int low, int high) {
  const Estimate e = table.estimate(number.key, number.dimension);
  const auto allowed = [&](double x) { return x >= low && x <= high && x == std::floor(x); };
  if (e.well_read() && !(allowed(e.base) && allowed(e.low) && allowed(e.high))) {
    const std::string wanted =
        high == 1 ? "0 or 1" : fmt::format("a whole number from {} to {}", low, high);
    table.fields().fault(number.key, "is " + format_significant(e.base), wanted);
  }
  return e;
}

Estimate read_number(Table& table, const Number& number) {
  constexpr int kSomeMax = 16;
  switch (number.rule) {
    case kAny:
      break;
    case kPositive:
      return table.positive(number.key, number.dimension);
    case kShare:
      return table.share(number.key);
    case kFlag:
      return read_whole(table, number, 0, 1);
    case kFew:
      return read_whole(table, number, 0, kSomeMax);
    case kSome:
      return read_whole(table, number, 1, kSomeMax);
  }
  return table.estimate(number.key, number.dimension);
}

}  // namespace

double NeuronCore::base(std::string_view key) const {
  const auto found = numbers.find(key);
  SWITCHYARD_CHECK(found != numbers.end(), "{}", key);
  return found->second.si();
}

NeuronCore read_neuron_core(Table& table, const std::string& id) {
  NeuronCore core{.id = id};
  check_id(table, id);
  core.name = table.text("name");
  core.generation = table.text("generation");
  const std::vector<std::string> generations = {"v2", "v3", "v4"};
  if (!core.generation.empty() &&
      std::find(generations.begin(), generations.end(), core.generation) == generations.end()) {
    table.fields().fault("generation", "is " + quote(core.generation), join(generations, ", "));
  }
  for (std::size_t i = 0; i < kNumbers.size();) {
    const std::string section = kNumbers[i].section;
    std::size_t end = i;
    while (end < kNumbers.size() && section == kNumbers[end].section) ++end;
    table.section(section, [&](Table& inner) {
      for (std::size_t n = i; n < end; ++n) {
        core.numbers.emplace(section + "/" + kNumbers[n].key, read_number(inner, kNumbers[n]));
      }
    });
    i = end;
  }
  table.fields().reject_unknown();
  return core;
}

}  // namespace switchyard::catalog
