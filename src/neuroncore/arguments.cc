#include "neuroncore/arguments.h"

#include <algorithm>
#include <cstring>

#include "base/random.h"
#include "base/text.h"
#include "numeric/convert.h"

namespace switchyard::neuroncore {

namespace {

using numeric::ElementKind;
using numeric::ElementType;

std::uint32_t word_at(const std::uint8_t* bytes, int size) {
  std::uint32_t word = 0;
  std::memcpy(&word, bytes, static_cast<std::size_t>(size));  // little end first
  return word;
}

float random_value(const numeric::ElementTraits& traits, Random& random) {
  if (traits.type == ElementType::kFloat8E8m0fnu) return random.below(2) == 0 ? 1.0f : 0.5f;
  switch (traits.kind) {
    case ElementKind::kInteger:
      return static_cast<float>(random.below(8));
    case ElementKind::kBool:
      return static_cast<float>(random.below(2));
    default:
      return static_cast<float>(2 * random.uniform() - 1);
  }
}

}  // namespace

std::vector<std::uint8_t> random_argument(const isa::Tensor& tensor, std::uint64_t seed) {
  const numeric::ElementTraits& traits = numeric::traits(tensor.type);
  const auto elements = static_cast<std::size_t>(tensor.partition_elements() * tensor.partitions());
  std::vector<std::uint8_t> bytes(elements * static_cast<std::size_t>(traits.storage_bytes));
  const auto lanes = static_cast<std::size_t>(traits.lanes);
  Random random(hash_text(tensor.name, seed));
  constexpr std::size_t kBlock = 4096;
  std::vector<float> values;
  for (std::size_t first = 0; first < elements; first += kBlock) {
    const std::size_t count = std::min(kBlock, elements - first);
    values.resize(count * lanes);
    for (float& value : values) value = random_value(traits, random);
    numeric::convert(ElementType::kFloat32, values.data(), tensor.type,
                     bytes.data() + first * static_cast<std::size_t>(traits.storage_bytes),
                     values.size());
  }
  return bytes;
}

std::string digest(const std::vector<std::uint8_t>& bytes) {
  return fmt::format("{:016x}",
                     hash_text({reinterpret_cast<const char*>(bytes.data()), bytes.size()}));
}

std::vector<std::string> values_text(const isa::Tensor& tensor,
                                     const std::vector<std::uint8_t>& bytes,
                                     std::size_t count_max) {
  const numeric::ElementTraits& traits = numeric::traits(tensor.type);
  const auto size = static_cast<std::size_t>(traits.storage_bytes);
  const auto lanes = static_cast<std::size_t>(traits.lanes);
  std::vector<std::string> out;
  std::vector<float> values(lanes);
  for (std::size_t at = 0; at + size <= bytes.size() && out.size() < count_max; at += size) {
    if (traits.kind == ElementKind::kInteger || traits.kind == ElementKind::kBool) {
      const std::uint32_t word = word_at(bytes.data() + at, traits.storage_bytes);
      const int shift = 32 - traits.bits;
      out.push_back(traits.is_signed
                        ? fmt::format("{}", static_cast<std::int32_t>(word << shift) >> shift)
                        : fmt::format("{}", word));
      continue;
    }
    numeric::convert(tensor.type, bytes.data() + at, ElementType::kFloat32, values.data(), lanes);
    for (const float value : values) out.push_back(fmt::format("{}", value));
  }
  if (out.size() > count_max) out.resize(count_max);
  return out;
}

}  // namespace switchyard::neuroncore
