#include "planner/sizing.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/text.h"

namespace switchyard::planner {

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kTargetSlack = 1.5;  // of finalists on the targets at steady state
constexpr double kRatePrecision = 1.02;
constexpr int kRateSteps = 12;

// Simulates one finalist again and again.
class Trials {
 public:
  Trials(const Question& question, const SizingOptions& options, const ServiceDeployment& service,
         const costing::CostModel& costs, const std::function<void()>& progress, Sizing& sizing)
      : question_(question),
        options_(options),
        simulated_(question, service, options.engine, costs),
        progress_(progress),
        sizing_(sizing) {}

  // The service if it held the SLO.
  Result<std::optional<SizedService>> holds(double rate, int replicas, int prefill_replicas) {
    workload::TrafficPlan traffic = options_.traffic;
    traffic.rate = rate;
    SWITCHYARD_TRY(run, simulated_.run(simulated_.options(replicas, prefill_replicas), traffic));
    ++sizing_.simulations;
    if (progress_) progress_();
    best_attainment_ = std::max(best_attainment_, run.slo_attainment());
    if (run.slo_attainment() < options_.attainment) return std::optional<SizedService>();
    return std::optional<SizedService>(make(std::move(run), rate, replicas, prefill_replicas));
  }

  const ServiceDeployment& service() const { return simulated_.deployment(); }
  double best_attainment() const { return best_attainment_; }

 private:
  SizedService make(ServiceRun run, double rate, int replicas, int prefill_replicas) const {
    const ServiceDeployment& s = simulated_.deployment();
    run.engine = options_.engine_name;
    SizedService sized{.run = std::move(run),
                       .rate = rate,
                       .replicas = replicas,
                       .prefill_replicas = prefill_replicas};
    sized.chips = static_cast<double>(replicas + prefill_replicas) * s.deployment.sharding.chips();
    const ServiceBill& bill = sized.run.bill;
    const economics::PowerUse power =
        economics::power_use(s.numbers, s.economy, Watts(bill.chip_watts_mean));
    sized.dollars_per_hour = bill.dollars / bill.chip_hours * sized.chips;
    sized.provisioned_megawatts = power.utility_provisioned.value() * sized.chips * 1e-6;
    const double tokens = sized.run.output_tokens_per_second();
    switch (question_.objective) {
      case Objective::kDollars:
        sized.score = bill.dollars_per_million_tokens;
        break;
      case Objective::kMegawatt:
        sized.score = sized.provisioned_megawatts / tokens;
        break;
      case Objective::kChip:
        sized.score = sized.chips / tokens;
        break;
    }
    return sized;
  }

  const Question& question_;
  const SizingOptions& options_;
  SimulatedService simulated_;
  const std::function<void()>& progress_;
  Sizing& sizing_;
  double best_attainment_ = 0;
};

// The highest rate that holds: up or down by factors of 2 from the steady state's, then bisection.
Result<std::optional<SizedService>> highest(Trials& trials, const Question& question,
                                            int replicas) {
  double low = steady_rate(trials.service(), question.workload) * replicas * 0.7;
  double high = kInfinity;
  std::optional<SizedService> best;
  for (int step = 0; step < kRateSteps; ++step) {
    const double rate = !best ? low : std::isinf(high) ? low * 2 : std::sqrt(low * high);
    SWITCHYARD_TRY(held, trials.holds(rate, replicas, 0));
    if (held) {
      low = rate;
      best = std::move(held);
    } else {
      high = rate;
      if (!best) low = rate / 2;
    }
    if (best && high / low < kRatePrecision) break;
  }
  return best;
}

// Fewest replicas of one kind for which `holds` gives a service; none up to `most`.
template <class Holds>
Result<std::optional<SizedService>> fewest(int first, int most, Holds holds) {
  int low = 0;  // does not hold
  int high = std::clamp(first, 1, most);
  std::optional<SizedService> best;
  while (!best) {
    SWITCHYARD_TRY(held, holds(high));
    best = std::move(held);
    if (best) break;
    low = high;
    if (high == most) return best;
    high = std::min(most, high + std::max(1, high / 2));
  }
  while (high - low > 1) {
    const int middle = low + (high - low) / 2;
    SWITCHYARD_TRY(held, holds(middle));
    if (held) {
      best = std::move(held);
      high = middle;
    } else {
      low = middle;
    }
  }
  return best;
}

// With `total` replicas, the split of prefill and decode that holds with the most to spare.
Result<std::optional<SizedService>> best_split(Trials& trials, double rate, int total,
                                               double prefill_share) {
  const int likely = static_cast<int>(std::lround(total * prefill_share));
  std::optional<SizedService> best;
  std::vector<int> tried;
  for (const int offset : {0, -1, 1}) {
    const int prefill = std::clamp(likely + offset, 1, total - 1);
    if (std::find(tried.begin(), tried.end(), prefill) != tried.end()) continue;
    tried.push_back(prefill);
    SWITCHYARD_TRY(held, trials.holds(rate, total - prefill, prefill));
    if (!held) continue;
    if (!best || held->run.slo_attainment() > best->run.slo_attainment()) best = std::move(held);
  }
  return best;
}

int most_replicas(const SizingOptions& options, const ServiceDeployment& service,
                  const std::vector<SizedService>& held) {
  int most = options.replicas_max;
  // Twice the chips of what is already held will not be the best.
  for (const SizedService& s : held) {
    const double chips = 2 * s.chips / service.deployment.sharding.chips();
    most = std::min(most, std::max(1, static_cast<int>(chips)));
  }
  return most;
}

Status size_one(Trials& trials, const Question& question, const SizingOptions& options,
                std::vector<SizedService>& held) {
  const ServiceDeployment& service = trials.service();
  const double rate = options.traffic.mean_rate();
  const double each = std::max(steady_rate(service, question.workload), 1e-9);
  const int first = static_cast<int>(std::min(std::ceil(rate / each), 1e6));
  SWITCHYARD_TRY(aggregated, fewest(first, most_replicas(options, service, held),
                                    [&](int replicas) { return trials.holds(rate, replicas, 0); }));
  if (aggregated) held.push_back(std::move(*aggregated));
  if (!options.disaggregate) return {};
  const int most = most_replicas(options, service, held);
  if (most < 2) return {};
  SWITCHYARD_TRY(
      split,
      fewest(std::max(first, 2), most, [&](int total) -> Result<std::optional<SizedService>> {
        if (total < 2) return std::optional<SizedService>();
        return best_split(trials, rate, total, service.steady.prefill_time_share);
      }));
  if (split) held.push_back(std::move(*split));
  return {};
}

template <class Each>
Result<Sizing> over_finalists(const Question& question, const SizingOptions& options,
                              const catalog::Catalog& catalog, const std::string& name,
                              const costing::CostModel& costs,
                              const std::function<void()>& progress, Each each) {
  SWITCHYARD_TRY(platform, catalog.platform(name));
  Sizing sizing{.platform = platform->id};
  const std::vector<ServiceDeployment> finalists =
      leading_deployments(question, catalog, *platform, costs, kTargetSlack,
                          static_cast<std::size_t>(options.finalists));
  double attainment = 0;
  for (const ServiceDeployment& service : finalists) {
    Trials trials(question, options, service, costs, progress, sizing);
    SWITCHYARD_TRY_STATUS(each(trials, sizing.held));
    attainment = std::max(attainment, trials.best_attainment());
  }
  std::stable_sort(sizing.held.begin(), sizing.held.end(),
                   [](const SizedService& a, const SizedService& b) { return a.score < b.score; });
  if (finalists.empty()) {
    sizing.why_not = "no deployment comes near the targets at steady state, or none fits";
  } else if (sizing.held.empty()) {
    sizing.why_not = fmt::format("at most {} % of the requests met the targets, {} % are wanted",
                                 format_significant(100 * attainment),
                                 format_significant(100 * options.attainment));
  }
  return sizing;
}

}  // namespace

Result<Sizing> largest_rate(const Question& question, const SizingOptions& options,
                            const catalog::Catalog& catalog, const std::string& platform,
                            const costing::CostModel& costs,
                            const std::function<void()>& progress) {
  return over_finalists(question, options, catalog, platform, costs, progress,
                        [&](Trials& trials, std::vector<SizedService>& held) -> Status {
                          SWITCHYARD_TRY(best, highest(trials, question, options.fleet_replicas));
                          if (best) held.push_back(std::move(*best));
                          return {};
                        });
}

Result<Sizing> size_fleet(const Question& question, const SizingOptions& options,
                          const catalog::Catalog& catalog, const std::string& platform,
                          const costing::CostModel& costs, const std::function<void()>& progress) {
  return over_finalists(question, options, catalog, platform, costs, progress,
                        [&](Trials& trials, std::vector<SizedService>& held) {
                          return size_one(trials, question, options, held);
                        });
}

}  // namespace switchyard::planner
