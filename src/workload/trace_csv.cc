// CSV by RFC 4180: quoted cells may hold commas, line breaks and doubled quotes. The doubled quotes
// are left as they stand: no column read here can hold one.
#include <algorithm>

#include "base/text.h"
#include "workload/trace_rows.h"

namespace switchyard::workload {

namespace {

struct Record {
  std::vector<std::string_view> cells;
  std::int64_t line = 0;  // of its first character
  const char* fault = nullptr;
};

class CsvScanner {
 public:
  explicit CsvScanner(std::string_view text) : text_(text) {}

  // The next record that is not blank; false at the end. After a fault the scan goes on with the
  // next line.
  bool next(Record& record) {
    while (at_ < text_.size() && (text_[at_] == '\n' || text_.substr(at_, 2) == "\r\n")) {
      line_ += text_[at_] == '\n';
      ++at_;
    }
    if (at_ >= text_.size()) return false;
    record.cells.clear();
    record.line = line_;
    const std::size_t begin = at_;
    record.fault = scan_record(record.cells);
    if (!record.fault && at_ - begin > kLineBytesMax) record.fault = "is too long";
    if (record.fault) {
      at_ = std::min(text_.find('\n', begin), text_.size() - 1) + 1;
      line_ = record.line + 1;
    }
    return true;
  }

 private:
  const char* scan_record(std::vector<std::string_view>& cells) {
    for (;;) {
      std::string_view cell;
      const bool quoted = at_ < text_.size() && text_[at_] == '"';
      if (const char* fault = quoted ? scan_quoted(cell) : scan_plain(cell)) return fault;
      if (cells.size() >= kColumnsMax) return "has too many columns";
      cells.push_back(cell);
      if (at_ >= text_.size()) return nullptr;
      if (text_[at_++] == '\n') {
        ++line_;
        return nullptr;
      }
    }
  }

  // Both leave at_ on the separator after the cell.
  const char* scan_plain(std::string_view& cell) {
    const std::size_t begin = at_;
    while (at_ < text_.size() && text_[at_] != ',' && text_[at_] != '\n') {
      if (text_[at_] == '"') return "has a quote within a cell that is not quoted";
      ++at_;
    }
    cell = text_.substr(begin, at_ - begin);
    if (cell.ends_with('\r')) cell.remove_suffix(1);
    return nullptr;
  }

  const char* scan_quoted(std::string_view& cell) {
    const std::string_view bounded = text_.substr(0, at_ + kLineBytesMax);
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

  std::string_view text_;
  std::size_t at_ = 0;
  std::int64_t line_ = 1;
};

}  // namespace

Result<Trace> parse_trace_csv(std::string_view text, const std::string& where, bool skip_bad) {
  CsvScanner scanner(text);
  Record record;
  if (!scanner.next(record)) {
    return fail({.where = where, .found = "is empty", .wanted = "a trace, CSV or JSON lines"});
  }
  const std::string header_where = fmt::format("{}:{}", where, record.line);
  if (record.fault)
    return fail({.where = header_where, .found = record.fault, .wanted = "a CSV header"});
  std::vector<std::string> names;
  for (const auto cell : record.cells) names.emplace_back(trim(cell));
  SWITCHYARD_TRY(columns, recognise_columns(names, header_where));

  RowSink sink(columns, where, skip_bad);
  bool going_on = true;
  while (going_on && scanner.next(record)) {
    if (record.fault) {
      going_on = sink.bad(record.line, "", record.fault, "a CSV row");
    } else if (record.cells.size() != names.size()) {
      going_on = sink.bad(record.line, "", fmt::format("has {} cells", record.cells.size()),
                          fmt::format("{}, as the header", names.size()));
    } else {
      const auto& cells = record.cells;
      Row row = {.line = record.line,
                 .input = cells[static_cast<std::size_t>(columns.input)],
                 .output = cells[static_cast<std::size_t>(columns.output)]};
      if (columns.arrival >= 0) row.arrival = cells[static_cast<std::size_t>(columns.arrival)];
      going_on = sink.add(std::move(row));
    }
  }
  return sink.finish();
}

}  // namespace switchyard::workload
