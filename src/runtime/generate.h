// Text from a language model, token by token, on simulated NeuronCores: each tensor-parallel rank
// is a core that executes the programs of kernels/decoder.h.
//
// A step's simulated time is that of its programs under the `list` policy, kernel start and end
// included, and of the collectives between them. Ranks hold equal shapes, so one is timed for all.
// Tokens are chosen on the host, outside the simulated time.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/units.h"
#include "kernels/decoder.h"
#include "neuroncore/core.h"
#include "runtime/checkpoint.h"
#include "runtime/group.h"
#include "runtime/tokenizer.h"

namespace switchyard::runtime {

// The MX formats: weights of products in them where sizes allow, bfloat16 elsewhere.
enum class RunPrecision { kFloat32, kBfloat16, kMxfp8, kMxfp4 };

struct GenerateOptions {
  std::int64_t steps = 256;  // tokens to generate at most
  double temperature = 0;    // 0: the most likely token
  double top_p = 1;          // of the probability that sampling draws from
  std::uint64_t seed = 1;
  int ranks = 1;
  RunPrecision precision = RunPrecision::kFloat32;
};

struct Generated {
  std::string prompt, completion;
  std::vector<int> tokens;  // generated
  Seconds ttft;             // the prompt's step
  Seconds decode;           // all further steps together
  std::int64_t instructions = 0;
  std::int64_t collectives = 0;
  Seconds collective_time;
  kernels::Work work;  // of all ranks

  // Mean time of a token after the first; 0 where there is none.
  Seconds tpot() const {
    return tokens.size() > 1 ? decode / static_cast<double>(tokens.size() - 1) : Seconds(0);
  }
};

kernels::StepTypes step_types(RunPrecision precision);

int most_likely(const std::vector<float>& logits);  // contract: not empty

// `progress` gets each piece of text as it comes.
Result<Generated> generate(const Checkpoint& checkpoint, const Tokenizer& tokenizer,
                           const neuroncore::Core& core, const std::string& prompt,
                           const GenerateOptions& options, const CollectiveTime& collective_time,
                           const std::function<void(const std::string&)>& progress);

}  // namespace switchyard::runtime
