// Time of one cost from a fit. Prints {"name","value","unit","note"} a line.
#include <cstdio>

#include "base/bench_timer.h"
#include "base/check.h"
#include "catalog/catalog.h"
#include "costing/fits.h"

namespace switchyard::costing {
namespace {

constexpr int kLookups = 2'000'000, kRuns = 5;

struct Question {
  const char* name;
  KernelFamily family;
  const char* element;
  const char* cached;
  KernelShape (*shape)(int i);
};

const Question kQuestions[] = {
    {"gemm_small", KernelFamily::kGemm, "bf16", "",
     [](int i) -> KernelShape { return GemmShape{.m = 1.0 + i % 64, .n = 4096, .k = 4096}; }},
    {"gemm_large", KernelFamily::kGemm, "bf16", "",
     [](int i) -> KernelShape { return GemmShape{.m = 2048.0 + i % 64, .n = 8192, .k = 8192}; }},
    {"context_attention", KernelFamily::kContextAttention, "bf16", "bf16",
     [](int i) -> KernelShape {
       return AttentionShape{
           .batch = 1.0 + i % 64, .tokens = 2048, .heads = 32, .kv_heads = 8, .head_dim = 128};
     }},
    {"generation_attention", KernelFamily::kGenerationAttention, "bf16", "bf16",
     [](int i) -> KernelShape {
       return AttentionShape{.batch = 1.0 + i % 64,
                             .tokens = 1,
                             .prefix = 2048,
                             .heads = 32,
                             .kv_heads = 8,
                             .head_dim = 128};
     }},
    {"experts", KernelFamily::kExperts, "bf16", "",
     [](int i) -> KernelShape {
       return ExpertsShape{.tokens = 1.0 + i % 512,
                           .hidden = 4096,
                           .width = 1536,
                           .top_k = 8,
                           .experts = 128,
                           .routing = Routing::kGiven,
                           .rows = 8.0 * (1 + i % 512),
                           .touched = 100};
     }},
    {"all_reduce", KernelFamily::kCollective, "all_reduce", "",
     [](int i) -> KernelShape {
       return CollectiveShape{.bytes = 1e4 * (1 + i % 512), .ranks = 8};
     }},
};

void bench(const FitSet& set, const Question& q) {
  const ChipFits& chip = set.fits.at("h200");
  const KernelFit* fit = nullptr;
  for (const KernelFit& f : chip.fits) {
    const bool asked = f.preferred && f.family == q.family && f.element == q.element;
    if (asked && f.cached == q.cached) fit = &f;
  }
  SWITCHYARD_CHECK(fit, "no fit of {}", q.name);
  const KernelRates rates = *rates_of(set.chips.at("h200"), q.element, q.cached);
  std::vector<double> times;
  double sum = 0;
  for (int run = 0; run < kRuns; ++run) {
    times.push_back(seconds_of([&] {
      for (int i = 0; i < kLookups; ++i) {
        sum += kernel_seconds(fit->family, q.shape(i), rates, fit->policy, fit->coefficients, true);
      }
    }));
  }
  std::printf(
      "{\"name\": \"fitted_%s\", \"value\": %.1f, \"unit\": \"ns\", \"note\": \"one cost, "
      "median of %d; mean %.3g s\"}\n",
      q.name, median(times) / kLookups * 1e9, kRuns, sum / kRuns / kLookups);
}

}  // namespace
}  // namespace switchyard::costing

int main() {
  using namespace switchyard;
  const auto set = costing::load_fits(catalog::default_directory() / "fits");
  SWITCHYARD_CHECK(set, "catalog/fits does not load");
  for (const auto& question : costing::kQuestions) costing::bench(*set, question);
}
