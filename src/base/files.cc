#include "base/files.h"

#include <zlib.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>
#include <system_error>

#include "base/atomic_file.h"
#include "base/text.h"

namespace switchyard {

namespace fs = std::filesystem;

namespace {

Error io_error(const fs::path& path, std::string found, std::string wanted = "") {
  return {.kind = ErrorKind::kIo,
          .where = path.string(),
          .found = std::move(found),
          .wanted = std::move(wanted)};
}

Status check_readable(const fs::path& path, std::uint64_t bytes_max) {
  std::error_code code;
  const auto status = fs::status(path, code);
  if (!fs::exists(status)) return fail(io_error(path, "no such file"));
  if (fs::is_directory(status)) return fail(io_error(path, "is a directory", "a file"));
  if (!fs::is_regular_file(status)) return {};  // pipes are read within the bound below
  if (const auto size = fs::file_size(path, code); !code && size > bytes_max) {
    return fail(io_error(path, fmt::format("has {} bytes", size),
                         fmt::format("at most {} bytes", bytes_max)));
  }
  return {};
}

}  // namespace

Result<std::string> read_file(const fs::path& path, std::uint64_t bytes_max) {
  SWITCHYARD_TRY_STATUS(check_readable(path, bytes_max));
  std::ifstream in(path, std::ios::binary);
  if (!in) return fail(io_error(path, fmt::format("cannot be opened: {}", std::strerror(errno))));
  std::string text;
  char block[1 << 16];
  while (in.read(block, sizeof block), in.gcount() > 0) {
    text.append(block, static_cast<std::size_t>(in.gcount()));
    if (text.size() > bytes_max) {
      return fail(io_error(path, "is too long", fmt::format("at most {} bytes", bytes_max)));
    }
  }
  if (in.bad()) return fail(io_error(path, "could not be read to its end"));
  return text;
}

Result<std::string> read_text_or_gzip(const fs::path& path, std::uint64_t bytes_max) {
  if (path.extension() != ".gz") return read_file(path, bytes_max);
  SWITCHYARD_TRY_STATUS(check_readable(path, bytes_max));
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> in(gzopen(path.c_str(), "rb"), gzclose);
  if (!in) return fail(io_error(path, "cannot be opened"));
  std::string text;
  std::string block(1 << 18, '\0');
  for (;;) {
    const int count = gzread(in.get(), block.data(), static_cast<unsigned>(block.size()));
    if (count < 0) return fail(io_error(path, "is not valid gzip data", "a .gz file"));
    if (count == 0) break;
    text.append(block, 0, static_cast<std::size_t>(count));
    if (text.size() > bytes_max) {
      return fail(io_error(path, "is too long once decompressed",
                           fmt::format("at most {} bytes", bytes_max)));
    }
  }
  int code = Z_OK;
  gzerror(in.get(), &code);
  if (code != Z_OK) return fail(io_error(path, "is cut short or damaged", "a complete .gz file"));
  return text;
}

Status write_file_atomically(const fs::path& path, std::string_view content) {
  SWITCHYARD_TRY(file, AtomicFile::create(path));
  SWITCHYARD_TRY_STATUS(file.write(content));
  return file.commit();
}

}  // namespace switchyard
