// The rows of a CSV table one after another, numbers checked: every fault says file:line: column.
#pragma once

#include <string>
#include <string_view>

#include "base/csv.h"
#include "base/document.h"

namespace switchyard::fitting {

// At most kFaultsMax faults are kept, all of them counted.
class Rows {
 public:
  // The table must outlive this.
  Rows(const CsvTable& table, std::string where, FaultList& faults)
      : table_(table), where_(std::move(where)), faults_(faults) {}

  // Moves to the next whole row; broken ones become faults.
  bool next();

  bool has(std::string_view column) const { return table_.column(column) >= 0; }
  // Trimmed; empty where the column is absent.
  std::string_view text(std::string_view column) const;
  // Finite and in [low, high]; a fault and `low` otherwise.
  double number(const char* column, double low, double high);
  // The same, `fallback` where the column is absent or empty.
  double number_or(const char* column, double fallback, double low, double high);
  void fault(const char* column, std::string found, std::string wanted);

 private:
  double parse(const char* column, std::string_view text, double low, double high);

  const CsvTable& table_;
  std::string where_;
  FaultList& faults_;
  int count_ = 0;
  std::size_t next_ = 0;
  const CsvRecord* row_ = nullptr;
};

}  // namespace switchyard::fitting
