// Speed of the conversions on one core, arrays in the second cache. One JSON object a line.
#include <fmt/core.h>

#include <chrono>
#include <string>
#include <vector>

#include "base/random.h"
#include "numeric/convert.h"
#include "numeric/mx.h"

namespace switchyard::numeric {
namespace {

constexpr std::size_t kCount = 1 << 16;

// Best of several runs of at least 20 ms each: the others were disturbed.
template <class Work>
double values_per_second(std::size_t values, const Work& work) {
  using Clock = std::chrono::steady_clock;
  double best = 0;
  for (int run = 0; run < 7; ++run) {
    std::size_t done = 0;
    const auto start = Clock::now();
    double seconds = 0;
    while (seconds < 0.02) {
      work();
      done += values;
      seconds = std::chrono::duration<double>(Clock::now() - start).count();
    }
    best = std::max(best, static_cast<double>(done) / seconds);
  }
  return best;
}

void print(const std::string& name, double rate) {
  fmt::print(
      "{{\"name\": \"numeric {}\", \"value\": {:.3g}, \"unit\": \"elements/s\", "
      "\"note\": \"one core, {} values\"}}\n",
      name, rate, kCount);
}

std::vector<float> normal_values() {
  Random random(1);
  std::vector<float> values(kCount);
  for (float& v : values) v = static_cast<float>(random.normal());
  return values;
}

void bench_conversions(const std::vector<float>& values) {
  const auto measure = [&](ElementType from, ElementType to, const Rounding& rounding,
                           const std::string& suffix) {
    std::vector<std::uint8_t> source(kCount * 4), destination(kCount * 4);
    convert(ElementType::kFloat32, values.data(), from, source.data(), kCount);
    print(fmt::format("{} to {}{}", name(from), name(to), suffix), values_per_second(kCount, [&] {
            convert(from, source.data(), to, destination.data(), kCount, rounding);
          }));
  };
  const ElementType f32 = ElementType::kFloat32;
  for (const ElementType type :
       {ElementType::kBfloat16, ElementType::kFloat16, ElementType::kFloat8E4m3fn,
        ElementType::kFloat4E2m1fnX4, ElementType::kInt8, ElementType::kInt32}) {
    measure(f32, type, {}, "");
    measure(type, f32, {}, "");
  }
  measure(ElementType::kBfloat16, ElementType::kFloat8E4m3fn, {}, "");
  const Rounding stochastic = {.mode = RoundingMode::kStochastic};
  measure(f32, ElementType::kBfloat16, stochastic, ", stochastic");
  measure(f32, ElementType::kFloat8E4m3fn, stochastic, ", stochastic");
}

void bench_mx(const std::vector<float>& values) {
  const MxShape shape = {128, static_cast<int>(kCount / 128)};
  std::vector<std::uint8_t> source(kCount * 2);
  convert(ElementType::kFloat32, values.data(), ElementType::kBfloat16, source.data(), kCount);
  const auto quantize = [&] {
    return quantize_mx(ElementType::kBfloat16, source, shape, ElementType::kFloat8E4m3fnX4);
  };
  const auto tile = quantize();
  if (!tile) return;
  print("quantize_mx bfloat16 to float8_e4m3fn_x4", values_per_second(kCount, quantize));
  print("dequantize_mx float8_e4m3fn_x4",
        values_per_second(kCount, [&] { return dequantize_mx(*tile); }));
}

}  // namespace
}  // namespace switchyard::numeric

int main() {
  const auto values = switchyard::numeric::normal_values();
  switchyard::numeric::bench_conversions(values);
  switchyard::numeric::bench_mx(values);
}
