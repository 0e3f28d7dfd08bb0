// The result of `switchyard fit-engines`.
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "report/validation_report.h"

namespace switchyard::report {

namespace {

using validation::EngineConstants;
using validation::ErrorRange;
using validation::Score;

std::string errors_line(const std::string& name, const Score& tpot, const Score& ttft) {
  return fmt::format("  {:<24} {:>6.1f} {:>6.1f} {:>+7.1f}   {:>6.1f} {:>6.1f}\n", name,
                     tpot.median_ape * 100, tpot.p90_ape * 100, tpot.bias * 100,
                     ttft.median_ape * 100, ttft.p90_ape * 100);
}

std::string range_text(const char* name, const ErrorRange& r) {
  if (r.rows == 0) return {};
  return fmt::format("  {:<6} {:.3f}, {:.3f} to {:.3f}, {} rows\n", name, r.base, r.low, r.high,
                     r.rows);
}

Json score_json(const Score& s) {
  return {{"n", s.n}, {"median_ape", s.median_ape}, {"p90_ape", s.p90_ape}, {"bias", s.bias}};
}

}  // namespace

std::string fitted_table(const validation::Fitted& fitted) {
  std::string out = fmt::format("evidence {}\n", fitted.evidence);
  for (const auto& fit : fitted.engines) {
    const EngineConstants& c = fit.constants;
    out += fmt::format(
        "\n{}: {} rows of {} configurations\n"
        "  step {:.3f} ms, sequence {:.2f} us, request {:.1f} ms, poll {:.2f} steps, waves "
        "{:.2f},\n"
        "  launches {:.2f}, step factor {:.3f}, prefill factor {:.3f}\n"
        "  {:<24} {:>6} {:>6} {:>7}   {:>6} {:>6}\n",
        fit.engine, fit.rows, fit.configurations, c.step_overhead_s * 1e3,
        c.sequence_overhead_s * 1e6, c.request_overhead_s * 1e3, c.poll_steps, c.wave_share,
        c.launch_share, c.step_factor, c.prefill_factor, "", "TPOT %", "p90", "bias", "TTFT %",
        "p90");
    for (const auto& e : fit.errors) out += errors_line(to_text(e.held_out), e.tpot, e.ttft);
  }
  for (const auto& fit : fitted.power) {
    out += fmt::format(
        "\nPower of {}: {} rows of {} configurations\n  active {:.0f} W, memory {:.1f} pJ/B, "
        "products {:.2f} of the catalog's\n  in sample {:.1f} %, p90 {:.1f} %; held out {:.1f} %, "
        "p90 {:.1f} %\n",
        fit.chip, fit.rows, fit.configurations, fit.constants.active_w,
        fit.constants.memory_j_per_byte * 1e12, fit.constants.product_factor,
        fit.in_sample.median_ape * 100, fit.in_sample.p90_ape * 100, fit.held_out.median_ape * 100,
        fit.held_out.p90_ape * 100);
  }
  for (const auto& [platform, e] : fitted.errors) {
    out += fmt::format("\nErrors on {}, measured over predicted\n", platform);
    out += range_text("step", e.step) + range_text("ttft", e.ttft) + range_text("power", e.power);
  }
  return out;
}

Json to_json(const validation::Fitted& fitted) {
  Json out = {{"evidence", fitted.evidence}, {"engines", Json::object()}};
  for (const auto& fit : fitted.engines) {
    const EngineConstants& c = fit.constants;
    Json one = {{"rows", fit.rows},
                {"configurations", fit.configurations},
                {"step_overhead_s", c.step_overhead_s},
                {"sequence_overhead_s", c.sequence_overhead_s},
                {"request_overhead_s", c.request_overhead_s},
                {"poll_steps", c.poll_steps},
                {"wave_share", c.wave_share},
                {"launch_share", c.launch_share},
                {"step_factor", c.step_factor},
                {"prefill_factor", c.prefill_factor},
                {"errors", Json::object()}};
    for (const auto& e : fit.errors) {
      one["errors"][to_text(e.held_out)] = {{"tpot", score_json(e.tpot)},
                                            {"ttft", score_json(e.ttft)}};
    }
    out["engines"][fit.engine] = std::move(one);
  }
  out["power"] = Json::object();
  for (const auto& fit : fitted.power) {
    out["power"][fit.chip] = {{"active_w", fit.constants.active_w},
                              {"memory_j_per_byte", fit.constants.memory_j_per_byte},
                              {"product_factor", fit.constants.product_factor},
                              {"in_sample", score_json(fit.in_sample)},
                              {"held_out", score_json(fit.held_out)}};
  }
  out["errors"] = Json::object();
  for (const auto& [platform, e] : fitted.errors) {
    const auto range = [](const ErrorRange& r) {
      return Json{{"base", r.base}, {"low", r.low}, {"high", r.high}, {"rows", r.rows}};
    };
    out["errors"][platform] = {
        {"step", range(e.step)}, {"ttft", range(e.ttft)}, {"power", range(e.power)}};
  }
  return out;
}

}  // namespace switchyard::report
