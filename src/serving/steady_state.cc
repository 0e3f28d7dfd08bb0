#include "serving/steady_state.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/check.h"
#include "base/document.h"

namespace switchyard::serving {

namespace {

// Joules do not vanish at the power limit: where a step would draw more, clocks fall until it
// draws just the limit, so it takes longer. That a lower clock also costs fewer joules a product
// is left out. [assumption]
Seconds within_power(Seconds step, Joules dynamic, const catalog::PlatformNumbers& world) {
  return std::max(step, Seconds(dynamic.value() / (world.tdp - world.active_power).value()));
}

// Kernels as the engine runs them: it hides or fuses a share of their launches.
Seconds engine_time(const costing::StepCost& step, const catalog::PlatformNumbers& world) {
  return step.seconds - step.launch * (1 - world.launch_share);
}

}  // namespace

Result<Engine> load_engine(const std::string& path) {
  SWITCHYARD_TRY(document, read_document(path));
  FaultList faults;
  ObjectReader reader(document, path, faults);
  Engine engine;
  engine.step_tokens_max = reader.number("step_tokens_max", {16, 1e6});
  engine.memory_share = reader.number("memory_share", {0.1, 1});
  engine.load_max = reader.number("load_max", {0.1, 0.999});
  reader.string("source");
  reader.reject_unknown();
  SWITCHYARD_TRY_STATUS(faults.status());
  return engine;
}

PreparedService::PreparedService(const model::Model& model, const model::Sharding& sharding,
                                 const costing::Precision& precision,
                                 const costing::CostModel& costs,
                                 const workload::Workload& workload, const Engine& engine,
                                 const Speculation& speculation, double batch,
                                 const ClosedLoop& loop)
    : workload_(workload), engine_(engine), speculation_(speculation), batch_(batch), loop_(loop) {
  SWITCHYARD_CHECK(batch >= 1 && workload.output.mean >= 1, "batch {}", batch);
  turns_ = sharding.pp;
  engine_sequences_ = batch / sharding.dp;
  const double per_sequence = 1.0 + speculation.drafted;
  const double new_input = workload.new_input_tokens();
  const double needed = batch * new_input * speculation.accepted / workload.output.mean;
  const double budget = std::max(engine.step_tokens_max - batch * per_sequence,
                                 engine.step_tokens_max / 16) *
                        sharding.dp;  // each data-parallel group has its own budget
  prefill_load_ = needed / budget;
  // A prompt is computed by one data-parallel group while the others wait for it.
  chunk_tokens_ = std::clamp(std::max(new_input * sharding.dp, needed), 1.0, budget);
  const workload::Lengths& out = workload.output;
  constexpr double kWidth = 3.4641016151377544;  // of a uniform distribution, in deviations
  length_spread_ = kWidth * std::sqrt(std::max(0.0, out.mean_square - out.mean * out.mean));
  chunk_share_ = std::min(1.0, needed / chunk_tokens_);
  draft_share_ = static_cast<double>(speculation.drafted) / model.layer_count();

  model::StepBatch step{.sequences = batch,
                        .tokens_per_sequence = per_sequence,
                        .decode_context = workload.mean_decode_context()};
  decode_ = costs.prepare(model::step_operators(model, sharding, step), precision);
  step.prefill_tokens = chunk_tokens_;
  step.prefill_context = workload.mean_prefill_context();
  step.prefill_sequences = std::max(1.0, chunk_tokens_ / std::max(1.0, new_input));
  mixed_ = costs.prepare(model::step_operators(model, sharding, step), precision);
}

SteadyState PreparedService::run(const catalog::PlatformNumbers& world) const {
  SteadyState s;
  s.decode = decode_->cost(world);
  const costing::StepCost mixed = mixed_->cost(world);
  const double draft = 1 + draft_share_;
  const Seconds host = world.step_overhead + world.sequence_overhead * engine_sequences_;
  const Joules plain_dynamic = s.decode.dynamic * (turns_ * draft);
  const Joules mixed_dynamic = mixed.dynamic * turns_ + s.decode.dynamic * (turns_ * draft_share_);
  const Seconds kernels = engine_time(s.decode, world) * (turns_ * world.step_factor);
  const Seconds plain = kernels * draft + host;
  const Seconds full = plain + (engine_time(mixed, world) - engine_time(s.decode, world)) *
                                   (turns_ * world.prefill_factor);
  const Seconds plain_step = within_power(plain * world.model_error, plain_dynamic, world);
  const Seconds mixed_step = within_power(full * world.model_error, mixed_dynamic, world);
  const double new_input = std::max(1.0, workload_.new_input_tokens());
  const Seconds prompt = (mixed_step - plain_step) * (new_input / chunk_tokens_);
  const double waves = waves_of(prompt, plain_step, world);
  const double share = chunk_share_ * (1 - waves / 2);
  const Seconds step = plain_step * (1 - share) + mixed_step * share;

  s.sustainable = prefill_load_ <= engine_.load_max;
  s.tpot = step / speculation_.accepted;
  const double chunks = std::ceil(new_input / chunk_tokens_);
  const double load = std::min(prefill_load_, engine_.load_max);
  const double queued = load / (2 * (1 - load));
  s.ttft = world.request_overhead + step * world.poll_steps + mixed_step * (chunks * (1 + queued));
  s.ttft += prompt * (waves * std::max(0.0, loop_.concurrency - 1) / 2);
  s.ttft = s.ttft * world.ttft_error;
  s.e2e = s.ttft + s.tpot * (workload_.output.mean - 1);

  s.output_tokens_per_second = batch_ / s.tpot.value();
  if (loop_.concurrency > 0) close_loop(s);
  const double requests_per_second = s.output_tokens_per_second / workload_.output.mean;
  s.input_tokens_per_second = requests_per_second * workload_.input.mean;
  s.concurrency = requests_per_second * s.e2e.value();
  s.prefill_time_share = (mixed_step - plain_step) * share / step;
  s.prefill_time_share = std::clamp(s.prefill_time_share, 0.0, 1.0);

  const Joules dynamic = plain_dynamic * (1 - share) + mixed_dynamic * share;
  // Already within the limit but for rounding.
  s.chip_power = std::min((world.active_power + dynamic / step) * world.power_error, world.tdp);
  return s;
}

double PreparedService::waves_of(Seconds prompt, Seconds step,
                                 const catalog::PlatformNumbers& world) const {
  if (loop_.concurrency <= 1) return 0;
  const double together = prompt.value() * loop_.concurrency;
  const double apart = length_spread_ * step.value() / speculation_.accepted;
  const double again = together > 0 ? world.wave_share * together / (together + apart) : 0;
  return loop_.start_share + (1 - loop_.start_share) * again;
}

void PreparedService::close_loop(SteadyState& s) const {
  const double tokens = workload_.output.mean;
  const double in_flight = s.output_tokens_per_second / tokens * s.e2e.value();
  // The batch was found in another world: within a few percent it would settle, with fewer in
  // flight the rest wait.
  constexpr double kSettles = 0.95;
  if (in_flight > kSettles * loop_.concurrency) {
    s.output_tokens_per_second *= loop_.concurrency / in_flight;
  } else {
    s.e2e = s.e2e * (loop_.concurrency / in_flight);
    s.ttft = s.e2e - s.tpot * (tokens - 1);
  }
}

double closed_loop_batch(double concurrency, double batch_max,
                         const std::function<SteadyState(double)>& open_loop) {
  double low = 1;
  double high = std::max(1.0, std::min(concurrency, batch_max));
  const auto fits = [&](double batch) {
    const SteadyState s = open_loop(batch);
    return s.sustainable && s.concurrency <= concurrency;
  };
  if (fits(high)) return high;
  constexpr double kPrecise = 1.01;
  while (high > low * kPrecise) {
    const double middle = std::sqrt(low * high);
    (fits(middle) ? low : high) = middle;
  }
  return low;
}

}  // namespace switchyard::serving
