// Measured serving rows of ../shared/data/endtoend that a roofline can be held against: aggregated
// deployments whose chips, parallelism, lengths and concurrency are known. The data is not part of
// the project.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "model/model.h"
#include "model/operators.h"

namespace switchyard::measured {

struct Row {
  std::string id, set, platform, engine;
  model::Model model;  // stored as the row says
  model::Sharding sharding;
  double cache_bits = 16;
  double input = 0, output = 0;  // mean tokens of a request
  double concurrency = 0;        // of a closed loop; 0 where the batch is known instead
  double batch = 0;
  double tpot = 0;                      // s; 0: unknown
  double output_tokens_per_second = 0;  // of the replica
  double chip_watts = 0;                // 0: unknown
};

struct Rows {
  std::vector<Row> rows;
  int passed_over = 0;  // rows of good quality that lack something or that we cannot model
};

// The best MLPerf offline rate of Llama-2-70B (294 tokens in, 294 out) on a platform: tuned by its
// submitter, parallelism not stated. An upper envelope.
struct Envelope {
  std::string platform;
  double output_tokens_per_second_per_chip = 0;
};
std::vector<Envelope> load_envelopes(const std::filesystem::path& directory);

std::filesystem::path data_directory();  // ../shared/data/endtoend beside the sources
Rows load_rows(const std::filesystem::path& directory, const std::filesystem::path& models);

}  // namespace switchyard::measured
