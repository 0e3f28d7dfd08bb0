#include "neuroncore/gemm.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "base/random.h"
#include "neuroncore/fused.h"
#include "neuroncore/transpose.h"

namespace switchyard::neuroncore {
namespace {

float any_float(Random& random) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(random.next()));
}

// Exponents near each other and near both ends, few mantissa bits: sums cancel and fall on ties.
float narrow_float(Random& random) {
  const std::uint32_t bases[] = {0, 1, 40, 63, 100, 127, 150, 190, 253};
  const auto exponent = bases[random.below(9)] + static_cast<std::uint32_t>(random.below(2));
  const auto mantissa =
      static_cast<std::uint32_t>(random.next()) & 0x7fffffu & ~((1u << random.below(24)) - 1);
  return std::bit_cast<float>(exponent << 23 | mantissa |
                              static_cast<std::uint32_t>(random.below(2)) << 31);
}

TEST(Fused, ByDoublesIsMultiplyAddRoundedOnce) {
  Random random(1);
  for (int i = 0; i < 2'000'000; ++i) {
    const bool any = i % 2 == 0;
    const float a = any ? any_float(random) : narrow_float(random);
    const float b = any ? any_float(random) : narrow_float(random);
    float c = any ? any_float(random) : narrow_float(random);
    if (i % 5 == 0) c = -a * b;
    const float wanted = std::fma(a, b, c), got = fused_by_doubles(a, b, c);
    if (std::isnan(wanted)) {
      ASSERT_TRUE(std::isnan(got)) << a << " " << b << " " << c;
    } else {
      ASSERT_EQ(std::bit_cast<std::uint32_t>(got), std::bit_cast<std::uint32_t>(wanted))
          << a << " " << b << " " << c;
    }
  }
}

TEST(Fused, RoundsOnceWhereMultiplyThenAddRoundsTwice) {
  // 2^-149 is the smallest float32: the product alone would round to 0, on a tie to even.
  const float tiny = std::ldexp(1.0f, -75), odd = std::ldexp(3.0f, -149);
  EXPECT_EQ(fused_by_doubles(tiny, tiny, odd), std::ldexp(4.0f, -149));
  // Infinite alone, finite with the addend.
  const float large = std::ldexp(1.0f, 64);
  EXPECT_EQ(fused_by_doubles(large, large, -std::numeric_limits<float>::max()),
            std::ldexp(1.0f, 104));
}

// The definition.
std::vector<float> plain(GemmShape shape, const std::vector<float>& a, const std::vector<float>& b,
                         const std::vector<float>& existing, bool accumulate) {
  std::vector<float> out(existing.size());
  for (int m = 0; m < shape.rows; ++m) {
    for (int n = 0; n < shape.columns; ++n) {
      float sum = 0;
      for (int k = 0; k < shape.depth; ++k) {
        sum = std::fma(a[static_cast<std::size_t>(k * shape.rows + m)],
                       b[static_cast<std::size_t>(k * shape.columns + n)], sum);
      }
      const auto at = static_cast<std::size_t>(m * shape.columns + n);
      if (accumulate) sum = existing[at] + sum;
      out[at] = std::isnan(sum) ? std::bit_cast<float>(0x7fc00000u) : sum;
    }
  }
  return out;
}

std::vector<float> packed(const std::vector<float>& rows, PanelShape shape) {
  std::vector<float> panels(shape.floats(), -7.0f);
  for (int k = 0; k < shape.depth; ++k) {
    pack_row(rows.data() + k * shape.columns, k, shape, panels.data());
  }
  return panels;
}

TEST(Gemm, EveryVectorWidthIsThePlainLoop) {
  Random random(2);
  for (int round = 0; round < 150; ++round) {
    const GemmShape shape = {static_cast<int>(1 + random.below(round % 5 == 0 ? 400 : 60)),
                             static_cast<int>(1 + random.below(40)),
                             static_cast<int>(1 + random.below(100))};
    const auto floats = [&](int count, int kind) {
      std::vector<float> values(static_cast<std::size_t>(count));
      for (float& value : values) {
        value = kind == 0   ? static_cast<float>(random.normal())
                : kind == 1 ? narrow_float(random)
                            : any_float(random);
      }
      return values;
    };
    const int kind = round % 3;
    const auto a = floats(shape.depth * shape.rows, kind);
    const auto b = floats(shape.depth * shape.columns, kind);
    const auto existing = floats(shape.rows * shape.columns, kind);
    const auto stationary = packed(a, {shape.depth, shape.rows, kStationaryPanel});
    const auto moving = packed(b, {shape.depth, shape.columns, kMovingPanel});
    for (const bool accumulate : {false, true}) {
      const auto wanted = plain(shape, a, b, existing, accumulate);
      for (const numeric::VectorWidth width : numeric::vector_widths()) {
        auto got = existing;
        multiply_panels(shape, stationary.data(), moving.data(), got.data(), shape.columns,
                        accumulate, width);
        for (std::size_t i = 0; i < got.size(); ++i) {
          ASSERT_EQ(std::bit_cast<std::uint32_t>(got[i]), std::bit_cast<std::uint32_t>(wanted[i]))
              << "width " << static_cast<int>(width) << ", element " << i << " of " << shape.rows
              << " x " << shape.columns << ", depth " << shape.depth;
        }
      }
    }
  }
}

TEST(Gemm, LeavesWhatIsBesideTheResultAlone) {
  const GemmShape shape = {3, 5, 7};
  const std::vector<float> a(15, 1.0f), b(21, 1.0f);
  const auto stationary = packed(a, {3, 5, kStationaryPanel});
  const auto moving = packed(b, {3, 7, kMovingPanel});
  std::vector<float> out(6 * 9, -1.0f);
  multiply_panels(shape, stationary.data(), moving.data(), out.data(), 9, false);
  for (std::size_t m = 0; m < 6; ++m) {
    for (std::size_t n = 0; n < 9; ++n) {
      EXPECT_EQ(out[m * 9 + n], m < 5 && n < 7 ? 3.0f : -1.0f) << m << ", " << n;
    }
  }
}

TEST(Gemm, LanesOfAWordBecomeNeighbouringDepths) {
  Random random(3);
  for (const int columns : {1, 31, 32, 33, 100}) {
    const PanelShape shape = {8, columns, kMovingPanel};
    std::vector<float> values(static_cast<std::size_t>(4 * columns)),
        scales(static_cast<std::size_t>(columns));
    for (float& value : values) value = static_cast<float>(random.normal());
    for (float& scale : scales) scale = std::ldexp(1.0f, static_cast<int>(random.below(20)) - 10);
    for (const numeric::VectorWidth width : numeric::vector_widths()) {
      std::vector<float> panels(shape.floats(), -7.0f);
      pack_scaled_lanes(values.data(), scales.data(), 4, shape, panels.data(), width);
      for (int k = 0; k < 4; ++k) {
        for (int c = 0; c < shape.panels() * 32; ++c) {
          const int at = c / 32 * 8 * 32 + (4 + k) * 32 + c % 32;
          const auto column = static_cast<std::size_t>(c);
          const float wanted =
              c < columns ? values[4 * column + static_cast<std::size_t>(k)] * scales[column]
                          : 0.0f;
          ASSERT_EQ(panels[static_cast<std::size_t>(at)], wanted)
              << columns << " " << k << " " << c;
        }
      }
      EXPECT_EQ(panels[0], -7.0f);
    }
  }
}

TEST(Transpose, PutsEachElementAtItsMirrorPlace) {
  Random random(4);
  for (const int bytes : {1, 2, 4}) {
    for (const auto& [rows, columns] : {std::pair{1, 1}, {3, 70}, {128, 128}, {33, 31}}) {
      std::vector<std::uint8_t> from(static_cast<std::size_t>(rows * columns * bytes));
      for (auto& byte : from) byte = static_cast<std::uint8_t>(random.next());
      std::vector<std::uint8_t> to(from.size());
      transpose_elements({from.data(), columns}, rows, columns, bytes, {to.data(), rows});
      for (int r = 0; r < rows; ++r) {
        for (int c = 0; c < columns * bytes; ++c) {
          const int there = (c / bytes * rows + r) * bytes + c % bytes;
          ASSERT_EQ(to[static_cast<std::size_t>(there)],
                    from[static_cast<std::size_t>(r * columns * bytes + c)]);
        }
      }
    }
  }
}

}  // namespace
}  // namespace switchyard::neuroncore
