#include "neuroncore/gemm.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <utility>
#include <vector>

#include "neuroncore/fused.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace switchyard::neuroncore {
namespace {

using numeric::VectorWidth;

constexpr std::uint32_t kQuietNan = 0x7fc00000;
constexpr int kLanes = 4;
constexpr std::size_t kRows = kStationaryPanel;
constexpr std::size_t kColumns = kMovingPanel;

// Of the depth, so many rows are multiplied at a time: a stationary and a moving panel of them stay
// in the first cache.
constexpr std::ptrdiff_t kDepth = 128;

// One stationary panel by one moving panel: a block of kRows x kColumns results. `out` takes the
// whole block.
struct Block {
  const float* stationary;
  const float* moving;
  std::ptrdiff_t depth;
  float* sums;  // [kRows][kColumns], of the depth so far
  bool first;   // nothing so far: sums start at zero
  bool last;    // the sums are complete and go to `out`, else back to `sums`
  float* out;
  std::ptrdiff_t pitch;
  bool accumulate;
};

void multiply_baseline(const Block& block) {
  float sums[kRows][kColumns] = {};
  if (!block.first) std::memcpy(sums, block.sums, sizeof sums);
  for (std::ptrdiff_t k = 0; k < block.depth; ++k) {
    const float* a = block.stationary + k * kStationaryPanel;
    const float* b = block.moving + k * kMovingPanel;
    for (std::size_t i = 0; i < kRows; ++i) {
      for (std::size_t j = 0; j < kColumns; ++j) {
        sums[i][j] = fused_multiply_add(a[i], b[j], sums[i][j]);
      }
    }
  }
  if (!block.last) {
    std::memcpy(block.sums, sums, sizeof sums);
    return;
  }
  for (std::size_t i = 0; i < kRows; ++i) {
    float* row = block.out + static_cast<std::ptrdiff_t>(i) * block.pitch;
    for (std::size_t j = 0; j < kColumns; ++j) {
      const float value = block.accumulate ? row[j] + sums[i][j] : sums[i][j];
      row[j] = std::isnan(value) ? std::bit_cast<float>(kQuietNan) : value;
    }
  }
}

#if defined(__x86_64__)

// 4 x 16 results in 8 registers, four times. Multiply-add is not part of AVX2: best_kernel asks for
// both.
[[gnu::target("avx2,fma")]] void multiply_avx2_part(const Block& block, std::ptrdiff_t first_row,
                                                    std::ptrdiff_t first_column) {
  constexpr int kPartRows = 4, kVectors = 2, kWide = 8;
  __m256 sums[kPartRows][kVectors];
#pragma GCC unroll 4
  for (int i = 0; i < kPartRows; ++i) {
#pragma GCC unroll 2
    for (int j = 0; j < kVectors; ++j) {
      sums[i][j] = block.first ? _mm256_setzero_ps()
                               : _mm256_loadu_ps(block.sums + (first_row + i) * kMovingPanel +
                                                 first_column + j * kWide);
    }
  }
  const float* a = block.stationary + first_row;
  const float* b = block.moving + first_column;
  for (std::ptrdiff_t k = 0; k < block.depth; ++k) {
    const __m256 b0 = _mm256_loadu_ps(b), b1 = _mm256_loadu_ps(b + kWide);
#pragma GCC unroll 4
    for (int i = 0; i < kPartRows; ++i) {
      const __m256 one = _mm256_broadcast_ss(a + i);
      sums[i][0] = _mm256_fmadd_ps(one, b0, sums[i][0]);
      sums[i][1] = _mm256_fmadd_ps(one, b1, sums[i][1]);
    }
    a += kStationaryPanel;
    b += kMovingPanel;
  }
  if (!block.last) {
#pragma GCC unroll 4
    for (int i = 0; i < kPartRows; ++i) {
#pragma GCC unroll 2
      for (int j = 0; j < kVectors; ++j) {
        _mm256_storeu_ps(block.sums + (first_row + i) * kMovingPanel + first_column + j * kWide,
                         sums[i][j]);
      }
    }
    return;
  }
  const __m256 nan = _mm256_castsi256_ps(_mm256_set1_epi32(static_cast<int>(kQuietNan)));
#pragma GCC unroll 4
  for (int i = 0; i < kPartRows; ++i) {
    float* row = block.out + (first_row + i) * block.pitch + first_column;
#pragma GCC unroll 2
    for (int j = 0; j < kVectors; ++j) {
      __m256 value = sums[i][j];
      if (block.accumulate) value = _mm256_add_ps(_mm256_loadu_ps(row + j * kWide), value);
      value = _mm256_blendv_ps(value, nan, _mm256_cmp_ps(value, value, _CMP_UNORD_Q));
      _mm256_storeu_ps(row + j * kWide, value);
    }
  }
}

void multiply_avx2(const Block& block) {
  for (const std::ptrdiff_t row : {0, 4}) {
    for (const std::ptrdiff_t column : {0, 16}) multiply_avx2_part(block, row, column);
  }
}

// 8 x 32 results in 16 registers.
[[gnu::target("avx512f")]] void multiply_avx512(const Block& block) {
  constexpr int kVectors = 2, kWide = 16;
  __m512 sums[kStationaryPanel][kVectors];
#pragma GCC unroll 8
  for (int i = 0; i < kStationaryPanel; ++i) {
#pragma GCC unroll 2
    for (int j = 0; j < kVectors; ++j) {
      sums[i][j] = block.first ? _mm512_setzero_ps()
                               : _mm512_loadu_ps(block.sums + i * kMovingPanel + j * kWide);
    }
  }
  const float* a = block.stationary;
  const float* b = block.moving;
  for (std::ptrdiff_t k = 0; k < block.depth; ++k) {
    const __m512 b0 = _mm512_loadu_ps(b), b1 = _mm512_loadu_ps(b + kWide);
#pragma GCC unroll 8
    for (int i = 0; i < kStationaryPanel; ++i) {
      const __m512 one = _mm512_set1_ps(a[i]);
      sums[i][0] = _mm512_fmadd_ps(one, b0, sums[i][0]);
      sums[i][1] = _mm512_fmadd_ps(one, b1, sums[i][1]);
    }
    a += kStationaryPanel;
    b += kMovingPanel;
  }
  if (!block.last) {
#pragma GCC unroll 8
    for (int i = 0; i < kStationaryPanel; ++i) {
#pragma GCC unroll 2
      for (int j = 0; j < kVectors; ++j) {
        _mm512_storeu_ps(block.sums + i * kMovingPanel + j * kWide, sums[i][j]);
      }
    }
    return;
  }
  const __m512 nan = _mm512_castsi512_ps(_mm512_set1_epi32(static_cast<int>(kQuietNan)));
#pragma GCC unroll 8
  for (int i = 0; i < kStationaryPanel; ++i) {
    float* row = block.out + i * block.pitch;
#pragma GCC unroll 2
    for (int j = 0; j < kVectors; ++j) {
      __m512 value = sums[i][j];
      if (block.accumulate) value = _mm512_add_ps(_mm512_loadu_ps(row + j * kWide), value);
      value = _mm512_mask_mov_ps(value, _mm512_cmp_ps_mask(value, value, _CMP_UNORD_Q), nan);
      _mm512_storeu_ps(row + j * kWide, value);
    }
  }
}

#endif

using Kernel = void (*)(const Block&);

Kernel kernel([[maybe_unused]] VectorWidth width) {
#if defined(__x86_64__)
  static const bool has_fma = __builtin_cpu_supports("fma") != 0;
  if (width == VectorWidth::kAvx512) return multiply_avx512;
  if (width == VectorWidth::kAvx2 && has_fma) return multiply_avx2;
#endif
  return multiply_baseline;
}

struct ScaledLanesLoop {
  [[gnu::always_inline]] static void run(const float* __restrict values,
                                         const float* __restrict scales, std::size_t count,
                                         float* __restrict panel, std::size_t width) {
    for (std::size_t c = 0; c < count; ++c) {
      for (std::size_t j = 0; j < kLanes; ++j) {
        panel[j * width + c] = values[kLanes * c + j] * scales[c];
      }
    }
  }
};

}  // namespace

void pack_row(const float* row, int k, PanelShape shape, float* panels) {
  const std::size_t width = static_cast<std::size_t>(shape.width);
  const std::size_t panel_floats = width * static_cast<std::size_t>(shape.depth);
  float* to = panels + static_cast<std::size_t>(k) * width;
  std::size_t left = static_cast<std::size_t>(shape.columns);
  for (; left >= width; left -= width, row += width, to += panel_floats) {
    std::memcpy(to, row, width * sizeof(float));
  }
  if (left > 0) {
    std::copy_n(row, left, to);
    std::fill_n(to + left, width - left, 0.0f);
  }
}

void pack_scaled_lanes(const float* values, const float* scales, int k, PanelShape shape,
                       float* panels, VectorWidth vector_width) {
  const std::size_t width = static_cast<std::size_t>(shape.width);
  const std::size_t panel_floats = width * static_cast<std::size_t>(shape.depth);
  float* to = panels + static_cast<std::size_t>(k) * width;
  for (std::size_t left = static_cast<std::size_t>(shape.columns); left > 0;) {
    const std::size_t count = std::min(left, width);
    numeric::run_loop<ScaledLanesLoop>(vector_width, values, scales, count, to, width);
    if (count < width) {
      for (std::size_t j = 0; j < kLanes; ++j) {
        std::fill_n(to + j * width + count, width - count, 0.0f);
      }
    }
    values += kLanes * count;
    scales += count;
    to += panel_floats;
    left -= count;
  }
}

namespace {

// The block at `to`, of which only `rows` x `columns` are there.
void multiply_edge(Kernel multiply, Block block, int rows, int columns) {
  float edge[kRows * kColumns];
  for (int i = 0; block.accumulate && i < rows; ++i) {
    std::copy_n(block.out + i * block.pitch, columns, edge + i * kMovingPanel);
  }
  float* out = std::exchange(block.out, edge);
  const std::ptrdiff_t pitch = std::exchange(block.pitch, kMovingPanel);
  multiply(block);
  for (int i = 0; block.last && i < rows; ++i) {
    std::copy_n(edge + i * kMovingPanel, columns, out + i * pitch);
  }
}

}  // namespace

void multiply_panels(GemmShape shape, const float* stationary, const float* moving, float* out,
                     std::ptrdiff_t pitch, bool accumulate, VectorWidth width) {
  const Kernel multiply = kernel(width);
  const std::ptrdiff_t depth = shape.depth;
  const int panels = (shape.rows + kStationaryPanel - 1) / kStationaryPanel;
  std::vector<float> sums;
  if (depth > kDepth) sums.resize(static_cast<std::size_t>(panels) * kRows * kColumns);
  for (int column = 0; column < shape.columns; column += kMovingPanel) {
    for (std::ptrdiff_t k = 0; k < depth; k += kDepth) {
      for (int panel = 0; panel < panels; ++panel) {
        const int row = panel * kStationaryPanel;
        const Block block = {stationary + row * depth + k * kStationaryPanel,
                             moving + column * depth + k * kMovingPanel,
                             std::min(kDepth, depth - k),
                             sums.empty() ? nullptr : sums.data() + row * kMovingPanel,
                             k == 0,
                             k + kDepth >= depth,
                             out + row * pitch + column,
                             pitch,
                             accumulate};
        const int rows = std::min(kStationaryPanel, shape.rows - row);
        const int columns = std::min(kMovingPanel, shape.columns - column);
        if (rows == kStationaryPanel && columns == kMovingPanel) {
          multiply(block);
        } else {
          multiply_edge(multiply, block, rows, columns);
        }
      }
    }
  }
}

}  // namespace switchyard::neuroncore
