#include "base/csv.h"
#include "base/text.h"
#include "workload/trace_rows.h"

namespace switchyard::workload {

Result<Trace> parse_trace_csv(std::string_view text, const std::string& where, bool skip_bad) {
  CsvScanner scanner(text);
  CsvRecord record;
  if (!scanner.next(record)) {
    return fail({.where = where, .found = "is empty", .wanted = "a trace, CSV or JSON lines"});
  }
  const std::string header_where = fmt::format("{}:{}", where, record.line);
  if (!record.fault.empty())
    return fail({.where = header_where, .found = record.fault, .wanted = "a CSV header"});
  std::vector<std::string> names;
  for (const auto cell : record.cells) names.emplace_back(trim(cell));
  SWITCHYARD_TRY(columns, recognise_columns(names, header_where));

  RowSink sink(columns, where, skip_bad);
  bool going_on = true;
  while (going_on && scanner.next(record)) {
    if (!record.fault.empty()) {
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
