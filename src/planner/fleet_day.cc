#include "planner/fleet_day.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <mutex>
#include <nlohmann/json.hpp>

#include "base/check.h"
#include "base/document.h"
#include "base/parallel.h"

namespace switchyard::planner {

namespace {

constexpr double kHour_s = 3600;

double seconds(SimTime time) { return static_cast<double>(time.ps()) * 1e-12; }

// What one cell tells of each hour.
struct HourSums {
  std::int64_t arrived = 0, ended = 0, met = 0;
  double output_tokens = 0, joules = 0, busy_s = 0;
  Histogram ttft_s, tpot_s;
};

class HourSink : public serving::RecordSink {
 public:
  HourSink(workload::Slo slo, std::size_t hours) : slo_(slo), sums_(hours) {}

  void finished(const workload::RequestRecord& r) override {
    ++at(r.arrival).arrived;
    HourSums& hour = at(r.finish);
    ++hour.ended;
    hour.joules += r.joules;
    if (r.outcome != workload::RequestOutcome::kCompleted) return;
    hour.output_tokens += static_cast<double>(r.output_tokens);
    const double ttft = seconds(r.first_token - r.arrival);
    hour.ttft_s.add(ttft);
    double tpot = 0;
    if (r.output_tokens > 1) {
      tpot = seconds(r.finish - r.first_token) / static_cast<double>(r.output_tokens - 1);
      hour.tpot_s.add(tpot);
    }
    if (ttft <= slo_.ttft.value() && tpot <= slo_.tpot.value()) ++hour.met;
  }
  void batch(const serving::BatchSpan& span) override {
    at(span.start).busy_s += seconds(span.end - span.start);
  }
  const std::vector<HourSums>& sums() const { return sums_; }

 private:
  // What ends after the last hour counts for it.
  HourSums& at(SimTime time) {
    const auto hour = static_cast<std::size_t>(seconds(time) / kHour_s);
    return sums_[std::min(hour, sums_.size() - 1)];
  }

  workload::Slo slo_;
  std::vector<HourSums> sums_;
};

struct Cell {
  serving::SimulationResult result;
  serving::Metrics metrics;
  std::vector<HourSums> hours;
  double attainment = 0;
};

workload::TrafficPlan cell_traffic(const FleetDayOptions& options, double peak_rate,
                                   std::uint64_t cell) {
  workload::TrafficPlan traffic = options.traffic;
  std::vector<double> rates;
  for (const double share : options.day) rates.push_back(share * peak_rate);
  traffic.day = workload::RateProfile::day(std::move(rates));
  traffic.end_s = options.hours * kHour_s;
  traffic.synthetic = true;
  traffic.requests = std::int64_t{1} << 40;  // the end of the day comes first
  traffic.seed = mix(options.traffic.seed + cell);
  return traffic;
}

Result<Cell> simulate_cell(const Question& question, const SimulatedService& service,
                           const FleetDayOptions& options, int replicas, std::uint64_t number) {
  const double share = static_cast<double>(replicas) / static_cast<double>(options.replicas);
  serving::ServiceOptions cell = service.options(replicas);
  cell.seed = mix(cell.seed + number);
  HourSink hours(question.workload.slo,
                 static_cast<std::size_t>(std::max(1.0, std::ceil(options.hours))));
  SWITCHYARD_TRY(
      run, service.run(cell, cell_traffic(options, options.peak_rate * share, number), {&hours}));
  const double attainment = run.slo_attainment();
  return Cell{run.result, std::move(run.metrics), hours.sums(), attainment};
}

Result<std::vector<Cell>> simulate_cells(const Question& question, const SimulatedService& service,
                                         const FleetDayOptions& options,
                                         const std::function<void(double)>& progress) {
  std::vector<Result<Cell>> found(static_cast<std::size_t>(options.cells),
                                  tl::unexpected<Error>(Error{}));
  std::mutex mutex;
  int done = 0;
  parallel_for(options.cells, [&](int i) {
    found[static_cast<std::size_t>(i)] = simulate_cell(
        question, service, options, options.cell_replicas, static_cast<std::uint64_t>(i));
    const std::lock_guard lock(mutex);
    if (progress) progress(static_cast<double>(++done) / options.cells);
  });
  std::vector<Cell> cells;
  for (Result<Cell>& each : found) {
    SWITCHYARD_TRY(cell, std::move(each));
    cells.push_back(std::move(cell));
  }
  return cells;
}

serving::SimulationResult sum(const std::vector<Cell>& cells) {
  serving::SimulationResult all;
  for (const Cell& cell : cells) {
    const serving::SimulationResult& r = cell.result;
    all.requests += r.requests;
    all.completed += r.completed;
    all.input_tokens += r.input_tokens;
    all.output_tokens += r.output_tokens;
    all.cached_tokens += r.cached_tokens;
    all.busy_seconds += r.busy_seconds;
    all.prefill_seconds += r.prefill_seconds;
    all.replica_seconds += r.replica_seconds;
    all.prefill_replica_seconds += r.prefill_replica_seconds;
    all.joules += r.joules;
    all.end = std::max(all.end, r.end);
  }
  return all;
}

template <class Value>
Estimated estimate(const std::vector<Cell>& cells, double scale, Value value) {
  const auto count = static_cast<double>(cells.size());
  double total = 0, squares = 0;
  for (const Cell& cell : cells) total += value(cell);
  const double mean = total / count;
  for (const Cell& cell : cells) squares += (value(cell) - mean) * (value(cell) - mean);
  const double error = cells.size() > 1 ? std::sqrt(squares / (count - 1) / count) : 0;
  return {mean * scale, error * scale};
}

// Chip energy of an hour: of the steps, told by the requests in them, and of idling beside them.
FleetHour fleet_hour(const std::vector<Cell>& cells, std::size_t hour,
                     const ServiceDeployment& service, double idle_watts, double cell_seconds,
                     double cells_in_fleet, double cell_chips) {
  HourSums all;
  for (const Cell& cell : cells) {
    const HourSums& h = cell.hours[hour];
    all.arrived += h.arrived;
    all.ended += h.ended;
    all.met += h.met;
    all.output_tokens += h.output_tokens;
    all.joules += h.joules;
    all.busy_s += h.busy_s;
    all.ttft_s.add(h.ttft_s);
    all.tpot_s.add(h.tpot_s);
  }
  const auto count = static_cast<double>(cells.size());
  const double scale = cells_in_fleet / count / kHour_s;
  const double replica_s = cell_seconds * count;
  const double idle_joules = std::max(0.0, replica_s - all.busy_s) * idle_watts;
  const double chip_watts = (all.joules + idle_joules) / kHour_s / (count * cell_chips);
  const economics::PowerUse power =
      economics::power_use(service.numbers, service.economy, Watts(chip_watts));
  return {.requests_per_second = static_cast<double>(all.arrived) * scale,
          .output_tokens_per_second = all.output_tokens * scale,
          .ttft_p50_ms = all.ttft_s.quantile(0.5) * 1e3,
          .ttft_p99_ms = all.ttft_s.quantile(0.99) * 1e3,
          .tpot_p50_ms = all.tpot_s.quantile(0.5) * 1e3,
          .tpot_p99_ms = all.tpot_s.quantile(0.99) * 1e3,
          .attainment =
              all.ended > 0 ? static_cast<double>(all.met) / static_cast<double>(all.ended) : 1,
          .busy_share = all.busy_s / replica_s,
          .megawatts = power.utility_drawn.value() * cell_chips * cells_in_fleet * 1e-6};
}

}  // namespace

Result<std::vector<double>> load_day(const std::string& path) {
  SWITCHYARD_TRY(document, read_document(path));
  FaultList faults;
  ObjectReader reader(document, path, faults);
  reader.string("id");
  reader.string("mark");
  reader.string("source");
  std::vector<double> day;
  if (const Json* list = reader.array("relative")) {
    for (const Json& value : *list) day.push_back(value.is_number() ? value.get<double>() : -1);
  }
  const bool good =
      !day.empty() && day.size() <= 1440 &&
      std::all_of(day.begin(), day.end(), [](double v) { return v >= 0 && v <= 1; }) &&
      *std::max_element(day.begin(), day.end()) == 1;
  if (!good) {
    reader.fault("relative", "holds other things", "numbers from 0 to 1 with at least one 1");
  }
  reader.reject_unknown();
  SWITCHYARD_TRY_STATUS(faults.status());
  return day;
}

Result<FleetDay> fleet_day(const Question& question, const SimulatedService& service,
                           const FleetDayOptions& options,
                           const std::function<void(double)>& progress) {
  SWITCHYARD_CHECK(options.replicas >= options.cell_replicas && options.cells >= 1);
  const auto start = std::chrono::steady_clock::now();
  SWITCHYARD_TRY(cells, simulate_cells(question, service, options, progress));
  const ServiceDeployment& deployment = service.deployment();
  const double cell_chips =
      static_cast<double>(options.cell_replicas) * deployment.deployment.sharding.chips();
  const double in_fleet =
      static_cast<double>(options.replicas) / static_cast<double>(options.cell_replicas);
  FleetDay day;
  day.replicas = options.replicas;
  day.cells = options.cells;
  day.chips = cell_chips * in_fleet;
  const serving::SimulationResult all = sum(cells);
  day.bill = bill(deployment, question.view, all);
  day.simulated_requests = all.requests;
  for (std::size_t hour = 0; hour < cells.front().hours.size(); ++hour) {
    day.hours.push_back(fleet_hour(cells, hour, deployment, service.idle_watts(),
                                   options.cell_replicas * kHour_s, in_fleet, cell_chips));
  }
  for (const Cell& cell : cells) {
    day.ttft_s.add(cell.metrics.ttft_s());
    day.tpot_s.add(cell.metrics.tpot_s());
    day.e2e_s.add(cell.metrics.e2e_s());
  }
  day.requests = estimate(cells, in_fleet,
                          [](const Cell& c) { return static_cast<double>(c.result.requests); });
  day.output_tokens = estimate(
      cells, in_fleet, [](const Cell& c) { return static_cast<double>(c.result.output_tokens); });
  day.attainment = estimate(cells, 1, [](const Cell& c) { return c.attainment; });
  day.megawatt_hours = estimate(cells, in_fleet, [&](const Cell& c) {
    const double chip_watts =
        c.result.joules / c.result.replica_seconds / deployment.deployment.sharding.chips();
    const economics::PowerUse power =
        economics::power_use(deployment.numbers, deployment.economy, Watts(chip_watts));
    return power.utility_drawn.value() * cell_chips * options.hours * 1e-6;
  });
  const economics::PowerUse power =
      economics::power_use(deployment.numbers, deployment.economy, Watts(0));
  day.provisioned_megawatts = power.utility_provisioned.value() * day.chips * 1e-6;
  day.dollars = day.bill.dollars / day.bill.chip_hours * day.chips * options.hours;
  day.wall_seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return day;
}

Result<AggregationError> aggregation_error(const Question& question,
                                           const SimulatedService& service,
                                           const FleetDayOptions& options, int replicas,
                                           double seconds_simulated) {
  FleetDayOptions small = options;
  small.peak_rate *= static_cast<double>(replicas) / static_cast<double>(options.replicas);
  small.replicas = replicas;
  small.day = {1};
  small.hours = seconds_simulated / kHour_s;
  SWITCHYARD_TRY(cells, simulate_cells(question, service, small, {}));
  SWITCHYARD_TRY(whole, simulate_cell(question, service, small, replicas, 1'000'003));
  Histogram ttft_s, tpot_s, e2e_s;
  for (const Cell& cell : cells) {
    ttft_s.add(cell.metrics.ttft_s());
    tpot_s.add(cell.metrics.tpot_s());
    e2e_s.add(cell.metrics.e2e_s());
  }
  const serving::SimulationResult all = sum(cells);
  const auto off = [](double sample, double full) { return full > 0 ? sample / full - 1 : 0; };
  const double scale = static_cast<double>(replicas) / (small.cells * small.cell_replicas);
  const serving::Metrics& full = whole.metrics;
  return AggregationError{.replicas = replicas,
                          .seconds = seconds_simulated,
                          .ttft_mean = off(ttft_s.mean(), full.ttft_s().mean()),
                          .ttft_p99 = off(ttft_s.quantile(0.99), full.ttft_s().quantile(0.99)),
                          .tpot_mean = off(tpot_s.mean(), full.tpot_s().mean()),
                          .tpot_p99 = off(tpot_s.quantile(0.99), full.tpot_s().quantile(0.99)),
                          .e2e_mean = off(e2e_s.mean(), full.e2e_s().mean()),
                          .output_tokens = off(static_cast<double>(all.output_tokens) * scale,
                                               static_cast<double>(whole.result.output_tokens)),
                          .joules = off(all.joules * scale, whole.result.joules)};
}

}  // namespace switchyard::planner
