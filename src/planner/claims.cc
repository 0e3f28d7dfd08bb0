#include "planner/claims.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>

#include "base/document.h"
#include "base/text.h"
#include "planner/search.h"
#include "planner/statistics.h"

namespace switchyard::planner {

namespace {

constexpr double kTpotTargets_ms[] = {10, 20, 50};

Spread spread_of(const std::vector<double>& worlds, double base) {
  if (worlds.empty()) return {base, base, base, base};
  return {quantile(worlds, 0.1), quantile(worlds, 0.5), quantile(worlds, 0.9), base};
}

std::string judge(double claimed, const Spread& s) {
  if (!std::isfinite(s.base)) return "not testable";
  if (std::abs(s.base / claimed - 1) <= 0.02) return "reproduced";
  if (std::abs(s.base / claimed - 1) <= 0.05) return "within range";
  return claimed >= s.p10 && claimed <= s.p90 ? "within range" : "contradicted";
}

class Checker {
 public:
  Checker(const Question& question, const catalog::Catalog& catalog, const catalog::Platform& older,
          const catalog::Platform& newer, const costing::CostModel& costs)
      : question_(question), catalog_(catalog), older_(older), newer_(newer), costs_(costs) {
    const auto worlds = [&](const catalog::Platform& p) {
      return make_worlds(catalog.chip_of(p), p, catalog.economy, question.samples, question.seed);
    };
    older_worlds_ = worlds(older);
    newer_worlds_ = worlds(newer);
  }

  void fill(Claim& c) {
    static const std::map<std::string, void (Checker::*)(Claim&)> kChecks = {
        {"chips", &Checker::chips},
        {"compute", &Checker::compute},
        {"chip_memory", &Checker::chip_memory},
        {"memory", &Checker::memory},
        {"compute_ratio", &Checker::compute_ratio},
        {"bandwidth_ratio", &Checker::bandwidth_ratio},
        {"efficiency_ratio", &Checker::efficiency_ratio},
        {"chip_efficiency_ratio", &Checker::chip_efficiency_ratio},
        {"tokens_per_megawatt_ratio", &Checker::tokens_per_megawatt},
        {"throughput_per_chip_ratio", &Checker::throughput_per_chip},
        {"gigawatt", &Checker::gigawatt}};
    const auto check = kChecks.find(c.id);
    if (check == kChecks.end()) {
      c.verdict = "not testable";
      c.why = "no computation is known for it";
      c.computed = {NAN, NAN, NAN, NAN};
      return;
    }
    (this->*check->second)(c);
    if (c.verdict.empty()) c.verdict = judge(c.claimed, c.computed);
  }

 private:
  static double peak(const catalog::Chip& chip) { return chip.peak.at("fp8").si(); }
  static void exact(Claim& c, double value, std::string unit, std::string why) {
    c.computed = {value, value, value, value};
    c.unit = std::move(unit);
    c.why = std::move(why);
  }
  const catalog::Chip& old_chip() const { return catalog_.chip_of(older_); }
  const catalog::Chip& new_chip() const { return catalog_.chip_of(newer_); }

  // A ratio of new over old, from one number of each platform in every world.
  void ratio(Claim& c, const std::function<double(const catalog::PlatformNumbers&)>& of_new,
             const std::function<double(const catalog::PlatformNumbers&)>& of_old) {
    std::vector<double> worlds;
    for (std::size_t w = 1; w < newer_worlds_.platforms.size(); ++w) {
      worlds.push_back(of_new(newer_worlds_.platforms[w]) / of_old(older_worlds_.platforms[w]));
    }
    c.computed =
        spread_of(worlds, of_new(newer_worlds_.platforms[0]) / of_old(older_worlds_.platforms[0]));
    c.unit = "x";
  }

  void chips(Claim& c) { exact(c, newer_.domain_chips, "chips", "the catalog's scale-up domain"); }
  void compute(Claim& c) {
    exact(c, newer_.domain_chips * peak(new_chip()) / 1e15, "PFLOP/s",
          "chips x the dense MXFP8 peak of a chip");
  }
  void chip_memory(Claim& c) {
    const double bytes = new_chip().memory_capacity.si();
    exact(c, bytes / gibibytes(1).value(), "GiB",
          fmt::format("the documents say GiB: {} decimal GB", format_significant(bytes / 1e9, 4)));
  }
  void memory(Claim& c) {
    const double bytes = newer_.domain_chips * new_chip().memory_capacity.si();
    exact(c, bytes / gibibytes(1000).value(), "x 1000 GiB",
          fmt::format("chips x the memory of a chip = {} GiB, announced as TB; {} decimal TB",
                      format_grouped(bytes / gibibytes(1).value(), 5),
                      format_significant(bytes / 1e12)));
  }
  void compute_ratio(Claim& c) {
    const double chips = static_cast<double>(newer_.domain_chips) / older_.domain_chips;
    const double chip = peak(new_chip()) / peak(old_chip());
    exact(c, chips * chip, "x",
          fmt::format("dense FP8; {}x of it is the number of chips, {}x the chip",
                      format_significant(chips), format_significant(chip)));
  }
  void bandwidth_ratio(Claim& c) {
    const double of_new = newer_.domain_chips * new_chip().memory_bandwidth.si();
    const double of_old = older_.domain_chips * old_chip().memory_bandwidth.si();
    exact(c, of_new / of_old, "x",
          fmt::format("{} over {}, chips x bandwidth of a chip by the vendor's own tables",
                      format_si(of_new, "B/s", 4), format_si(of_old, "B/s", 4)));
  }
  void efficiency_ratio(Claim& c) {
    const double new_peak = peak(new_chip());
    const double old_peak = peak(old_chip());
    ratio(
        c, [&](const auto& p) { return new_peak / p.all_in_power.value(); },
        [&](const auto& p) { return old_peak / p.all_in_power.value(); });
    const double needed =
        older_worlds_.platforms[0].all_in_power.value() * new_peak / old_peak / c.claimed;
    c.why = fmt::format(
        "peak FP8 per provisioned watt on an assumed Trainium3 power; the claim names no metric "
        "and "
        "no power is public. On peak FLOP/s it would need {} a chip, all in",
        format_si(needed, "W"));
    c.verdict = "not testable";
  }
  void chip_efficiency_ratio(Claim& c) {
    const double new_peak = peak(new_chip());
    const double old_peak = peak(old_chip());
    ratio(
        c, [&](const auto& p) { return new_peak / p.tdp.value(); },
        [&](const auto& p) { return old_peak / p.tdp.value(); });
    c.why =
        "peak FP8 per watt of TDP; Trainium3's TDP is not public and assumed (see the catalog), so "
        "the ratio is as uncertain as that";
    c.verdict = "not testable";
  }

  SearchResult run(const catalog::Platform& platform, const Worlds& worlds, double tpot_ms,
                   Objective objective) {
    Question q = question_;
    q.objective = objective;
    q.workload.slo.tpot = milliseconds(tpot_ms);
    return search(q, catalog_, platform, costs_, worlds);
  }

  // Serving ratio at several latencies; the claim is judged against the most favourable one.
  void serving(Claim& c, Objective objective) {
    c.computed = {NAN, NAN, NAN, NAN};
    c.unit = "x";
    std::string points;
    for (const double tpot_ms : kTpotTargets_ms) {
      const SearchResult newer = run(newer_, newer_worlds_, tpot_ms, objective);
      const SearchResult older = run(older_, older_worlds_, tpot_ms, objective);
      std::vector<double> worlds;
      double base = NAN;
      for (std::size_t w = 0; w < newer.best.size(); ++w) {
        if (newer.best[w] < 0 || older.best[w] < 0) continue;
        // A score is a cost: the ratio of benefits is the inverse.
        const double r = older.outcomes[w].score / newer.outcomes[w].score;
        if (w == 0) base = r;
        if (w > 0) worlds.push_back(r);
      }
      const Spread s = spread_of(worlds, base);
      points += fmt::format("{}{} ms: {} [{}-{}]", points.empty() ? "" : ", ", tpot_ms,
                            format_significant(s.base), format_significant(s.p10, 2),
                            format_significant(s.p90, 2));
      if (std::isfinite(s.base) && !(s.base <= c.computed.base)) c.computed = s;
    }
    c.why = fmt::format(
        "{} on both, {} in / {} out, best deployment of each, by TPOT: {}; "
        "roofline, and Trainium3's power is an assumption",
        question_.model.id, question_.workload.input.mean, question_.workload.output.mean, points);
  }
  void tokens_per_megawatt(Claim& c) { serving(c, Objective::kMegawatt); }
  void throughput_per_chip(Claim& c) { serving(c, Objective::kChip); }

  void gigawatt(Claim& c) {
    std::vector<double> chips;
    for (std::size_t w = 1; w < newer_worlds_.platforms.size(); ++w) {
      chips.push_back(1e9 / newer_worlds_.platforms[w].all_in_power.value());
    }
    const double base = 1e9 / newer_worlds_.platforms[0].all_in_power.value();
    c.computed = spread_of(chips, base);
    c.unit = "chips a GW";
    c.verdict = "not testable";
    const SearchResult found =
        run(newer_, newer_worlds_, question_.workload.slo.tpot.value() * 1e3, Objective::kMegawatt);
    const std::string tokens =
        found.best[0] < 0
            ? "no deployment in time"
            : format_si(1000 * found.outcomes[0].energy.output_tokens_per_second_per_megawatt,
                        "output tokens/s");
    c.why = fmt::format(
        "1 GW all of Trainium3 would be {} chips = {} UltraServers, {} of {}; the site's mix is "
        "not "
        "public",
        format_grouped(base), format_grouped(base / newer_.domain_chips), tokens,
        question_.model.id);
  }

  const Question& question_;
  const catalog::Catalog& catalog_;
  const catalog::Platform& older_;
  const catalog::Platform& newer_;
  const costing::CostModel& costs_;
  Worlds older_worlds_, newer_worlds_;
};

}  // namespace

Result<std::vector<Claim>> check_claims(const Question& question, const catalog::Catalog& catalog,
                                        const costing::CostModel& costs,
                                        const std::string& claims_file) {
  SWITCHYARD_TRY(document, read_document(claims_file));
  SWITCHYARD_TRY(older, catalog.platform("trn2-ultra"));
  SWITCHYARD_TRY(newer, catalog.platform("trn3-gen2"));
  FaultList faults;
  ObjectReader reader(document, claims_file, faults);
  std::vector<Claim> claims;
  if (const Json* list = reader.array("claims")) {
    for (const Json& item : *list) {
      ObjectReader r = reader.inside("claims", item);
      claims.push_back({.id = r.string("id"),
                        .claim = r.string("claim"),
                        .claimed = r.number("value", {1e-9, 1e12})});
      r.reject_unknown();
    }
  }
  SWITCHYARD_TRY_STATUS(faults.status());
  Checker checker(question, catalog, *older, *newer, costs);
  for (Claim& claim : claims) checker.fill(claim);
  return claims;
}

}  // namespace switchyard::planner
