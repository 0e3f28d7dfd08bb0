// Which vector instructions a loop uses. Results do not depend on it.
//
// A loop is a struct with a static, always_inline `run`. run_loop compiles it once for each width
// and calls the one asked for, so tests can compare all widths on one machine.
#pragma once

#include <cstdint>
#include <span>

namespace switchyard::numeric {

enum class VectorWidth : std::uint8_t { kBaseline, kAvx2, kAvx512 };

// The widest that this CPU has and limit_vector_width allows.
VectorWidth best_vector_width();
// For tests of whole programs at each width; process-wide.
void limit_vector_width(VectorWidth widest);
// All that this CPU has, narrowest first.
std::span<const VectorWidth> vector_widths();

#if defined(__x86_64__)
template <class Loop, class... Arguments>
[[gnu::target("avx2")]] void run_avx2(Arguments... arguments) {
  Loop::run(arguments...);
}
template <class Loop, class... Arguments>
[[gnu::target("avx512f,avx512bw,avx512dq,avx512vl")]] void run_avx512(Arguments... arguments) {
  Loop::run(arguments...);
}
#endif

template <class Loop, class... Arguments>
void run_loop([[maybe_unused]] VectorWidth width, Arguments... arguments) {
#if defined(__x86_64__)
  if (width == VectorWidth::kAvx512) return run_avx512<Loop, Arguments...>(arguments...);
  if (width == VectorWidth::kAvx2) return run_avx2<Loop, Arguments...>(arguments...);
#endif
  Loop::run(arguments...);
}

}  // namespace switchyard::numeric
