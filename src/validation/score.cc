#include "validation/score.h"

#include <algorithm>
#include <cmath>

#include "base/portable_math.h"
#include "planner/statistics.h"

namespace switchyard::validation {

namespace {

constexpr std::size_t kRowsOfUse = 5, kPointsOfFrontier = 3;

double rate_per_chip(double rate, const Case& c) { return rate / std::max(1, c.chips); }

Score summarise(const std::vector<double>& errors, int covered) {
  Score s{.n = static_cast<int>(errors.size())};
  if (errors.empty()) return s;
  std::vector<double> absolute;
  for (const double e : errors) absolute.push_back(std::abs(e));
  s.median_ape = planner::quantile(absolute, 0.5);
  s.p90_ape = planner::quantile(absolute, 0.9);
  s.bias = planner::quantile(errors, 0.5);
  s.coverage80 = static_cast<double>(covered) / s.n;
  return s;
}

std::map<std::string, std::vector<const Point*>> by_use(const std::vector<Point>& points) {
  std::map<std::string, std::vector<const Point*>> uses;
  for (const Point& p : points) {
    const Measured& m = p.subject->measured;
    if (p.subject->kind == CaseKind::kBenchmark || m.tpot_s <= 0) continue;
    if (m.output_tokens_per_second > 0) uses[p.subject->frontier()].push_back(&p);
  }
  return uses;
}

struct FrontierPoint {
  double tpot = 0, rate = 0, rate_p10 = 0, rate_p90 = 0;
};

// Those no other beats in both, by rising time a token.
std::vector<FrontierPoint> unbeaten(std::vector<FrontierPoint> points) {
  std::sort(points.begin(), points.end(), [](const auto& a, const auto& b) {
    return a.tpot != b.tpot ? a.tpot < b.tpot : a.rate > b.rate;
  });
  std::vector<FrontierPoint> out;
  for (const FrontierPoint& p : points) {
    if (out.empty() || p.rate > out.back().rate) out.push_back(p);
  }
  return out;
}

bool interpolate(const std::vector<FrontierPoint>& line, double tpot, FrontierPoint& at) {
  if (line.size() < 2 || tpot < line.front().tpot || tpot > line.back().tpot) return false;
  std::size_t i = 1;
  while (i + 1 < line.size() && line[i].tpot < tpot) ++i;
  const FrontierPoint& a = line[i - 1];
  const FrontierPoint& b = line[i];
  const double share = portable_log(tpot / a.tpot) / portable_log(b.tpot / a.tpot);
  const auto mix = [&](double x, double y) { return x * portable_pow(y / x, share); };
  at = {tpot, mix(a.rate, b.rate), mix(a.rate_p10, b.rate_p10), mix(a.rate_p90, b.rate_p90)};
  return true;
}

}  // namespace

std::string to_text(Quantity quantity) {
  switch (quantity) {
    case Quantity::kTpot:
      return "tpot";
    case Quantity::kTtft:
      return "ttft";
    case Quantity::kThroughput:
      return "throughput";
    case Quantity::kPower:
      return "power";
  }
  return {};
}

double measured_value(const Case& c, Quantity quantity) {
  const Measured& m = c.measured;
  switch (quantity) {
    case Quantity::kTpot:
      return c.kind == CaseKind::kBenchmark ? 0 : m.tpot_s;
    case Quantity::kTtft:
      return m.ttft_s < m.tpot_s * (c.output - 1) ? m.ttft_s : 0;
    case Quantity::kThroughput:
      return m.output_tokens_per_second;
    case Quantity::kPower:
      return m.chip_watts;
  }
  return 0;
}

const Prediction& predicted_value(const Point& p, Quantity quantity) {
  switch (quantity) {
    case Quantity::kTpot:
      return p.tpot_s;
    case Quantity::kTtft:
      return p.ttft_s;
    case Quantity::kThroughput:
      return p.output_tokens_per_second;
    case Quantity::kPower:
      break;
  }
  return p.chip_watts;
}

Score score(const std::vector<const Point*>& points, Quantity quantity) {
  std::vector<double> errors;
  int covered = 0;
  for (const Point* p : points) {
    const double truth = measured_value(*p->subject, quantity);
    if (truth <= 0) continue;
    const Prediction& ours = predicted_value(*p, quantity);
    errors.push_back(ours.base / truth - 1);
    covered += truth >= ours.p10 && truth <= ours.p90;
  }
  return summarise(errors, covered);
}

ErrorRange error_range(const std::vector<double>& logs, double scale) {
  if (logs.empty()) return {};
  // The tenth percentile of a triangle from -1 to 1 lies this far out.
  constexpr double kTriangleP10 = 0.5527864045000421;
  constexpr double kLeast = 0.01;
  const double middle = planner::quantile(logs, 0.5);
  const double down = std::max(kLeast, middle - planner::quantile(logs, 0.1));
  const double up = std::max(kLeast, planner::quantile(logs, 0.9) - middle);
  constexpr double kMost = 2;  // a factor of seven: beyond it a range says nothing
  const auto reach = [&](double off) { return std::min(kMost, off * scale / kTriangleP10); };
  return {portable_exp(middle), portable_exp(middle - reach(down)),
          portable_exp(middle + reach(up)), static_cast<int>(logs.size())};
}

std::vector<double> residual_logs(const std::vector<const Point*>& points, Quantity quantity) {
  std::vector<double> logs;
  for (const Point* p : points) {
    const double truth = measured_value(*p->subject, quantity);
    const double ours = predicted_value(*p, quantity).base;
    if (truth > 0 && ours > 0) logs.push_back(portable_log(truth / ours));
  }
  return logs;
}

RankCorrelation rank_correlation(const std::vector<Point>& points) {
  std::vector<double> all;
  for (const auto& [use, rows] : by_use(points)) {
    if (rows.size() < kRowsOfUse) continue;
    std::vector<double> ours, truth;
    for (const Point* p : rows) {
      ours.push_back(rate_per_chip(p->output_tokens_per_second.base, *p->subject));
      truth.push_back(rate_per_chip(p->subject->measured.output_tokens_per_second, *p->subject));
    }
    all.push_back(planner::rank_correlation(ours, truth));
  }
  if (all.empty()) return {};
  return {static_cast<int>(all.size()), planner::quantile(all, 0.5), planner::quantile(all, 0.1)};
}

Score frontier_score(const std::vector<Point>& points) {
  std::vector<double> errors;
  int covered = 0;
  for (const auto& [use, rows] : by_use(points)) {
    std::vector<FrontierPoint> ours, truth;
    for (const Point* p : rows) {
      const Case& c = *p->subject;
      const Prediction& rate = p->output_tokens_per_second;
      ours.push_back({p->tpot_s.base, rate_per_chip(rate.base, c), rate_per_chip(rate.p10, c),
                      rate_per_chip(rate.p90, c)});
      const double measured = rate_per_chip(c.measured.output_tokens_per_second, c);
      truth.push_back({c.measured.tpot_s, measured, measured, measured});
    }
    const auto line = unbeaten(std::move(ours));
    const auto wanted = unbeaten(std::move(truth));
    if (wanted.size() < kPointsOfFrontier) continue;
    for (const FrontierPoint& p : wanted) {
      FrontierPoint at;
      if (!interpolate(line, p.tpot, at)) continue;
      errors.push_back(at.rate / p.rate - 1);
      covered += p.rate >= at.rate_p10 && p.rate <= at.rate_p90;
    }
  }
  return summarise(errors, covered);
}

Scores score_all(const std::vector<Point>& points) {
  using Groups = std::map<std::string, std::vector<const Point*>>;
  Groups everything, platforms, models, engines, groups;
  for (const Point& p : points) {
    const Case& c = *p.subject;
    const std::string engine = c.set + (c.engine.empty() ? "" : " " + c.engine);
    everything[""].push_back(&p);
    platforms[c.platform->id].push_back(&p);
    models[c.model.id].push_back(&p);
    engines[engine].push_back(&p);
    groups[c.platform->id + " | " + c.model.id + " | " + engine].push_back(&p);
  }
  const auto scored = [](const Groups& from) {
    std::map<std::string, std::map<Quantity, Score>> out;
    for (const auto& [name, members] : from) {
      for (const Quantity q : kQuantities) {
        const Score s = score(members, q);
        if (s.n > 0) out[name][q] = s;
      }
    }
    return out;
  };
  Scores out;
  out.all = scored(everything)[""];
  out.by_platform = scored(platforms);
  out.by_model = scored(models);
  out.by_engine = scored(engines);
  out.by_group = scored(groups);
  out.rank = rank_correlation(points);
  out.frontier = frontier_score(points);
  return out;
}

}  // namespace switchyard::validation
