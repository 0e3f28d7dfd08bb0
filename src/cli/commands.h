// The commands of `switchyard`, one function each: options in, exit code out.
//
// Exit codes: 0 done, 2 the user's mistake (bad flag, unknown name, bad file, nothing fits), 3 the
// simulated machine faulted (`run` only; the report says how), 1 only if output failed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "catalog/catalog.h"

namespace switchyard::cli {

// Options that every command has.
struct CommonOptions {
  std::string catalog_overlay;  // directory; empty: none
  std::string json_file;        // "-": standard output; empty: none
};

// The shipped catalog with the user's laid over it.
Result<catalog::Catalog> load_catalog(const CommonOptions& common);

struct CompareOptions {
  CommonOptions common;
  std::string model;
  std::string workload = "chat";
  std::string trace;  // lengths read from it instead of the named workload
  bool skip_bad = false;
  double input_tokens = 0, output_tokens = 0;  // 0: those of the workload
  double prefix_share = -1;                    // -1: that of the workload
  double ttft_s = 0, tpot_ms = 0;              // 0: those of the workload
  std::string platforms;                       // comma separated; empty: all
  std::string objective = "dollars";
  std::string cost = "owner";
  std::string evidence = "best";
  std::string precision = "auto";
  int cache_bits = 16;
  int chips_max = 0;
  double concurrency = 0;
  int drafted = 0;
  double accepted = 1;
  int samples = 256;
  std::uint64_t seed = 1;
  std::string html_file;
};
Status run_compare(const CompareOptions& options);

struct SimulateOptions {
  CompareOptions base;  // model, traffic, targets, precision; `platforms` is one
  std::int64_t synthetic = 0;
  std::int64_t requests_max = 0;  // of a trace; 0: all
  double rate = 0;
  std::int64_t concurrency = 0;
  double burstiness = -1;
  int replicas = 1;
  int tp = 0, pp = 0, dp = 0, cp = 0, ep = 0;
  // Engine; empty, 0 or below 0: the preset's.
  std::string engine = "vllm";
  std::string policy, preemption;
  std::int64_t step_tokens_max = 0, sequences_max = 0;
  bool chunked_prefill = true, prefix_cache = true;
  // Around the engine.
  std::string routing = "least-loaded";
  int prefill_replicas = 0;
  double expert_imbalance = 1;
  double host_cache_gb = 0, host_bandwidth_gbs = 0;
  std::int64_t queue_max = 0;
  double wait_max_s = 0;
  std::string autoscale;  // MIN:MAX:REQUESTS
  double startup_s = 60;
  double failure_hours = 0, repair_s = 600;
  bool step_by_step = false;
  // Results.
  std::string html_file, csv_file, sqlite_file, perfetto_file;
};
Status run_simulate(const SimulateOptions& options);

struct PlanOptions {
  SimulateOptions simulate;  // traffic and engine; of its results the JSON alone
  double attainment = 0.9;
  int finalists = 3;
  bool disaggregate = true;
};
Status run_plan(const PlanOptions& options);

struct FleetDayCommand {
  SimulateOptions simulate;  // traffic, deployment, engine; `rate` is that of the busiest hour
  double megawatts = 0;      // provisioned; or
  std::int64_t replicas = 0;
  double peak_load = 0.7;  // of the steady-state rate, where no rate is given
  int cells = 8, cell_replicas = 8;
  std::string day_file;
};
Status run_fleet_day(const FleetDayCommand& options);

struct GenerateCommand {
  CommonOptions common;
  std::string model;  // checkpoint file or directory; with random_weights a config
  std::string platform = "trn3";
  std::string prompt;
  std::string tokenizer;  // empty: the one beside the checkpoint
  std::string precision = "fp32";
  std::int64_t steps = 256;
  int tp = 1;
  double temperature = 0, top_p = 1;
  std::uint64_t seed = 1;
  bool random_weights = false;
  bool quality = false;  // compare number formats instead of writing
};
Status run_generate(const GenerateCommand& options);

struct CatalogOptions {
  CommonOptions common;
  std::string platform;  // empty: the list
};
Status run_catalog(const CatalogOptions& options);

struct ModelOptions {
  CommonOptions common;
  std::string model;  // empty: the list of known models
};
Status run_model(const ModelOptions& options);

struct ClaimsOptions {
  CommonOptions common;
  int samples = 256;
  std::uint64_t seed = 1;
};
Status run_claims(const ClaimsOptions& options);

struct TopologyOptions {
  CommonOptions common;
  std::string platform;  // or a fabric of its own
  std::string html_file;
};
Status run_topology(const TopologyOptions& options);

struct CollectiveOptions {
  CommonOptions common;
  std::string collective;
  std::string platform;
  std::string bytes = "64MiB";  // or FROM..TO, doubling
  int ranks = 0;                // 0: the scale-up domain
  int stride = 1;
  std::string algorithm;  // empty: as the platform's software chooses
  double unequal = 0;
  std::uint64_t seed = 1;
  std::vector<std::string> degraded;  // TIER:CHIP:PORT=SHARE
  std::string html_file;
};
Status run_collective(const CollectiveOptions& options);
struct ValidateOptions {
  CommonOptions common;
  std::string directory;
  std::string evidence = "best";
  int samples = 128;
  std::string markdown_file, html_file, rows_file;  // empty: none
};
Status run_validate(const ValidateOptions& options);
Status run_validate_serving(const ValidateOptions& options);

struct FitOptions {
  std::vector<std::string> paths;  // files or directories of measurements
  std::string chip;                // of files that do not say
  std::string out;                 // directory for CHIP.toml; empty: none
  std::string origin = "own measurements";
  std::string date = "undated";
  std::string json_file, html_file, markdown_file;
};
Status run_fit(const FitOptions& options);

struct FitEnginesOptions {
  CommonOptions common;
  std::string endtoend;  // directory of served rows
  std::string evidence = "best";
  std::string output;  // directory for what is fitted; empty: none
  std::string origin = "own measurements";
  std::string date = "undated";
};
Status run_fit_engines(const FitEnginesOptions& options);

struct RunOptions {
  CommonOptions common;
  std::string program;
  std::string second_program;                // of an LNC's other core; empty: one core alone
  std::vector<std::string> inputs, outputs;  // NAME=FILE
  std::uint64_t seed = 0;
  std::string policy = "list";
  std::string target;  // empty: the program's
  std::string trace_file;
  bool values = true, time = true;
};
// The exit code.
Result<int> run_kernel(const RunOptions& options);

}  // namespace switchyard::cli
