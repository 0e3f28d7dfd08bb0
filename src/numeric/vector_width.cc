#include "numeric/vector_width.h"

#include <algorithm>
#include <array>
#include <atomic>

namespace switchyard::numeric {

std::span<const VectorWidth> vector_widths() {
  static constexpr std::array kWidths = {VectorWidth::kBaseline, VectorWidth::kAvx2,
                                         VectorWidth::kAvx512};
  static const std::size_t count = [] {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
      return std::size_t{3};
    if (__builtin_cpu_supports("avx2")) return std::size_t{2};
#endif
    return std::size_t{1};
  }();
  return std::span(kWidths).first(count);
}

namespace {
std::atomic<VectorWidth> g_widest = VectorWidth::kAvx512;
}

VectorWidth best_vector_width() {
  return std::min(vector_widths().back(), g_widest.load(std::memory_order_relaxed));
}

void limit_vector_width(VectorWidth widest) { g_widest.store(widest, std::memory_order_relaxed); }

}  // namespace switchyard::numeric
