#include "runtime/group.h"

#include <cstring>

#include "fabric/ranks.h"
#include "runtime/rank_weights.h"

namespace switchyard::runtime {

RankGroup::RankGroup(const Checkpoint& checkpoint, const neuroncore::Core& core, int ranks,
                     std::int64_t capacity, const kernels::StepTypes& types,
                     CollectiveTime collective_time)
    : core_(core),
      shape_(rank_shape(checkpoint.shape(), ranks, capacity, types)),
      types_(types),
      vocabulary_(checkpoint.shape().vocabulary),
      collective_time_(std::move(collective_time)) {
  for (int rank = 0; rank < ranks; ++rank) ranks_.emplace_back(core);
}

Result<std::unique_ptr<RankGroup>> RankGroup::create(const Checkpoint& checkpoint,
                                                     const neuroncore::Core& core, int ranks,
                                                     std::int64_t capacity,
                                                     const kernels::StepTypes& types,
                                                     CollectiveTime collective_time) {
  SWITCHYARD_TRY_STATUS(check_ranks(checkpoint.shape(), ranks));
  std::unique_ptr<RankGroup> group(
      new RankGroup(checkpoint, core, ranks, capacity, types, std::move(collective_time)));
  for (int rank = 0; rank < ranks; ++rank) {
    const TakeTensor take = [&](const std::string& name, const std::vector<std::uint8_t>& bytes) {
      group->ranks_[static_cast<std::size_t>(rank)].put(name, bytes);
    };
    SWITCHYARD_TRY_STATUS(rank_weights(checkpoint, rank, ranks, capacity, types, take));
  }
  return group;
}

Result<StepTime> RankGroup::step(std::span<const int> tokens, std::vector<float>& logits) {
  const auto count = static_cast<std::int64_t>(tokens.size());
  const kernels::StepShape shape{
      .tokens = count, .position = position_, .sums_over_ranks = ranks_.size() > 1};
  const kernels::Step step =
      kernels::decoder_step(core_.limits.generation, shape_, shape, types_, {});
  for (Rank& rank : ranks_) {
    rank.put(kernels::kTokens,
             {reinterpret_cast<const std::uint8_t*>(tokens.data()), tokens.size() * sizeof(int)});
  }
  StepTime time;
  for (std::size_t i = 0; i < step.programs.size(); ++i) {
    const isa::Program& program = step.programs[i];
    if (i > 0) {
      time.collectives += collective_time_(sum_over_ranks(), static_cast<int>(ranks_.size()));
      ++time.collective_count;
    }
    for (Rank& rank : ranks_) SWITCHYARD_TRY_STATUS(rank.execute(program));
    SWITCHYARD_TRY(timeline, ranks_.front().time(program));
    time.programs += Seconds(timeline.duration.ns() * 1e-9);
    const kernels::Work work = kernels::work_of(program, core_.tensor.float32_passes);
    time.work.hbm += work.hbm * static_cast<double>(ranks_.size());
    time.work.flops += work.flops * static_cast<double>(ranks_.size());
    time.instructions += static_cast<std::int64_t>(program.size());
  }
  logits.clear();
  for (Rank& rank : ranks_) {
    const std::span<const std::uint8_t> bytes = rank.bytes(kernels::kLogits);
    const std::size_t start = logits.size();
    logits.resize(start + bytes.size() / sizeof(float));
    std::memcpy(logits.data() + start, bytes.data(), bytes.size());
  }
  logits.resize(static_cast<std::size_t>(vocabulary_));
  position_ += count;
  return time;
}

Bytes RankGroup::sum_over_ranks() {
  std::vector<std::span<const std::uint8_t>> sources;
  std::vector<std::span<std::uint8_t>> destinations;
  for (Rank& rank : ranks_) {
    destinations.push_back(rank.bytes(kernels::kExchange));
    sources.emplace_back(destinations.back());
  }
  fabric::reduce(fabric::ReduceOp::kAdd, types_.activations, sources, destinations);
  return Bytes(static_cast<double>(sources.front().size()));
}

}  // namespace switchyard::runtime
