#include "fitting/measurements.h"

#include <algorithm>

#include "base/files.h"
#include "base/text.h"
#include "fitting/readers.h"

namespace switchyard::fitting {

namespace {

constexpr std::uint64_t kFileBytesMax = 512ULL << 20;

std::vector<std::string> chip_ids(const std::map<std::string, costing::FitChip>& chips) {
  std::vector<std::string> ids;
  for (const auto& [id, chip] : chips) ids.push_back(id);
  return ids;
}

// The chip whose file prefix the name starts with; the longest wins.
std::string chip_of_name(const std::string& where,
                         const std::map<std::string, costing::FitChip>& chips) {
  const std::string name = std::filesystem::path(where).filename().string();
  std::string best;
  std::size_t length = 0;
  for (const auto& [id, chip] : chips) {
    for (const std::string& prefix : chip.files) {
      if (prefix.size() > length && name.starts_with(prefix)) {
        best = id;
        length = prefix.size();
      }
    }
  }
  return best;
}

bool is_table(const std::filesystem::path& file) {
  const std::string name = file.filename().string();
  const bool csv = name.ends_with(".csv") || name.ends_with(".csv.gz");
  return csv && !name.starts_with("MANIFEST") && !name.starts_with("COVERAGE");
}

}  // namespace

std::string Series::key() const {
  return fmt::format("{}|{}|{}|{}|{}|{}", chip, costing::to_text(family), element, cached, engine,
                     kernel);
}

void Collector::add(Series key, const Measurement& row) {
  const std::string name = key.key();
  auto [found, fresh] = series_.try_emplace(name);
  if (fresh) {
    key.rows.clear();
    found->second = std::move(key);
  }
  found->second.rows.push_back(row);
}

Measurements Collector::take() {
  Measurements out;
  out.skipped = std::move(skipped_);
  for (auto& [name, series] : series_) out.series.push_back(std::move(series));
  return out;
}

void Measurements::add(Measurements other) {
  for (Series& more : other.series) {
    const auto same = [&](const Series& s) { return s.key() == more.key(); };
    const auto found = std::find_if(series.begin(), series.end(), same);
    if (found == series.end()) {
      series.push_back(std::move(more));
    } else {
      found->rows.insert(found->rows.end(), more.rows.begin(), more.rows.end());
    }
  }
  std::sort(series.begin(), series.end(),
            [](const Series& a, const Series& b) { return a.key() < b.key(); });
  files.insert(files.end(), other.files.begin(), other.files.end());
  for (const auto& [reason, count] : other.skipped) skipped[reason] += count;
}

Result<Measurements> parse_measurements(std::string text, const std::string& where,
                                        const std::string& chip,
                                        const std::map<std::string, costing::FitChip>& chips) {
  if (!chip.empty() && !chips.contains(chip)) {
    return fail({.kind = ErrorKind::kUnknown,
                 .where = "--chip",
                 .found = "is " + quote(chip),
                 .wanted = "a chip of catalog/fits/chips.toml",
                 .hint = did_you_mean(chip, chip_ids(chips))});
  }
  SWITCHYARD_TRY(table, CsvTable::parse(std::move(text), where));
  FaultList faults;
  Rows row(table, where, faults);
  Collector out;
  Source source = {.chip = chip, .chips = &chips};
  if (source.chip.empty()) source.chip = chip_of_name(where, chips);
  if (is_aiconfigurator(row)) {
    read_aiconfigurator(row, source, out);
  } else if (is_layer_profile(row) || is_vidur(row)) {
    if (source.chip.empty()) {
      return fail({.where = where,
                   .found = "does not say which chip it is from",
                   .wanted = "--chip ID",
                   .hint = "known: " + join(chip_ids(chips), ", ")});
    }
    (is_vidur(row) ? read_vidur : read_layer_profile)(row, source, out);
  } else {
    return fail({.where = where,
                 .found = "has columns of no known format",
                 .wanted = "an AIConfigurator table, or a profile of Vidur or LLMServingSim",
                 .hint = "docs/fitting.md lists the columns"});
  }
  SWITCHYARD_TRY_STATUS(faults.status());
  Measurements all = out.take();
  all.files.push_back(std::filesystem::path(where).filename().string());
  return all;
}

Result<Measurements> read_measurements(const std::filesystem::path& file, const std::string& chip,
                                       const std::map<std::string, costing::FitChip>& chips) {
  SWITCHYARD_TRY(text, read_text_or_gzip(file, kFileBytesMax));
  return parse_measurements(std::move(text), file.string(), chip, chips);
}

Result<std::vector<std::filesystem::path>> measurement_files(
    const std::vector<std::string>& paths) {
  std::vector<std::filesystem::path> files;
  for (const std::string& path : paths) {
    std::error_code error;
    if (!std::filesystem::is_directory(path, error)) {
      files.emplace_back(path);
      continue;
    }
    std::size_t before = files.size();
    for (const auto& entry : std::filesystem::directory_iterator(path, error)) {
      if (entry.is_regular_file() && is_table(entry.path())) files.push_back(entry.path());
    }
    if (files.size() == before) {
      return fail({.kind = ErrorKind::kIo,
                   .where = path,
                   .found = error ? error.message() : "holds no .csv or .csv.gz file",
                   .wanted = "a directory of measurements"});
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace switchyard::fitting
