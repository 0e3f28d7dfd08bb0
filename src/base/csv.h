// CSV by RFC 4180, hostile text expected: quoted cells may hold commas, line breaks and doubled
// quotes. The doubled quotes are left as they stand: no column read here can hold one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace switchyard {

inline constexpr std::size_t kCsvRecordBytesMax = std::size_t{16} << 20;
inline constexpr std::size_t kCsvColumnsMax = 1024;

struct CsvRecord {
  std::vector<std::string_view> cells;  // into the text scanned
  std::int64_t line = 0;                // of its first character, from 1
  std::string fault;  // "has a quote that is never closed"; empty: none, and cells are whole
};

class CsvScanner {
 public:
  // `text` must outlive the scanner and its records.
  explicit CsvScanner(std::string_view text) : text_(text) {}

  // The next record that is not blank; false at the end. After a fault the scan goes on with the
  // next line.
  bool next(CsvRecord& record);

 private:
  const char* scan_record(std::vector<std::string_view>& cells);
  const char* scan_plain(std::string_view& cell);
  const char* scan_quoted(std::string_view& cell);

  std::string_view text_;
  std::size_t at_ = 0;
  std::int64_t line_ = 1;
};

// A whole file whose first record names the columns.
class CsvTable {
 public:
  // Refuses an empty text, a faulty header and a column named twice, with file and line.
  static Result<CsvTable> parse(std::string text, const std::string& where);
  // Names ending in .gz are decompressed. Refuses more than `bytes_max` of text.
  static Result<CsvTable> read(const std::filesystem::path& path, std::uint64_t bytes_max);

  // -1: there is no such column.
  int column(std::string_view name) const;
  const std::vector<std::string>& columns() const { return columns_; }
  // All records after the header, in order. One whose number of cells is not the header's has a
  // fault.
  const std::vector<CsvRecord>& records() const { return records_; }

 private:
  std::vector<char> text_;  // a vector, not a string: moving it keeps views valid
  std::vector<std::string> columns_;
  std::vector<CsvRecord> records_;
};

}  // namespace switchyard
