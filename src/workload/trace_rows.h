// Shared by the CSV and the JSONL reader of traces: the formats known, and the sink that checks
// rows and collects requests. Not for use outside this folder.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/csv.h"
#include "base/result.h"
#include "workload/trace.h"

namespace switchyard::workload {

inline constexpr std::size_t kLineBytesMax = kCsvRecordBytesMax;
inline constexpr std::size_t kColumnsMax = kCsvColumnsMax;

struct TraceFormat {
  std::string name;
  std::string arrival, input, output;  // columns
  double arrival_unit_ns;              // 0: date and time as text
  bool arrival_optional;
  std::string marker = {};  // a further column, telling apart formats of the same columns
  int block_tokens = 0;     // of the key hash_ids
};

// A format and where its columns stand.
struct Columns {
  const TraceFormat* format = nullptr;
  int arrival = -1;  // -1: there is none
  int input = 0, output = 0;
};

// Case is ignored. The error lists the formats known.
Result<Columns> recognise_columns(std::span<const std::string> names, const std::string& where);

// A value as it stands in the file: nothing, a number, or text yet to be read.
using Cell = std::variant<std::monostate, double, std::string_view>;

struct Row {
  std::int64_t line = 0;
  Cell arrival, input, output;
  std::vector<std::int64_t> prefix_blocks;
};

// Seconds and fractions since 1970 in ns, from "2023-11-16 18:15:46.6805900" with optional T, Z and
// +hh:mm. False if it is no such text.
bool parse_date_time(std::string_view text, std::int64_t& nanoseconds);

class RowSink {
 public:
  RowSink(const Columns& columns, std::string where, bool skip_bad);
  // Both return whether to go on reading.
  bool add(Row row);
  bool bad(std::int64_t line, std::string_view column, std::string found, std::string wanted);
  // The requests by arrival, or why there are none. Call once.
  Result<Trace> finish();

 private:
  bool read_tokens(const Row& row, const Cell& cell, const std::string& column, std::int64_t& out);
  bool read_arrival(const Row& row, std::int64_t& out);
  bool going_on() const;
  void sort_by_arrival();

  const TraceFormat* format_;
  std::string where_;
  bool skip_bad_;
  bool too_many_ = false;
  Trace trace_;
  std::vector<std::int64_t> arrivals_ns_;  // parallel to the requests: doubles lose the fraction
};

Result<Trace> parse_trace_csv(std::string_view text, const std::string& where, bool skip_bad);
Result<Trace> parse_trace_jsonl(std::string_view text, const std::string& where, bool skip_bad);

}  // namespace switchyard::workload
