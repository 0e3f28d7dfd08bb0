#include "neuroncore/arguments.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "base/text.h"
#include "neuroncore/npy.h"
#include "numeric/convert.h"

namespace switchyard::neuroncore {
namespace {

using numeric::ElementType;

isa::Tensor tensor(ElementType type, std::vector<std::int64_t> shape) {
  return {.name = "x", .buffer = isa::Buffer::kHbm, .type = type, .shape = std::move(shape)};
}

std::string npy(std::string header, std::string_view data, int major = 1) {
  std::string out = "\x93NUMPY";
  out += static_cast<char>(major);
  out += '\0';
  header += '\n';
  const std::size_t bytes = major == 1 ? 2 : 4;
  for (std::size_t i = 0; i < bytes; ++i) out += static_cast<char>(header.size() >> (8 * i) & 0xFF);
  return out + header + std::string(data);
}

TEST(Npy, EveryTypeComesBackAsItWent) {
  for (const numeric::ElementTraits& traits : numeric::element_types()) {
    if (traits.storage_bytes == 0 || traits.type == ElementType::kFloat4E2m1fn) continue;
    const isa::Tensor t = tensor(traits.type, {3, 8});
    const auto bytes = random_argument(t, 7);
    const auto back = from_npy(to_npy(t, bytes), t, "f");
    ASSERT_TRUE(back) << traits.name << to_text(back.error());
    EXPECT_EQ(*back, bytes) << traits.name;
  }
}

TEST(Npy, TakesFloat32ForNarrowTypesAndBitsForAll) {
  const float values[] = {1.0f, 1.00390625f};  // halfway between two bfloat16: to even
  const std::string_view data(reinterpret_cast<const char*>(values), sizeof values);
  const isa::Tensor t = tensor(ElementType::kBfloat16, {2});
  const std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }";
  for (const int major : {1, 2, 3}) {
    const auto bytes = from_npy(npy(header, data, major), t, "f");
    ASSERT_TRUE(bytes);
    EXPECT_EQ(*bytes, (std::vector<std::uint8_t>{0x80, 0x3f, 0x80, 0x3f}));
  }
  for (const char* type : {"|V2", "<u2"}) {
    const auto bits = from_npy(
        npy(fmt::format("{{'shape': (2,), 'fortran_order': False, 'descr': '{}'}}", type), "abcd"),
        t, "f");
    ASSERT_TRUE(bits) << type;
    EXPECT_EQ((*bits)[3], 'd');
  }
}

TEST(Npy, NamesWhatIsWrong) {
  const isa::Tensor t = tensor(ElementType::kFloat32, {2});
  const auto found = [&](const std::string& content) {
    const auto result = from_npy(content, t, "f");
    return result ? "fine" : result.error().found;
  };
  const auto header = [](std::string_view descr, std::string_view order, std::string_view shape) {
    return fmt::format("{{'descr': '{}', 'fortran_order': {}, 'shape': {}, }}", descr, order,
                       shape);
  };
  EXPECT_EQ(found(npy(header("<f4", "False", "(2,)"), "12345678")), "fine");
  EXPECT_EQ(found(npy(header("<f4", "False", "(2,)"), "1234567")), "has 7 bytes of values");
  EXPECT_EQ(found(npy(header("<f4", "False", "(1, 2)"), "12345678")), "has shape [1, 2]");
  EXPECT_EQ(found(npy(header("<f4", "True", "(2,)"), "12345678")), "is in Fortran order");
  EXPECT_EQ(found(npy(header(">f4", "False", "(2,)"), "12345678")), "has its big end first");
  EXPECT_EQ(found(npy(header("<i4", "False", "(2,)"), "12345678")), "holds \"<i4\"");
  EXPECT_EQ(found(npy(header("<", "False", "(2,)"), "12345678")), "holds \"<\"");
  const std::string good = npy(header("<f4", "False", "(2,)"), "");
  for (std::size_t length = 0; length < good.size(); ++length) {
    EXPECT_NE(found(good.substr(0, length)), "fine") << length;
  }
  for (const char* text :
       {"", "{", "{'descr': }", "{'shape': (-1,)}", "{'shape': (9999999999999999999,)}",
        "{'other': 1}", "{'descr': '<f4' 'shape': (2,"}) {
    EXPECT_EQ(found(npy(text, "12345678")), "is not a NumPy array") << text;
  }
}

TEST(Arguments, DefaultsDependOnSeedAndNameAlone) {
  isa::Tensor t = tensor(ElementType::kFloat32, {64});
  const auto first = random_argument(t, 1);
  EXPECT_EQ(first, random_argument(t, 1));
  EXPECT_NE(first, random_argument(t, 2));
  t.name = "y";
  EXPECT_NE(first, random_argument(t, 1));
  EXPECT_EQ(digest(first).size(), 16u);
  EXPECT_NE(digest(first), digest(random_argument(t, 1)));
  for (std::size_t i = 0; i < 64; ++i) {
    float value = 0;
    std::memcpy(&value, first.data() + 4 * i, 4);
    EXPECT_TRUE(value >= -1 && value <= 1);
  }
}

TEST(Arguments, ValuesReadWell) {
  const std::uint8_t bytes[] = {0xff, 0xff, 0xff, 0xff, 1, 0, 0, 0};
  const std::vector<std::uint8_t> both(std::begin(bytes), std::end(bytes));
  EXPECT_EQ(values_text(tensor(ElementType::kInt32, {2}), both, 9),
            (std::vector<std::string>{"-1", "1"}));
  EXPECT_EQ(values_text(tensor(ElementType::kUint32, {2}), both, 1),
            (std::vector<std::string>{"4294967295"}));
  EXPECT_EQ(values_text(tensor(ElementType::kInt8, {8}), both, 5).back(), "1");
  const std::vector<std::uint8_t> half = {0x00, 0x3f, 0xc0, 0x7f};
  EXPECT_EQ(values_text(tensor(ElementType::kBfloat16, {2}), half, 9),
            (std::vector<std::string>{"0.5", "nan"}));
}

}  // namespace
}  // namespace switchyard::neuroncore
