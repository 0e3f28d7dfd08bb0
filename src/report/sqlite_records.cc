#include "report/sqlite_records.h"

#include <sqlite3.h>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "report/record_table.h"
#include "report/service_report.h"

namespace switchyard::report {

namespace {

std::string create_table() {
  std::string sql = "CREATE TABLE requests (";
  for (const RecordColumn& column : kRecordColumns) {
    if (&column != kRecordColumns.data()) sql += ", ";
    sql += column.name;
    sql += column.kind == ColumnKind::kInteger ? " INTEGER"
           : column.kind == ColumnKind::kReal  ? " REAL"
                                               : " TEXT";
    if (column.name == "id") sql += " PRIMARY KEY";
  }
  return sql + ")";
}

std::string insert_row() {
  std::string sql = "INSERT INTO requests VALUES (?";
  for (std::size_t i = 1; i < kRecordColumns.size(); ++i) sql += ",?";
  return sql + ")";
}

void bind(sqlite3_stmt* statement, int place, const RecordCell& cell, ColumnKind kind) {
  if (cell.empty) {
    sqlite3_bind_null(statement, place);
  } else if (kind == ColumnKind::kInteger) {
    sqlite3_bind_int64(statement, place, cell.integer);
  } else if (kind == ColumnKind::kReal) {
    sqlite3_bind_double(statement, place, cell.real);
  } else {
    sqlite3_bind_text(statement, place, cell.text.data(), static_cast<int>(cell.text.size()),
                      SQLITE_STATIC);
  }
}

}  // namespace

Result<std::unique_ptr<SqliteRecords>> SqliteRecords::create(const std::string& path,
                                                             workload::Slo slo) {
  SWITCHYARD_TRY(file, AtomicFile::create(path));
  if (file.writing_to().empty()) {
    return fail({.kind = ErrorKind::kIo,
                 .where = path,
                 .found = "is a device or a pipe",
                 .wanted = "a file for the database"});
  }
  std::unique_ptr<SqliteRecords> records(new SqliteRecords(std::move(file), path, slo));
  SWITCHYARD_TRY_STATUS(records->open());
  return records;
}

SqliteRecords::~SqliteRecords() {
  sqlite3_finalize(insert_);
  sqlite3_close(database_);
}

tl::unexpected<Error> SqliteRecords::failure() const {
  return fail({.kind = ErrorKind::kIo,
               .where = path_,
               .found = fmt::format("could not be written: {}", sqlite3_errmsg(database_))});
}

Status SqliteRecords::execute(const std::string& sql) {
  if (sqlite3_exec(database_, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK) return {};
  return failure();
}

// The file is new and renamed when whole, so SQLite need not guard it.
Status SqliteRecords::open() {
  if (sqlite3_open(file_.writing_to().c_str(), &database_) != SQLITE_OK) return failure();
  for (const std::string& sql :
       {std::string("PRAGMA journal_mode = OFF"), std::string("PRAGMA synchronous = OFF"),
        create_table(), std::string("BEGIN")}) {
    SWITCHYARD_TRY_STATUS(execute(sql));
  }
  if (sqlite3_prepare_v2(database_, insert_row().c_str(), -1, &insert_, nullptr) != SQLITE_OK) {
    return failure();
  }
  return {};
}

void SqliteRecords::finished(const workload::RequestRecord& record) {
  if (!written_) return;
  const auto cells = record_cells(record, slo_);
  for (std::size_t i = 0; i < cells.size(); ++i) {
    bind(insert_, static_cast<int>(i) + 1, cells[i], kRecordColumns[i].kind);
  }
  if (sqlite3_step(insert_) != SQLITE_DONE) written_ = failure();
  sqlite3_reset(insert_);
}

Status SqliteRecords::commit(const planner::ServiceRun& run) {
  SWITCHYARD_TRY_STATUS(std::move(written_));
  SWITCHYARD_TRY_STATUS(
      execute("CREATE TABLE run (summary_json TEXT, dollars_per_chip_joule REAL, "
              "utility_joules_per_chip_joule REAL)"));
  sqlite3_stmt* summary = nullptr;
  if (sqlite3_prepare_v2(database_, "INSERT INTO run VALUES (?,?,?)", -1, &summary, nullptr) !=
      SQLITE_OK) {
    return failure();
  }
  // Names come from the user's files: bytes that are not UTF-8 are replaced, not thrown at.
  const std::string json =
      service_json(run, false).dump(-1, ' ', false, Json::error_handler_t::replace);
  sqlite3_bind_text(summary, 1, json.data(), static_cast<int>(json.size()), SQLITE_STATIC);
  sqlite3_bind_double(summary, 2, run.bill.dollars_per_chip_joule);
  sqlite3_bind_double(summary, 3, run.bill.utility_joules_per_chip_joule);
  const bool added = sqlite3_step(summary) == SQLITE_DONE;
  sqlite3_finalize(summary);
  if (!added) return failure();
  SWITCHYARD_TRY_STATUS(
      execute("CREATE VIEW request_costs AS SELECT id, "
              "chip_joules * dollars_per_chip_joule AS dollars, "
              "chip_joules * utility_joules_per_chip_joule AS utility_joules "
              "FROM requests, run"));
  SWITCHYARD_TRY_STATUS(execute("COMMIT"));
  sqlite3_finalize(insert_);
  insert_ = nullptr;
  const bool closed = sqlite3_close(database_) == SQLITE_OK;
  database_ = nullptr;
  if (!closed) {
    return fail({.kind = ErrorKind::kIo, .where = path_, .found = "could not be written"});
  }
  return file_.commit();
}

}  // namespace switchyard::report
