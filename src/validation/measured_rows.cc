#include "validation/measured_rows.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <system_error>

#include "base/csv.h"
#include "base/files.h"
#include "base/text.h"

namespace switchyard::validation {

namespace {

constexpr std::uint64_t kTableBytesMax = 256ULL << 20;
constexpr double kNumberMax = 1e12;

struct TextColumn {
  const char* name;
  std::string MeasuredRow::* cell;
};
constexpr TextColumn kTexts[] = {{"row_id", &MeasuredRow::row_id},
                                 {"source_set", &MeasuredRow::source_set},
                                 {"platform", &MeasuredRow::platform},
                                 {"model", &MeasuredRow::model},
                                 {"precision", &MeasuredRow::precision},
                                 {"mode", &MeasuredRow::mode},
                                 {"parallelism", &MeasuredRow::parallelism},
                                 {"engine", &MeasuredRow::engine},
                                 {"chip_count_basis", &MeasuredRow::chip_count_basis},
                                 {"workload", &MeasuredRow::workload},
                                 {"spec_decode", &MeasuredRow::spec_decode},
                                 {"power_scope", &MeasuredRow::power_scope},
                                 {"quality", &MeasuredRow::quality},
                                 {"notes", &MeasuredRow::notes}};

struct NumberColumn {
  const char* name;
  double MeasuredRow::* cell;
};
constexpr NumberColumn kNumbers[] = {{"chip_count", &MeasuredRow::chip_count},
                                     {"isl", &MeasuredRow::isl},
                                     {"osl", &MeasuredRow::osl},
                                     {"concurrency", &MeasuredRow::concurrency},
                                     {"request_rate", &MeasuredRow::request_rate},
                                     {"batch_size", &MeasuredRow::batch_size},
                                     {"total_tok_s", &MeasuredRow::total_tok_s},
                                     {"output_tok_s", &MeasuredRow::output_tok_s},
                                     {"output_tok_s_per_chip", &MeasuredRow::output_tok_s_per_chip},
                                     {"req_s", &MeasuredRow::req_s},
                                     {"ttft_ms", &MeasuredRow::ttft_ms},
                                     {"tpot_ms", &MeasuredRow::tpot_ms},
                                     {"tpot_p99_ms", &MeasuredRow::tpot_p99_ms},
                                     {"itl_ms", &MeasuredRow::itl_ms},
                                     {"power_w_total", &MeasuredRow::power_w_total},
                                     {"power_w_per_chip", &MeasuredRow::power_w_per_chip}};

bool read_number(std::string_view text, double& out) {
  if (text.empty()) return true;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size() && out >= 0 && out <= kNumberMax;
}

// Where the columns wanted stand in one table, or -1.
struct Columns {
  int texts[std::size(kTexts)];
  int numbers[std::size(kNumbers)];

  explicit Columns(const CsvTable& table) {
    for (std::size_t i = 0; i < std::size(kTexts); ++i) texts[i] = table.column(kTexts[i].name);
    for (std::size_t i = 0; i < std::size(kNumbers); ++i) {
      numbers[i] = table.column(kNumbers[i].name);
    }
  }
};

std::string_view cell_of(const CsvRecord& record, int column) {
  return column < 0 ? std::string_view() : trim(record.cells[static_cast<std::size_t>(column)]);
}

// What is wrong with the record; empty when `row` holds it.
std::string read_row(const CsvRecord& record, const Columns& columns, MeasuredRow& row) {
  if (!record.fault.empty()) return record.fault;
  for (std::size_t i = 0; i < std::size(kTexts); ++i) {
    row.*kTexts[i].cell = cell_of(record, columns.texts[i]);
  }
  for (std::size_t i = 0; i < std::size(kNumbers); ++i) {
    const std::string_view text = cell_of(record, columns.numbers[i]);
    if (!read_number(text, row.*kNumbers[i].cell)) {
      return fmt::format("{} is {}, wanted a number from 0 to 1e12", kNumbers[i].name, quote(text));
    }
  }
  return {};
}

bool is_table(const std::filesystem::path& path) {
  const std::string name = to_lower(path.filename().string());
  return name.ends_with(".csv") || name.ends_with(".csv.gz");
}

}  // namespace

Result<Measurements> parse_measurements(std::string text, const std::string& file) {
  SWITCHYARD_TRY(table, CsvTable::parse(std::move(text), file));
  for (const char* name : {"platform", "model"}) {
    if (table.column(name) < 0) {
      return fail({.where = file,
                   .found = fmt::format("has no column {}", name),
                   .wanted = "an end-to-end table: platform, model, engine, tpot_ms ..."});
    }
  }
  const Columns columns(table);
  Measurements out;
  for (const CsvRecord& record : table.records()) {
    MeasuredRow row{.file = file, .line = record.line};
    const std::string fault = read_row(record, columns, row);
    if (fault.empty()) {
      out.rows.push_back(std::move(row));
    } else {
      out.malformed.push_back(fmt::format("{}:{}: {}", file, record.line, fault));
    }
  }
  return out;
}

Result<Measurements> read_measurements(const std::filesystem::path& directory) {
  std::error_code error;
  std::vector<std::filesystem::path> files;
  for (std::filesystem::directory_iterator it(directory, error), end; !error && it != end;
       it.increment(error)) {
    if (!it->is_directory(error)) files.push_back(it->path());
  }
  if (error) {
    return fail({.kind = ErrorKind::kIo,
                 .where = directory.string(),
                 .found = error.message(),
                 .wanted = "a directory of CSV tables"});
  }
  std::sort(files.begin(), files.end());
  Measurements all;
  bool any = false;
  for (const auto& path : files) {
    const std::string name = path.filename().string();
    if (!is_table(path)) {
      all.skipped_files.push_back({name, "no CSV file"});
      continue;
    }
    auto text = read_text_or_gzip(path, kTableBytesMax);
    auto one = text ? parse_measurements(std::move(*text), name)
                    : Result<Measurements>(fail(text.error()));
    if (!one) {
      all.skipped_files.push_back({name, one.error().found});
      continue;
    }
    any = true;
    std::move(one->rows.begin(), one->rows.end(), std::back_inserter(all.rows));
    std::move(one->malformed.begin(), one->malformed.end(), std::back_inserter(all.malformed));
  }
  if (!any) {
    return fail({.where = directory.string(),
                 .found = fmt::format("holds no end-to-end table among {} files", files.size()),
                 .wanted = "CSV files with columns platform, model, engine, tpot_ms ..."});
  }
  return all;
}

}  // namespace switchyard::validation
