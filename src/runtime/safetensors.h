// The safetensors format: eight bytes of header length, a JSON header, the tensors' bytes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"

namespace switchyard::runtime {

struct SafeTensor {
  std::filesystem::path file;
  std::string type;  // F32, F16, BF16
  std::vector<std::int64_t> shape;
  std::uint64_t offset = 0, bytes = 0;  // in the file
};

// All tensors of `file` by name. Types other than F32, F16 and BF16 are listed, but not read.
Result<std::map<std::string, SafeTensor>> list_safetensors(const std::filesystem::path& file);

Result<std::vector<float>> read_safetensor(const std::string& name, const SafeTensor& tensor);

}  // namespace switchyard::runtime
