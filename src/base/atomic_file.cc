#include "base/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <system_error>

#include "base/check.h"

namespace switchyard {

namespace fs = std::filesystem;

namespace {

tl::unexpected<Error> io_error(const fs::path& path, std::string found, std::string wanted = "") {
  return fail({.kind = ErrorKind::kIo,
               .where = path.string(),
               .found = std::move(found),
               .wanted = std::move(wanted)});
}

}  // namespace

Result<AtomicFile> AtomicFile::create(const fs::path& path) {
  const fs::path directory = path.has_parent_path() ? path.parent_path() : fs::path(".");
  std::error_code code;
  if (!fs::is_directory(directory, code)) {
    return io_error(path, fmt::format("there is no directory {}", directory.string()),
                    "an existing directory");
  }
  if (fs::is_directory(path, code)) return io_error(path, "is a directory", "a file name");
  const bool direct = fs::exists(path, code) && !fs::is_regular_file(path, code);
  std::string temporary = direct ? "" : path.string() + ".XXXXXX";
  const int descriptor =
      direct ? open(path.c_str(), O_WRONLY | O_CLOEXEC) : mkstemp(temporary.data());
  if (descriptor < 0) {
    return io_error(path, fmt::format("cannot be written: {}", std::strerror(errno)));
  }
  return AtomicFile(path, std::move(temporary), descriptor);
}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : path_(std::move(other.path_)),
      temporary_(std::move(other.temporary_)),
      descriptor_(other.descriptor_) {
  other.descriptor_ = -1;
  other.temporary_.clear();
}

AtomicFile::~AtomicFile() {
  if (descriptor_ >= 0) close(descriptor_);
  if (!temporary_.empty()) unlink(temporary_.c_str());
}

Status AtomicFile::give_up(const char* what, int reason) {
  return io_error(path_, fmt::format("{}: {}", what, std::strerror(reason)));
}

Status AtomicFile::write(std::string_view bytes) {
  SWITCHYARD_CHECK(descriptor_ >= 0, "{} is closed", path_.string());
  while (!bytes.empty()) {
    const ssize_t count = ::write(descriptor_, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return give_up("could not be written", errno);
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return {};
}

Status AtomicFile::commit() {
  SWITCHYARD_CHECK(descriptor_ >= 0, "{} is closed", path_.string());
  const bool renames = !temporary_.empty();
  bool good = !renames || (fchmod(descriptor_, 0644) == 0 && fsync(descriptor_) == 0);
  good = close(descriptor_) == 0 && good;
  descriptor_ = -1;
  good = good && (!renames || std::rename(temporary_.c_str(), path_.c_str()) == 0);
  if (!good) return give_up("could not be written", errno);
  temporary_.clear();
  return {};
}

}  // namespace switchyard
