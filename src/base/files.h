// Files of the user: read within a bound, written whole or not at all.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"

namespace switchyard {

inline constexpr std::uint64_t kConfigBytesMax = 8ULL
                                                 << 20;  // configs and catalog files are kilobytes

// The whole file. Refuses directories, devices and files over `bytes_max`.
Result<std::string> read_file(const std::filesystem::path& path,
                              std::uint64_t bytes_max = kConfigBytesMax);

// Like read_file; a name ending in .gz is decompressed, `bytes_max` bounds the decompressed text.
Result<std::string> read_text_or_gzip(const std::filesystem::path& path, std::uint64_t bytes_max);

// Writes to a temporary name beside `path`, then renames: `path` holds the old content or the new,
// never a part.
Status write_file_atomically(const std::filesystem::path& path, std::string_view content);

}  // namespace switchyard
