#include "numeric/kernels.h"

#include <bit>
#include <cstring>

#include "base/check.h"
#include "numeric/float_codec.h"
#include "numeric/integer_codec.h"

namespace switchyard::numeric {
namespace {

// Memory of any alignment and type; compiles to plain vector loads and stores.
template <class T>
[[gnu::always_inline]] inline T load(const std::byte* base, std::size_t index) {
  T value;
  std::memcpy(&value, base + index * sizeof(T), sizeof(T));
  return value;
}
template <class T>
[[gnu::always_inline]] inline void store(std::byte* base, std::size_t index, T value) {
  std::memcpy(base + index * sizeof(T), &value, sizeof(T));
}

template <int kBytes>
struct WordOf;
template <>
struct WordOf<1> {
  using Type = std::uint8_t;
};
template <>
struct WordOf<2> {
  using Type = std::uint16_t;
};
template <>
struct WordOf<4> {
  using Type = std::uint32_t;
};

// A codec turns one word of memory into the word of a float32 and back.
template <FloatFormat F>
struct FloatCodec {
  using Word = typename WordOf<F.storage_bytes()>::Type;
  [[gnu::always_inline]] static std::uint32_t decode(Word stored) {
    return decode_float<F>(stored);
  }
  [[gnu::always_inline]] static Word nearest(std::uint32_t word, OverflowCodes overflow) {
    return static_cast<Word>(encode_nearest<F>(word, overflow));
  }
  [[gnu::always_inline]] static Word stochastic(std::uint32_t word, std::uint32_t random,
                                                OverflowCodes overflow) {
    return static_cast<Word>(encode_stochastic<F>(word, random, overflow));
  }
  static OverflowCodes overflow(OverflowRule rule) { return overflow_codes(F, rule); }
};

struct Float32Codec {
  using Word = std::uint32_t;
  [[gnu::always_inline]] static std::uint32_t decode(Word stored) { return stored; }
  [[gnu::always_inline]] static Word nearest(std::uint32_t word, OverflowCodes) { return word; }
  [[gnu::always_inline]] static Word stochastic(std::uint32_t word, std::uint32_t, OverflowCodes) {
    return word;
  }
  static OverflowCodes overflow(OverflowRule) { return {}; }
};

struct ScaleCodec {
  using Word = std::uint8_t;
  [[gnu::always_inline]] static std::uint32_t decode(Word stored) { return decode_scale(stored); }
  [[gnu::always_inline]] static Word nearest(std::uint32_t word, OverflowCodes overflow) {
    return static_cast<Word>(encode_scale(word, overflow.finite == 0xfe));
  }
  [[gnu::always_inline]] static Word stochastic(std::uint32_t word, std::uint32_t random,
                                                OverflowCodes overflow) {
    return static_cast<Word>(encode_scale_stochastic(word, random, overflow.finite == 0xfe));
  }
  static OverflowCodes overflow(OverflowRule rule) {
    const std::uint32_t code = rule == OverflowRule::kSaturate ? 0xfe : 0xff;
    return {code, code};
  }
};

template <class Integer>
struct IntegerCodec {
  using Word = Integer;
  [[gnu::always_inline]] static std::uint32_t decode(Word stored) {
    return std::bit_cast<std::uint32_t>(static_cast<float>(stored));
  }
  [[gnu::always_inline]] static Word nearest(std::uint32_t word, OverflowCodes) {
    return integer_nearest<Integer>(word);
  }
  [[gnu::always_inline]] static Word stochastic(std::uint32_t word, std::uint32_t random,
                                                OverflowCodes) {
    return integer_stochastic<Integer>(word, random);
  }
  static OverflowCodes overflow(OverflowRule) { return {}; }
};

// A byte; any but 0 is true. Anything but a zero becomes true, NaN too.
struct BoolCodec {
  using Word = std::uint8_t;
  [[gnu::always_inline]] static std::uint32_t decode(Word stored) {
    return stored != 0 ? 0x3f800000u : 0u;
  }
  [[gnu::always_inline]] static Word nearest(std::uint32_t word, OverflowCodes) {
    return (word & ~kFloat32Sign) != 0 ? 1 : 0;
  }
  [[gnu::always_inline]] static Word stochastic(std::uint32_t word, std::uint32_t,
                                                OverflowCodes overflow) {
    return nearest(word, overflow);
  }
  static OverflowCodes overflow(OverflowRule) { return {}; }
};

template <class Codec>
struct DecodeLoop {
  [[gnu::always_inline]] static void run(const std::byte* __restrict source,
                                         std::byte* __restrict values, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i)
      store(values, i, Codec::decode(load<typename Codec::Word>(source, i)));
  }
};

template <class Codec>
struct NearestLoop {
  [[gnu::always_inline]] static void run(const std::byte* __restrict values,
                                         std::byte* __restrict destination, std::size_t count,
                                         OverflowCodes overflow) {
    for (std::size_t i = 0; i < count; ++i)
      store(destination, i, Codec::nearest(load<std::uint32_t>(values, i), overflow));
  }
};

template <class Codec>
struct StochasticLoop {
  [[gnu::always_inline]] static void run(const std::byte* __restrict values,
                                         const std::uint32_t* __restrict words,
                                         std::byte* __restrict destination, std::size_t count,
                                         OverflowCodes overflow) {
    for (std::size_t i = 0; i < count; ++i)
      store(destination, i, Codec::stochastic(load<std::uint32_t>(values, i), words[i], overflow));
  }
};

// Calls use.template operator()<Codec>() with the codec of the type.
template <class Use>
void with_codec(ElementType type, const Use& use) {
  switch (type) {
    case ElementType::kFloat32:
      return use.template operator()<Float32Codec>();
    case ElementType::kTfloat32:
      return use.template operator()<FloatCodec<kTfloat32Format>>();
    case ElementType::kBfloat16:
      return use.template operator()<FloatCodec<kBfloat16Format>>();
    case ElementType::kFloat16:
      return use.template operator()<FloatCodec<kFloat16Format>>();
    case ElementType::kFloat8E3m4:
      return use.template operator()<FloatCodec<kFloat8E3m4Format>>();
    case ElementType::kFloat8E4m3:
      return use.template operator()<FloatCodec<kFloat8E4m3Format>>();
    case ElementType::kFloat8E4m3fn:
      return use.template operator()<FloatCodec<kFloat8E4m3fnFormat>>();
    case ElementType::kFloat8E5m2:
      return use.template operator()<FloatCodec<kFloat8E5m2Format>>();
    case ElementType::kFloat4E2m1fn:
      return use.template operator()<FloatCodec<kFloat4E2m1fnFormat>>();
    case ElementType::kFloat8E8m0fnu:
      return use.template operator()<ScaleCodec>();
    case ElementType::kInt32:
      return use.template operator()<IntegerCodec<std::int32_t>>();
    case ElementType::kUint32:
      return use.template operator()<IntegerCodec<std::uint32_t>>();
    case ElementType::kInt16:
      return use.template operator()<IntegerCodec<std::int16_t>>();
    case ElementType::kUint16:
      return use.template operator()<IntegerCodec<std::uint16_t>>();
    case ElementType::kInt8:
      return use.template operator()<IntegerCodec<std::int8_t>>();
    case ElementType::kUint8:
      return use.template operator()<IntegerCodec<std::uint8_t>>();
    case ElementType::kBool:
      return use.template operator()<BoolCodec>();
    case ElementType::kFloat8E4m3fnX4:
    case ElementType::kFloat8E5m2X4:
    case ElementType::kFloat4E2m1fnX4:
      break;
  }
  SWITCHYARD_CHECK(false, "no codec for {}", name(type));
}

}  // namespace

void decode_values(ElementType type, const void* source, void* values, std::size_t count,
                   VectorWidth width) {
  const auto* from = static_cast<const std::byte*>(source);
  auto* to = static_cast<std::byte*>(values);
  with_codec(type, [&]<class Codec> { run_loop<DecodeLoop<Codec>>(width, from, to, count); });
}

void encode_nearest_values(ElementType type, const void* values, void* destination,
                           std::size_t count, OverflowRule overflow, VectorWidth width) {
  const auto* from = static_cast<const std::byte*>(values);
  auto* to = static_cast<std::byte*>(destination);
  with_codec(type, [&]<class Codec> {
    run_loop<NearestLoop<Codec>>(width, from, to, count, Codec::overflow(overflow));
  });
}

void encode_stochastic_values(ElementType type, const void* values, const std::uint32_t* words,
                              void* destination, std::size_t count, OverflowRule overflow,
                              VectorWidth width) {
  const auto* from = static_cast<const std::byte*>(values);
  auto* to = static_cast<std::byte*>(destination);
  with_codec(type, [&]<class Codec> {
    run_loop<StochasticLoop<Codec>>(width, from, words, to, count, Codec::overflow(overflow));
  });
}

}  // namespace switchyard::numeric
