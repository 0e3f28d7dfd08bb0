// The pruned search against the exhaustive one.
#include "planner/search.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "costing/roofline.h"
#include "model/import.h"

namespace switchyard::planner {
namespace {

struct Case {
  const char* model;
  const char* workload;
  std::vector<const char*> platforms;
};

const catalog::Catalog& shipped() {
  static const catalog::Catalog kCatalog = *catalog::load("catalog");
  return kCatalog;
}

Question question(const Case& c, Objective objective) {
  Question q;
  q.model = *model::find_model(c.model, "catalog/models");
  q.workload = *workload::named_workload(c.workload, "catalog/workloads");
  q.engine = *serving::load_engine("catalog/engine.toml");
  q.objective = objective;
  q.samples = 32;
  q.seed = 5;
  return q;
}

// No world is lost, and in none does the best deployment get away by more than a rounding.
void expect_alike(const SearchResult& pruned, const SearchResult& all) {
  for (std::size_t w = 0; w < all.best.size(); ++w) {
    EXPECT_EQ(pruned.best[w] >= 0, all.best[w] >= 0) << "world " << w;
    if (pruned.best[w] < 0 || all.best[w] < 0) continue;
    EXPECT_LE(pruned.outcomes[w].score, all.outcomes[w].score * 1.005) << "world " << w;
  }
}

TEST(PrunedSearch, LosesNothingThatShows) {
  const std::vector<Case> cases = {
      {"llama-3.1-8b", "chat", {"h100", "tpu-v5e", "trn1"}},
      {"llama-3.1-70b", "rag", {"b200", "mi300x", "trn2"}},
      {"gpt-oss-120b", "chat", {"b200", "trn3-gen2", "tpu-v6e", "inf2"}},
      {"gpt-oss-120b", "reasoning", {"h200", "mi355x"}},
      {"deepseek-r1", "reasoning", {"gb300-nvl72", "trn3-gen1"}},
      {"qwen3-235b-a22b", "agent", {"h200", "tpu-ironwood", "trn3-gen2"}},
  };
  for (const Case& c : cases) {
    for (const Objective objective :
         {Objective::kDollars, Objective::kMegawatt, Objective::kChip}) {
      const Question q = question(c, objective);
      for (const char* id : c.platforms) {
        const catalog::Platform& platform = **shipped().platform(id);
        const Worlds worlds = make_worlds(shipped().chip_of(platform), platform, shipped().economy,
                                          q.samples, q.seed);
        const costing::RooflineCosts costs;
        const SearchResult pruned = search(q, shipped(), platform, costs, worlds);
        const SearchResult all = search(q, shipped(), platform, costs, worlds, true);
        SCOPED_TRACE(fmt::format("{} {} {} {}", c.model, c.workload, id, to_text(objective)));
        expect_alike(pruned, all);
      }
    }
  }
}

TEST(Worlds, NoPlatformDrawsMoreThanIsProvisioned) {
  for (const catalog::Platform& platform : shipped().platforms) {
    const Worlds worlds =
        make_worlds(shipped().chip_of(platform), platform, shipped().economy, 256, 7);
    for (std::size_t w = 0; w < worlds.platforms.size(); ++w) {
      const catalog::PlatformNumbers& n = worlds.platforms[w];
      const auto power = economics::power_use(n, worlds.economies[w], n.tdp);
      EXPECT_LE(power.utility_drawn, power.utility_provisioned) << platform.id;
    }
  }
}

TEST(Concurrency, IsHeldByEveryCandidateAndNamedWhenItIsTooMuch) {
  Question q = question({"gpt-oss-120b", "chat", {}}, Objective::kDollars);
  q.concurrency = 100;
  const catalog::Platform& platform = **shipped().platform("b200");
  const Worlds worlds = make_worlds(shipped().chip_of(platform), platform, shipped().economy, 4, 1);
  const costing::RooflineCosts costs;
  for (const Candidate& c : search(q, shipped(), platform, costs, worlds).candidates) {
    EXPECT_LE(c.deployment.batch, 100);
    EXPECT_NEAR(c.base.state.concurrency, 100, 1e-6);
  }
  q.concurrency = 16384;  // fits, but a token takes too long
  EXPECT_NE(search(q, shipped(), platform, costs, worlds).why_not.find("TPOT"), std::string::npos);
}

}  // namespace
}  // namespace switchyard::planner
