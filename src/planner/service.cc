#include "planner/service.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/check.h"
#include "base/text.h"

namespace switchyard::planner {

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

bool grants(const DeploymentWish& wish, const model::Sharding& s) {
  const auto fits = [](int wanted, int given) { return wanted == 0 || wanted == given; };
  return fits(wish.tp, s.tp) && fits(wish.pp, s.pp) && fits(wish.dp, s.dp) && fits(wish.cp, s.cp) &&
         fits(wish.ep, s.ep);
}

// How far a candidate is from the targets; at most 1 where it meets them.
double excess(const Candidate& c, const workload::Slo& slo) {
  const serving::SteadyState& s = c.base.state;
  if (!s.sustainable) return kInfinity;
  return std::max(s.ttft / slo.ttft, s.tpot / slo.tpot);
}

ServiceDeployment make(const Candidate& candidate, const catalog::Platform& platform,
                       const Worlds& worlds, costing::Evidence evidence, std::string why) {
  ServiceDeployment service{.platform = &platform,
                            .numbers = worlds.platforms[0],
                            .economy = worlds.economies[0],
                            .deployment = candidate.deployment,
                            .precision = candidate.precision,
                            .steady = candidate.base.state,
                            .meets_slo = candidate.base.meets_slo,
                            .evidence = evidence,
                            .why = std::move(why)};
  service.economy.utilisation = 1;
  return service;
}

std::string wish_text(const DeploymentWish& wish) {
  std::vector<std::string> parts;
  const auto add = [&parts](const char* name, int value) {
    if (value > 0) parts.push_back(fmt::format("{} {}", name, value));
  };
  add("tp", wish.tp);
  add("pp", wish.pp);
  add("dp", wish.dp);
  add("cp", wish.cp);
  add("ep", wish.ep);
  return join(parts, ", ");
}

Error no_such_deployment(const DeploymentWish& wish, const catalog::Platform& platform,
                         const SearchResult& found) {
  if (found.candidates.empty()) {
    return {.kind = ErrorKind::kImpossible, .where = platform.id, .found = found.why_not};
  }
  std::vector<std::string> known;
  for (const Candidate& c : found.candidates) {
    const model::Sharding& s = c.deployment.sharding;
    const std::string text =
        fmt::format("tp {} pp {} dp {} cp {} ep {}", s.tp, s.pp, s.dp, s.cp, s.ep);
    if (std::find(known.begin(), known.end(), text) == known.end()) known.push_back(text);
  }
  constexpr std::size_t kShown = 6;
  const std::size_t count = known.size();
  known.resize(std::min(count, kShown));
  return {.kind = ErrorKind::kImpossible,
          .where = platform.id,
          .found = "no deployment with " + wish_text(wish) + " fits",
          .wanted = fmt::format("one of {} that do: {}{}", count, join(known, "; "),
                                count > kShown ? "; ..." : ""),
          .hint =
              "tensor parallelism is a power of two within the scale-up domain; --chips-max "
              "bounds a replica"};
}

}  // namespace

Result<ServiceDeployment> choose_deployment(const Question& question,
                                            const catalog::Catalog& catalog,
                                            const std::string& platform_name,
                                            const costing::CostModel& costs,
                                            const DeploymentWish& wish) {
  SWITCHYARD_TRY(platform, catalog.platform(platform_name));
  const Worlds worlds =
      make_worlds(catalog.chip_of(*platform), *platform, catalog.economy, 0, question.seed);
  const SearchResult found = search(question, catalog, *platform, costs, worlds);
  const workload::Slo& slo = question.workload.slo;
  const Candidate* best = nullptr;
  const auto better = [&](const Candidate& a, const Candidate& b) {
    if (a.base.meets_slo != b.base.meets_slo) return a.base.meets_slo;
    return a.base.meets_slo ? a.base.score < b.base.score : excess(a, slo) < excess(b, slo);
  };
  for (const Candidate& c : found.candidates) {
    if (grants(wish, c.deployment.sharding) && (!best || better(c, *best))) best = &c;
  }
  if (!best) return fail(no_such_deployment(wish, *platform, found));
  std::string why = wish.any()
                        ? "the best by " + to_text(question.objective)
                        : "the best by " + to_text(question.objective) + " with " + wish_text(wish);
  why += best->base.meets_slo ? ", at steady state within the targets"
                              : "; none meets the targets at steady state, this comes nearest";
  return make(*best, *platform, worlds, costs.evidence(catalog.chip_of(*platform)), std::move(why));
}

std::vector<ServiceDeployment> leading_deployments(const Question& question,
                                                   const catalog::Catalog& catalog,
                                                   const catalog::Platform& platform,
                                                   const costing::CostModel& costs, double slack,
                                                   std::size_t count) {
  const Worlds worlds =
      make_worlds(catalog.chip_of(platform), platform, catalog.economy, 0, question.seed);
  const SearchResult found = search(question, catalog, platform, costs, worlds);
  std::vector<const Candidate*> order;
  for (const Candidate& c : found.candidates) {
    if (excess(c, question.workload.slo) <= slack) order.push_back(&c);
  }
  std::stable_sort(order.begin(), order.end(), [](const Candidate* a, const Candidate* b) {
    return a->base.score < b->base.score;
  });
  std::vector<ServiceDeployment> out;
  for (const Candidate* c : order) {
    if (out.size() == count) break;
    const bool taken = std::any_of(out.begin(), out.end(), [&](const ServiceDeployment& s) {
      return s.deployment.sharding == c->deployment.sharding && s.precision == c->precision;
    });
    if (taken) continue;
    out.push_back(make(*c, platform, worlds, costs.evidence(catalog.chip_of(platform)),
                       "among the best at steady state"));
  }
  return out;
}

double steady_rate(const ServiceDeployment& service, const workload::Workload& workload) {
  return service.steady.output_tokens_per_second / std::max(workload.output.mean, 1.0);
}

CacheRoom cache_room(const Question& question, const ServiceDeployment& service, int block_tokens,
                     double memory_share) {
  const model::Sharding& s = service.deployment.sharding;
  const double tokens = std::max(question.workload.mean_decode_context(), 1.0);
  const auto memory = model::memory_footprint(question.model, s, service.precision.bits, tokens,
                                              question.engine.step_tokens_max * s.dp);
  const Bytes room = service.numbers.memory_capacity * memory_share - memory.total(0);
  const double per_token = memory.cache_per_sequence.value() / tokens;  // on one rank, of a replica
  // Of a model without a growing cache any number of tokens fits.
  constexpr double kTokensMost = 1e12;
  const double replica_tokens =
      per_token > 0 ? std::min(room.value() / per_token, kTokensMost) : kTokensMost;
  return {.blocks_per_rank = static_cast<std::int64_t>(replica_tokens / s.dp / block_tokens),
          .bytes_per_token = per_token * s.chips()};
}

serving::ServiceOptions service_options(const Question& question, const ServiceDeployment& service,
                                        const serving::EngineOptions& engine, int replicas) {
  const CacheRoom room = cache_room(question, service, engine.block_tokens, engine.memory_share);
  serving::ServiceOptions options;
  options.engine = engine;
  options.replicas = replicas;
  options.ranks = service.deployment.sharding.dp;
  options.blocks = room.blocks_per_rank;
  options.kv_bytes_per_token = room.bytes_per_token;
  options.speculation = question.speculation;
  options.seed = question.seed;
  return options;
}

serving::TransferLink handover_link(const ServiceDeployment& service) {
  const int chips = service.deployment.sharding.chips();
  const catalog::FabricNumbers& fabric = service.numbers.fabric;
  const catalog::PlainTier* link = &fabric.tiers.back();
  for (const catalog::PlainTier& tier : fabric.tiers) {
    if (tier.chips < 2 * chips) continue;
    link = &tier;
    break;
  }
  const double share =
      fabric.algorithms[static_cast<std::size_t>(catalog::Algorithm::kDirect)].efficiency;
  return {.bytes_per_second = link->bandwidth.value() * share * chips,
          .latency_s = link->latency.value()};
}

ServiceBill bill(const ServiceDeployment& service, economics::CostView view,
                 const serving::SimulationResult& result) {
  const int chips = service.deployment.sharding.chips();
  const double chip_seconds = (result.replica_seconds + result.prefill_replica_seconds) * chips;
  SWITCHYARD_CHECK(chip_seconds > 0);
  ServiceBill b;
  b.chip_hours = chip_seconds / 3600;
  b.chip_watts_mean = result.joules / chip_seconds;
  const economics::PowerUse power =
      economics::power_use(service.numbers, service.economy, Watts(b.chip_watts_mean));
  const auto output = static_cast<double>(result.output_tokens);
  const auto input = static_cast<double>(result.input_tokens);
  const economics::UnitCosts costs = economics::unit_costs(
      view, service.numbers, service.economy, power,
      {.output_tokens_per_second = output / chip_seconds,
       .input_tokens_per_second = input / chip_seconds,
       .prefill_time_share =
           result.busy_seconds > 0 ? result.prefill_seconds / result.busy_seconds : 0});
  const double utility_joules = power.utility_drawn.value() * chip_seconds;
  b.joules_per_output_token = output > 0 ? utility_joules / output : kInfinity;
  b.dollars = costs.per_chip_hour.value() * b.chip_hours;
  b.dollars_per_million_output_tokens = costs.dollars_per_million_output;
  b.dollars_per_million_input_tokens = costs.dollars_per_million_input;
  b.dollars_per_million_tokens = costs.dollars_per_million_total;
  b.dollars_per_request =
      result.completed > 0 ? b.dollars / static_cast<double>(result.completed) : kInfinity;
  if (result.joules > 0) {
    b.dollars_per_chip_joule = b.dollars / result.joules;
    b.utility_joules_per_chip_joule = utility_joules / result.joules;
  }
  return b;
}

}  // namespace switchyard::planner
