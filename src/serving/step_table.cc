#include "serving/step_table.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "serving/stretch.h"

namespace switchyard::serving {

namespace {

using Cost = StepTable::Cost;

constexpr std::int64_t kContextMax = std::int64_t{1} << 21;  // tokens; beyond, the last slope

Cost operator+(const Cost& a, const Cost& b) {
  return {a.time + b.time, a.limited + b.limited, a.energy + b.energy};
}
Cost operator-(const Cost& a, const Cost& b) {
  return {a.time - b.time, a.limited - b.limited, a.energy - b.energy};
}
Cost operator*(const Cost& a, std::int64_t k) { return {a.time * k, a.limited * k, a.energy * k}; }
// The part of a rise over a gap of 2^bits that lies `by` above its foot.
Cost part_of_rise(const Cost& rise, std::int64_t by, int bits) {
  const auto part = [&](std::int64_t x) {
    return static_cast<std::int64_t>(static_cast<Wide>(x) * by >> bits);
  };
  return {part(rise.time), part(rise.limited), part(rise.energy)};
}
Cost scaled(const Cost& a, double k) {
  const auto by = [k](std::int64_t x) { return std::llround(static_cast<double>(x) * k); };
  return {by(a.time), by(a.limited), by(a.energy)};
}

constexpr double kFinePerSecond = 1e12 * (1 << kFineBits);

bool is_attention(const model::Operator& op) {
  return op.kind == model::OperatorKind::kPrefillAttention ||
         op.kind == model::OperatorKind::kDecodeAttention;
}

// Costs parts of steps as whole numbers.
class Pricer {
 public:
  explicit Pricer(const Deployment& deployment) : d_(deployment) {
    const catalog::PlatformNumbers& w = d_.world;
    turns_ = d_.sharding.pp;
    limit_watts_ = (w.tdp - w.active_power).value();
  }

  Cost part(const model::StepBatch& batch, bool attention) const {
    std::vector<model::Operator> operators = model::step_operators(d_.model, d_.sharding, batch);
    std::erase_if(operators, [&](const auto& op) { return is_attention(op) != attention; });
    for (model::Operator& op : operators) {
      if (op.kind != model::OperatorKind::kGroupedMatmul) continue;
      op.m *= d_.expert_imbalance;
      op.flops = op.flops * d_.expert_imbalance;
      op.activation_bytes = op.activation_bytes * d_.expert_imbalance;
    }
    const costing::StepCost cost = d_.costs.prepare(operators, d_.precision)->cost(d_.world);
    const double joules = cost.dynamic.value() * turns_;
    return {std::llround(cost.seconds.value() * turns_ * d_.world.model_error * kFinePerSecond),
            std::llround(joules / limit_watts_ * kFinePerSecond),
            std::llround(joules * d_.sharding.chips() * 1e12)};
  }

 private:
  const Deployment& d_;
  double turns_ = 1, limit_watts_ = 1;
};

}  // namespace

StepTable::StepTable(const Deployment& d, std::int64_t tokens_max)
    : tokens_per_sequence_(1 + d.speculation.drafted) {
  const catalog::PlatformNumbers& w = d.world;
  active_watts_ = w.active_power.value() * d.sharding.chips();
  idle_watts_ = w.idle_power.value() * d.sharding.chips();
  step_time_ = std::llround(w.step_overhead.value() * w.model_error * kFinePerSecond);
  sequence_time_ =
      std::llround(w.sequence_overhead.value() / d.sharding.dp * w.model_error * kFinePerSecond);
  build(d, tokens_max);
}

void StepTable::build(const Deployment& d, std::int64_t tokens_max) {
  const Pricer pricer(d);
  const double draft_share = static_cast<double>(d.speculation.drafted) / d.model.layer_count();
  const std::size_t token_knots = TokenKnots::below(std::max<std::int64_t>(tokens_max, 16)) + 2;
  for (std::size_t i = 0; i < token_knots; ++i) {
    // No step is empty; knot 0 only serves steps of less than one token on average.
    const auto tokens = static_cast<double>(std::max<std::int64_t>(1, TokenKnots::at(i)));
    const Cost prompt = pricer.part({.prefill_tokens = tokens}, false);
    const Cost decode = pricer.part({.sequences = tokens}, false);
    prompt_tokens_.push_back(prompt);
    sampled_.push_back(decode - prompt);
    draft_.push_back(i == 0 ? Cost() : scaled(decode, draft_share));
  }

  // Attention of n sequences is start + n x each, exactly so for a roofline.
  const double few = d.sharding.dp * d.sharding.pp;
  const double many = 64 * few;
  const auto verified = static_cast<double>(tokens_per_sequence_);
  const auto decode_attention = [&](double sequences, std::int64_t context) {
    const model::StepBatch batch{.sequences = sequences,
                                 .tokens_per_sequence = verified,
                                 .decode_context = static_cast<double>(context)};
    return scaled(pricer.part(batch, true), 1 + draft_share);
  };
  const std::size_t context_knots = ContextKnots::below(kContextMax) + 1;
  for (std::size_t i = 0; i < context_knots; ++i) {
    const Cost one = decode_attention(few, ContextKnots::at(i));
    const Cost all = decode_attention(many, ContextKnots::at(i));
    const Cost each = scaled(all - one, 1 / (many - few));
    if (i == 0) decode_start_ = one - scaled(each, few);
    decode_attention_.push_back({.value = each, .slope = {}});
  }
  for (std::size_t i = 0; i + 1 < context_knots; ++i) {
    const double width = static_cast<double>(kContextUnits << ContextKnots::gap_bits(i));
    decode_attention_[i].slope =
        scaled(decode_attention_[i + 1].value - decode_attention_[i].value, 1 / width);
  }
  decode_attention_.back().slope = decode_attention_[context_knots - 2].slope;

  // Likewise of prompts, by mean context and tokens of one prompt.
  const auto prompt_attention = [&](double prompts, std::int64_t context, double length) {
    return pricer.part({.prefill_tokens = prompts * length,
                        .prefill_context = static_cast<double>(context),
                        .prefill_sequences = prompts},
                       true);
  };
  for (std::size_t i = 0; i <= PromptKnots::below(kContextMax); ++i) {
    auto& row = prompt_attention_.emplace_back();
    for (std::size_t k = 0; k < kLengths; ++k) {
      const auto length = static_cast<double>(LengthKnots::at(k + 1));
      const Cost one = prompt_attention(few, PromptKnots::at(i), length);
      const Cost all = prompt_attention(many, PromptKnots::at(i), length);
      const Cost each = scaled(all - one, 1 / (many - few));
      if (i == 0 && k == 0) prompt_start_ = one - scaled(each, few);
      row[k] = scaled(each, 1 / length);
    }
  }
}

Cost StepTable::tokens_cost(const std::vector<Cost>& table, std::int64_t tokens) const {
  const std::size_t i = std::min(TokenKnots::below(tokens), table.size() - 2);
  const Cost rise = table[i + 1] - table[i];
  return table[i] + part_of_rise(rise, tokens - TokenKnots::at(i), TokenKnots::gap_bits(i));
}

// Between lengths by their inverse: a prompt reads its context once, whatever its length.
void StepTable::add_prompt_attention(const StepShape& s, Cost& sum) const {
  const std::int64_t context = s.prefill_context / s.prefill_tokens;
  const std::size_t i = std::min(PromptKnots::below(context), prompt_attention_.size() - 2);
  const double gap = static_cast<double>(std::int64_t{1} << PromptKnots::gap_bits(i));
  const double x = (static_cast<double>(s.prefill_context) / static_cast<double>(s.prefill_tokens) -
                    static_cast<double>(PromptKnots::at(i))) /
                   gap;
  const double length =
      static_cast<double>(s.prefill_tokens) / static_cast<double>(s.prefill_sequences);
  const std::size_t k =
      std::clamp<std::size_t>(LengthKnots::below(s.prefill_tokens / s.prefill_sequences), 1,
                              kLengths - 1) -
      1;
  const double inverse_short = 1 / static_cast<double>(LengthKnots::at(k + 1));
  const double inverse_long = 1 / static_cast<double>(LengthKnots::at(k + 2));
  const double y =  // 1 at the shorter knot, 0 at the longer
      std::clamp((1 / length - inverse_long) / (inverse_short - inverse_long), 0.0, 1.0);
  const auto& low = prompt_attention_[i];
  const auto& high = prompt_attention_[i + 1];
  const auto mixed = [&](std::int64_t Cost::* part) {
    const double near =
        static_cast<double>(low[k].*part) * y + static_cast<double>(low[k + 1].*part) * (1 - y);
    const double far =
        static_cast<double>(high[k].*part) * y + static_cast<double>(high[k + 1].*part) * (1 - y);
    return std::llround((near + (far - near) * x) * static_cast<double>(s.prefill_tokens));
  };
  sum = sum + prompt_start_ + Cost{mixed(&Cost::time), mixed(&Cost::limited), mixed(&Cost::energy)};
}

StepLine StepTable::line(const StepShape& s) const {
  const std::int64_t n = s.decode_sequences;
  const std::int64_t decode_tokens = n * tokens_per_sequence_;
  Cost sum = tokens_cost(prompt_tokens_, decode_tokens + s.prefill_tokens) +
             tokens_cost(sampled_, decode_tokens + s.prefill_sequences);
  sum.time += step_time_ + sequence_time_ * (n + s.prefill_sequences);
  if (s.prefill_tokens > 0) add_prompt_attention(s, sum);
  Cost slope;
  std::int64_t context_end = std::numeric_limits<std::int64_t>::max() / 2;
  if (n > 0) {
    if (tokens_per_sequence_ > 1) sum = sum + tokens_cost(draft_, decode_tokens);
    const std::size_t i = std::min(ContextKnots::below(s.decode_context / (n * kContextUnits)),
                                   decode_attention_.size() - 1);
    const ContextPiece& piece = decode_attention_[i];
    const std::int64_t knot = ContextKnots::at(i) * n * kContextUnits;
    slope = piece.slope;
    sum = sum + decode_start_ + piece.value * n + slope * (s.decode_context - knot);
    if (i + 1 < decode_attention_.size()) {
      context_end = ContextKnots::at(i + 1) * n * kContextUnits;
    }
  }
  // The slower of what operators and what the power limit allow, up to where they change places.
  StepLine line{.time = std::max<std::int64_t>(sum.time, 1 << kFineBits),
                .time_slope = slope.time,
                .energy = sum.energy,
                .energy_slope = slope.energy,
                .context_end = context_end};
  const std::int64_t ahead = sum.time - sum.limited;
  const std::int64_t closing = slope.limited - slope.time;
  if (ahead >= 0) {
    if (closing > 0)
      line.context_end = std::min(context_end, s.decode_context + ahead / closing + 1);
  } else {
    line.time = sum.limited;
    line.time_slope = slope.limited;
    if (closing < 0) {
      line.context_end = std::min(context_end, s.decode_context + (ahead + closing + 1) / closing);
    }
  }
  return line;
}

}  // namespace switchyard::serving
