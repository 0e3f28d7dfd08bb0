// Plain text tables for the terminal: columns aligned by display width.
#pragma once

#include <string>
#include <vector>

namespace switchyard::report {

enum class Align { kLeft, kRight };

struct Column {
  std::string title;
  Align align = Align::kRight;
};

// Titles, then rows; two spaces between columns, no trailing blanks. Contract: every row has one
// cell a column.
std::string table(const std::vector<Column>& columns,
                  const std::vector<std::vector<std::string>>& rows);

// Breaks text at blanks so that lines are at most `width` columns. Leading blanks of the text stay;
// later lines get `indent`.
std::string wrap(const std::string& text, std::size_t width, const std::string& indent);

}  // namespace switchyard::report
