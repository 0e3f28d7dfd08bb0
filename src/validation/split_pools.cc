#include "validation/split_pools.h"

#include <algorithm>
#include <cmath>

namespace switchyard::validation {

namespace {

// The decode side of the workload: its contexts, no prompts to compute.
workload::Workload decode_only(workload::Workload load) {
  constexpr double kAllCached = 0.999999;
  load.prefix_share = kAllCached;
  return load;
}

}  // namespace

SplitService::SplitService(const model::Model& model, const Pools& pools,
                           const costing::Precision& precision, const costing::CostModel& costs,
                           const workload::Workload& workload, const serving::Engine& engine,
                           const serving::ClosedLoop& loop, double batch)
    : pools_(pools),
      workload_(workload),
      loop_(loop),
      decode_(model, pools.decode, precision, costs, decode_only(workload), engine, {},
              std::max(batch, 1.0)) {
  const double prompt = std::max(1.0, workload.new_input_tokens());
  // Each data-parallel group computes a prompt of its own.
  prompts_at_once_ = pools.prefill.dp;
  chunks_ = std::max(1.0, prompt / engine.step_tokens_max);
  const model::StepBatch step{.prefill_tokens = prompt / chunks_ * prompts_at_once_,
                              .prefill_context = workload.mean_prefill_context(),
                              .prefill_sequences = prompts_at_once_};
  prefill_ = costs.prepare(model::step_operators(model, pools.prefill, step), precision);
}

serving::SteadyState SplitService::run(const catalog::PlatformNumbers& world) const {
  serving::SteadyState s = decode_.run(world);
  const double tokens = workload_.output.mean;
  const Seconds prompt =
      (prefill_->cost(world).seconds * (world.prefill_factor * pools_.prefill.pp) +
       world.step_overhead) *
      (world.model_error * chunks_);
  const double capacity = pools_.prefill_workers * prompts_at_once_ / prompt.value();  // requests/s
  double rate = s.output_tokens_per_second * pools_.decode_workers / tokens;
  constexpr double kLoadMax = 0.98;
  s.sustainable = rate <= kLoadMax * capacity;
  rate = std::min(rate, kLoadMax * capacity);
  const double load = rate / capacity;
  const double servers = pools_.prefill_workers * prompts_at_once_;
  const double queued = load / (2 * (1 - load)) / servers;
  const double at_start = loop_.start_share * (loop_.concurrency - 1) / 2 / servers;
  s.ttft = (world.request_overhead + s.tpot * world.poll_steps + prompt * (1 + queued + at_start)) *
           world.ttft_error;
  s.e2e = s.ttft + s.tpot * (tokens - 1);
  s.concurrency = rate * s.e2e.value();
  if (s.concurrency < loop_.concurrency) {  // the rest waits for prefill
    s.e2e = Seconds(loop_.concurrency / rate);
    s.ttft = s.e2e - s.tpot * (tokens - 1);
  } else {
    rate *= loop_.concurrency / s.concurrency;
  }
  s.output_tokens_per_second = rate * tokens;
  s.input_tokens_per_second = rate * workload_.input.mean;
  return s;
}

double split_batch(double concurrency, double batch_max,
                   const std::function<serving::SteadyState(double)>& at_batch) {
  double low = 1, high = std::max(1.0, std::min(concurrency, batch_max));
  const auto fits = [&](double batch) {
    const serving::SteadyState s = at_batch(batch);
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

}  // namespace switchyard::validation
