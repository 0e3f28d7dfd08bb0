// What narrower number formats cost a model: each is shown the text that float32 writes, token by
// token, and asked what it would have written next.
#pragma once

#include <vector>

#include "runtime/generate.h"

namespace switchyard::runtime {

struct Quality {
  RunPrecision precision = RunPrecision::kFloat32;
  double perplexity = 0;  // of the float32 text
  double agreement = 0;   // share of its tokens that are this format's likeliest
  std::int64_t first_divergence =
      -1;  // the first token greedy decoding writes differently; -1: none
  Seconds tpot;
};

const char* name(RunPrecision precision);  // "mxfp8"

// Of every precision the core has, float32 first. `options.precision` and sampling are ignored.
Result<std::vector<Quality>> measure_quality(const Checkpoint& checkpoint,
                                             const Tokenizer& tokenizer,
                                             const neuroncore::Core& core,
                                             const std::string& prompt,
                                             const GenerateOptions& options,
                                             const CollectiveTime& collective_time);

}  // namespace switchyard::runtime
