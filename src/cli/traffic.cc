#include "cli/traffic.h"

#include "base/text.h"
#include "workload/arrivals.h"

namespace switchyard::cli {

namespace {

constexpr double kSimulatedSecondsMax = 8.6e6;  // the clock ends at 106 days

Error usage(std::string where, std::string found, std::string wanted, std::string hint = "") {
  return {.kind = ErrorKind::kUsage,
          .where = std::move(where),
          .found = std::move(found),
          .wanted = std::move(wanted),
          .hint = std::move(hint)};
}

}  // namespace

Status check_traffic(const SimulateOptions& o) {
  if (o.base.trace.empty() && o.synthetic == 0) {
    return fail(usage("traffic", "none is given", "--trace FILE or --synthetic N",
                      "--synthetic 10000 makes requests of --workload chat"));
  }
  if (o.rate > 0 && o.concurrency > 0) {
    return fail(usage("--rate", "is given with --concurrency", "one of them",
                      "a closed loop has the rate its clients reach"));
  }
  if (o.burstiness >= 0 && o.concurrency > 0) {
    return fail(usage("--burstiness", "is given with --concurrency", "one of them"));
  }
  return {};
}

workload::TrafficPlan traffic_plan(const SimulateOptions& o, const Asked& asked) {
  workload::TrafficPlan plan;
  plan.workload = asked.question.workload;
  plan.trace = asked.trace ? &*asked.trace : nullptr;
  plan.synthetic = o.synthetic > 0;
  plan.requests = o.synthetic > 0 ? o.synthetic : o.requests_max;
  plan.rate = o.rate;
  plan.concurrency = o.concurrency;
  plan.burstiness = o.burstiness;
  plan.context_tokens_max = asked.question.model.context_max;
  plan.seed = o.base.seed;
  return plan;
}

Status check_span(const SimulateOptions& o, const workload::TrafficPlan& plan) {
  if (plan.concurrency > 0) return {};
  const double span_s = static_cast<double>(plan.request_count()) / plan.mean_rate();
  if (span_s < kSimulatedSecondsMax) return {};
  return fail(
      usage(o.rate > 0 ? "--rate" : o.base.trace,
            fmt::format("spreads the requests over {} days", format_significant(span_s / 86400)),
            fmt::format("at most {:.0f} days", kSimulatedSecondsMax / 86400),
            "a higher --rate, or fewer requests with --requests"));
}

void add_trace_notes(const Asked& asked, std::vector<std::string>& notes) {
  if (!asked.trace) return;
  const workload::Trace& trace = *asked.trace;
  const std::int64_t context = asked.question.model.context_max;
  if (trace.bad_row_count > 0) {
    notes.push_back(
        fmt::format("{} bad rows of the trace are left out", format_integer(trace.bad_row_count)));
  }
  std::int64_t beyond = 0, without_output = 0;
  for (const workload::Request& request : trace.requests) {
    const std::int64_t tokens = request.input_tokens + request.output_tokens;
    beyond += context > 0 && tokens > context ? 1 : 0;
    without_output += request.output_tokens == 0 ? 1 : 0;
  }
  if (beyond > 0) {
    notes.push_back(
        fmt::format("{} requests are longer than the {} tokens of the model's context; "
                    "they are simulated as they stand",
                    format_integer(beyond), format_integer(context)));
  }
  if (without_output > 0) {
    notes.push_back(fmt::format("{} requests ask for no output; they end with their prompt",
                                format_integer(without_output)));
  }
}

}  // namespace switchyard::cli
