#include "runtime/safetensors.h"

#include <fmt/format.h>

#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/document.h"
#include "base/text.h"
#include "numeric/convert.h"

namespace switchyard::runtime {

namespace {

constexpr std::uint64_t kHeaderBytesMax = 100ULL << 20;
constexpr double kOffsetMax = 9.0e15;

std::int64_t bytes_of_type(const std::string& type) {
  return type == "F32" ? 4 : type == "F16" || type == "BF16" ? 2 : 0;
}

}  // namespace

Result<std::map<std::string, SafeTensor>> list_safetensors(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::error_code code;
  const std::uint64_t size = std::filesystem::file_size(file, code);
  if (!stream || code) {
    return fail({.kind = ErrorKind::kIo, .where = file, .found = "a file that cannot be read"});
  }
  std::uint64_t header_bytes = 0;
  stream.read(reinterpret_cast<char*>(&header_bytes), sizeof header_bytes);
  if (!stream || header_bytes > kHeaderBytesMax || header_bytes + sizeof header_bytes > size) {
    return fail({.where = file,
                 .found = fmt::format("a header of {} bytes in a file of {}", header_bytes, size),
                 .wanted = "a safetensors file"});
  }
  std::string header(header_bytes, '\0');
  stream.read(header.data(), static_cast<std::streamsize>(header_bytes));
  SWITCHYARD_TRY(json, parse_json(header, file));
  FaultList faults;
  std::map<std::string, SafeTensor> out;
  const std::uint64_t base = sizeof header_bytes + header_bytes;
  for (const auto& [name, entry] : json.items()) {
    if (name == "__metadata__") continue;
    ObjectReader reader(entry, fmt::format("{}: {}", file.string(), name), faults);
    SafeTensor tensor{.file = file, .type = reader.string("dtype")};
    const Json* shape = reader.array("shape");
    const Json* offsets = reader.array("data_offsets");
    if (!shape || !offsets) continue;
    std::uint64_t elements = 1;
    for (const Json& dim : *shape) {
      const bool whole = dim.is_number_unsigned() && dim.get<double>() <= kOffsetMax;
      tensor.shape.push_back(whole ? dim.get<std::int64_t>() : 0);
      elements *= static_cast<std::uint64_t>(tensor.shape.back());
    }
    const bool pair = offsets->size() == 2 && (*offsets)[0].is_number_unsigned() &&
                      (*offsets)[1].is_number_unsigned();
    const std::uint64_t begin = pair ? (*offsets)[0].get<std::uint64_t>() : 1;
    const std::uint64_t end = pair ? (*offsets)[1].get<std::uint64_t>() : 0;
    if (begin > end || end > size - base) {
      reader.fault("data_offsets", describe(*offsets), "two rising offsets inside the file");
      continue;
    }
    tensor.offset = base + begin;
    tensor.bytes = end - begin;
    const auto width = static_cast<std::uint64_t>(bytes_of_type(tensor.type));
    if (width > 0 && elements * width != tensor.bytes) {
      reader.fault("data_offsets", fmt::format("{} bytes", tensor.bytes),
                   fmt::format("{} for its shape", elements * width));
    }
    out.emplace(name, std::move(tensor));
  }
  SWITCHYARD_TRY_STATUS(faults.status());
  return out;
}

Result<std::vector<float>> read_safetensor(const std::string& name, const SafeTensor& tensor) {
  const std::int64_t width = bytes_of_type(tensor.type);
  if (width == 0) {
    return fail({.where = fmt::format("{}: {}", tensor.file.string(), name),
                 .found = tensor.type,
                 .wanted = "F32, F16 or BF16"});
  }
  std::vector<std::uint8_t> raw(tensor.bytes);
  std::ifstream stream(tensor.file, std::ios::binary);
  stream.seekg(static_cast<std::streamoff>(tensor.offset));
  stream.read(reinterpret_cast<char*>(raw.data()), static_cast<std::streamsize>(raw.size()));
  if (!stream) {
    return fail({.kind = ErrorKind::kIo,
                 .where = tensor.file,
                 .found = fmt::format("no bytes of {}", quote(name))});
  }
  std::vector<float> out(raw.size() / static_cast<std::size_t>(width));
  using numeric::ElementType;
  const ElementType type = tensor.type == "F32"   ? ElementType::kFloat32
                           : tensor.type == "F16" ? ElementType::kFloat16
                                                  : ElementType::kBfloat16;
  numeric::convert(type, raw.data(), ElementType::kFloat32, out.data(), out.size());
  return out;
}

}  // namespace switchyard::runtime
