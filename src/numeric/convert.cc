#include "numeric/convert.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/check.h"
#include "numeric/kernels.h"
#include "numeric/stochastic.h"

namespace switchyard::numeric {
namespace {

// Values handled at once through buffers on the stack: they stay in the first cache.
constexpr std::size_t kChunk = 1024;

bool has_nibbles(ElementType type) { return type == ElementType::kFloat4E2m1fnX4; }

void unpack_nibbles(const std::uint8_t* __restrict bytes, std::uint8_t* __restrict codes,
                    std::size_t count) {
  for (std::size_t i = 0; i < count / 2; ++i) {
    codes[2 * i] = bytes[i] & 0xf;
    codes[2 * i + 1] = static_cast<std::uint8_t>(bytes[i] >> 4);
  }
}

void pack_nibbles(const std::uint8_t* __restrict codes, std::uint8_t* __restrict bytes,
                  std::size_t count) {
  for (std::size_t i = 0; i < count / 2; ++i)
    bytes[i] = static_cast<std::uint8_t>((codes[2 * i] & 0xf) | codes[2 * i + 1] << 4);
}

// One chunk of either direction, packed or not.
void decode_chunk(ElementType type, const std::uint8_t* source, void* values, std::size_t count) {
  const ElementType lane = traits(type).lane_type;
  std::array<std::uint8_t, kChunk> codes;
  if (has_nibbles(type)) {
    unpack_nibbles(source, codes.data(), count);
    source = codes.data();
  }
  decode_values(lane, source, values, count, best_vector_width());
}

void encode_chunk(ElementType type, const void* values, std::uint8_t* destination,
                  std::size_t count, const Rounding& rounding, std::uint64_t first) {
  const ElementType lane = traits(type).lane_type;
  std::array<std::uint8_t, kChunk> codes;
  std::uint8_t* to = has_nibbles(type) ? codes.data() : destination;
  if (rounding.mode == RoundingMode::kStochastic) {
    std::array<std::uint32_t, kChunk> words;
    RandomKey key = rounding.random;
    key.position += first;
    random_words(key, words.data(), count);
    encode_stochastic_values(lane, values, words.data(), to, count, rounding.overflow,
                             best_vector_width());
  } else {
    encode_nearest_values(lane, values, to, count, rounding.overflow, best_vector_width());
  }
  if (has_nibbles(type)) pack_nibbles(codes.data(), destination, count);
}

}  // namespace

float decode(ElementType type, std::uint32_t code) {
  SWITCHYARD_CHECK(!is_packed(type), "{} is not one value", name(type));
  float value;
  decode_values(type, &code, &value, 1, VectorWidth::kBaseline);
  return value;
}

std::uint32_t encode(ElementType type, float value, const Rounding& rounding) {
  SWITCHYARD_CHECK(!is_packed(type), "{} is not one value", name(type));
  std::array<std::uint8_t, 4> bytes = {};
  encode_chunk(type, &value, bytes.data(), 1, rounding, 0);
  std::uint32_t code;
  std::memcpy(&code, bytes.data(), sizeof code);
  return code;
}

void convert(ElementType source_type, const void* source, ElementType destination_type,
             void* destination, std::size_t count, const Rounding& rounding) {
  const auto* from = static_cast<const std::uint8_t*>(source);
  auto* to = static_cast<std::uint8_t*>(destination);
  const std::size_t to_bytes = bytes_of(destination_type, count);
  if (source_type == destination_type) {
    if (count > 0) std::memcpy(to, from, to_bytes);
    return;
  }
  if (destination_type == ElementType::kFloat32 && !has_nibbles(source_type))
    return decode_chunk(source_type, from, to, count);
  std::array<float, kChunk> buffer;
  for (std::size_t first = 0; first < count; first += kChunk) {
    const std::size_t n = std::min(kChunk, count - first);
    const std::uint8_t* chunk = from + bytes_of(source_type, first);
    const void* values = chunk;
    if (source_type != ElementType::kFloat32) {
      decode_chunk(source_type, chunk, buffer.data(), n);
      values = buffer.data();
    }
    encode_chunk(destination_type, values, to + bytes_of(destination_type, first), n, rounding,
                 first);
  }
}

}  // namespace switchyard::numeric
