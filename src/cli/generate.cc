// switchyard generate
#include "runtime/generate.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "costing/collective.h"
#include "report/table.h"
#include "runtime/energy.h"
#include "runtime/numbers_tokenizer.h"
#include "runtime/quality.h"

namespace switchyard::cli {

namespace {

using runtime::Generated;

Result<runtime::RunPrecision> parse_precision(const std::string& text) {
  using runtime::RunPrecision;
  static const std::vector<std::string> kNames = {"fp32", "bf16", "mxfp8", "mxfp4"};
  constexpr RunPrecision kPrecisions[] = {RunPrecision::kFloat32, RunPrecision::kBfloat16,
                                          RunPrecision::kMxfp8, RunPrecision::kMxfp4};
  const auto found = std::find(kNames.begin(), kNames.end(), text);
  if (found != kNames.end()) return kPrecisions[found - kNames.begin()];
  return fail({.kind = ErrorKind::kUnknown,
               .where = "--precision",
               .found = quote(text),
               .wanted = join(kNames, ", "),
               .hint = did_you_mean(text, kNames)});
}

struct Machine {
  const catalog::Platform* platform = nullptr;
  const catalog::Chip* chip = nullptr;
  neuroncore::Core core;
  catalog::PlatformNumbers numbers;
};

Result<Machine> find_machine(const catalog::Catalog& catalog, const std::string& name) {
  SWITCHYARD_TRY(platform, catalog.platform(name));
  const catalog::Chip& chip = catalog.chip_of(*platform);
  if (chip.core.empty()) {
    std::vector<std::string> able;
    for (const catalog::Platform& p : catalog.platforms) {
      if (!catalog.chip_of(p).core.empty()) able.push_back(p.id);
    }
    return fail({.kind = ErrorKind::kImpossible,
                 .where = "--on",
                 .found = fmt::format("{}, whose chip has no NeuronCores", quote(platform->id)),
                 .wanted = "one of " + join(able, ", ")});
  }
  return Machine{.platform = platform,
                 .chip = &chip,
                 .core = neuroncore::make_core(catalog.cores.at(chip.core)),
                 .numbers = catalog::sample(chip, *platform, {})};
}

Result<std::unique_ptr<runtime::Checkpoint>> open_model(const GenerateCommand& o) {
  if (o.random_weights) return runtime::random_checkpoint(o.model, o.seed);
  auto checkpoint = runtime::open_checkpoint(o.model);
  if (checkpoint) return checkpoint;
  Error error = checkpoint.error();
  if (error.kind == ErrorKind::kIo && error.hint.empty()) {
    error.hint =
        "small models to try: stories260K.bin with tok512.bin (karpathy/tinyllamas), or "
        "--random-weights with a config.json";
  }
  return fail(std::move(error));
}

Result<std::unique_ptr<runtime::Tokenizer>> open_text(const GenerateCommand& o,
                                                      std::int64_t vocabulary) {
  if (!o.tokenizer.empty()) return runtime::open_tokenizer(o.tokenizer, vocabulary);
  auto found = runtime::find_tokenizer(o.model, vocabulary);
  if (found || !o.random_weights) return found;
  return runtime::numbers_tokenizer(vocabulary);
}

Json to_json(const GenerateCommand& o, const Machine& machine, const Generated& g, Joules energy,
             double wall_seconds) {
  Json json;
  json["text"] = g.prompt + g.completion;
  json["tokens"] = g.tokens.size();
  json["ttft_ms"] = g.ttft.value() * 1e3;
  json["tpot_ms"] = g.tpot().value() * 1e3;
  json["joules"] = energy.value();
  json["wall_seconds"] = wall_seconds;
  json["prompt"] = g.prompt;
  json["completion"] = g.completion;
  json["platform"] = machine.platform->id;
  json["tp"] = o.tp;
  json["precision"] = o.precision;
  json["instructions"] = g.instructions;
  json["collectives"] = g.collectives;
  json["collective_ms"] = g.collective_time.value() * 1e3;
  return json;
}

std::string to_text(const GenerateCommand& o, const Machine& machine, const Generated& g,
                    Joules energy, double wall_seconds) {
  const auto tokens = static_cast<double>(g.tokens.size());
  std::string text = fmt::format(
      "\n\n{} tokens on {}, {} NeuronCore{}, {}\n"
      "simulated  TTFT {:.3g} ms, TPOT {:.3g} ms ({:.0f} tokens/s), {:.3g} J\n",
      g.tokens.size(), machine.platform->id, o.tp, o.tp == 1 ? "" : "s", o.precision,
      g.ttft.value() * 1e3, g.tpot().value() * 1e3, 1 / g.tpot().value(), energy.value());
  if (g.collectives > 0) {
    text +=
        fmt::format("           {:.0f} % of it in {} all-reduces\n",
                    100 * g.collective_time.value() / (g.ttft + g.decode).value(), g.collectives);
  }
  text += fmt::format("simulation {:.2f} s, {:.0f} tokens/s, {} instructions\n", wall_seconds,
                      tokens / wall_seconds, g.instructions);
  return text;
}

Status show_quality(const GenerateCommand& o, const std::vector<runtime::Quality>& all) {
  std::vector<std::vector<std::string>> rows;
  Json json = Json::array();
  for (const runtime::Quality& q : all) {
    rows.push_back({runtime::name(q.precision), fmt::format("{:.4f}", q.perplexity),
                    fmt::format("{:.1f} %", 100 * q.agreement),
                    q.first_divergence < 0 ? "none" : std::to_string(q.first_divergence),
                    fmt::format("{:.4g}", q.tpot.value() * 1e3)});
    json.push_back({{"precision", runtime::name(q.precision)},
                    {"perplexity", q.perplexity},
                    {"agreement", q.agreement},
                    {"first_divergence", q.first_divergence},
                    {"tpot_ms", q.tpot.value() * 1e3}});
  }
  const std::string table = report::table({{"precision", report::Align::kLeft},
                                           {"perplexity"},
                                           {"same token"},
                                           {"first divergence"},
                                           {"TPOT ms"}},
                                          rows);
  return emit(table, json, o.common.json_file);
}

}  // namespace

Status run_generate(const GenerateCommand& o) {
  SWITCHYARD_TRY(precision, parse_precision(o.precision));
  SWITCHYARD_TRY(catalog, load_catalog(o.common));
  SWITCHYARD_TRY(machine, find_machine(catalog, o.platform));
  SWITCHYARD_TRY(checkpoint, open_model(o));
  SWITCHYARD_TRY(tokenizer, open_text(o, checkpoint->shape().vocabulary));
  const auto collective = [&](Bytes bytes, int ranks) {
    return costing::collective_time(model::OperatorKind::kAllReduce, bytes, ranks, 1,
                                    machine.numbers.fabric);
  };
  const runtime::GenerateOptions options{.steps = o.steps,
                                         .temperature = o.temperature,
                                         .top_p = o.top_p,
                                         .seed = o.seed,
                                         .ranks = o.tp,
                                         .precision = precision};
  if (o.quality) {
    const Waiting waiting("writing in every precision");
    SWITCHYARD_TRY(all, runtime::measure_quality(*checkpoint, *tokenizer, machine.core, o.prompt,
                                                 options, collective));
    return show_quality(o, all);
  }
  const auto start = std::chrono::steady_clock::now();
  const auto show = [&](const std::string& text) {
    if (o.common.json_file == "-") return;
    std::fputs(text.c_str(), stdout);
    std::fflush(stdout);
  };
  show(o.prompt);
  SWITCHYARD_TRY(generated, runtime::generate(*checkpoint, *tokenizer, machine.core, o.prompt,
                                              options, collective, show));
  const double wall_seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const Joules energy = runtime::energy_of(generated, *machine.chip, machine.numbers, o.tp);
  return emit(to_text(o, machine, generated, energy, wall_seconds),
              to_json(o, machine, generated, energy, wall_seconds), o.common.json_file);
}

}  // namespace switchyard::cli
