// One engine step of a sharded model as a list of operators with their shapes.
//
// A step runs the whole model once over a batch that mixes decode sequences and prompt tokens, as
// continuous batching does. The list is what the busiest chip of one pipeline stage executes;
// operators that repeat (once a layer) appear once with a count. Counts are over one stage: a step
// visits `pp` stages in turn.
//
// Modelling choices:
//   Routing is uniform and independent: T tokens choosing k of E experts touch E(1 - (1 - k/E)^T)
//   of them. Real
//     routing is more skewed, which touches fewer experts but loads the busiest rank more.
//     [assumption]
//   With expert parallelism the busiest rank holds mean + sqrt(2 ln(ep) mean) tokens, the expected
//   maximum of ep
//     Poisson loads. [assumption; a lower bound on real imbalance]
//   MLA decodes in its absorbed form (the compressed cache is read once for all heads) and prefills
//   expanded. Weights are read once a step; activations once per operator and direction.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/units.h"
#include "model/model.h"

namespace switchyard::model {

// How one replica is cut over its chips = tp * pp * dp * cp.
struct Sharding {
  int tp = 1;  // tensor parallel ranks of attention heads
  int pp = 1;  // pipeline stages
  int dp = 1;  // data-parallel attention groups inside the replica
  int cp = 1;  // context parallel ranks: the KV cache of a sequence is cut along its tokens;
               // projections into attention are repeated on them, all else is cut over tp * cp
  int ep = 1;  // expert parallel ranks, dividing tp * dp * cp; the rest of those ranks cut each
               // expert's width

  int chips() const { return tp * pp * dp * cp; }
  int stage_ranks() const { return tp * dp * cp; }
  int dense_ranks() const { return tp * cp; }
  bool operator==(const Sharding&) const = default;
};

// What one step of one replica processes.
struct StepBatch {
  double sequences = 0;            // in decode
  double tokens_per_sequence = 1;  // verified at once: 1 + drafted tokens
  double decode_context = 0;       // mean tokens already in the cache, of a decode sequence
  double prefill_tokens = 0;       // prompt tokens computed in this step
  double prefill_context = 0;      // mean tokens each of them attends to
  double prefill_sequences = 1;    // prompts those tokens belong to
};

enum class OperatorKind {
  kMatmul,         // [m, k] x [k, n]
  kGroupedMatmul,  // m tokens over `groups` experts of [k, n]
  kPrefillAttention,
  kDecodeAttention,
  kElementwise,  // norms, rotary embedding, activation, residual, routing: bound by bytes
  kAllReduce,
  kAllGather,
  kReduceScatter,
  kAllToAll,
  kSendReceive,
};
bool is_collective(OperatorKind kind);

// What attention works on; sequences == 0: not said (the scores of an indexer).
struct AttentionWork {
  double sequences = 0;
  double tokens = 1;                             // new ones of each
  double cached = 0;                             // tokens of each before them, on this rank
  double heads = 0, kv_heads = 0, head_dim = 0;  // on this rank
  double window = 0;                             // 0: full
  bool latent = false;
  double kv_rank = 0, rope_dim = 0, v_dim = 0;  // latent only
};

// A whole expert layer of the replica's stage, of which this rank does its part.
struct ExpertsWork {
  double tokens = 0;  // of all ranks; 0: not an expert layer
  double hidden = 0, width = 0, top_k = 0, experts = 0;
  double tp = 1, ep = 1;  // ranks an expert's width is cut over; ranks the experts are spread over
};

struct Operator {
  const char* name = "";
  OperatorKind kind = OperatorKind::kMatmul;
  WeightClass weights = WeightClass::kSmall;  // of a matmul: which format its products run in
  double count = 1;                           // times a stage runs it in one step
  double m = 0, n = 0, k = 0, groups = 1;     // matmul shape on this rank
  Flops flops;                                // each time, on this rank
  double weight_elements = 0;                 // read each time; bytes by the format of `weights`
  Bytes activation_bytes;                     // read and written each time
  double cache_elements = 0;                  // KV cache elements read and written each time
  // Collectives: bytes each rank contributes, and over how many ranks at which distance (1:
  // neighbouring chips).
  Bytes payload;
  int ranks = 1;
  int stride = 1;
  AttentionWork attention;      // of the two attention kinds
  ExpertsWork experts;          // of the first grouped product of a layer
  bool inside_experts = false;  // a later part of the layer that `experts` describes whole
};

// Operators of one step on the busiest rank of the slowest stage. Contract: sharding is valid for
// the model (see shard_fault), batch numbers finite and >= 0.
std::vector<Operator> step_operators(const Model& model, const Sharding& sharding,
                                     const StepBatch& batch);

// Why `sharding` cannot hold for `model`; empty when it can.
std::string shard_fault(const Model& model, const Sharding& sharding);

}  // namespace switchyard::model
