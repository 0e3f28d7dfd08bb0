// How an inference service is run: engine, replicas and everything around them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "serving/speculation.h"

namespace switchyard::serving {

class StepModel;

enum class BatchPolicy {
  kMixed,         // every decode, then prompt chunks up to the token budget
  kPrefillFirst,  // waiting prompts in steps of their own, decodes when there are none
  kDecodeFirst,   // a batch decodes to its end before prompts are taken in
};
enum class Preemption { kRecompute, kSwap };
enum class Routing { kRoundRobin, kLeastLoaded, kPrefixAffine };

// What differs between engines. Presets stand in catalog/engines/, see engines.h.
struct EngineOptions {
  BatchPolicy policy = BatchPolicy::kMixed;
  std::int64_t step_tokens_max = 0;        // prompt and decode tokens of one step, per rank
  std::int64_t sequences_max = 0;          // running at once, per rank
  bool chunked_prefill = true;             // else a prompt is computed in one step
  std::int64_t prompt_chunk_max = 0;       // of one prompt in one step; 0: the budget
  std::int64_t prefill_sequences_max = 0;  // prompts in one step; 0: any number
  int block_tokens = 0;                    // of the paged KV cache
  bool reserve_output = false;  // a request is let in when input and output fit: no preemption
  Preemption preemption = Preemption::kRecompute;  // swapping needs HostMemory
  bool prefix_cache = true;
  bool free_blocks_first = false;  // blocks of no content are taken before cached ones
  // Compiled shapes: a step is computed as a power of two of sequences that decode and as a power
  // of two of prompt tokens, of those at least so many. 0: as it is.
  std::int64_t pad_tokens_min = 0;
  double memory_share = 0;  // of a chip's memory, for weights, KV cache and workspace
};

struct TransferLink {
  double bytes_per_second = 0;  // > 0
  double latency_s = 0;
};

// Prompts are computed by replicas of their own, which hand the KV cache over their link.
struct Disaggregation {
  int prefill_replicas = 0;                  // 0: off
  std::int64_t prefill_blocks = 0;           // KV blocks of a rank there
  const StepModel* prefill_steps = nullptr;  // nullptr: as the decoding ones
  TransferLink link;                         // out of each prefill replica
};

struct HostMemory {
  std::int64_t blocks = 0;  // per rank, of engine blocks; 0: off
  TransferLink link;        // of each replica; swapped sequences use it too
};

struct Admission {
  std::int64_t queue_max =
      0;                  // waiting requests of a replica, beyond which it takes no more; 0: any
  double wait_max_s = 0;  // shed when not scheduled by then; 0: waits for ever
};

struct Autoscaling {
  int replicas_min = 0;  // 0: off; the service then starts with `replicas`
  int replicas_max = 0;
  double target_load = 0;     // requests in flight per replica
  double interval_s = 10;     // between decisions
  double startup_s = 60;      // from decision to first request
  double down_after_s = 300;  // of less load before replicas go [Kubernetes' default]
};

struct Outage {
  int replica = 0;
  double start_s = 0, duration_s = 0;
};
struct Failures {
  double mean_between_s = 0;  // of each replica, exponential; 0: none
  double repair_s = 0;
  std::vector<Outage> outages;  // planned by the caller, on top
};

struct ServiceOptions {
  EngineOptions engine;
  int replicas = 1;               // that decode
  int ranks = 1;                  // data-parallel attention groups of a replica, in lock step
  std::int64_t blocks = 0;        // KV blocks of a rank, of engine.block_tokens
  double kv_bytes_per_token = 0;  // over all chips that hold a sequence; for transfers
  Routing routing = Routing::kLeastLoaded;
  Speculation speculation;
  Disaggregation disaggregation;
  HostMemory host;
  Admission admission;
  Autoscaling autoscaling;
  Failures failures;
  std::uint64_t seed = 0;
  double sample_interval_s = 0;  // of the timeline; 0: no samples
  bool step_by_step = false;     // takes every step as an event; same results, slower
  bool check = false;            // tests every invariant at every event
};

}  // namespace switchyard::serving
