#include "base/result.h"

#include "base/text.h"

namespace switchyard {

namespace {
std::string one_line(const Error& error) {
  std::string text = error.where;
  const auto append = [&text](std::string_view separator, const std::string& part) {
    if (part.empty()) return;
    if (!text.empty()) text += separator;
    text += part;
  };
  append(": ", error.found);
  if (!error.wanted.empty()) append("; ", "wanted " + error.wanted);
  if (error.hint != "known: " + error.wanted) append(" - ", error.hint);
  return text;
}
}  // namespace

std::string to_text(const Error& error, int lines_max) {
  std::string text = one_line(error);
  int lines = 1;
  for (const Error& next : error.also) {
    if (lines++ >= lines_max) {
      return text +
             fmt::format("\n... and {} more", static_cast<int>(error.also.size()) - lines_max + 1);
    }
    text += "\n" + one_line(next);
  }
  return text;
}

}  // namespace switchyard
