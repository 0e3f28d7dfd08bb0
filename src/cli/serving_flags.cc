#include "cli/serving_flags.h"

#include <CLI/CLI.hpp>

#include "cli/costs.h"

namespace switchyard::cli {

namespace {

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
  app.add_option("--expert-imbalance", o.expert_imbalance,
                 "Tokens of the busiest expert rank over what even routing gives it")
      ->check(CLI::Range(1.0, 100.0))
      ->capture_default_str();
  app.add_option("--host-cache", o.host_cache_gb, "KV cache offloaded to the host, per replica")
      ->check(CLI::Range(0.001, 1e6))
      ->type_name("GB");
  app.add_option("--host-bandwidth", o.host_bandwidth_gbs, "Of a replica's link to its hosts")
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

}  // namespace

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
  app.add_option("--evidence", o.evidence, kEvidenceHelp)->capture_default_str();
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

}  // namespace switchyard::cli
