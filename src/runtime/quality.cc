#include "runtime/quality.h"

#include <algorithm>

#include "base/portable_math.h"

namespace switchyard::runtime {

namespace {

// -log of the probability that the logits give to `token`.
double surprise(const std::vector<float>& logits, int token) {
  const double largest = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (const float logit : logits) sum += portable_exp(logit - largest);
  return portable_log(sum) - (logits[static_cast<std::size_t>(token)] - largest);
}

Result<Quality> judge(RankGroup& group, const std::vector<int>& prompt,
                      const std::vector<int>& text) {
  Quality out;
  std::vector<int> tokens = prompt;
  std::vector<float> logits;
  double total = 0, agreed = 0;
  Seconds decode;
  for (std::size_t i = 0; i < text.size(); ++i) {
    SWITCHYARD_TRY(time, group.step(tokens, logits));
    if (i > 0) decode += time.total();
    total += surprise(logits, text[i]);
    if (most_likely(logits) == text[i]) {
      ++agreed;
    } else if (out.first_divergence < 0) {
      out.first_divergence = static_cast<std::int64_t>(i);
    }
    tokens.assign(1, text[i]);
  }
  const auto count = static_cast<double>(text.size());
  out.perplexity = portable_exp(total / count);
  out.agreement = agreed / count;
  if (text.size() > 1) out.tpot = decode / (count - 1);
  return out;
}

}  // namespace

const char* name(RunPrecision precision) {
  switch (precision) {
    case RunPrecision::kFloat32:
      return "fp32";
    case RunPrecision::kBfloat16:
      return "bf16";
    case RunPrecision::kMxfp8:
      return "mxfp8";
    case RunPrecision::kMxfp4:
      return "mxfp4";
  }
  return "";
}

Result<std::vector<Quality>> measure_quality(const Checkpoint& checkpoint,
                                             const Tokenizer& tokenizer,
                                             const neuroncore::Core& core,
                                             const std::string& prompt,
                                             const GenerateOptions& options,
                                             const CollectiveTime& collective_time) {
  GenerateOptions reference = options;
  reference.precision = RunPrecision::kFloat32;
  reference.temperature = 0;
  SWITCHYARD_TRY(written, generate(checkpoint, tokenizer, core, prompt, reference, collective_time,
                                   [](const std::string&) {}));
  if (written.tokens.empty()) {
    return fail({.kind = ErrorKind::kImpossible,
                 .where = "--quality",
                 .found = "a model that ends its text at once",
                 .wanted = "a prompt that it goes on from"});
  }
  const std::vector<int> asked = tokenizer.encode(prompt);
  const auto capacity = static_cast<std::int64_t>(asked.size() + written.tokens.size());
  std::vector<Quality> out;
  for (const RunPrecision precision : {RunPrecision::kFloat32, RunPrecision::kBfloat16,
                                       RunPrecision::kMxfp8, RunPrecision::kMxfp4}) {
    const kernels::StepTypes types = step_types(precision);
    if (types.packed && core.limits.generation < isa::Generation::kV4) continue;
    SWITCHYARD_TRY(group, RankGroup::create(checkpoint, core, options.ranks, capacity, types,
                                            collective_time));
    SWITCHYARD_TRY(quality, judge(*group, asked, written.tokens));
    quality.precision = precision;
    out.push_back(quality);
  }
  return out;
}

}  // namespace switchyard::runtime
