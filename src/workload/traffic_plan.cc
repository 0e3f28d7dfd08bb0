#include "workload/traffic_plan.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/check.h"
#include "base/text.h"
#include "workload/loop.h"
#include "workload/session_source.h"

namespace switchyard::workload {

namespace {

bool has_sessions(const TrafficPlan& plan) {
  return plan.trace == nullptr && plan.workload.traffic.has_session;
}

double burstiness(const TrafficPlan& plan) {
  if (plan.burstiness >= 0) return plan.burstiness;
  if (plan.trace == nullptr) return plan.workload.traffic.burstiness;
  return plan.trace->has_arrivals ? burstiness_of(plan.trace->requests) : 1;
}

// A workload's own spread, or that of its range of lengths.
Spread spread(const Lengths& lengths, double variation) {
  if (variation > 0) return {lengths.mean, variation};
  const double square = lengths.mean_square / (lengths.mean * lengths.mean) - 1;
  return {lengths.mean, std::sqrt(std::max(square, 0.0))};
}

RateProfile profile(const TrafficPlan& plan) {
  return plan.day ? *plan.day : RateProfile::constant(plan.mean_rate());
}

std::unique_ptr<RequestSource> make_sessions(const TrafficPlan& plan) {
  const Workload& w = plan.workload;
  SessionLoad load{.session = w.traffic.session,
                   .output = spread(w.output, w.traffic.output_variation),
                   .requests = plan.request_count(),
                   .end_s = plan.end_s,
                   .sessions = plan.concurrency,
                   .burstiness = burstiness(plan),
                   .seed = plan.seed};
  if (plan.concurrency == 0) load.rate = profile(plan);
  if (plan.context_tokens_max > 0) {
    load.session.context_tokens_max =
        std::min(load.session.context_tokens_max, static_cast<double>(plan.context_tokens_max));
  }
  return std::make_unique<SessionSource>(std::move(load));
}

std::unique_ptr<RequestMaker> make_maker(const TrafficPlan& plan) {
  if (plan.trace != nullptr && !plan.synthetic) {
    return std::make_unique<TraceRequests>(*plan.trace, plan.requests);
  }
  const Workload& w = plan.workload;
  const Traffic& t = w.traffic;
  LengthModel lengths =
      plan.trace != nullptr
          ? LengthModel::fit(plan.trace->requests)
          : LengthModel::log_normal(spread(w.input, t.input_variation),
                                    spread(w.output, t.output_variation), t.correlation);
  PrefixModel prefixes =
      plan.trace != nullptr ? PrefixModel::fit(*plan.trace) : PrefixModel::constant(w.prefix_share);
  return std::make_unique<SyntheticRequests>(std::move(lengths), std::move(prefixes),
                                             plan.request_count(), plan.context_tokens_max,
                                             plan.seed);
}

}  // namespace

bool TrafficPlan::replays_times() const {
  return concurrency == 0 && trace != nullptr && !synthetic && burstiness < 0 &&
         trace->has_arrivals && rate_of(trace->requests) > 0;
}

bool TrafficPlan::knows_rate() const { return mean_rate() > 0; }

double TrafficPlan::mean_rate() const {
  if (concurrency > 0) return 0;
  if (day) return day->mean();
  if (rate > 0 || trace == nullptr) return rate;
  return trace->has_arrivals ? rate_of(trace->requests) : 0;
}

std::int64_t TrafficPlan::request_count() const {
  if (trace == nullptr || synthetic) return requests;
  const auto rows = static_cast<std::int64_t>(trace->requests.size());
  return requests > 0 ? std::min(requests, rows) : rows;
}

std::unique_ptr<RequestSource> make_source(const TrafficPlan& plan) {
  SWITCHYARD_CHECK(plan.request_count() > 0);
  SWITCHYARD_CHECK(plan.concurrency > 0 || plan.knows_rate());
  if (has_sessions(plan)) return make_sessions(plan);
  auto maker = make_maker(plan);
  if (plan.concurrency > 0) return std::make_unique<ClosedLoop>(std::move(maker), plan.concurrency);
  ArrivalClock clock = plan.replays_times() ? trace_clock(*plan.trace, plan.rate)
                                            : random_clock(profile(plan), burstiness(plan),
                                                           mix(plan.seed + 1), plan.end_s);
  return std::make_unique<OpenLoop>(std::move(maker), std::move(clock));
}

std::string describe(const TrafficPlan& plan) {
  const std::string count = format_integer(plan.request_count());
  std::string text;
  if (plan.trace == nullptr) {
    text = fmt::format("{} synthetic requests of {}", count, plan.workload.name);
  } else if (plan.synthetic) {
    text = fmt::format("{} synthetic requests fitted to {}", count, plan.workload.name);
  } else {
    text = fmt::format("{} requests of {}", count, plan.workload.name);
  }
  if (plan.concurrency > 0) {
    return text + fmt::format(", {} {} at all times", format_integer(plan.concurrency),
                              has_sessions(plan) ? "sessions" : "in flight");
  }
  text += fmt::format(", {} a second", format_significant(plan.mean_rate()));
  if (plan.replays_times()) {
    return text + (plan.rate > 0 ? ", times of the trace scaled" : ", times of the trace");
  }
  return text + fmt::format(", random with burstiness {}", format_significant(burstiness(plan)));
}

}  // namespace switchyard::workload
