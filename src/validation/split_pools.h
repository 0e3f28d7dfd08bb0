// The steady state of a disaggregated deployment in a closed loop: prefill workers compute prompts,
// decode workers only decode.
//
// A request waits for a prefill worker as at an M/D/1 server of the pool's load over its workers
// [assumption], holds it for the time of its prompt, then decodes. Where prefill is slower than
// decode, requests pile up before it. Moving the KV cache is hidden behind prefill. [assumption]
#pragma once

#include <memory>

#include "serving/steady_state.h"

namespace switchyard::validation {

struct Pools {
  model::Sharding prefill, decode;  // of one worker
  int prefill_workers = 1, decode_workers = 1;
};

class SplitService {
 public:
  // Contract: loop.concurrency >= 1, `batch` >= 1 (sequences decoding in one worker), shardings
  // valid.
  SplitService(const model::Model& model, const Pools& pools, const costing::Precision& precision,
               const costing::CostModel& costs, const workload::Workload& workload,
               const serving::Engine& engine, const serving::ClosedLoop& loop, double batch);

  // tpot, ttft, e2e, rate (of the whole) and concurrency: how many requests `batch` makes for.
  serving::SteadyState run(const catalog::PlatformNumbers& world) const;

 private:
  Pools pools_;
  workload::Workload workload_;
  serving::ClosedLoop loop_;
  double prompts_at_once_ = 1;  // of one prefill worker
  double chunks_ = 1;           // steps of a prompt
  std::unique_ptr<costing::PreparedStep> prefill_;
  serving::PreparedService decode_;
};

// The batch of a decode worker at which the whole holds `concurrency` requests in `world`.
double split_batch(double concurrency, double batch_max,
                   const std::function<serving::SteadyState(double)>& at_batch);

}  // namespace switchyard::validation
