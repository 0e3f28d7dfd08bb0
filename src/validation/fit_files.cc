#include "validation/fit_files.h"

#include <fmt/core.h>

#include <algorithm>
#include <system_error>

#include "base/files.h"

namespace switchyard::validation {

namespace {

std::string number(double value) { return fmt::format("{:.4g}", value); }

std::string estimate(const char* key, double base, const char* unit, const std::string& source) {
  return fmt::format("{} = {{ base = {}, unit = \"{}\", mark = \"fitted\", source = \"{}\" }}\n",
                     key, number(base), unit, source);
}

std::string estimate(const char* key, const ErrorRange& range, const std::string& source) {
  return fmt::format(
      "{} = {{ base = {}, low = {}, high = {}, unit = \"fraction\", mark = \"fitted\", source = "
      "\"{}, {} rows\" }}\n",
      key, number(range.base), number(range.low), number(range.high), source, range.rows);
}

// TOML's basic strings.
std::string plain(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\') out += c;
  }
  return out;
}

std::string origin_of(const Fitted& all) {
  return fmt::format("switchyard fit-engines, evidence {}, {}, {}", all.evidence, plain(all.origin),
                     plain(all.date));
}

const Score* held_out(const EngineFit& fit, HoldOut how) {
  for (const auto& e : fit.errors) {
    if (e.held_out == how) return &e.tpot;
  }
  return nullptr;
}

void widen(ErrorRange& range, const ErrorRange& other) {
  if (other.rows == 0) return;
  range.low = std::min(range.low, other.low);
  range.high = std::max(range.high, other.high);
}

const char* engine_name(const std::string& id) {
  if (id == "vllm") return "vLLM";
  if (id == "vllm-2023") return "vLLM, Splitwise's fork of 2023";
  if (id == "vllm-mlenergy") return "vLLM, as ML.ENERGY runs it";
  if (id == "sglang") return "SGLang";
  if (id == "trtllm") return "TensorRT-LLM";
  if (id == "neuronx") return "Transformers NeuronX";
  if (id == "optimum-neuron") return "vLLM on Neuron";
  return id == "vllm-tpu" ? "vLLM on TPU" : "own engine";
}

}  // namespace

Fitted fit_all(const std::vector<Case>& cases, const Predictor& with, Fitted as,
               const std::function<void(double)>& progress) {
  as.evidence = to_text(with.costs->evidence());
  std::vector<EngineConstants> constants;
  as.engines = fit_engines(cases, with, &constants, [&](double share) {
    if (progress) progress(share * 0.6);
  });
  as.power = fit_power(cases, constants, with);
  if (progress) progress(0.7);
  catalog::Catalog catalog = *with.catalog;
  for (const PowerFit& fit : as.power) apply(fit, catalog.chips.at(fit.chip));
  Predictor after = with;
  after.catalog = &catalog;
  as.errors = calibrate(cases, constants, after);
  // Platforms nobody measured are no better known than the least known of those measured.
  for (EngineFit& fit : as.engines) {
    for (const auto& [platform, errors] : as.errors) {
      widen(fit.step, errors.step);
      widen(fit.ttft, errors.ttft);
    }
  }
  return as;
}

std::string engine_toml(const EngineFit& fit, const Fitted& all) {
  std::string source =
      fmt::format("{}: {} rows of {} configurations", origin_of(all), fit.rows, fit.configurations);
  if (const Score* s = held_out(fit, HoldOut::kConfigurations)) {
    source += fmt::format("; TPOT of configurations held out {:.1f} %", s->median_ape * 100);
  }
  if (const Score* s = held_out(fit, HoldOut::kModel)) {
    source += fmt::format(", of models {:.1f} %", s->median_ape * 100);
  }
  const EngineConstants& c = fit.constants;
  std::string out =
      fmt::format("id = \"{}\"\nname = \"{}\"\n\n[costs]\n", fit.engine, engine_name(fit.engine));
  out += estimate("step_overhead", c.step_overhead_s * 1e3, "ms", source);
  out += estimate("sequence_overhead", c.sequence_overhead_s * 1e6, "us", source);
  out += estimate("request_overhead", c.request_overhead_s * 1e3, "ms", source);
  out += estimate("poll_steps", c.poll_steps, "count", source);
  out += estimate("wave_share", c.wave_share, "count", source);
  out += estimate("launch_share", c.launch_share, "fraction", source);
  out += estimate("step_factor", c.step_factor, "fraction", source);
  out += estimate("prefill_factor", c.prefill_factor, "fraction", source);
  const std::string unseen =
      source + "; residuals of chips held out, no narrower than of any chip measured";
  out += estimate("model_error", fit.step, unseen);
  if (fit.ttft.rows > 0) out += estimate("ttft_error", fit.ttft, unseen);
  return out;
}

std::string chip_toml(const PowerFit& fit, const catalog::Chip& chip, const Fitted& all) {
  const std::string source =
      fmt::format("{}: {} rows of {} configurations; power in sample {:.1f} %, held out {:.1f} %",
                  origin_of(all), fit.rows, fit.configurations, fit.in_sample.median_ape * 100,
                  fit.held_out.median_ape * 100);
  std::string out = fmt::format("id = \"{}\"\n\n[power]\n", fit.chip);
  out += estimate("active", fit.constants.active_w, "W", source);
  out += "\n[energy]\n";
  out += estimate("memory", fit.constants.memory_j_per_byte * 1e12, "pJ/B", source);
  for (const auto& [element, energy] : chip.compute_energy) {
    out += estimate(element.c_str(), energy.si() * fit.constants.product_factor * 1e12, "pJ/FLOP",
                    source);
  }
  return out;
}

std::string platform_toml(const std::string& platform, const PlatformErrors& errors,
                          const Fitted& all) {
  const std::string source = origin_of(all) + ": residuals of models held out";
  std::string out = fmt::format("id = \"{}\"\n\n[serving]\n", platform);
  if (errors.step.rows > 0) out += estimate("model_error", errors.step, source);
  if (errors.ttft.rows > 0) out += estimate("ttft_error", errors.ttft, source);
  if (errors.power.rows > 0) out += estimate("power_error", errors.power, source);
  return out;
}

Status write_fitted(const std::filesystem::path& directory, const Fitted& fitted,
                    const catalog::Catalog& catalog) {
  for (const char* folder : {"engines", "chips", "platforms"}) {
    std::error_code error;
    std::filesystem::create_directories(directory / folder, error);
    if (!error) continue;
    return fail({.kind = ErrorKind::kIo,
                 .where = (directory / folder).string(),
                 .found = error.message(),
                 .wanted = "a directory that can be written"});
  }
  for (const EngineFit& fit : fitted.engines) {
    SWITCHYARD_TRY_STATUS(write_file_atomically(directory / "engines" / (fit.engine + ".toml"),
                                                engine_toml(fit, fitted)));
  }
  for (const PowerFit& fit : fitted.power) {
    SWITCHYARD_TRY_STATUS(
        write_file_atomically(directory / "chips" / (fit.chip + ".toml"),
                              chip_toml(fit, catalog.chips.at(fit.chip), fitted)));
  }
  for (const auto& [id, errors] : fitted.errors) {
    SWITCHYARD_TRY_STATUS(write_file_atomically(directory / "platforms" / (id + ".toml"),
                                                platform_toml(id, errors, fitted)));
  }
  return {};
}

}  // namespace switchyard::validation
