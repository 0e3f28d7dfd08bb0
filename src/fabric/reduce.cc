#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "fabric/ranks.h"
#include "numeric/convert.h"

namespace switchyard::fabric {

namespace {

using numeric::ElementType;

constexpr std::size_t kBlock = 4096;  // elements at a time: sums stay in the first cache

template <class T>
T combine(ReduceOp op, T a, T b) {
  if (op == ReduceOp::kMin) return b < a ? b : a;
  if (op == ReduceOp::kMax) return a < b ? b : a;
  if constexpr (std::is_integral_v<T>) {
    using U = std::make_unsigned_t<T>;
    return static_cast<T>(static_cast<U>(static_cast<U>(a) + static_cast<U>(b)));
  } else {
    return a + b;
  }
}

template <class T>
void combine_all(ReduceOp op, T* into, const T* more, std::size_t count) {
  switch (op) {
    case ReduceOp::kAdd:
      for (std::size_t i = 0; i < count; ++i) into[i] = combine(ReduceOp::kAdd, into[i], more[i]);
      break;
    case ReduceOp::kMin:
      for (std::size_t i = 0; i < count; ++i) into[i] = combine(ReduceOp::kMin, into[i], more[i]);
      break;
    case ReduceOp::kMax:
      for (std::size_t i = 0; i < count; ++i) into[i] = combine(ReduceOp::kMax, into[i], more[i]);
      break;
  }
}

using Sources = std::span<const std::span<const std::uint8_t>>;
using Destinations = std::span<const std::span<std::uint8_t>>;

// In the elements' own type T.
template <class T>
void reduce_plain(ReduceOp op, Sources sources, Destinations destinations) {
  const std::size_t count = sources[0].size() / sizeof(T);
  T sum[kBlock], more[kBlock];
  for (std::size_t at = 0; at < count; at += kBlock) {
    const std::size_t n = std::min(kBlock, count - at);
    std::memcpy(sum, sources[0].data() + at * sizeof(T), n * sizeof(T));
    for (const auto& source : sources.subspan(1)) {
      std::memcpy(more, source.data() + at * sizeof(T), n * sizeof(T));
      combine_all(op, sum, more, n);
    }
    for (const auto& to : destinations) {
      std::memcpy(to.data() + at * sizeof(T), sum, n * sizeof(T));
    }
  }
}

// Through float32.
void reduce_narrow(ReduceOp op, ElementType type, Sources sources, Destinations destinations) {
  const auto bytes = static_cast<std::size_t>(numeric::traits(type).storage_bytes);
  const std::size_t count = sources[0].size() / bytes;
  float sum[kBlock], more[kBlock];
  std::uint8_t narrow[kBlock * 4];
  for (std::size_t at = 0; at < count; at += kBlock) {
    const std::size_t n = std::min(kBlock, count - at);
    numeric::convert(type, sources[0].data() + at * bytes, ElementType::kFloat32, sum, n);
    for (const auto& source : sources.subspan(1)) {
      numeric::convert(type, source.data() + at * bytes, ElementType::kFloat32, more, n);
      combine_all(op, sum, more, n);
    }
    numeric::convert(ElementType::kFloat32, sum, type, narrow, n);
    for (const auto& to : destinations) std::memcpy(to.data() + at * bytes, narrow, n * bytes);
  }
}

}  // namespace

bool can_reduce(ElementType type) {
  const numeric::ElementTraits& t = numeric::traits(type);
  if (type == ElementType::kFloat8E8m0fnu || type == ElementType::kFloat4E2m1fn) return false;
  return t.kind == numeric::ElementKind::kFloat || t.kind == numeric::ElementKind::kInteger;
}

void reduce(ReduceOp op, ElementType type, Sources sources, Destinations destinations) {
  SWITCHYARD_CHECK(!sources.empty());
  if (type == ElementType::kFloat32) return reduce_plain<float>(op, sources, destinations);
  const numeric::ElementTraits& t = numeric::traits(type);
  if (t.kind == numeric::ElementKind::kFloat) {
    return reduce_narrow(op, type, sources, destinations);
  }
  const bool is_signed = t.is_signed;
  switch (t.storage_bytes) {
    case 1:
      return is_signed ? reduce_plain<std::int8_t>(op, sources, destinations)
                       : reduce_plain<std::uint8_t>(op, sources, destinations);
    case 2:
      return is_signed ? reduce_plain<std::int16_t>(op, sources, destinations)
                       : reduce_plain<std::uint16_t>(op, sources, destinations);
    default:
      return is_signed ? reduce_plain<std::int32_t>(op, sources, destinations)
                       : reduce_plain<std::uint32_t>(op, sources, destinations);
  }
}

}  // namespace switchyard::fabric
