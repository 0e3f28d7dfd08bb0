// switchyard fit
#include "fitting/fit.h"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/atomic_file.h"
#include "base/files.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "report/fit_report.h"

namespace switchyard::cli {

namespace {

Result<fitting::Measurements> read_all(const FitOptions& o,
                                       const std::map<std::string, costing::FitChip>& chips) {
  SWITCHYARD_TRY(files, fitting::measurement_files(o.paths));
  fitting::Measurements all;
  Progress progress("reading measurements");
  double done = 0;
  for (const auto& file : files) {
    SWITCHYARD_TRY(one, fitting::read_measurements(file, o.chip, chips));
    all.add(std::move(one));
    progress.update(++done / static_cast<double>(files.size()));
  }
  return all;
}

Status write_fits(const std::string& directory, const fitting::FitReport& report) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) {
    return fail({.kind = ErrorKind::kIo,
                 .where = "--out",
                 .found = quote(directory) + ": " + error.message(),
                 .wanted = "a directory that can be written"});
  }
  for (const costing::ChipFits& chip : report.chips) {
    const auto file = std::filesystem::path(directory) / (chip.chip + ".toml");
    SWITCHYARD_TRY_STATUS(write_file_atomically(file, costing::to_toml(chip)));
  }
  return {};
}

}  // namespace

Status run_fit(const FitOptions& o) {
  // Not the fits themselves: they may be of older formulas.
  SWITCHYARD_TRY(chips,
                 costing::load_fit_chips(catalog::default_directory() / "fits" / "chips.toml"));
  SWITCHYARD_TRY(measurements, read_all(o, chips));
  fitting::FitReport report;
  {
    Progress progress("fitting");
    report = fitting::fit_all(
        measurements, chips,
        {.date = o.date, .origin = o.origin, .progress = [&](double s) { progress.update(s); }});
  }
  if (report.series.empty()) {
    return fail({.where = join(o.paths, ", "),
                 .found = fmt::format("holds {} rows, too few of any kernel", report.rows),
                 .wanted = fmt::format("at least {} of one", fitting::kRowsMin)});
  }
  if (!o.out.empty()) SWITCHYARD_TRY_STATUS(write_fits(o.out, report));
  if (!o.html_file.empty()) {
    SWITCHYARD_TRY_STATUS(write_file_atomically(o.html_file, report::fit_page(report)));
  }
  if (!o.markdown_file.empty()) {
    SWITCHYARD_TRY_STATUS(write_file_atomically(o.markdown_file, report::fit_markdown(report)));
  }
  return emit(report::fit_text(report), report::fit_json(report), o.json_file);
}

}  // namespace switchyard::cli
