#include "cli/question.h"

#include "base/text.h"
#include "model/import.h"

namespace switchyard::cli {

namespace {

Result<workload::Workload> make_workload(const CompareOptions& o, const std::string& catalog,
                                         const workload::Trace* trace) {
  SWITCHYARD_TRY(named, workload::named_workload(o.workload, catalog + "/workloads"));
  workload::Slo slo = named.slo;
  if (o.ttft_s > 0) slo.ttft = Seconds(o.ttft_s);
  if (o.tpot_ms > 0) slo.tpot = milliseconds(o.tpot_ms);
  if (trace != nullptr) {
    workload::Workload summary = workload::summarise(*trace, o.trace, slo);
    if (o.prefix_share >= 0) summary.prefix_share = o.prefix_share;
    if (summary.output.mean < 1) {
      return fail({.where = o.trace,
                   .found = fmt::format("has {} output tokens a request on average",
                                        format_significant(summary.output.mean)),
                   .wanted = "at least 1"});
    }
    return summary;
  }
  const bool lengths = o.input_tokens > 0 || o.output_tokens > 0 || o.prefix_share >= 0;
  if (!lengths) {
    named.slo = slo;
    return named;
  }
  workload::Workload custom =
      workload::fixed_workload(o.input_tokens > 0 ? o.input_tokens : named.input.mean,
                               o.output_tokens > 0 ? o.output_tokens : named.output.mean,
                               o.prefix_share >= 0 ? o.prefix_share : named.prefix_share, slo);
  custom.name = "custom";
  return custom;
}

Result<serving::Speculation> make_speculation(const CompareOptions& o) {
  if (o.accepted > 1.0 + o.drafted) {
    return fail({.kind = ErrorKind::kUsage,
                 .where = "--accepted",
                 .found = fmt::format("is {}", o.accepted),
                 .wanted = fmt::format("at most 1 + --drafted = {}", 1 + o.drafted),
                 .hint = "a step gains the verified token and at most every drafted one"});
  }
  if (o.drafted > 0 && o.accepted <= 1) {
    return fail({.kind = ErrorKind::kUsage,
                 .where = "--drafted",
                 .found = "is given without a gain",
                 .wanted = "--accepted, the mean tokens gained a step, above 1"});
  }
  return serving::Speculation{.drafted = o.drafted, .accepted = o.accepted};
}

}  // namespace

Result<Asked> make_question(const CompareOptions& o, const std::string& catalog) {
  Asked asked;
  planner::Question& q = asked.question;
  SWITCHYARD_TRY(model, model::find_model(o.model, catalog + "/models"));
  if (!o.trace.empty()) {
    SWITCHYARD_TRY(trace, workload::read_trace(o.trace, o.skip_bad));
    asked.trace = std::move(trace);
  }
  SWITCHYARD_TRY(load, make_workload(o, catalog, asked.trace ? &*asked.trace : nullptr));
  SWITCHYARD_TRY(engine, serving::load_engine(catalog + "/engine.toml"));
  SWITCHYARD_TRY(speculation, make_speculation(o));
  SWITCHYARD_TRY(objective, planner::parse_objective(o.objective));
  SWITCHYARD_TRY(view, economics::parse_cost_view(o.cost));
  SWITCHYARD_TRY(precision, costing::parse_precision(o.precision));
  const double tokens = load.input.mean + load.output.mean;
  if (model.context_max > 0 && tokens > static_cast<double>(model.context_max)) {
    return fail({.kind = ErrorKind::kImpossible,
                 .where = "workload",
                 .found = fmt::format("{:.0f} tokens a request", tokens),
                 .wanted = fmt::format("at most the {} tokens of {}'s context", model.context_max,
                                       model.id)});
  }
  q.model = std::move(model);
  q.workload = std::move(load);
  q.engine = engine;
  q.speculation = speculation;
  q.objective = objective;
  q.view = view;
  q.precision = precision;
  for (const std::string_view part : split(o.platforms, ',')) {
    if (!trim(part).empty()) q.platforms.emplace_back(trim(part));
  }
  q.cache_bits = o.cache_bits;
  q.concurrency = o.concurrency;
  q.chips_max = o.chips_max;
  q.samples = o.samples;
  q.seed = o.seed;
  return asked;
}

}  // namespace switchyard::cli
