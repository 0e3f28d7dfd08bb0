// The `switchyard` command: arguments only. CLI11 is included here alone: it is slow to compile.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <functional>

#include "base/text.h"
#include "cli/commands.h"

namespace {

using namespace switchyard;
using namespace switchyard::cli;

void add_common(CLI::App& app, CommonOptions& common) {
  app.add_option("--json", common.json_file,
                 "Write the result as JSON to FILE (- is standard output)")
      ->type_name("FILE");
  app.add_option("--catalog", common.catalog_overlay,
                 "Directory of your own numbers, laid over the catalog")
      ->type_name("DIR");
}

// What a service is asked for and how it is judged: the same for every command that asks.
void add_question(CLI::App& app, CompareOptions& o) {
  app.add_option("model", o.model, "Known model (see `switchyard model`) or a path to config.json")
      ->required();
  app.add_option("--workload", o.workload, "chat, conversation, reasoning, rag or agent")
      ->capture_default_str();
  app.add_flag("--skip-bad", o.skip_bad, "Leave out bad rows of the trace");
  app.add_option("--input", o.input_tokens, "Input tokens a request")->check(CLI::Range(1.0, 1e7));
  app.add_option("--output", o.output_tokens, "Output tokens a request")
      ->check(CLI::Range(1.0, 1e7));
  app.add_option("--prefix", o.prefix_share, "Share of the input found in the prefix cache")
      ->check(CLI::Range(0.0, 0.999));
  app.add_option("--ttft", o.ttft_s, "Time to first token, at most, in seconds")
      ->check(CLI::Range(1e-6, 1e6))
      ->type_name("S");
  app.add_option("--tpot", o.tpot_ms, "Time per output token, at most, in milliseconds")
      ->check(CLI::Range(1e-6, 1e6))
      ->type_name("MS");
  app.add_option("--objective", o.objective, "dollars, megawatt or chip")->capture_default_str();
  app.add_option("--cost", o.cost, "Cost view: owner, rental, on-demand or inferencex")
      ->capture_default_str();
  app.add_option("--precision", o.precision,
                 "auto (as published, and 8 bits where wider), native, bf16, fp8 or fp4")
      ->capture_default_str();
  app.add_option("--kv-bits", o.cache_bits, "Bits of a KV cache element")
      ->check(CLI::IsMember({8, 16}))
      ->capture_default_str();
  app.add_option("--chips-max", o.chips_max,
                 "Most chips of a replica (default: the scale-up domain, at least 32)")
      ->check(CLI::Range(1, 288));
  app.add_option("--drafted", o.drafted, "Speculative decoding: tokens drafted a step")
      ->check(CLI::Range(0, 32));
  app.add_option("--accepted", o.accepted, "Speculative decoding: mean tokens gained a step")
      ->check(CLI::Range(1.0, 33.0));
  add_common(app, o.common);
}

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

void add_run(CLI::App& app, RunOptions& o) {
  app.add_option("program", o.program, "Program file (docs/program-text.md)")->required();
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

void add_traffic(CLI::App& app, SimulateOptions& o) {
  app.add_option("--trace", o.base.trace, "Request trace: its rows are replayed")
      ->type_name("FILE");
  app.add_option("--synthetic", o.synthetic,
                 "N requests of the workload, or fitted to the trace where one is given")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1'000'000'000}))
      ->type_name("N");
  app.add_option("--requests", o.requests_max, "At most N rows of the trace")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1'000'000'000}))
      ->type_name("N");
  app.add_option("--rate", o.rate, "Open loop: requests a second; a trace's times are scaled to it")
      ->check(CLI::Range(1e-6, 1e7))
      ->type_name("R");
  app.add_option("--concurrency", o.concurrency,
                 "Closed loop: requests in flight, of sessions where the workload has them")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{10'000'000}))
      ->type_name("C");
  app.add_option("--burstiness", o.burstiness,
                 "Random arrivals: deviation over mean of the gaps (1 Poisson, 0 even)")
      ->check(CLI::Range(0.0, 100.0));
  app.add_option("--seed", o.base.seed, "Seed of all that is random")->capture_default_str();
}

void add_sharding(CLI::App& app, SimulateOptions& o) {
  const CLI::Range degrees(1, 288);
  app.add_option("--tp", o.tp, "Tensor parallel ranks (default: the planner's best)")
      ->check(degrees);
  app.add_option("--pp", o.pp, "Pipeline stages")->check(degrees);
  app.add_option("--dp", o.dp, "Data-parallel attention groups of a replica")->check(degrees);
  app.add_option("--cp", o.cp, "Context parallel ranks")->check(degrees);
  app.add_option("--ep", o.ep, "Expert parallel ranks")->check(degrees);
}

void add_deployment(CLI::App& app, SimulateOptions& o) {
  app.add_option("--on", o.base.platforms, "Platform")->type_name("ID");
  app.add_option("--replicas", o.replicas, "Replicas (that decode)")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
  add_sharding(app, o);
  app.add_option("--prefill-replicas", o.prefill_replicas,
                 "Disaggregation: replicas that compute prompts and hand the KV cache over")
      ->check(CLI::Range(1, 100000));
}

void add_engine_preset(CLI::App& app, SimulateOptions& o) {
  app.add_option("--engine", o.engine, "Preset: vllm, sglang, trtllm or neuron")
      ->capture_default_str();
  app.add_option("--policy", o.policy, "mixed, prefill-first or decode-first");
  app.add_option("--step-tokens", o.step_tokens_max, "Token budget of a step, per rank")
      ->check(CLI::Range(std::int64_t{16}, std::int64_t{1'000'000}));
  app.add_option("--sequences-max", o.sequences_max, "Sequences running at once, per rank")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1'000'000}));
  app.add_flag("!--no-chunked-prefill", o.chunked_prefill, "Compute each prompt in one step");
  app.add_flag("!--no-prefix-cache", o.prefix_cache, "Compute each prompt as if it were new");
  app.add_option("--preemption", o.preemption, "recompute or swap");
}

// What stands around the engine.
void add_service(CLI::App& app, SimulateOptions& o) {
  app.add_option("--routing", o.routing, "round-robin, least-loaded or prefix-affine")
      ->capture_default_str();
  app.add_option("--host-cache", o.host_cache_gb, "KV cache offloaded to the host, per replica")
      ->check(CLI::Range(0.001, 1e6))
      ->type_name("GB");
  app.add_option("--host-bandwidth", o.host_bandwidth_gbs, "Of a rank's link to its host")
      ->check(CLI::Range(0.001, 1e5))
      ->type_name("GB/S");
  app.add_option("--queue-max", o.queue_max, "Shed what finds so many waiting on its replica")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1'000'000'000}));
  app.add_option("--wait-max", o.wait_max_s, "Shed what waited so long")
      ->check(CLI::Range(1e-3, 1e6))
      ->type_name("S");
  app.add_option("--autoscale", o.autoscale,
                 "Replicas follow the load: from MIN to MAX, aiming at REQUESTS in flight on each")
      ->type_name("MIN:MAX:REQUESTS");
  app.add_option("--startup", o.startup_s, "From the decision to a replica's first request")
      ->check(CLI::Range(0.0, 1e6))
      ->capture_default_str()
      ->type_name("S");
  app.add_option("--failures", o.failure_hours, "Mean hours between failures of a replica")
      ->check(CLI::Range(1e-3, 1e6))
      ->type_name("HOURS");
  app.add_option("--repair", o.repair_s, "A failed replica is back after")
      ->check(CLI::Range(0.0, 1e7))
      ->capture_default_str()
      ->type_name("S");
  app.add_flag("--steps", o.step_by_step,
               "Take every engine step as an event of its own: same results, slower");
}

void add_simulate(CLI::App& app, SimulateOptions& o) {
  add_traffic(app, o);
  add_deployment(app, o);
  add_engine_preset(app, o);
  add_service(app, o);
  add_question(app, o.base);
  app.add_option("--html", o.html_file, "Write a page with timelines and distributions")
      ->type_name("FILE");
  app.add_option("--csv", o.csv_file, "Write a row a request as CSV")->type_name("FILE");
  app.add_option("--sqlite", o.sqlite_file, "Write a row a request into a SQLite database")
      ->type_name("FILE");
  app.add_option("--perfetto", o.perfetto_file,
                 "Write the schedule for ui.perfetto.dev (.json: as Chrome's JSON)")
      ->type_name("FILE");
  app.footer("Example: switchyard simulate gpt-oss-120b --on trn3-gen2 --synthetic 10000 --rate 5");
}

void add_plan(CLI::App& app, PlanOptions& o) {
  add_traffic(app, o.simulate);
  app.add_option("--on", o.simulate.base.platforms, "Platforms, comma separated (default: all)")
      ->type_name("IDS");
  app.add_option("--attainment", o.attainment, "Share of requests that must meet both targets")
      ->check(CLI::Range(0.01, 1.0))
      ->capture_default_str();
  app.add_option("--finalists", o.finalists, "Deployments of a platform to simulate")
      ->check(CLI::Range(1, 50))
      ->capture_default_str();
  app.add_flag("!--no-disaggregation", o.disaggregate,
               "Leave out fleets with prefill and decode on replicas of their own");
  add_engine_preset(app, o.simulate);
  add_question(app, o.simulate.base);
  app.footer(
      "Example: switchyard plan gpt-oss-120b --trace requests.csv --rate 200 --on trn3,h200");
}

void add_fleet_day(CLI::App& app, FleetDayCommand& o) {
  app.add_option("--megawatts", o.megawatts, "Size of the site: power provisioned at the utility")
      ->check(CLI::Range(1e-3, 1e6))
      ->type_name("MW");
  app.add_option("--replicas", o.replicas, "Size of the fleet, instead of --megawatts")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{100'000'000}));
  app.add_option("--rate", o.simulate.rate, "Requests a second of the fleet in the busiest hour")
      ->check(CLI::Range(1e-3, 1e9))
      ->type_name("R");
  app.add_option("--peak-load", o.peak_load,
                 "Without --rate: the busiest hour, as a share of what the fleet holds at steady "
                 "state")
      ->check(CLI::Range(0.01, 2.0))
      ->capture_default_str();
  app.add_option("--trace", o.simulate.base.trace, "Trace to fit the requests to")
      ->type_name("FILE");
  app.add_option("--burstiness", o.simulate.burstiness,
                 "Random arrivals: deviation over mean of the gaps (1 Poisson, 0 even)")
      ->check(CLI::Range(0.0, 100.0));
  app.add_option("--day", o.day_file, "Relative load of the hours, as catalog/day.toml")
      ->type_name("FILE");
  app.add_option("--cells", o.cells, "Cells to simulate: more narrow the error")
      ->check(CLI::Range(1, 10000))
      ->capture_default_str();
  app.add_option("--cell", o.cell_replicas, "Replicas of a cell, behind a router of their own")
      ->check(CLI::Range(1, 10000))
      ->capture_default_str();
  app.add_option("--seed", o.simulate.base.seed, "Seed of all that is random")
      ->capture_default_str();
  app.add_option("--on", o.simulate.base.platforms, "Platform")->type_name("ID");
  add_sharding(app, o.simulate);
  add_engine_preset(app, o.simulate);
  add_question(app, o.simulate.base);
  app.footer("Example: switchyard fleet-day gpt-oss-120b --on trn3-gen2 --megawatts 1000");
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
  CLI::App* catalog_app = app.add_subcommand("catalog", "Show the catalog, or one platform of it");
  catalog_app->add_option("platform", catalog.platform, "Platform id");
  add_common(*catalog_app, catalog.common);
  CLI::App* model_app =
      app.add_subcommand("model", "Show a model's size and cost per token, or list models");
  model_app->add_option("model", model.model, "Known model or a path to config.json");
  add_common(*model_app, model.common);
  CLI::App* claims_app =
      app.add_subcommand("claims", "Check the Trainium3 announcement, figure by figure");
  claims_app->add_option("--samples", claims.samples, "Worlds drawn from the catalog's ranges")
      ->check(CLI::Range(8, 100000))
      ->capture_default_str();
  claims_app->add_option("--seed", claims.seed, "Seed of the worlds")->capture_default_str();
  add_common(*claims_app, claims.common);

  CLI::App* run_app =
      app.add_subcommand("run", "Run a kernel program on the simulated NeuronCore and explain it");
  add_run(*run_app, run);

  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp& help) {
    return app.exit(help);
  } catch (const CLI::CallForAllHelp& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    return usage_error(app, error, argc > 1 ? argv[1] : "");
  }
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
  return status ? 0 : report_error(status.error());
}
