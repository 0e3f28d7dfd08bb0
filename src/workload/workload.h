// What the service is asked for: lengths of input and output, the part of the input shared with
// earlier requests, and the latency the users expect.
//
// At steady state only moments of the lengths matter, so a Workload keeps means, the mean of the
// squares where cost is quadratic or linear in context, and quantiles for people. Named workloads
// stand in catalog/workloads/.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/units.h"
#include "workload/traffic.h"

namespace switchyard::workload {

// No request of any known service is longer; beyond it a count is taken to be a mistake.
inline constexpr double kTokensMax = 1e8;

// Summary of a length distribution in tokens.
struct Lengths {
  double mean = 0;
  double mean_square = 0;  // E[x^2] >= mean^2
  double p50 = 0, p90 = 0, p99 = 0, maximum = 0;

  static Lengths fixed(double tokens);
  // Uniform on [low, high]. Contract: low <= high.
  static Lengths uniform(double low, double high);
  // Quantiles are interpolated linearly between neighbours. Contract: not empty.
  static Lengths of(std::vector<double> values);
};

struct Slo {
  Seconds ttft;  // mean time to first token, at most
  Seconds tpot;  // mean time per output token after the first, at most
};

struct Workload {
  std::string name;                 // as asked for: "chat"
  std::string title;                // for people: "Chat, 1k in, 1k out"
  std::string note;                 // where the lengths come from
  Lengths input, output;            // per request; input includes the shared prefix
  double prefix_share = 0;          // [0, 1): part of the input tokens found in the prefix cache
  double input_output_product = 0;  // E[input * output], for the mean context while decoding
  Slo slo;
  Traffic traffic;  // how single requests vary, for simulation; the moments above leave it out

  // Mean context length (tokens already in the KV cache) over all decode steps of all requests:
  // (E[i*o] + E[o^2]/2) / E[o]. Without output tokens, the mean input.
  double mean_decode_context() const;
  // Mean context over all newly computed prompt tokens: the i-th token of a prompt attends to i
  // tokens, and the tokens from h*x to x of a prompt of length x are computed, h = prefix_share
  // being the same for all: E[x^2 (1 - h^2) / 2] / E[x (1 - h)].
  double mean_prefill_context() const;
  // Per request, to be prefilled.
  double new_input_tokens() const { return input.mean * (1 - prefix_share); }
};

// Contract: token counts in [0, kTokensMax], prefix_share in [0, 1).
Workload fixed_workload(double input_tokens, double output_tokens, double prefix_share, Slo slo);

// catalog/workloads/NAME.toml; unknown names get a suggestion.
Result<Workload> named_workload(const std::string& name,
                                const std::filesystem::path& workloads_directory);
// All of them, by name; the faults of all files at once.
Result<std::vector<Workload>> load_workloads(const std::filesystem::path& workloads_directory);

}  // namespace switchyard::workload
