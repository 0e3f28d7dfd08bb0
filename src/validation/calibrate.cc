#include "validation/calibrate.h"

#include <algorithm>
#include <cmath>

#include "base/parallel.h"
#include "validation/fit_engines.h"

namespace switchyard::validation {

namespace {

constexpr std::size_t kRowsMin = 30;
constexpr double kCovered = 0.8;
constexpr int kSteps = 9;  // bisections of a scale between these
constexpr double kScaleLow = 0.05, kScaleHigh = 3;
struct Level {
  Quantity quantity;
  ErrorRange PlatformErrors::* range;
  catalog::Estimate catalog::ServingNumbers::* estimate;
};
constexpr Level kLevels[] = {
    {Quantity::kTpot, &PlatformErrors::step, &catalog::ServingNumbers::model_error},
    {Quantity::kTtft, &PlatformErrors::ttft, &catalog::ServingNumbers::ttft_error},
    {Quantity::kPower, &PlatformErrors::power, &catalog::ServingNumbers::power_error}};

// The search of one platform's scale of one error.
struct Search {
  std::vector<double> logs;  // of measured over ours
  double scale_low = kScaleLow, scale_high = kScaleHigh;

  double scale() const { return std::sqrt(scale_low * scale_high); }
};

void set(catalog::Estimate& estimate, const ErrorRange& range) {
  estimate.base = range.base;
  estimate.low = range.low;
  estimate.high = range.high;
}

using Points = std::map<std::string, std::vector<const Point*>>;

std::vector<Point> predict_with(const std::vector<Case>& cases,
                                const std::vector<EngineConstants>& constants,
                                const Predictor& with) {
  std::vector<const Case*> pointers;
  for (const Case& c : cases) pointers.push_back(&c);
  const std::set<std::string> falling = falling_curves(pointers);
  std::vector<Point> points(cases.size());
  parallel_for(static_cast<int>(cases.size()), [&](int i) {
    const auto k = static_cast<std::size_t>(i);
    std::string why_not;
    if (cases[k].kind == CaseKind::kBenchmark || falling.contains(cases[k].curve())) return;
    if (!predict(cases[k], with, points[k], why_not, &constants[k])) points[k].subject = nullptr;
  });
  std::erase_if(points, [](const Point& p) { return p.subject == nullptr; });
  return points;
}

Points by_platform(const std::vector<Point>& points) {
  Points out;
  for (const Point& p : points) out[p.subject->platform->id].push_back(&p);
  return out;
}

// The cases hold pointers to platforms: they are moved to those of `to`.
std::vector<Case> moved_to(std::vector<Case> cases, const catalog::Catalog& to) {
  for (Case& c : cases) {
    for (const catalog::Platform& p : to.platforms) {
      if (p.id == c.platform->id) c.platform = &p;
    }
  }
  return cases;
}

}  // namespace

std::map<std::string, PlatformErrors> calibrate(const std::vector<Case>& cases,
                                                const std::vector<EngineConstants>& constants,
                                                const Predictor& with) {
  catalog::Catalog catalog = *with.catalog;
  const std::vector<Case> own = moved_to(cases, catalog);
  Predictor predictor = with;
  predictor.catalog = &catalog;
  const auto apply = [&](const std::string& id, const Level& level, const ErrorRange& range) {
    for (catalog::Platform& p : catalog.platforms) {
      if (p.id == id) set(p.serving.*level.estimate, range);
    }
  };
  for (catalog::Platform& p : catalog.platforms) {
    for (const Level& level : kLevels) set(p.serving.*level.estimate, {});
  }
  std::map<std::string, PlatformErrors> out;
  for (const Level& level : kLevels) {  // each given those before it
    predictor.samples = 0;
    std::map<std::string, Search> searches;
    const std::vector<Point> base = predict_with(own, constants, predictor);
    for (const auto& [id, points] : by_platform(base)) {
      std::vector<double> logs = residual_logs(points, level.quantity);
      if (logs.size() >= kRowsMin) searches[id].logs = std::move(logs);
    }
    predictor.samples = with.samples;
    for (int step = 0; step < kSteps; ++step) {
      for (const auto& [id, search] : searches) {
        apply(id, level, error_range(search.logs, search.scale()));
      }
      const std::vector<Point> points = predict_with(own, constants, predictor);
      const Points groups = by_platform(points);
      for (auto& [id, search] : searches) {
        const double middle = search.scale();
        const bool wide = score(groups.at(id), level.quantity).coverage80 > kCovered;
        (wide ? search.scale_high : search.scale_low) = middle;
      }
    }
    for (const auto& [id, search] : searches) {
      const ErrorRange range = error_range(search.logs, search.scale_high);
      out[id].*level.range = range;
      apply(id, level, range);
    }
  }
  return out;
}

}  // namespace switchyard::validation
