#include "report/table.h"

#include <algorithm>

#include "base/check.h"
#include "base/text.h"

namespace switchyard::report {

std::string table(const std::vector<Column>& columns,
                  const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const Column& column : columns) widths.push_back(display_width(column.title));
  for (const auto& row : rows) {
    SWITCHYARD_CHECK(row.size() == columns.size(), "{} cells, {} columns", row.size(),
                     columns.size());
    for (std::size_t c = 0; c < row.size(); ++c) {
      widths[c] = std::max(widths[c], display_width(row[c]));
    }
  }
  std::string out;
  const auto add_line = [&](const auto& cell) {
    std::string line;
    for (std::size_t c = 0; c < columns.size(); ++c) {
      const std::string& text = cell(c);
      const std::string pad(widths[c] - display_width(text), ' ');
      if (c > 0) line += "  ";
      line += columns[c].align == Align::kRight ? pad + text : text + pad;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  };
  add_line([&](std::size_t c) -> const std::string& { return columns[c].title; });
  for (const auto& row : rows) {
    add_line([&](std::size_t c) -> const std::string& { return row[c]; });
  }
  return out;
}

std::string wrap(const std::string& text, std::size_t width, const std::string& indent) {
  const std::size_t first = std::min(text.find_first_not_of(' '), text.size());
  std::string out;
  std::string line = text.substr(0, first);
  bool empty = true;  // no word on the line yet
  for (const std::string_view word : split(std::string_view(text).substr(first), ' ')) {
    if (!empty && display_width(line) + 1 + display_width(word) > width) {
      out += line + "\n";
      line = indent;
      empty = true;
    }
    if (!empty) line += ' ';
    line += word;
    empty = false;
  }
  return out + line + "\n";
}

}  // namespace switchyard::report
