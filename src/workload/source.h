// Where the requests of a simulation come from, and what became of them.
//
// A source is asked for its next arrival again and again; it is told of every request that ended,
// so that closed loops, conversations and agents can make requests in reaction.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "base/sim_time.h"

namespace switchyard::workload {

struct ServingRequest {
  std::int64_t id = 0;  // unique in a run
  SimTime arrival;
  std::int64_t input_tokens = 1;   // >= 1
  std::int64_t output_tokens = 1;  // >= 0; 0: done when the prompt is computed
  // Hashes of the blocks of RequestSource::block_tokens() tokens that input and then output are cut
  // into; each stands for its block and all before it. May end early: what it does not cover is
  // never shared. The last block of a prompt may be partly filled. Stays valid until finished().
  std::span<const std::int64_t> blocks;
  int priority = 0;  // lower is served first, as in vLLM; 0 to 7
  std::int64_t session = -1;
};

enum class RequestOutcome : std::uint8_t { kCompleted, kShed, kFailed };

struct RequestRecord {
  std::int64_t id = 0;
  std::int64_t session = -1;
  RequestOutcome outcome = RequestOutcome::kCompleted;
  int priority = 0;
  // Of the attempt that succeeded. Shed: first_scheduled and first_token equal finish.
  SimTime arrival, first_scheduled, first_token, finish;
  std::int64_t input_tokens = 0, output_tokens = 0;  // output: delivered
  std::int64_t cached_tokens = 0;                    // of the input, found in a prefix cache
  std::int32_t preemptions = 0, retries = 0;
  std::int32_t replica = -1;          // that produced the output
  std::int32_t prefill_replica = -1;  // differs from `replica` when disaggregated
  double joules = 0;                  // of the chips, its share by tokens of the steps it was in
};

class RequestSource {
 public:
  virtual ~RequestSource() = default;
  // When the next request arrives, as far as is known; nothing: none unless finished() makes one.
  // Never earlier than what was taken or told before.
  virtual std::optional<SimTime> next_arrival() = 0;
  // That request. Contract: next_arrival() gave a time.
  virtual ServingRequest take() = 0;
  // A request ended at record.finish.
  virtual void finished(const RequestRecord& record) = 0;
  // Tokens a block of `blocks` stands for; 0: requests carry none.
  virtual int block_tokens() const { return 0; }
};

}  // namespace switchyard::workload
