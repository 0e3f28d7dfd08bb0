// The ranks of a model together: a step of all of them, with the sums between their programs.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "base/units.h"
#include "kernels/decoder.h"
#include "kernels/work.h"
#include "runtime/checkpoint.h"
#include "runtime/rank.h"

namespace switchyard::runtime {

// Seconds of an all-reduce of `bytes` over the ranks.
using CollectiveTime = std::function<Seconds(Bytes bytes, int ranks)>;

struct StepTime {
  Seconds programs, collectives;
  std::int64_t instructions = 0, collective_count = 0;
  kernels::Work work;  // of all ranks
  Seconds total() const { return programs + collectives; }
};

class RankGroup {
 public:
  // Loads every rank's weights. `core` and `checkpoint` must outlive the group.
  static Result<std::unique_ptr<RankGroup>> create(const Checkpoint& checkpoint,
                                                   const neuroncore::Core& core, int ranks,
                                                   std::int64_t capacity,
                                                   const kernels::StepTypes& types,
                                                   CollectiveTime collective_time);

  // Takes `tokens` at the positions after those taken so far; `logits` of the last one.
  Result<StepTime> step(std::span<const int> tokens, std::vector<float>& logits);
  std::int64_t position() const { return position_; }

 private:
  RankGroup(const Checkpoint& checkpoint, const neuroncore::Core& core, int ranks,
            std::int64_t capacity, const kernels::StepTypes& types, CollectiveTime collective_time);
  Bytes sum_over_ranks();

  const neuroncore::Core& core_;
  kernels::DecoderShape shape_;
  kernels::StepTypes types_;
  std::int64_t vocabulary_;
  CollectiveTime collective_time_;
  std::vector<Rank> ranks_;
  std::int64_t position_ = 0;
};

}  // namespace switchyard::runtime
