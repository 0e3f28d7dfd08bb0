#include "validation/parallelism.h"

#include <algorithm>
#include <cctype>
#include <string_view>

#include "base/text.h"

namespace switchyard::validation {

namespace {

constexpr int kDegreeMax = 4096;

// The number after `key` where `key` begins a word; 0: there is none.
int degree(std::string_view text, std::string_view key) {
  for (auto at = text.find(key); at != std::string_view::npos; at = text.find(key, at + 1)) {
    if (at > 0 && std::isalnum(static_cast<unsigned char>(text[at - 1])) != 0) continue;
    int value = 0;
    for (const char c : text.substr(at + key.size())) {
      if (c < '0' || c > '9' || value > kDegreeMax) break;
      value = value * 10 + (c - '0');
    }
    if (value > 0) return std::min(value, kDegreeMax);
  }
  return 0;
}

bool has_experts(const model::Model& model) {
  return std::any_of(model.layers.begin(), model.layers.end(),
                     [](const auto& layer) { return layer.feed_forward.is_moe(); });
}

// One worker's ranks. `chips` 0: as the text says.
model::Sharding read_worker(std::string_view text, int chips, const model::Model& model,
                            std::string& fault) {
  const bool moe = has_experts(model);
  model::Sharding s;
  const int tp = std::max(1, degree(text, "TP"));
  s.dp = std::max(1, degree(text, "DP"));
  s.pp = std::max(1, degree(text, "PP"));
  s.ep = moe ? std::max(1, degree(text, "EP")) : 1;
  // Expert ranks beyond TP x DP (ML.ENERGY's "TP1 EP8"): attention is then cut as widely.
  const int said = tp * s.dp * s.pp;
  const int all = chips > 0 ? chips : std::max(said, s.ep);
  // Neuron and TPU rows count cores: a whole number on each chip.
  const bool cores = chips > 0 && said > chips && said % chips == 0;
  s.tp = all / (s.dp * s.pp);
  if (s.tp < 1 || s.chips() != all || (chips > 0 && said > 1 && all % said != 0 && !cores)) {
    fault = "parallelism contradicts the chip count";
    return s;
  }
  const int moe_tp = degree(text, "moeTP");
  if (moe && moe_tp > 0 && moe_tp * s.ep != s.stage_ranks()) {
    fault = "parallelism contradicts itself";
  } else if (s.dp > 1 && !moe) {
    fault = "data-parallel attention without experts";
  } else if (!model::shard_fault(model, s).empty()) {
    fault = "model cannot be sharded so";
  }
  return s;
}

// The count and worker text of "4x(TP8 DP1 EP8)" after `mark`; 0: unknown.
int read_pool(std::string_view text, std::string_view mark, std::string_view& worker) {
  const auto at = text.find(mark);
  if (at == std::string_view::npos) return 0;
  const std::string_view rest = text.substr(at + mark.size());
  const auto open = rest.find("x(");
  const auto close = rest.find(')');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) return 0;
  worker = rest.substr(open + 2, close - open - 2);
  int count = 0;
  for (const char c : rest.substr(0, open)) {
    if (c < '0' || c > '9' || count > kDegreeMax) return 0;
    count = count * 10 + (c - '0');
  }
  return count;
}

}  // namespace

Parallelism read_parallelism(const std::string& text, int chips, const model::Model& model,
                             std::string& fault) {
  Parallelism out;
  if (text.starts_with("P ")) {
    std::string_view prefill, decode;
    out.prefill_workers = read_pool(text, "P ", prefill);
    out.replicas = read_pool(text, "D ", decode);
    if (out.prefill_workers < 1 || out.replicas < 1) {
      fault = "disaggregated without worker counts";
      return out;
    }
    out.prefill = read_worker(prefill, 0, model, fault);
    if (fault.empty()) out.sharding = read_worker(decode, 0, model, fault);
    return out;
  }
  const int dp = degree(text, "DP");
  const int tp = std::max(1, degree(text, "TP"));
  if (dp > 1 && !has_experts(model)) {  // copies of a dense model
    out.replicas = dp;
    out.sharding = read_worker(fmt::format("TP{}", tp), chips > 0 ? chips / dp : 0, model, fault);
    return out;
  }
  if (chips < 1 && text.empty()) {
    fault = "neither chips nor parallelism stated";
    return out;
  }
  out.sharding = read_worker(text, chips, model, fault);
  return out;
}

}  // namespace switchyard::validation
