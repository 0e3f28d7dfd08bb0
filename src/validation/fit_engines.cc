#include "validation/fit_engines.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "base/parallel.h"
#include "base/portable_math.h"
#include "base/random.h"
#include "validation/descent.h"

namespace switchyard::validation {

namespace {

constexpr int kRowsMin = 12;
constexpr int kFolds = 5;
constexpr int kRounds = 4;  // of settling batches
constexpr int kSweeps = 3;  // over all constants, each round
constexpr double kTtftWeight = 0.5;
constexpr double kPull = 0.002;  // per squared logarithm away from the start

struct NamedKnob {
  double EngineConstants::* value;
  double low, high;
};
constexpr NamedKnob kKnobs[] = {{&EngineConstants::step_overhead_s, 1e-5, 20e-3},
                                {&EngineConstants::sequence_overhead_s, 1e-7, 200e-6},
                                {&EngineConstants::step_factor, 0.5, 2.5},
                                {&EngineConstants::prefill_factor, 0.4, 5},
                                {&EngineConstants::request_overhead_s, 1e-3, 0.5},
                                {&EngineConstants::wave_share, 0.01, 1},
                                {&EngineConstants::poll_steps, 0.5, 60},
                                {&EngineConstants::launch_share, 0.1, 1.5}};

std::vector<double> to_vector(const EngineConstants& constants) {
  std::vector<double> out;
  for (const NamedKnob& knob : kKnobs) out.push_back(constants.*knob.value);
  return out;
}

EngineConstants to_constants(const std::vector<double>& values) {
  EngineConstants out;
  for (std::size_t k = 0; k < values.size(); ++k) out.*kKnobs[k].value = values[k];
  return out;
}

struct FitRow {
  const Case* subject = nullptr;
  catalog::PlatformNumbers world;
  RunCase run;
  double weight = 1;
};

double log_error(double predicted, double measured) {
  constexpr double kCap = 1.0;  // beyond a factor of e a row is of something else
  return std::min(kCap, std::abs(portable_log(predicted / measured)));
}

class EngineFitter {
 public:
  EngineFitter(const std::vector<const Case*>& cases, const Predictor& with) : with_(with) {
    std::map<std::string, int> counts;
    for (const Case* c : cases) ++counts[c->configuration()];
    for (const Case* c : cases) {
      FitRow row{.subject = c, .weight = 1 / std::sqrt(counts[c->configuration()])};
      row.world = catalog::sample(with.catalog->chip_of(*c->platform), *c->platform, {});
      row.world.model_error = row.world.ttft_error = 1;
      rows_.push_back(std::move(row));
    }
  }

  EngineConstants fit() {
    const std::vector<double> start = to_vector({});
    std::vector<Knob> knobs;
    for (std::size_t k = 0; k < start.size(); ++k) {
      knobs.push_back({start[k], kKnobs[k].low, kKnobs[k].high});
    }
    std::vector<double> values = start;
    for (int round = 0; round < kRounds; ++round) {
      for (FitRow& row : rows_) {
        row.run =
            prepare_case(*row.subject, with_, with_constants(row.world, to_constants(values)));
      }
      values = descend(knobs, values, kSweeps, [&](const std::vector<double>& at) {
        return loss(to_constants(at)) + kPull * pull(knobs, at);
      });
    }
    return to_constants(values);
  }

 private:
  double loss(const EngineConstants& constants) const {
    double sum = 0, weight = 0;
    for (const FitRow& row : rows_) {
      const serving::SteadyState s = row.run(with_constants(row.world, constants));
      const double tpot = measured_value(*row.subject, Quantity::kTpot);
      const double ttft = measured_value(*row.subject, Quantity::kTtft);
      if (tpot > 0) sum += row.weight * log_error(s.tpot.value(), tpot);
      if (ttft > 0) sum += row.weight * kTtftWeight * log_error(s.ttft.value(), ttft);
      weight += row.weight;
    }
    return sum / weight;
  }

  const Predictor& with_;
  std::vector<FitRow> rows_;
};

bool usable(const Case& c) { return c.kind != CaseKind::kBenchmark; }

// One fit with some rows left out, and what it says of those.
struct Job {
  HoldOut held_out = HoldOut::kNothing;
  std::string group;
  EngineConstants constants;
  std::vector<std::size_t> scored;  // into the engine's cases
  std::vector<Point> points;
};

std::string group_of(const Case& c, HoldOut held_out) {
  switch (held_out) {
    case HoldOut::kNothing:
      return {};
    case HoldOut::kConfigurations:
      return fmt::format("{}", hash_text(c.configuration()) % kFolds);
    case HoldOut::kModel:
      return c.model.id;
    case HoldOut::kChip:
      return c.platform->chip;
  }
  return {};
}

std::vector<Job> make_jobs(const std::vector<const Case*>& cases) {
  std::vector<Job> jobs;
  for (const HoldOut held_out :
       {HoldOut::kNothing, HoldOut::kConfigurations, HoldOut::kModel, HoldOut::kChip}) {
    std::map<std::string, std::vector<std::size_t>> groups;
    for (std::size_t i = 0; i < cases.size(); ++i) {
      groups[group_of(*cases[i], held_out)].push_back(i);
    }
    if (held_out != HoldOut::kNothing && groups.size() < 2) continue;
    for (auto& [name, members] : groups) {
      jobs.push_back({.held_out = held_out, .group = name, .scored = std::move(members)});
    }
  }
  return jobs;
}

void run_job(const std::vector<const Case*>& cases, const std::set<std::string>& falling,
             const Predictor& with, Job& job) {
  std::vector<const Case*> train;
  for (const Case* c : cases) {
    const bool left_out =
        job.held_out != HoldOut::kNothing && group_of(*c, job.held_out) == job.group;
    if (!left_out && !falling.contains(c->curve())) train.push_back(c);
  }
  job.constants = EngineFitter(train, with).fit();
  const Predictor base = {with.catalog, with.costs, with.engine, 0, false};
  for (const std::size_t i : job.scored) {
    Point point;
    std::string why_not;
    if (predict(*cases[i], base, point, why_not, &job.constants)) job.points.push_back(point);
  }
}

std::vector<const Point*> points_of(const std::vector<Job>& jobs, HoldOut held_out) {
  std::vector<const Point*> points;
  for (const Job& job : jobs) {
    if (job.held_out != held_out) continue;
    for (const Point& p : job.points) points.push_back(&p);
  }
  return points;
}

}  // namespace

std::string to_text(HoldOut held_out) {
  switch (held_out) {
    case HoldOut::kNothing:
      return "in sample";
    case HoldOut::kConfigurations:
      return "configurations held out";
    case HoldOut::kModel:
      return "model held out";
    case HoldOut::kChip:
      return "chip held out";
  }
  return {};
}

std::set<std::string> falling_curves(const std::vector<const Case*>& cases) {
  std::map<std::string, std::map<double, double>> curves;
  for (const Case* c : cases) {
    if (c->concurrency > 0 && c->measured.tpot_s > 0) {
      curves[c->curve()][c->concurrency] = c->measured.tpot_s;
    }
  }
  std::set<std::string> out;
  constexpr double kFall = 0.8;
  for (const auto& [name, curve] : curves) {
    double slowest = 0;
    for (const auto& [concurrency, tpot] : curve) {
      if (tpot < kFall * slowest) out.insert(name);
      slowest = std::max(slowest, tpot);
    }
  }
  return out;
}

std::vector<EngineFit> fit_engines(const std::vector<Case>& cases, const Predictor& with,
                                   std::vector<EngineConstants>* fold_constants,
                                   const std::function<void(double)>& progress) {
  std::map<std::string, std::vector<const Case*>> engines;
  for (const Case& c : cases) {
    if (usable(c) && !c.engine.empty()) engines[c.engine].push_back(&c);
  }
  std::erase_if(engines, [](const auto& e) { return e.second.size() < kRowsMin; });
  if (fold_constants) fold_constants->assign(cases.size(), {});
  std::vector<EngineFit> out;
  for (const auto& [engine, members] : engines) {
    const std::set<std::string> falling = falling_curves(members);
    std::vector<Job> jobs = make_jobs(members);
    parallel_for(static_cast<int>(jobs.size()), [&](int i) {
      run_job(members, falling, with, jobs[static_cast<std::size_t>(i)]);
    });
    EngineFit fit{.engine = engine,
                  .constants = jobs.front().constants,
                  .rows = static_cast<int>(members.size())};
    std::set<std::string> configurations;
    for (const Case* c : members) configurations.insert(c->configuration());
    fit.configurations = static_cast<int>(configurations.size());
    for (const HoldOut h :
         {HoldOut::kNothing, HoldOut::kConfigurations, HoldOut::kModel, HoldOut::kChip}) {
      const auto points = points_of(jobs, h);
      const Score tpot = score(points, Quantity::kTpot);
      if (tpot.n > 0) fit.errors.push_back({h, tpot, score(points, Quantity::kTtft)});
    }
    auto unseen = points_of(jobs, HoldOut::kChip);
    if (unseen.empty()) unseen = points_of(jobs, HoldOut::kConfigurations);
    fit.step = error_range(residual_logs(unseen, Quantity::kTpot), 1);
    fit.ttft = error_range(residual_logs(unseen, Quantity::kTtft), 1);
    for (const Case* c : members) {
      if (fold_constants) {
        (*fold_constants)[static_cast<std::size_t>(c - cases.data())] = fit.constants;
      }
    }
    for (const Job& job : jobs) {
      if (!fold_constants || job.held_out != HoldOut::kModel) continue;
      for (const std::size_t i : job.scored) {
        (*fold_constants)[static_cast<std::size_t>(members[i] - cases.data())] = job.constants;
      }
    }
    out.push_back(std::move(fit));
    if (progress) progress(static_cast<double>(out.size()) / static_cast<double>(engines.size()));
  }
  return out;
}

}  // namespace switchyard::validation
