// The `switchyard` command: arguments only.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <optional>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/costs.h"
#include "cli/serving_flags.h"

namespace {

using namespace switchyard;
using namespace switchyard::cli;

void add_compare(CLI::App& app, CompareOptions& o) {
  add_question(app, o);
  app.add_option("--trace", o.trace, "Request trace to take the lengths from")->type_name("FILE");
  app.add_option("--on", o.platforms, "Platforms, comma separated (default: all)")
      ->type_name("IDS");
  app.add_option("--concurrency", o.concurrency,
                 "Requests in flight in a replica, waiting ones included, as a closed loop of "
                 "clients keeps them (default: the best is searched)")
      ->check(CLI::Range(1.0, 16384.0));
  app.add_option("--samples", o.samples, "Worlds drawn from the catalog's ranges")
      ->check(CLI::Range(8, 100000))
      ->capture_default_str();
  app.add_option("--seed", o.seed, "Seed of the worlds")->capture_default_str();
  app.add_option("--html", o.html_file, "Write a page with plots")->type_name("FILE");
}

void add_fit(CLI::App& app, FitOptions& o) {
  app.add_option("paths", o.paths, "Files of measurements (.csv, .csv.gz) or directories of them")
      ->required();
  app.add_option("--chip", o.chip, "Whose they are, where a file does not say (h100, b200 ...)")
      ->type_name("ID");
  app.add_option("--out", o.out, "Write a CHIP.toml of coefficients for each chip into DIR")
      ->type_name("DIR");
  app.add_option("--origin", o.origin, "Where the measurements are from, for CHIP.toml")
      ->type_name("TEXT")
      ->capture_default_str();
  app.add_option("--date", o.date, "When they were fitted, for CHIP.toml")
      ->type_name("DATE")
      ->capture_default_str();
  app.add_option("--json", o.json_file, "Write the result as JSON to FILE (- is standard output)")
      ->type_name("FILE");
  app.add_option("--html", o.html_file, "Write a page with plots")->type_name("FILE");
  app.add_option("--markdown", o.markdown_file, "Write the tables as Markdown")->type_name("FILE");
}

void add_run(CLI::App& app, RunOptions& o) {
  app.add_option("program", o.program, "Program file (docs/program-text.md)")->required();
  app.add_option("--core1", o.second_program,
                 "Program of the second core of a logical NeuronCore (LNC=2); PROGRAM is then the "
                 "first's. HBM tensors of the same name are shared")
      ->type_name("FILE");
  app.add_option("--input", o.inputs, "An argument's values: .npy, or raw bytes as on the device")
      ->type_name("NAME=FILE");
  app.add_option("--output", o.outputs, "Write an argument's values afterwards: .npy, else raw")
      ->type_name("NAME=FILE");
  app.add_option("--random", o.seed,
                 "Seed of inputs that are not given, and of stochastic rounding")
      ->type_name("SEED")
      ->capture_default_str();
  app.add_option("--policy", o.policy, "Schedule to explain: program, list or ideal")
      ->capture_default_str();
  app.add_option("--target", o.target,
                 "Another core than the program's: v2, v3, v4, trn1, trn2 ...")
      ->type_name("NAME");
  app.add_option("--trace", o.trace_file,
                 "Write the schedule for ui.perfetto.dev (.json: as Chrome's JSON)")
      ->type_name("FILE");
  app.add_flag("!--no-values", o.values, "Do not execute: time only");
  app.add_flag("!--no-time", o.time, "Do not schedule: values only");
  add_common(app, o.common);
  app.footer(
      "Exit code: 0 done, 2 a mistake in the command or a file, 3 the simulated machine\n"
      "faulted (out of bounds, capacity, race, deadlock); the report then says how.");
}

CLI::App* add_validate(CLI::App& parent, ValidateOptions& o) {
  CLI::App& app =
      *parent.add_subcommand("validate", "Score the model on measured serving points, with plots");
  app.add_option("directory", o.directory,
                 "Directory of measured tables (CSV): served points, operators")
      ->required();
  app.add_option("--evidence", o.evidence, kEvidenceHelp)->capture_default_str();
  app.add_option("--samples", o.samples, "Worlds the intervals come from")
      ->check(CLI::Range(8, 100000))
      ->capture_default_str();
  app.add_option("--markdown", o.markdown_file, "Write the page as Markdown")->type_name("FILE");
  app.add_option("--html", o.html_file, "Write a page with plots of predicted against measured")
      ->type_name("FILE");
  app.add_option("--rows", o.rows_file, "Write every row predicted, as CSV")->type_name("FILE");
  add_common(app, o.common);
  return &app;
}

CLI::App* add_catalog(CLI::App& parent, CatalogOptions& o) {
  CLI::App* app = parent.add_subcommand("catalog", "Show the catalog, or one platform of it");
  app->add_option("platform", o.platform, "Platform id");
  add_common(*app, o.common);
  return app;
}

CLI::App* add_model(CLI::App& parent, ModelOptions& o) {
  CLI::App* app =
      parent.add_subcommand("model", "Show a model's size and cost per token, or list models");
  app->add_option("model", o.model, "Known model or a path to config.json");
  add_common(*app, o.common);
  return app;
}

CLI::App* add_claims(CLI::App& parent, ClaimsOptions& o) {
  CLI::App* app =
      parent.add_subcommand("claims", "Check the Trainium3 announcement, figure by figure");
  app->add_option("--samples", o.samples, "Worlds drawn from the catalog's ranges")
      ->check(CLI::Range(8, 100000))
      ->capture_default_str();
  app->add_option("--seed", o.seed, "Seed of the worlds")->capture_default_str();
  add_common(*app, o.common);
  return app;
}

void add_validate_serving(CLI::App& app, ValidateOptions& o) {
  app.add_option("directory", o.directory, "Directory of end-to-end tables (CSV)")->required();
  app.add_option("--markdown", o.markdown_file, "Write the page as Markdown")->type_name("FILE");
  app.add_option("--evidence", o.evidence, kEvidenceHelp)->capture_default_str();
  add_common(app, o.common);
}

void add_fit_engines(CLI::App& app, FitEnginesOptions& o) {
  app.add_option("directory", o.endtoend, "Directory of end-to-end tables (CSV)")->required();
  app.add_option("--evidence", o.evidence, kEvidenceHelp)->capture_default_str();
  app.add_option("--out", o.output,
                 "Write engines, chip power and errors as a catalog directory (see --catalog)")
      ->type_name("DIR");
  app.add_option("--origin", o.origin, "Where the rows come from")->capture_default_str();
  app.add_option("--date", o.date, "When they were fitted")->capture_default_str();
  add_common(app, o.common);
}

CLI::App* add_generate(CLI::App& parent, GenerateCommand& o) {
  CLI::App& app = *parent.add_subcommand(
      "generate", "Let a language model write on simulated NeuronCores, token by token");
  app.add_option("model", o.model,
                 "llama2.c checkpoint (.bin) or HuggingFace directory; with --random-weights a "
                 "config.json")
      ->required();
  app.add_option("--prompt", o.prompt, "Text to go on from (default: none)");
  app.add_option("--on", o.platform, "Trainium or Inferentia platform")
      ->type_name("ID")
      ->capture_default_str();
  app.add_option("--tp", o.tp, "Tensor-parallel ranks, one NeuronCore each")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  app.add_option("--precision", o.precision, "fp32, bf16, mxfp8 or mxfp4")->capture_default_str();
  app.add_option("--steps", o.steps, "Tokens to generate at most")
      ->check(CLI::Range(1, 1 << 20))
      ->capture_default_str();
  app.add_option("--temperature", o.temperature, "0 takes the likeliest token; else sample")
      ->check(CLI::Range(0.0, 100.0))
      ->capture_default_str();
  app.add_option("--top-p", o.top_p, "Share of the probability that sampling draws from")
      ->check(CLI::Range(1e-6, 1.0))
      ->capture_default_str();
  app.add_option("--seed", o.seed, "Seed of sampling and of random weights")->capture_default_str();
  app.add_option("--tokenizer", o.tokenizer,
                 "tokenizer.json, SentencePiece .model or llama2.c .bin (default: beside MODEL)")
      ->type_name("FILE");
  app.add_flag("--quality", o.quality,
               "Compare number formats on the text that fp32 writes, instead of writing");
  app.add_flag("--random-weights", o.random_weights, "Weights by seed, for a config alone");
  add_common(app, o.common);
  return &app;
}

CLI::App* add_topology(CLI::App& parent, TopologyOptions& o) {
  CLI::App* app = parent.add_subcommand(
      "topology", "Show how a platform's chips are joined, and check it against published figures");
  app->add_option("platform", o.platform, "Platform, or a fabric of the catalog")->required();
  app->add_option("--html", o.html_file, "Write a page with a picture")->type_name("FILE");
  add_common(*app, o.common);
  return app;
}

CLI::App* add_collective(CLI::App& parent, CollectiveOptions& o) {
  CLI::App& app =
      *parent.add_subcommand("collective", "Simulate a collective on a platform's fabric");
  app.add_option("collective", o.collective,
                 "all-reduce, all-gather, reduce-scatter, all-to-all, permute, broadcast or "
                 "send-receive")
      ->required();
  app.add_option("--on", o.platform, "Platform, or a fabric of the catalog")
      ->required()
      ->type_name("ID");
  app.add_option("--bytes", o.bytes,
                 "The whole vector (all-to-all, permute, send-receive: what a rank sends); or a "
                 "sweep FROM..TO, doubling")
      ->type_name("SIZE")
      ->capture_default_str();
  app.add_option("--ranks", o.ranks, "Chips that take part (default: the scale-up domain)")
      ->check(CLI::Range(1, 1000000));
  app.add_option("--stride", o.stride, "Chips from one rank to the next")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
  app.add_option("--algorithm", o.algorithm,
                 "mesh, rdh, ring, kangaring, bucket, hierarchical, in-fabric or direct (default: "
                 "what the platform's software takes at the size)")
      ->type_name("NAME");
  app.add_option("--unequal", o.unequal, "All-to-all: pairs differ by up to this share either way")
      ->check(CLI::Range(0.0, 1.0));
  app.add_option("--seed", o.seed, "Seed of the unequal sizes")->capture_default_str();
  app.add_option("--degrade", o.degraded, "What is left of a link's lanes; 0: it failed")
      ->type_name("TIER:CHIP:PORT=SHARE");
  app.add_option("--html", o.html_file, "Write a page with plots")->type_name("FILE");
  add_common(app, o.common);
  return &app;
}

int report_error(const Error& error) {
  std::fprintf(stderr, "switchyard: %s\n", to_text(error).c_str());
  return 2;
}

// CLI11's own complaint, with a suggestion for a misspelt command.
int usage_error(const CLI::App& app, const CLI::ParseError& error, const std::string& first) {
  std::vector<std::string> names;
  for (const CLI::App* sub : app.get_subcommands({})) names.push_back(sub->get_name());
  const bool known = std::find(names.begin(), names.end(), first) != names.end();
  std::string hint = "see switchyard --help";
  if (known) hint = fmt::format("see switchyard {} --help", first);
  if (!known && !first.empty() && first[0] != '-') hint = did_you_mean(first, names);
  const std::string found = known || first.empty() || first[0] == '-'
                                ? error.what()
                                : fmt::format("{} is not a command", quote(first));
  return report_error(
      {.kind = ErrorKind::kUsage, .where = "command line", .found = found, .hint = hint});
}

// The exit code if the command line ends here: help was asked for, or it is wrong.
std::optional<int> parse(CLI::App& app, int argc, char** argv) {
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp& help) {
    return app.exit(help);
  } catch (const CLI::CallForAllHelp& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    return usage_error(app, error, argc > 1 ? argv[1] : "");
  }
  return std::nullopt;
}

}  // namespace

int main(int argc, char** argv) {  // NOLINT(bugprone-exception-escape): out of memory ends us
  CLI::App app{
      "Which platform serves a model at the lowest cost and energy, and how sure are we?\n"
      "And what does a kernel compute on Trainium, how long does it take, what holds it back?\n"
      "Example: switchyard compare gpt-oss-120b --workload chat --html report.html\n"
      "         switchyard simulate gpt-oss-120b --on trn3-gen2 --synthetic 10000 --rate 5\n"
      "         switchyard run examples/matmul.txt --trace matmul.pftrace\n",
      "switchyard"};
  app.require_subcommand(1);
  CompareOptions compare;
  CatalogOptions catalog;
  ModelOptions model;
  ClaimsOptions claims;
  RunOptions run;
  SimulateOptions simulate;
  PlanOptions plan;
  FleetDayCommand fleet_day;
  TopologyOptions topology;
  CollectiveOptions collective;

  CLI::App* compare_app = app.add_subcommand("compare", "Compare platforms for serving a model");
  add_compare(*compare_app, compare);
  CLI::App* simulate_app =
      app.add_subcommand("simulate", "Simulate an inference service, request by request");
  add_simulate(*simulate_app, simulate);
  CLI::App* plan_app =
      app.add_subcommand("plan", "Find the smallest fleets that hold a traffic, by simulation");
  add_plan(*plan_app, plan);
  CLI::App* fleet_day_app =
      app.add_subcommand("fleet-day", "Simulate a day of a fleet of any size");
  add_fleet_day(*fleet_day_app, fleet_day);
  CLI::App* catalog_app = add_catalog(app, catalog);
  CLI::App* model_app = add_model(app, model);
  CLI::App* claims_app = add_claims(app, claims);

  ValidateOptions validate;
  CLI::App* validate_app = add_validate(app, validate);
  CLI::App* serving_app = app.add_subcommand(
      "validate-serving", "Simulate measured closed loops and score what users would have seen");
  ValidateOptions serving;
  add_validate_serving(*serving_app, serving);
  GenerateCommand generate;
  CLI::App* generate_app = add_generate(app, generate);
  CLI::App* engines_app =
      app.add_subcommand("fit-engines", "Fit the constants of serving engines to served rows");
  FitEnginesOptions engines;
  add_fit_engines(*engines_app, engines);
  CLI::App* run_app =
      app.add_subcommand("run", "Run a kernel program on the simulated NeuronCore and explain it");
  add_run(*run_app, run);
  FitOptions fit;
  CLI::App* fit_app = app.add_subcommand(
      "fit", "Fit operator costs to measurements and say how far they can be trusted");
  add_fit(*fit_app, fit);

  CLI::App* topology_app = add_topology(app, topology);
  CLI::App* collective_app = add_collective(app, collective);

  if (const std::optional<int> code = parse(app, argc, argv)) return *code;
  if (*run_app) {
    const Result<int> code = run_kernel(run);
    return code ? *code : report_error(code.error());
  }
  Status status;
  if (*compare_app) status = run_compare(compare);
  if (*simulate_app) status = run_simulate(simulate);
  if (*plan_app) status = run_plan(plan);
  if (*fleet_day_app) status = run_fleet_day(fleet_day);
  if (*catalog_app) status = run_catalog(catalog);
  if (*model_app) status = run_model(model);
  if (*claims_app) status = run_claims(claims);
  if (*generate_app) status = run_generate(generate);
  if (*topology_app) status = run_topology(topology);
  if (*collective_app) status = run_collective(collective);
  if (*fit_app) status = run_fit(fit);
  if (*engines_app) status = run_fit_engines(engines);
  if (*serving_app) status = run_validate_serving(serving);
  if (*validate_app) status = run_validate(validate);
  return status ? 0 : report_error(status.error());
}
