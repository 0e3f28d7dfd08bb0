#include "report/record_table.h"

namespace switchyard::report {

namespace {

double seconds(SimTime time) { return static_cast<double>(time.ps()) * 1e-12; }

std::string_view name(workload::RequestOutcome outcome) {
  switch (outcome) {
    case workload::RequestOutcome::kCompleted:
      return "completed";
    case workload::RequestOutcome::kShed:
      return "shed";
    case workload::RequestOutcome::kFailed:
      return "failed";
  }
  return "";
}

RecordCell whole(std::int64_t value) { return {.integer = value}; }
RecordCell real(double value) { return {.real = value}; }

}  // namespace

std::array<RecordCell, kRecordColumns.size()> record_cells(const workload::RequestRecord& r,
                                                           const workload::Slo& slo) {
  const bool served = r.outcome == workload::RequestOutcome::kCompleted;
  const bool several = served && r.output_tokens > 1;
  const double ttft_s = seconds(r.first_token - r.arrival);
  const double tpot_s =
      several ? seconds(r.finish - r.first_token) / static_cast<double>(r.output_tokens - 1) : 0;
  const bool meets = served && ttft_s <= slo.ttft.value() && tpot_s <= slo.tpot.value();
  const RecordCell nothing = {.empty = true};
  return {whole(r.id),
          r.session >= 0 ? whole(r.session) : nothing,
          {.text = name(r.outcome)},
          whole(r.priority),
          real(seconds(r.arrival)),
          real(seconds(r.first_scheduled)),
          served ? real(seconds(r.first_token)) : nothing,
          real(seconds(r.finish)),
          served ? real(ttft_s * 1e3) : nothing,
          several ? real(tpot_s * 1e3) : nothing,
          served ? real(seconds(r.finish - r.arrival) * 1e3) : nothing,
          whole(r.input_tokens),
          whole(r.output_tokens),
          whole(r.cached_tokens),
          whole(r.preemptions),
          whole(r.retries),
          r.replica >= 0 ? whole(r.replica) : nothing,
          r.prefill_replica >= 0 ? whole(r.prefill_replica) : nothing,
          whole(meets ? 1 : 0),
          real(r.joules)};
}

}  // namespace switchyard::report
