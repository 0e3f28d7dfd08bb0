#include "report/csv_records.h"

#include <fmt/compile.h>
#include <fmt/format.h>

#include <iterator>

#include "report/record_table.h"

namespace switchyard::report {

Result<std::unique_ptr<CsvRecords>> CsvRecords::create(const std::string& path, workload::Slo slo) {
  SWITCHYARD_TRY(file, AtomicFile::create(path));
  std::unique_ptr<CsvRecords> records(new CsvRecords(std::move(file), slo));
  for (const RecordColumn& column : kRecordColumns) {
    if (!records->buffer_.empty()) records->buffer_ += ',';
    records->buffer_ += column.name;
  }
  records->buffer_ += '\n';
  return records;
}

void CsvRecords::finished(const workload::RequestRecord& record) {
  const auto cells = record_cells(record, slo_);
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (i > 0) buffer_ += ',';
    const RecordCell& cell = cells[i];
    if (cell.empty) continue;
    switch (kRecordColumns[i].kind) {
      case ColumnKind::kInteger:
        fmt::format_to(std::back_inserter(buffer_), FMT_COMPILE("{}"), cell.integer);
        break;
      case ColumnKind::kReal:
        fmt::format_to(std::back_inserter(buffer_), FMT_COMPILE("{:.9g}"), cell.real);
        break;
      case ColumnKind::kText:
        buffer_ += cell.text;
        break;
    }
  }
  buffer_ += '\n';
  constexpr std::size_t kPiece = 1 << 16;
  if (buffer_.size() >= kPiece) flush();
}

void CsvRecords::flush() {
  if (written_) written_ = file_.write(buffer_);
  buffer_.clear();
}

Status CsvRecords::commit() {
  flush();
  SWITCHYARD_TRY_STATUS(std::move(written_));
  return file_.commit();
}

}  // namespace switchyard::report
