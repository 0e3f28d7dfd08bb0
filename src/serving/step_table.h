// Step times of a deployment, worked out beforehand from operator costs.
//
// A step's cost is taken apart into what the number of tokens decides (all but attention), the head
// of the model by the tokens that are sampled, attention of decodes by their mean context, and
// attention of prompts by their mean context and length. Each part is costed at knots and
// interpolated in whole numbers, so that a step costs some tens of nanoseconds and is linear in the
// sum of contexts between two knots. Around them stands what serving/steady_state.h adds: pipeline
// turns, the drafter, host time, the power limit.
//
// Against costing each step as a whole, over six deployments, the worst error of a random step is
// 0.5 % and the mean below 0.05 %. Sparse attention's indexer serves prompts and decodes in one
// operator, here costed apart: there 5 % at worst and 0.6 % in the mean. [step_table_test.cc]
#pragma once

#include <array>
#include <vector>

#include "catalog/sample.h"
#include "costing/cost_model.h"
#include "model/model.h"
#include "serving/knots.h"
#include "serving/speculation.h"
#include "serving/step_model.h"

namespace switchyard::serving {

struct Deployment {
  const model::Model& model;
  model::Sharding sharding;
  const costing::Precision& precision;
  const costing::CostModel& costs;
  const catalog::PlatformNumbers& world;
  Speculation speculation = {};
  // Tokens of the busiest expert rank over what even, independent routing gives it.
  double expert_imbalance = 1;
};

class StepTable : public StepModel {
 public:
  // Tokens of a step beyond `tokens_max` are extrapolated. Contract: sharding valid for the model.
  StepTable(const Deployment& deployment, std::int64_t tokens_max);

  StepLine line(const StepShape& shape) const override;
  double active_watts() const override { return active_watts_; }
  double idle_watts() const override { return idle_watts_; }

  // Time in 2^-16 ps, that at the power limit, energy in pJ.
  struct Cost {
    std::int64_t time = 0, limited = 0, energy = 0;
  };

 private:
  using TokenKnots = Knots<3>;
  using ContextKnots = Knots<3>;
  using PromptKnots = Knots<1>;
  using LengthKnots = Knots<2>;
  // Knots 1 to kLengths; a prompt of more tokens in one step is as good as endless.
  static constexpr std::size_t kLengths = LengthKnots::below(1 << 15);

  // Of a decode sequence at a knot of context, and its growth with context up to the next.
  struct ContextPiece {
    Cost value, slope;
  };

  void build(const Deployment& deployment, std::int64_t tokens_max);
  Cost tokens_cost(const std::vector<Cost>& table, std::int64_t tokens) const;
  void add_prompt_attention(const StepShape& shape, Cost& sum) const;

  std::int64_t tokens_per_sequence_ = 1;
  double active_watts_ = 0, idle_watts_ = 0;
  std::int64_t step_time_ = 0;        // of the host
  std::int64_t sequence_time_ = 0;    // of the host
  std::vector<Cost> prompt_tokens_;   // all but attention, one token sampled
  std::vector<Cost> sampled_;         // of the head, above one token
  std::vector<Cost> draft_;           // by decode tokens: what the drafter adds, without attention
  Cost decode_start_, prompt_start_;  // of attention, whatever the size
  std::vector<ContextPiece> decode_attention_;
  std::vector<std::array<Cost, kLengths>> prompt_attention_;  // of a token
};

}  // namespace switchyard::serving
