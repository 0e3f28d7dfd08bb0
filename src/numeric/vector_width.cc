#include "numeric/vector_width.h"

#include <array>

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

VectorWidth best_vector_width() { return vector_widths().back(); }

}  // namespace switchyard::numeric
