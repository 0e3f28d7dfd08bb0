#include "neuroncore/core.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "catalog/catalog.h"

namespace switchyard::neuroncore {

namespace {

// Reads of one section.
class Section {
 public:
  Section(const catalog::NeuronCore& numbers, std::string name)
      : numbers_(numbers), name_(std::move(name)) {}
  double operator()(const char* key) const { return numbers_.base(name_ + "/" + key); }
  double nanoseconds(const char* key) const { return (*this)(key) * 1e9; }
  double bytes_a_nanosecond(const char* key) const { return (*this)(key) * 1e-9; }
  double gigahertz(const char* key) const { return (*this)(key) * 1e-9; }
  std::int64_t whole(const char* key) const { return std::llround((*this)(key)); }
  int count(const char* key) const { return static_cast<int>(whole(key)); }
  bool flag(const char* key) const { return (*this)(key) != 0; }

 private:
  const catalog::NeuronCore& numbers_;
  std::string name_;
};

isa::Generation generation_of(const catalog::NeuronCore& numbers) {
  const auto found = isa::find_generation(numbers.generation, numbers.id);
  SWITCHYARD_CHECK(found.has_value(), "{}", numbers.generation);
  return *found;
}

isa::Limits limits_of(const catalog::NeuronCore& numbers) {
  const Section s(numbers, "limits");
  return {.generation = generation_of(numbers),
          .sbuf_partition_bytes = s.whole("sbuf_partition"),
          .psum_partition_bytes = s.whole("psum_partition"),
          .stationary_free_max = s.whole("stationary_free"),
          .moving_free_max_float32 = s.whole("moving_free_float32"),
          .moving_free_max_bfloat16 = s.whole("moving_free_bfloat16"),
          .bn_stats_free_max = s.whole("bn_stats_free")};
}

std::array<double, isa::kEngines> clocks_of(const catalog::NeuronCore& numbers) {
  const Section s(numbers, "clock");
  std::array<double, isa::kEngines> clocks = {};
  for (const isa::Engine engine : {isa::Engine::kTensor, isa::Engine::kVector, isa::Engine::kScalar,
                                   isa::Engine::kGpSimd, isa::Engine::kSync}) {
    clocks[static_cast<int>(engine)] = s.gigahertz(std::string(isa::name(engine)).c_str());
  }
  return clocks;
}

EngineCosts engine_of(const catalog::NeuronCore& numbers) {
  const Section s(numbers, "engine");
  return {.interval_min = s("interval_min"),
          .dynamic_interval_min = s("dynamic_interval_min"),
          .accumulator_read = s("accumulator_read"),
          .wide_stride = s("wide_stride"),
          .wide_stride_factor = s("wide_stride_factor"),
          .semaphore = s.nanoseconds("semaphore"),
          .sequencer = s("sequencer"),
          .register_memory = s("register_memory"),
          .vector_gpsimd_share_sbuf = s.flag("vector_gpsimd_share_sbuf"),
          .vector_scalar_share_psum = s.flag("vector_scalar_share_psum"),
          .fast_mode_uses_gpsimd_port = s.flag("fast_mode_uses_gpsimd_port")};
}

TensorCosts tensor_of(const catalog::NeuronCore& numbers) {
  const Section s(numbers, "tensor");
  return {.interval_min = s("interval_min"),
          .column = s("column"),
          .load_column = s("load_column"),
          .float32_passes = s("float32_passes"),
          .onezero_passes = s("onezero_passes"),
          .float32_transpose_passes = s("float32_transpose_passes"),
          .latency = s("latency"),
          .tile_issue = s("tile_issue"),
          .background_transpose = s.flag("background_transpose"),
          .background_slowdown = s("background_slowdown")};
}

VectorCosts vector_of(const catalog::NeuronCore& numbers) {
  const Section s(numbers, "vector");
  return {.latency = s("latency"),
          .two_streams = s("two_streams"),
          .scan = s("scan"),
          .cumulative = s("cumulative"),
          .reciprocal = s("reciprocal"),
          .bn_aggr = s("bn_aggr"),
          .narrow_reduce = s("narrow_reduce"),
          .narrow_memset = s("narrow_memset"),
          .copy_mode_contiguous = s("copy_mode_contiguous"),
          .copy_mode_other = s("copy_mode_other"),
          .tensor_tensor_mode = s("tensor_tensor_mode"),
          .mode_takes_float8 = s.flag("mode_takes_float8"),
          .exponential = s("exponential"),
          .quantize = s("quantize"),
          .random = s("random")};
}

GpSimdCosts gpsimd_of(const catalog::NeuronCore& numbers) {
  const Section s(numbers, "gpsimd");
  return {.start = s("start"),
          .latency = s("latency"),
          .two_streams = s("two_streams"),
          .rsqrt = s("rsqrt"),
          .topk = s("topk"),
          .gather_fixed = s("gather_fixed"),
          .gather_unit = s("gather_unit"),
          .nonzero = s("nonzero"),
          .partition_reduce = s("partition_reduce"),
          .n_gather = s("n_gather"),
          .dma_rate = s.bytes_a_nanosecond("dma_rate")};
}

DmaCosts dma_of(const catalog::NeuronCore& numbers) {
  const Section s(numbers, "dma");
  return {.engines = s.count("engines"),
          .rings = s.count("rings"),
          .partitions_per_engine = s.count("partitions_per_engine"),
          .rate = s.bytes_a_nanosecond("rate"),
          .packet = s("packet"),
          .packet_overhead = s.nanoseconds("packet_overhead"),
          .start = s.nanoseconds("start"),
          .trigger = s("trigger"),
          .hardware_generation = s.nanoseconds("hardware_generation"),
          .hardware_generators = s.count("hardware_generators"),
          .software_generation = s("software_generation"),
          .software_descriptor = s("software_descriptor"),
          .transpose_hbm = s("transpose_hbm"),
          .transpose_sbuf = s("transpose_sbuf"),
          .transpose_unaligned = s("transpose_unaligned"),
          .accumulate = s("accumulate"),
          .classes = s.count("classes")};
}

Result<catalog::NeuronCore> find_core(isa::Generation generation,
                                      const std::optional<std::filesystem::path>& overlay) {
  SWITCHYARD_TRY(catalog, catalog::load(catalog::default_directory(), overlay));
  for (auto& [id, core] : catalog.cores) {
    if (core.generation == isa::name(generation)) return std::move(core);
  }
  return fail({.kind = ErrorKind::kUnknown,
               .where = "catalog cores/",
               .found = "no core of generation " + std::string(isa::name(generation)),
               .wanted = "a file whose generation is it"});
}

}  // namespace

SimTime Core::cycles(isa::Engine of, double count) const {
  return nanoseconds(count / gigahertz[static_cast<int>(of)]);
}

SimTime nanoseconds(double value) {
  constexpr double kMax = 1e12;  // a second: a catalog of the user may hold anything
  return SimTime(std::llround(std::min(value * 1e3, kMax)));
}

Core make_core(const catalog::NeuronCore& numbers) {
  const Section scalar(numbers, "scalar"), kernel(numbers, "kernel"), hbm(numbers, "hbm");
  return {.limits = limits_of(numbers),
          .gigahertz = clocks_of(numbers),
          .engine = engine_of(numbers),
          .tensor = tensor_of(numbers),
          .vector = vector_of(numbers),
          .scalar = {.latency = scalar("latency"),
                     .mode = scalar("mode"),
                     .two_streams = scalar("two_streams")},
          .gpsimd = gpsimd_of(numbers),
          .dma = dma_of(numbers),
          .hbm_rate = hbm.bytes_a_nanosecond("rate"),
          .kernel = {.start = kernel.nanoseconds("start"),
                     .end = kernel.nanoseconds("end"),
                     .loop_turn = kernel.nanoseconds("loop_turn"),
                     .barrier = kernel.nanoseconds("barrier")}};
}

Result<Core> load_core(isa::Generation generation,
                       const std::optional<std::filesystem::path>& overlay) {
  SWITCHYARD_TRY(numbers, find_core(generation, overlay));
  return make_core(numbers);
}

Result<isa::Limits> load_limits(isa::Generation generation,
                                const std::optional<std::filesystem::path>& overlay) {
  SWITCHYARD_TRY(numbers, find_core(generation, overlay));
  return limits_of(numbers);
}

}  // namespace switchyard::neuroncore
