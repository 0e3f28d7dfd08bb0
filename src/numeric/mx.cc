#include "numeric/mx.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <string>

#include "base/text.h"
#include "numeric/convert.h"

namespace switchyard::numeric {
namespace {

constexpr std::uint32_t kMagnitude = 0x7fffffff;
constexpr std::uint32_t kInfinity = 0x7f800000;
constexpr std::uint8_t kNanScale = 0xff;

Error mx_error(std::string found, std::string wanted, std::string hint = "") {
  return {ErrorKind::kImpossible, "MX tile", std::move(found), std::move(wanted), std::move(hint)};
}

Status check_packed(ElementType type) {
  if (is_packed(type)) return {};
  return fail(mx_error(std::string(name(type)), "a packed type",
                       "float8_e4m3fn_x4, float8_e5m2_x4 or float4_e2m1fn_x4"));
}

Status check_bytes(std::size_t found, std::size_t wanted, std::string_view what) {
  if (found == wanted) return {};
  return fail(mx_error(fmt::format("{} bytes of {}", found, what), fmt::format("{}", wanted)));
}

std::size_t value_count(MxShape shape) {
  return static_cast<std::size_t>(shape.partitions) * static_cast<std::size_t>(shape.values);
}
std::size_t scale_count(MxShape shape) {
  return value_count(shape) / kMxGroupPartitions / kMxGroupLanes;
}

// Emax: the exponent of the largest finite value.
int largest_exponent(ElementType type) { return std::ilogb(traits(type).max_finite); }

// The scale byte of a group whose largest magnitude has this float32 word. Infinity and NaN count
// as 2^128, as the exponent field has it; below the range of E8M0 the scale stays at 2^-127.
std::uint8_t scale_byte(std::uint32_t largest, ElementType type, MxScaleRule rule) {
  const bool finite = largest < kInfinity;
  if (!finite && traits(type).nan_rule == NanRule::kNone) return kNanScale;
  if (largest == 0) return 0;
  // A subnormal's exponent is not looked for: any scale from it would be below the range.
  const int exponent = static_cast<int>(largest >> 23) - 127;
  const int target = largest_exponent(type) - (rule == MxScaleRule::kNeuron ? 1 : 0);
  return static_cast<std::uint8_t>(std::max(exponent - target + 127, 0));
}

// Scales of one row of groups, whose first value is `values`.
void find_scales(const float* values, std::size_t row_size, ElementType type, MxScaleRule rule,
                 std::uint8_t* scales) {
  std::vector<std::uint32_t> largest(row_size);
  for (std::size_t p = 0; p < kMxGroupPartitions; ++p) {
    const float* row = values + p * row_size;
    for (std::size_t f = 0; f < row_size; ++f)
      largest[f] = std::max(largest[f], std::bit_cast<std::uint32_t>(row[f]) & kMagnitude);
  }
  for (std::size_t c = 0; c < row_size / kMxGroupLanes; ++c) {
    const auto group = std::span(largest).subspan(c * kMxGroupLanes, kMxGroupLanes);
    scales[c] = scale_byte(*std::ranges::max_element(group), type, rule);
  }
}

// 2^exponent for -127 <= exponent <= 127; the lowest is a subnormal.
float power_of_two(int exponent) {
  return std::bit_cast<float>(exponent == -127 ? 0x00400000u
                                               : static_cast<std::uint32_t>(exponent + 127) << 23);
}

// Divides one row by its scales. Exact, or so far below the smallest value of the destination that
// it rounds to zero all the same.
void divide_by_scales(float* row, std::size_t row_size, const std::uint8_t* scales) {
  for (std::size_t f = 0; f < row_size; f += kMxGroupLanes) {
    const std::uint8_t scale = scales[f / kMxGroupLanes];
    const float factor = power_of_two(127 - std::min<int>(scale, 254));
    for (std::size_t j = f; j < f + kMxGroupLanes; ++j)
      row[j] = scale == kNanScale ? 0.0f : row[j] * factor;
  }
}

}  // namespace

Status check_mx_shape(MxShape shape) {
  const auto is_multiple = [](int n, int unit) { return n > 0 && n % unit == 0; };
  if (!is_multiple(shape.partitions, kMxGroupPartitions) ||
      !is_multiple(shape.values, kMxGroupLanes))
    return fail(mx_error(fmt::format("[{}, {}]", shape.partitions, shape.values),
                         "partitions a multiple of 8, values a multiple of 4",
                         "a scale is shared by 8 partitions and 4 values"));
  return {};
}

Result<MxTile> quantize_mx(ElementType source_type, std::span<const std::uint8_t> source,
                           MxShape shape, ElementType packed_type, const MxOptions& options) {
  SWITCHYARD_TRY_STATUS(check_mx_shape(shape));
  SWITCHYARD_TRY_STATUS(check_packed(packed_type));
  if (source_type != ElementType::kFloat32 && source_type != ElementType::kFloat16 &&
      source_type != ElementType::kBfloat16)
    return fail(
        mx_error("values of " + std::string(name(source_type)), "float32, float16 or bfloat16"));
  const std::size_t count = value_count(shape);
  SWITCHYARD_TRY_STATUS(check_bytes(source.size(), bytes_of(source_type, count), "values"));

  MxTile tile = {packed_type, shape, {}, {}};
  tile.data.resize(bytes_of(packed_type, count));
  tile.scales.resize(scale_count(shape));
  std::vector<float> values(count);
  convert(source_type, source.data(), ElementType::kFloat32, values.data(), count);
  const auto row_size = static_cast<std::size_t>(shape.values);
  for (std::size_t p = 0; p < static_cast<std::size_t>(shape.partitions); ++p) {
    float* row = values.data() + p * row_size;
    std::uint8_t* scales = tile.scales.data() + p / kMxGroupPartitions * (row_size / kMxGroupLanes);
    if (p % kMxGroupPartitions == 0) find_scales(row, row_size, packed_type, options.rule, scales);
    divide_by_scales(row, row_size, scales);
  }
  const Rounding rounding = {
      options.mode,
      options.rule == MxScaleRule::kOcp ? OverflowRule::kSaturate : OverflowRule::kNeuron,
      options.random};
  convert(ElementType::kFloat32, values.data(), packed_type, tile.data.data(), count, rounding);
  return tile;
}

Result<std::vector<float>> dequantize_mx(const MxTile& tile) {
  SWITCHYARD_TRY_STATUS(check_mx_shape(tile.shape));
  SWITCHYARD_TRY_STATUS(check_packed(tile.type));
  const std::size_t count = value_count(tile.shape);
  SWITCHYARD_TRY_STATUS(check_bytes(tile.data.size(), bytes_of(tile.type, count), "data"));
  SWITCHYARD_TRY_STATUS(check_bytes(tile.scales.size(), scale_count(tile.shape), "scales"));

  std::vector<float> values(count);
  convert(tile.type, tile.data.data(), ElementType::kFloat32, values.data(), count);
  std::vector<float> factors(tile.scales.size());
  convert(ElementType::kFloat8E8m0fnu, tile.scales.data(), ElementType::kFloat32, factors.data(),
          factors.size());
  const int columns = tile.shape.values / kMxGroupLanes;
  for (int p = 0; p < tile.shape.partitions; ++p) {
    float* row = values.data() + static_cast<std::ptrdiff_t>(p) * tile.shape.values;
    const float* factor =
        factors.data() + static_cast<std::ptrdiff_t>(p / kMxGroupPartitions) * columns;
    for (int f = 0; f < tile.shape.values; ++f) row[f] *= factor[f / kMxGroupLanes];
  }
  return values;
}

}  // namespace switchyard::numeric
