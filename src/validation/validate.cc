#include "validation/validate.h"

#include <mutex>

#include "base/parallel.h"

namespace switchyard::validation {

namespace {

void make_cases(const Measurements& from, const catalog::Catalog& catalog, const ModelNames& names,
                Validation& out) {
  for (const MeasuredRow& row : from.rows) {
    CaseOrReason made = make_case(row, catalog, names);
    if (auto* reason = std::get_if<std::string>(&made)) {
      ++out.skipped[*reason];
    } else {
      out.cases.push_back(std::move(std::get<Case>(made)));
    }
  }
}

void predict_all(const Predictor& with, const std::function<void(double)>& progress,
                 Validation& out) {
  const auto count = static_cast<int>(out.cases.size());
  std::vector<Point> points(out.cases.size());
  std::vector<std::string> why_not(out.cases.size());
  std::mutex mutex;
  int done = 0;
  parallel_for(count, [&](int i) {
    const auto k = static_cast<std::size_t>(i);
    predict(out.cases[k], with, points[k], why_not[k]);
    const std::lock_guard lock(mutex);
    ++done;
    if (progress) progress(static_cast<double>(done) / count);
  });
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (why_not[i].empty()) {
      out.points.push_back(points[i]);
    } else {
      ++out.skipped[why_not[i]];
    }
  }
}

}  // namespace

Result<Validation> validate(const std::filesystem::path& directory,
                            const std::filesystem::path& models, const Predictor& with,
                            const costing::FitSet* fits,
                            const std::function<void(double)>& progress) {
  SWITCHYARD_TRY(names, ModelNames::load(models));
  Validation out;
  out.evidence = to_text(with.costs->evidence());
  if (fits) out.operators = score_operators(directory, *fits);
  auto measurements = read_measurements(directory);
  if (!measurements && out.operators.all.n == 0) return fail(measurements.error());
  if (!measurements) measurements = Measurements();  // operator tables alone
  out.sources.push_back(std::make_unique<Measurements>(std::move(*measurements)));
  const Measurements& from = *out.sources.front();
  out.rows = static_cast<std::int64_t>(from.rows.size() + from.malformed.size());
  out.malformed = from.malformed;
  for (const SkippedFile& file : from.skipped_files) {
    if (!out.operators.files.contains(file.file)) out.skipped_files.push_back(file);
  }
  if (!from.malformed.empty()) {
    out.skipped["malformed"] = static_cast<std::int64_t>(from.malformed.size());
  }
  make_cases(from, *with.catalog, names, out);
  predict_all(with, progress, out);
  out.scores = score_all(out.points);
  return out;
}

}  // namespace switchyard::validation
