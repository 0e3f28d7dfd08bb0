#include "runtime/generate.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "base/portable_math.h"

namespace switchyard::runtime {

using numeric::ElementType;

namespace {

// From the smallest set of tokens, the likeliest first, that holds top_p of the probability.
int sampled(const std::vector<float>& logits, const GenerateOptions& options, Random& random) {
  const double largest = *std::max_element(logits.begin(), logits.end());
  std::vector<double> weight(logits.size());
  double total = 0;
  for (std::size_t i = 0; i < logits.size(); ++i) {
    weight[i] = portable_exp((logits[i] - largest) / options.temperature);
    total += weight[i];
  }
  std::vector<int> order(logits.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
    return weight[static_cast<std::size_t>(a)] > weight[static_cast<std::size_t>(b)];
  });
  double kept = 0;
  std::size_t count = 0;
  while (count < order.size() && kept < options.top_p * total) {
    kept += weight[static_cast<std::size_t>(order[count++])];
  }
  double draw = random.uniform() * kept;
  for (std::size_t i = 0; i < count; ++i) {
    draw -= weight[static_cast<std::size_t>(order[i])];
    if (draw < 0) return order[i];
  }
  return order[count - 1];
}

}  // namespace

kernels::StepTypes step_types(RunPrecision precision) {
  if (precision == RunPrecision::kFloat32) return {};
  kernels::StepTypes types{.activations = ElementType::kBfloat16,
                           .weights = ElementType::kBfloat16};
  if (precision == RunPrecision::kMxfp8) types.packed = ElementType::kFloat8E4m3fnX4;
  if (precision == RunPrecision::kMxfp4) types.packed = ElementType::kFloat4E2m1fnX4;
  return types;
}

int most_likely(const std::vector<float>& logits) {
  return static_cast<int>(std::max_element(logits.begin(), logits.end()) - logits.begin());
}

Result<Generated> generate(const Checkpoint& checkpoint, const Tokenizer& tokenizer,
                           const neuroncore::Core& core, const std::string& prompt,
                           const GenerateOptions& options, const CollectiveTime& collective_time,
                           const std::function<void(const std::string&)>& progress) {
  const kernels::StepTypes types = step_types(options.precision);
  if (types.packed && core.limits.generation < isa::Generation::kV4) {
    return fail(
        {.kind = ErrorKind::kImpossible,
         .where = "--precision",
         .found = "an MX format on NeuronCore-" + std::string(isa::name(core.limits.generation)),
         .wanted = "fp32 or bf16 before NeuronCore-v4"});
  }
  std::vector<int> tokens = tokenizer.encode(prompt);
  const std::int64_t room =
      checkpoint.shape().context_max - static_cast<std::int64_t>(tokens.size());
  if (room < 0) {
    return fail(
        {.kind = ErrorKind::kUsage,
         .where = "--prompt",
         .found = fmt::format("{} tokens", tokens.size()),
         .wanted = fmt::format("at most {}, the model's context", checkpoint.shape().context_max)});
  }
  const std::int64_t steps = std::min(options.steps, room + 1);
  SWITCHYARD_TRY(group, RankGroup::create(checkpoint, core, options.ranks,
                                          static_cast<std::int64_t>(tokens.size()) + steps, types,
                                          collective_time));
  Generated out{.prompt = prompt};
  Random random(options.seed);
  std::vector<float> logits;
  int previous = tokens.back();
  for (std::int64_t i = 0; i < steps; ++i) {
    SWITCHYARD_TRY(time, group->step(tokens, logits));
    (i == 0 ? out.ttft : out.decode) += time.total();
    out.instructions += time.instructions;
    out.collectives += time.collective_count;
    out.collective_time += time.collectives;
    out.work.hbm += time.work.hbm;
    out.work.flops += time.work.flops;
    const int token =
        options.temperature > 0 ? sampled(logits, options, random) : most_likely(logits);
    if (tokenizer.ends_text(token)) break;
    const std::string piece = tokenizer.decode(previous, token);
    out.tokens.push_back(token);
    out.completion += piece;
    progress(piece);
    previous = token;
    tokens.assign(1, token);
  }
  return out;
}

}  // namespace switchyard::runtime
