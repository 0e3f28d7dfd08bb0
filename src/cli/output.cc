#include "cli/output.h"

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "base/files.h"
#include "base/text.h"
#include "report/json.h"

namespace switchyard::cli {

namespace {

double now_s() {
  const auto since = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration<double>(since).count();
}

Status print(const std::string& text) {
  const bool good = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  if (good && std::fflush(stdout) == 0) return {};
  return fail(
      {.kind = ErrorKind::kIo, .where = "standard output", .found = "could not be written"});
}

}  // namespace

bool colour_wanted() {
  const char* no_colour = std::getenv("NO_COLOR");
  return isatty(STDOUT_FILENO) == 1 && (no_colour == nullptr || *no_colour == '\0');
}

Status emit(const std::string& text, const Json& json, const std::string& json_file) {
  if (json_file == "-") return print(report::to_text(json));
  if (!json_file.empty()) {
    SWITCHYARD_TRY_STATUS(write_file_atomically(json_file, report::to_text(json)));
  }
  return print(text);
}

Progress::Progress(std::string what) : what_(std::move(what)), start_s_(now_s()) {}

Progress::~Progress() {
  if (shown_) std::fprintf(stderr, "\r\x1b[K");
}

void Progress::update(double share, const std::string& more) {
  constexpr double kPatience_s = 2;
  if (isatty(STDERR_FILENO) != 1 || now_s() - start_s_ < kPatience_s) return;
  shown_ = true;
  std::fprintf(stderr, "\r\x1b[K%s: %.0f %%%s%s", what_.c_str(), 100 * share,
               more.empty() ? "" : ", ", more.c_str());
  std::fflush(stderr);
}

Waiting::Waiting(std::string what) : what_(std::move(what)) {
  if (isatty(STDERR_FILENO) == 1) thread_ = std::thread([this] { tick(); });
}

Waiting::~Waiting() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    done_ = true;
  }
  over_.notify_one();
  thread_.join();
}

void Waiting::tick() {
  const double start_s = now_s();
  std::chrono::seconds pause(2);
  std::unique_lock lock(mutex_);
  bool shown = false;
  while (!over_.wait_for(lock, pause, [this] { return done_; })) {
    std::fprintf(stderr, "\r\x1b[K%s: %.0f s", what_.c_str(), now_s() - start_s);
    std::fflush(stderr);
    shown = true;
    pause = std::chrono::seconds(1);
  }
  if (shown) std::fprintf(stderr, "\r\x1b[K");
}

}  // namespace switchyard::cli
