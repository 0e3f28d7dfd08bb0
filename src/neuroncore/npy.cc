#include "neuroncore/npy.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "base/check.h"
#include "base/text.h"
#include "numeric/convert.h"

namespace switchyard::neuroncore {

namespace {

using numeric::ElementKind;
using numeric::ElementTraits;
using numeric::ElementType;

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::size_t kHeaderMax = 1 << 16;

struct NpyHeader {
  std::string descr;
  bool fortran = false;
  std::vector<std::int64_t> shape;
  std::size_t data = 0;  // where the values begin
};

// The header is a Python dict literal with three keys in any order.
class HeaderParser {
 public:
  explicit HeaderParser(std::string_view text) : text_(text) {}

  bool parse(NpyHeader& out) {
    if (!take('{')) return false;
    while (!take('}')) {
      std::string key;
      if (!quoted_text(key) || !take(':')) return false;
      const bool good = key == "descr"           ? quoted_text(out.descr)
                        : key == "fortran_order" ? flag(out.fortran)
                        : key == "shape"         ? shape(out.shape)
                                                 : false;
      if (!good) return false;
      take(',');
    }
    return !out.descr.empty();
  }

 private:
  void skip_blanks() {
    while (!text_.empty() && text_[0] == ' ') text_.remove_prefix(1);
  }
  bool take(char c) {
    skip_blanks();
    if (text_.empty() || text_[0] != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  bool quoted_text(std::string& out) {
    skip_blanks();
    if (text_.empty() || (text_[0] != '\'' && text_[0] != '"')) return false;
    const std::size_t end = text_.find(text_[0], 1);
    if (end == std::string_view::npos) return false;
    out = text_.substr(1, end - 1);
    text_.remove_prefix(end + 1);
    return true;
  }
  bool flag(bool& out) {
    skip_blanks();
    for (const auto& [word, value] : {std::pair{"True", true}, {"False", false}}) {
      if (!text_.starts_with(word)) continue;
      text_.remove_prefix(std::strlen(word));
      out = value;
      return true;
    }
    return false;
  }
  bool shape(std::vector<std::int64_t>& out) {
    if (!take('(')) return false;
    while (!take(')')) {
      skip_blanks();
      std::int64_t extent = -1;
      const auto [end, code] = std::from_chars(text_.data(), text_.data() + text_.size(), extent);
      if (code != std::errc() || extent < 0 || out.size() >= 32) return false;
      text_.remove_prefix(static_cast<std::size_t>(end - text_.data()));
      out.push_back(extent);
      take(',');
    }
    return true;
  }

  std::string_view text_;
};

std::uint32_t little_end(std::string_view bytes) {
  std::uint32_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) {
    value = value << 8 | static_cast<unsigned char>(bytes[i]);
  }
  return value;
}

bool read_header(std::string_view content, NpyHeader& header) {
  if (!content.starts_with(kMagic) || content.size() < 12) return false;
  const auto major = static_cast<unsigned char>(content[6]);
  const std::size_t length_bytes = major == 1 ? 2 : 4;
  if (major < 1 || major > 3) return false;
  const std::size_t length = little_end(content.substr(8, length_bytes));
  header.data = 8 + length_bytes + length;
  if (length > kHeaderMax || header.data > content.size()) return false;
  return HeaderParser(content.substr(8 + length_bytes, length)).parse(header);
}

// NumPy's name for values of `type`, without the byte order; empty: it has none.
std::string numpy_kind(const ElementTraits& traits) {
  switch (traits.type) {
    case ElementType::kFloat32:
    case ElementType::kFloat16:
      return fmt::format("f{}", traits.storage_bytes);
    case ElementType::kBool:
      return "b1";
    default:
      break;
  }
  if (traits.kind != ElementKind::kInteger) return "";
  return fmt::format("{}{}", traits.is_signed ? 'i' : 'u', traits.storage_bytes);
}

std::string shape_text(const std::vector<std::int64_t>& shape) {
  std::vector<std::string> parts;
  for (const std::int64_t extent : shape) parts.push_back(std::to_string(extent));
  return "[" + join(parts, ", ") + "]";
}

std::size_t count_of(const isa::Tensor& tensor) {
  return static_cast<std::size_t>(tensor.partition_elements() * tensor.partitions());
}

}  // namespace

Result<std::vector<std::uint8_t>> from_npy(std::string_view content, const isa::Tensor& tensor,
                                           const std::string& where) {
  NpyHeader header;
  if (!read_header(content, header)) {
    return fail({.where = where, .found = "is not a NumPy array", .wanted = "a .npy file"});
  }
  const ElementTraits& traits = numeric::traits(tensor.type);
  if (header.fortran || header.descr.starts_with('>')) {
    return fail({.where = where,
                 .found = header.fortran ? "is in Fortran order" : "has its big end first",
                 .wanted = "C order, little end first",
                 .hint = "numpy.ascontiguousarray(a).astype(a.dtype.newbyteorder('<'))"});
  }
  if (header.shape != tensor.shape) {
    return fail(
        {.where = where,
         .found = "has shape " + shape_text(header.shape),
         .wanted = fmt::format("{} of tensor {}", shape_text(tensor.shape), quote(tensor.name))});
  }
  const std::string kind =
      header.descr.substr(std::min(header.descr.find_first_not_of("<|="), header.descr.size()));
  const auto size = static_cast<std::size_t>(traits.storage_bytes);
  const bool own = kind == numpy_kind(traits) || kind == fmt::format("V{}", size) ||
                   kind == fmt::format("u{}", size);
  const bool converts = kind == "f4" && traits.kind == ElementKind::kFloat;
  if (!own && !converts) {
    return fail(
        {.where = where,
         .found = "holds " + quote(header.descr),
         .wanted = fmt::format("{}{}, or its bits as u{}", numeric::name(tensor.type),
                               traits.kind == ElementKind::kFloat ? " or float32" : "", size)});
  }
  const std::size_t count = count_of(tensor);
  const std::string_view data = content.substr(header.data);
  const std::size_t wanted = count * (own ? size : sizeof(float));
  if (data.size() != wanted) {
    return fail({.where = where,
                 .found = fmt::format("has {} bytes of values", data.size()),
                 .wanted = fmt::format("{}", wanted)});
  }
  std::vector<std::uint8_t> bytes(count * size);
  if (own) {
    std::memcpy(bytes.data(), data.data(), bytes.size());
  } else {
    numeric::convert(ElementType::kFloat32, data.data(), tensor.type, bytes.data(), count);
  }
  return bytes;
}

std::string to_npy(const isa::Tensor& tensor, const std::vector<std::uint8_t>& bytes) {
  const ElementTraits& traits = numeric::traits(tensor.type);
  const std::size_t count = count_of(tensor);
  SWITCHYARD_CHECK(bytes.size() == count * static_cast<std::size_t>(traits.storage_bytes),
                   "{} bytes for {} values", bytes.size(), count);
  std::string kind = numpy_kind(traits);
  const bool as_float = kind.empty() && traits.kind == ElementKind::kFloat &&
                        tensor.type != ElementType::kFloat8E8m0fnu;
  if (kind.empty()) kind = as_float ? "f4" : fmt::format("u{}", traits.storage_bytes);
  std::string shape;  // "(3,)" has one dim, "(3)" would be a number
  for (const std::int64_t extent : tensor.shape) shape += fmt::format("{},", extent);
  const char order = kind.ends_with('1') ? '|' : '<';
  std::string header = fmt::format("{{'descr': '{}{}', 'fortran_order': False, 'shape': ({}), }}",
                                   order, kind, shape);
  constexpr std::size_t kAlignment = 64;
  const std::size_t before = kMagic.size() + 4 + header.size() + 1;
  header.append((kAlignment - before % kAlignment) % kAlignment, ' ');
  header += '\n';
  std::string out(kMagic);
  out += '\1';
  out += '\0';
  out += static_cast<char>(header.size() & 0xFF);
  out += static_cast<char>(header.size() >> 8 & 0xFF);
  out += header;
  const std::size_t data = out.size();
  if (!as_float) return out.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  out.resize(data + count * sizeof(float));
  numeric::convert(tensor.type, bytes.data(), ElementType::kFloat32, out.data() + data, count);
  return out;
}

}  // namespace switchyard::neuroncore
