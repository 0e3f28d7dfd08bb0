// A file written piece by piece that appears whole or not at all.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"

namespace switchyard {

// Writes to a temporary name beside `path`; commit() renames. Without it the temporary is removed
// and `path` keeps its old content. A device or pipe is written directly.
class AtomicFile {
 public:
  static Result<AtomicFile> create(const std::filesystem::path& path);
  AtomicFile(AtomicFile&& other) noexcept;
  AtomicFile& operator=(AtomicFile&&) = delete;
  ~AtomicFile();

  Status write(std::string_view bytes);
  // The temporary name, for a library that writes by name instead; empty for a device or pipe.
  const std::string& writing_to() const { return temporary_; }
  Status commit();

 private:
  AtomicFile(std::filesystem::path path, std::string temporary, int descriptor)
      : path_(std::move(path)), temporary_(std::move(temporary)), descriptor_(descriptor) {}
  Status give_up(const char* what, int reason);

  std::filesystem::path path_;
  std::string temporary_;  // empty: `path_` itself
  int descriptor_;         // -1: closed
};

}  // namespace switchyard
