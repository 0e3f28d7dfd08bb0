// Measured serving points as their files state them: the 42 columns of the end-to-end tables,
// nothing interpreted yet.
//
// A directory may hold any subset of such tables under any names, and other files beside them.
// Only `platform` and `model` must be there; a column that is absent is blank in every row.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace switchyard::validation {

// Blank text cells are empty, blank numbers 0.
struct MeasuredRow {
  std::string file;
  std::int64_t line = 0;
  std::string row_id, source_set, platform, model, precision, mode, parallelism, engine,
      chip_count_basis, workload, spec_decode, power_scope, quality, notes;
  double chip_count = 0, isl = 0, osl = 0, concurrency = 0, request_rate = 0, batch_size = 0;
  double total_tok_s = 0, output_tok_s = 0, output_tok_s_per_chip = 0, req_s = 0;
  double ttft_ms = 0, tpot_ms = 0, tpot_p99_ms = 0, itl_ms = 0;
  double power_w_total = 0, power_w_per_chip = 0;
};

struct SkippedFile {
  std::string file, reason;
};

struct Measurements {
  std::vector<MeasuredRow> rows;       // by file name, then line
  std::vector<std::string> malformed;  // "file:line: what", one a row that could not be read
  std::vector<SkippedFile> skipped_files;
};

// All tables of `directory`, not of those inside it. Errors: it cannot be listed, or holds no table
// of this kind.
Result<Measurements> read_measurements(const std::filesystem::path& directory);

// One table's text. Errors: it is no CSV, or lacks `platform` or `model`.
Result<Measurements> parse_measurements(std::string text, const std::string& file);

}  // namespace switchyard::validation
