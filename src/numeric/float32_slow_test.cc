// All 2^32 float32 into every other type, against exact_reference.h.
//
// A piece is a run of 2^20 magnitudes. Inside it values rise, so the reference carries the lower
// neighbour along instead of searching; each magnitude is tried with both signs.
#include <gtest/gtest.h>

#include <atomic>
#include <bit>
#include <cstring>
#include <vector>

#include "base/parallel.h"
#include "numeric/convert.h"
#include "numeric/exact_reference.h"

namespace switchyard::numeric {
namespace {

constexpr std::uint32_t kPieceBits = 20;
constexpr std::uint32_t kPieceSize = 1u << kPieceBits;
constexpr int kPieces = 1 << (31 - kPieceBits);

// The first value that came out wrong, if any.
struct Mismatches {
  void add(float x, std::uint32_t found, std::uint32_t wanted) {
    if (count++ == 0) {
      first_word = std::bit_cast<std::uint32_t>(x);
      first_found = found;
      first_wanted = wanted;
    }
  }
  std::atomic<std::uint64_t> count = 0;
  std::atomic<std::uint32_t> first_word = 0, first_found = 0, first_wanted = 0;
};

void fill_piece(int piece, std::uint32_t sign, std::vector<float>& values) {
  for (std::uint32_t i = 0; i < kPieceSize; ++i)
    values[i] = std::bit_cast<float>(sign | (static_cast<std::uint32_t>(piece) << kPieceBits | i));
}

std::uint32_t load_code(const std::vector<std::uint8_t>& codes, std::size_t i, std::size_t size) {
  std::uint32_t code = 0;
  std::memcpy(&code, codes.data() + i * size, size);
  return code;
}

// reference(piece) gives a function of the values of one piece, called in rising order.
template <class MakeReference>
void check_all(ElementType type, const Rounding& rounding, const MakeReference& make_reference) {
  Mismatches mismatches;
  parallel_for(kPieces, [&](int piece) {
    std::vector<float> values(kPieceSize);
    const auto size = static_cast<std::size_t>(traits(type).storage_bytes);
    std::vector<std::uint8_t> codes(kPieceSize * size);
    for (const std::uint32_t sign : {0u, 0x80000000u}) {
      fill_piece(piece, sign, values);
      convert(ElementType::kFloat32, values.data(), type, codes.data(), kPieceSize, rounding);
      auto reference = make_reference();
      for (std::size_t i = 0; i < kPieceSize; ++i) {
        const std::uint32_t found = load_code(codes, i, size);
        const std::uint32_t wanted = reference(values[i]);
        if (found != wanted) mismatches.add(values[i], found, wanted);
      }
    }
  });
  EXPECT_EQ(mismatches.count, 0u) << name(type) << ": float32 word " << mismatches.first_word
                                  << " became " << mismatches.first_found << ", wanted "
                                  << mismatches.first_wanted;
}

class EveryFloat32 : public testing::TestWithParam<reference::Format> {};

// The other overflow rules differ beyond the largest finite value only: float_codec_test.cc.
TEST_P(EveryFloat32, RoundsAsTheListOfValuesSays) {
  const reference::ValueTable table(GetParam());
  check_all(GetParam().type, {}, [&] {
    return [&table, lower = std::uint32_t{0}, started = false](float x) mutable {
      if (!started && !std::isnan(x)) lower = reference::lower_neighbour(table, x);
      started = true;
      const double magnitude = std::fabs(static_cast<double>(x));
      while (lower < table.max_finite() && table.values[lower + 1] <= magnitude) ++lower;
      return reference::encode_from(table, x, lower, OverflowRule::kNeuron);
    };
  });
}

INSTANTIATE_TEST_SUITE_P(Formats, EveryFloat32, testing::ValuesIn(reference::formats()),
                         [](const auto& format) { return std::string(name(format.param.type)); });

TEST(EveryFloat32Value, BecomesTheNearestScale) {
  check_all(ElementType::kFloat8E8m0fnu, {},
            [] { return [](float x) { return reference::encode_scale(x, false); }; });
}

class EveryInteger : public testing::TestWithParam<ElementType> {};

TEST_P(EveryInteger, RoundsAndSaturates) {
  const ElementTraits& t = traits(GetParam());
  const auto high = static_cast<std::int64_t>(t.max_finite);
  const std::int64_t low = t.is_signed ? -high - 1 : 0;
  const auto mask = static_cast<std::uint32_t>((std::uint64_t{1} << t.bits) - 1);
  check_all(t.type, {}, [=] {
    return [=](float x) {
      return static_cast<std::uint32_t>(reference::encode_integer(x, low, high)) & mask;
    };
  });
}

INSTANTIATE_TEST_SUITE_P(Integers, EveryInteger,
                         testing::Values(ElementType::kInt32, ElementType::kUint32,
                                         ElementType::kInt16, ElementType::kUint16,
                                         ElementType::kInt8, ElementType::kUint8),
                         [](const auto& type) { return std::string(name(type.param)); });

TEST(EveryFloat32Value, IsTrueUnlessZero) {
  check_all(ElementType::kBool, {}, [] { return [](float x) { return x == 0 ? 0u : 1u; }; });
}

}  // namespace
}  // namespace switchyard::numeric
