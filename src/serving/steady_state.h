// Continuous batching at steady state: latency and throughput of one replica that always decodes
// `batch` sequences.
//
// The engine mixes prompt tokens into decode steps, up to a token budget a step (chunked prefill,
// vLLM's default). A request needs new_input prompt tokens and output / accepted decode steps, so a
// replica in balance computes c = batch * new_input * accepted / output prompt tokens a step on
// average. A share f of the steps carries a chunk:
//   TPOT = ((1 - f) t(decode) + f t(decode + chunk)) / accepted
//   TTFT = request overhead + poll_steps steps + queue + ceil(new_input / chunk) t(decode + chunk)
// The queue is that of an M/D/1 server whose load is c over the budget. [assumption: arrivals are
// independent] Speculative decoding verifies 1 + drafted tokens a step and keeps `accepted` of them
// on average; the drafter costs one decoder layer a drafted token, as MTP and EAGLE heads do.
// [assumption]
//
// A closed loop keeps `concurrency` requests in the replica: a new one comes when one is done.
// Those that do not decode are prefilling or wait; Little's law then gives TTFT from throughput,
// or, where not even one sequence decodes all the time, throughput from latency. A benchmark that
// starts all its clients at once and sends each n requests has 1/n of them wait for the prompts of
// all others: half of those on average. [InferenceX and vLLM's benchmark send 10 each]
// Where waiting prompts stop decodes (wave_share), requests that end together also start together
// again. They stay so as far as their prompts take longer than their ends are apart:
//   waves = wave_share C P / (C P + spread of output lengths x TPOT), P the time of a prompt,
// and of the prompts' time a request then sees half before its first token, half after.
// [assumption; holds for SGLang at fixed lengths, where waves = 1]
#pragma once

#include <functional>
#include <memory>

#include "catalog/sample.h"
#include "costing/cost_model.h"
#include "model/model.h"
#include "serving/speculation.h"
#include "workload/workload.h"

namespace switchyard::serving {

// The engine's settings; defaults stand in catalog/engine.toml.
struct Engine {
  double step_tokens_max = 0;  // token budget of a step, decode tokens included
  double memory_share = 0;     // of the chip's memory that the engine may use
  double load_max = 0;  // prompt work over capacity, above which the queue is called unbounded
};
Result<Engine> load_engine(const std::string& path);

struct ClosedLoop {
  double concurrency = 0;  // requests in the replica; 0: an open loop
  double start_share = 0;  // of the requests that come all at once, at the start
};

struct SteadyState {
  bool sustainable = false;  // prompts arrive no faster than the engine can compute them
  Seconds ttft, tpot;        // means
  Seconds e2e;
  double output_tokens_per_second = 0;  // of the replica
  double input_tokens_per_second = 0;   // received, cached included
  double concurrency = 0;               // requests in the replica, waiting ones included
  double prefill_time_share = 0;
  Watts chip_power;          // mean draw of one chip
  costing::StepCost decode;  // one turn without a chunk, for explanation
};

// Everything about one deployment that does not depend on the world.
class PreparedService {
 public:
  // Contract: batch >= 1; sharding valid for the model.
  PreparedService(const model::Model& model, const model::Sharding& sharding,
                  const costing::Precision& precision, const costing::CostModel& costs,
                  const workload::Workload& workload, const Engine& engine,
                  const Speculation& speculation, double batch, const ClosedLoop& loop = {});

  SteadyState run(const catalog::PlatformNumbers& world) const;

 private:
  void close_loop(SteadyState& state) const;
  // Share of requests whose prompts are computed together.
  double waves_of(Seconds prompt, Seconds step, const catalog::PlatformNumbers& world) const;

  workload::Workload workload_;
  Engine engine_;
  Speculation speculation_;
  double batch_ = 1;
  ClosedLoop loop_;
  double engine_sequences_ = 1;  // sequences one host process schedules
  double turns_ = 1;             // pipeline stages a token passes
  double chunk_tokens_ = 0;      // prompt tokens of a step that carries any
  double chunk_share_ = 0;       // f
  double length_spread_ = 0;     // of outputs, longest over shortest, in tokens
  double prefill_load_ = 0;      // c over the budget
  double draft_share_ = 0;       // of a decode step, for all drafted tokens
  std::unique_ptr<costing::PreparedStep> decode_, mixed_;
};

// How many sequences decode when a closed loop keeps `concurrency` requests in the replica: the
// largest batch up to both limits whose requests, waiting ones included, are no more. `open_loop`
// gives the state at a batch.
double closed_loop_batch(double concurrency, double batch_max,
                         const std::function<SteadyState(double)>& open_loop);

}  // namespace switchyard::serving
