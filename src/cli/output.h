// Where results go: the terminal, a JSON file, an HTML file; and progress while one waits.
#pragma once

#include <functional>
#include <string>

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
  void update(double share);

 private:
  std::string what_;
  double start_s_;
  bool shown_ = false;
};

}  // namespace switchyard::cli
