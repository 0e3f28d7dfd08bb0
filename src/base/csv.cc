#include "base/csv.h"

#include <algorithm>

#include "base/files.h"
#include "base/text.h"

namespace switchyard {

bool CsvScanner::next(CsvRecord& record) {
  while (at_ < text_.size() && (text_[at_] == '\n' || text_.substr(at_, 2) == "\r\n")) {
    line_ += text_[at_] == '\n';
    ++at_;
  }
  if (at_ >= text_.size()) return false;
  record.cells.clear();
  record.fault.clear();
  record.line = line_;
  const std::size_t begin = at_;
  const char* fault = scan_record(record.cells);
  if (!fault && at_ - begin > kCsvRecordBytesMax) fault = "is too long";
  if (fault) {
    record.fault = fault;
    at_ = std::min(text_.find('\n', begin), text_.size() - 1) + 1;
    line_ = record.line + 1;
  }
  return true;
}

const char* CsvScanner::scan_record(std::vector<std::string_view>& cells) {
  for (;;) {
    std::string_view cell;
    const bool quoted = at_ < text_.size() && text_[at_] == '"';
    if (const char* fault = quoted ? scan_quoted(cell) : scan_plain(cell)) return fault;
    if (cells.size() >= kCsvColumnsMax) return "has too many columns";
    cells.push_back(cell);
    if (at_ >= text_.size()) return nullptr;
    if (text_[at_++] == '\n') {
      ++line_;
      return nullptr;
    }
  }
}

// Both leave at_ on the separator after the cell.
const char* CsvScanner::scan_plain(std::string_view& cell) {
  const std::size_t begin = at_;
  while (at_ < text_.size() && text_[at_] != ',' && text_[at_] != '\n') {
    if (text_[at_] == '"') return "has a quote within a cell that is not quoted";
    ++at_;
  }
  cell = text_.substr(begin, at_ - begin);
  if (cell.ends_with('\r')) cell.remove_suffix(1);
  return nullptr;
}

const char* CsvScanner::scan_quoted(std::string_view& cell) {
  const std::string_view bounded = text_.substr(0, at_ + kCsvRecordBytesMax);
  const std::size_t begin = at_ + 1;
  std::size_t close = bounded.find('"', begin);
  while (close != std::string_view::npos && bounded.substr(close, 2) == "\"\"")
    close = bounded.find('"', close + 2);
  if (close == std::string_view::npos) return "has a quote that is never closed";
  cell = text_.substr(begin, close - begin);
  line_ += std::count(cell.begin(), cell.end(), '\n');
  at_ = close + 1;
  if (text_.substr(at_, 2) == "\r\n") ++at_;
  if (at_ < text_.size() && text_[at_] != ',' && text_[at_] != '\n')
    return "has text after a closing quote";
  return nullptr;
}

Result<CsvTable> CsvTable::parse(std::string text, const std::string& where) {
  CsvTable table;
  table.text_.assign(text.begin(), text.end());
  CsvScanner scanner({table.text_.data(), table.text_.size()});
  CsvRecord header;
  if (!scanner.next(header)) {
    return fail({.where = where, .found = "is empty", .wanted = "a CSV table"});
  }
  const std::string header_where = fmt::format("{}:{}", where, header.line);
  if (!header.fault.empty()) {
    return fail({.where = header_where, .found = header.fault, .wanted = "a CSV header"});
  }
  for (const std::string_view cell : header.cells) {
    const std::string name(trim(cell));
    if (table.column(name) >= 0 && !name.empty()) {
      return fail({.where = header_where,
                   .found = "names column " + quote(name) + " twice",
                   .wanted = "a name for each"});
    }
    table.columns_.push_back(name);
  }
  CsvRecord record;
  while (scanner.next(record)) {
    if (record.fault.empty() && record.cells.size() != table.columns_.size()) {
      record.fault =
          fmt::format("has {} cells, the header {}", record.cells.size(), table.columns_.size());
    }
    table.records_.push_back(record);
  }
  return table;
}

Result<CsvTable> CsvTable::read(const std::filesystem::path& path, std::uint64_t bytes_max) {
  SWITCHYARD_TRY(text, read_text_or_gzip(path, bytes_max));
  return parse(std::move(text), path.string());
}

int CsvTable::column(std::string_view name) const {
  const auto found = std::find(columns_.begin(), columns_.end(), name);
  return found == columns_.end() ? -1 : static_cast<int>(found - columns_.begin());
}

}  // namespace switchyard
