#include "base/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>
#include <system_error>

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
  const fs::path directory = path.has_parent_path() ? path.parent_path() : fs::path(".");
  std::error_code code;
  if (!fs::is_directory(directory, code)) {
    return fail(io_error(path, fmt::format("there is no directory {}", directory.string()),
                         "an existing directory"));
  }
  if (fs::is_directory(path, code)) return fail(io_error(path, "is a directory", "a file name"));
  if (fs::exists(path, code) &&
      !fs::is_regular_file(path, code)) {  // /dev/stdout, a pipe: nothing to rename over
    std::ofstream out(path, std::ios::binary);
    out.write(content.data(), static_cast<std::streamsize>(content.size())).flush();
    if (!out) return fail(io_error(path, "could not be written"));
    return {};
  }
  std::string temporary = path.string() + ".XXXXXX";
  const int descriptor = mkstemp(temporary.data());
  if (descriptor < 0)
    return fail(io_error(path, fmt::format("cannot be written: {}", std::strerror(errno))));
  bool good = fchmod(descriptor, 0644) == 0;
  std::size_t written = 0;
  while (good && written < content.size()) {
    const ssize_t count = ::write(descriptor, content.data() + written, content.size() - written);
    if (count < 0 && errno == EINTR) continue;
    good = count >= 0;
    written += good ? static_cast<std::size_t>(count) : 0;
  }
  good = good && fsync(descriptor) == 0;
  good = close(descriptor) == 0 && good;
  good = good && std::rename(temporary.c_str(), path.c_str()) == 0;
  if (!good) {
    const int reason = errno;
    unlink(temporary.c_str());
    return fail(io_error(path, fmt::format("could not be written: {}", std::strerror(reason))));
  }
  return {};
}

}  // namespace switchyard
