// A measured row as a deployment that can be predicted: platform, model, formats, sharding, load;
// with what was measured. Rows that say too little, or what we cannot model, have a reason instead.
//
// Assumed where rows are silent:
//   InferenceX draws lengths uniformly from 0.8 to 1 of nominal, so means are 0.9 of it.
//   InferenceX serves narrow checkpoints with an 8-bit KV cache; all others store 16 bits.
//   ML.ENERGY prompts have 300 tokens (its tables do not say); its time a token is the mean batch
//   over the token rate, which counts prompts too.
//   A static batch (Splitwise, Transformers NeuronX) prefills whole and then decodes whole.
//   MLPerf: mean lengths of its data sets; TensorRT's "fp16" on 8-bit chips names the input, its
//   weights are 8 bits; the best deployment we know within the system's chips, at the mean time a
//   token the submission had.
// Throughput of a closed loop that does not state it: concurrency x L / (TTFT + (L-1) TPOT).
#pragma once

#include <string>
#include <variant>

#include "costing/precision.h"
#include "serving/steady_state.h"
#include "validation/measured_rows.h"
#include "validation/names.h"

namespace switchyard::validation {

enum class CaseKind {
  kClosedLoop,     // `concurrency` requests in flight
  kSteadyBatch,    // `batch` decode at all times
  kStaticBatch,    // one batch prefilled, then decoded
  kDisaggregated,  // a closed loop over pools of prefill and decode workers
  kBenchmark,      // deployment not stated: the best within `chips` at the measured time a token
};

// What was measured; 0: not, or not comparable.
struct Measured {
  double tpot_s = 0, ttft_s = 0;
  double output_tokens_per_second = 0;  // of all chips
  double chip_watts = 0;
};

struct Case {
  const MeasuredRow* row = nullptr;
  CaseKind kind = CaseKind::kClosedLoop;
  const catalog::Platform* platform = nullptr;
  model::Model model;  // stored as the row says
  std::string engine;  // id, see engine_id
  std::string set;     // who measured: inferencex, aic_team, ml_energy, mlperf ...
  double cache_bits = 16;
  costing::PrecisionChoice precision = costing::PrecisionChoice::kNative;
  model::Sharding sharding;          // of a replica; kDisaggregated: of a decode worker
  model::Sharding prefill_sharding;  // kDisaggregated
  int replicas = 1, prefill_workers = 0;
  int chips = 0;
  serving::Speculation speculation;
  double input = 0, output = 0;  // mean tokens of a request
  double length_spread = 0;      // of outputs: longest minus shortest over the mean
  double concurrency = 0;        // of one replica; kDisaggregated: of the whole
  double batch = 0;
  Measured measured;

  // Everything but load and lengths: what cross-validation never splits.
  std::string configuration() const;
  // Rows that differ in concurrency only.
  std::string curve() const;
  // Rows that compare deployments and concurrency for one use.
  std::string frontier() const;
};

using CaseOrReason = std::variant<Case, std::string>;

// `row` must outlive the case.
CaseOrReason make_case(const MeasuredRow& row, const catalog::Catalog& catalog,
                       const ModelNames& models);

}  // namespace switchyard::validation
