// A CSV file of measurements in memory: header by name, rows with their line numbers.
//
// Hostile input is bounded (file size, columns, line length) and every fault says file:line. Quoted
// fields are read, line breaks inside them are not.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/document.h"
#include "base/result.h"

namespace switchyard::fitting {

inline constexpr std::uint64_t kFileBytesMax = 512ULL << 20;
inline constexpr std::size_t kColumnsMax = 256;
inline constexpr std::size_t kLineBytesMax = 64 << 10;

class Csv {
 public:
  // Gzip by the name's ending.
  static Result<Csv> read(const std::filesystem::path& file);
  static Result<Csv> parse(std::string text, std::string where);

  const std::string& where() const { return where_; }
  bool has(std::string_view column) const { return index_of(column) >= 0; }
  const std::vector<std::string>& columns() const { return columns_; }

  // Moves to the next row; false at the end or at a fault, which `status` tells.
  bool next();
  const Status& status() const { return status_; }
  int line() const { return line_; }

  // Of the current row. An absent optional column is empty.
  std::string_view text(std::string_view column) const;
  std::string_view text_at(int index) const;
  int index_of(std::string_view column) const;

 private:
  Csv(std::string text, std::string where) : text_(std::move(text)), where_(std::move(where)) {}
  bool split_line(std::string_view line, std::vector<std::string_view>& fields);
  bool next_line(std::string_view& line);
  void fault(std::string found, std::string wanted);

  std::string text_, where_;
  std::size_t position_ = 0;
  int line_ = 0;
  std::vector<std::string> columns_;
  std::vector<std::string_view> fields_;
  Status status_;
};

// Reads numbers of the current row and collects faults, `faults_max` of them at most.
class RowReader {
 public:
  RowReader(const Csv& csv, FaultList& faults) : csv_(csv), faults_(faults) {}

  // Finite and in [low, high]; a fault and `low` otherwise.
  double number(const char* column, double low, double high);
  // The same, `fallback` where the column is absent or empty.
  double number_or(const char* column, double fallback, double low, double high);
  void fault(const char* column, std::string found, std::string wanted);
  int faults() const { return count_; }

 private:
  double parse(const char* column, std::string_view text, double low, double high);

  const Csv& csv_;
  FaultList& faults_;
  int count_ = 0;
};

}  // namespace switchyard::fitting
