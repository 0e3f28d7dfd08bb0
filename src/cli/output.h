// Where results go: the terminal, a JSON file, an HTML file; and progress while one waits.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "base/document.h"

namespace switchyard::cli {

// Colour only on a terminal, and not with NO_COLOR set.
bool colour_wanted();

// `text` to standard output unless the JSON goes there; `json` to `json_file` ("-": standard
// output) if not empty.
Status emit(const std::string& text, const Json& json, const std::string& json_file);

// A progress line on standard error once two seconds have passed, if it is a terminal; erased at
// the end.
class Progress {
 public:
  explicit Progress(std::string what);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  // `more` says how far in words of the work.
  void update(double share, const std::string& more = "");

 private:
  std::string what_;
  double start_s_;
  bool shown_ = false;
};

// The same for work that cannot say how far it is: what goes on and for how long already.
class Waiting {
 public:
  explicit Waiting(std::string what);
  ~Waiting();
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;

 private:
  void tick();

  std::string what_;
  std::mutex mutex_;
  std::condition_variable over_;
  bool done_ = false;
  std::thread thread_;  // only if someone can see it
};

}  // namespace switchyard::cli
