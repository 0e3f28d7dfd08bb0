// Request traces from public formats, read into lengths and arrival times.
//
// Recognised by their columns or keys: Azure LLM (TIMESTAMP, ContextTokens, GeneratedTokens), Vidur
// (arrived_at, num_prefill_tokens, num_decode_tokens; without arrivals too), LLMServingSim
// (arrival_time_ns, input_toks, output_toks), BurstGPT (Timestamp, Model, Request tokens, Response
// tokens, ...), Mooncake and Qwen-Bailian JSONL (timestamp, input_length, output_length, hash_ids),
// generic CSV/JSONL (input_tokens, output_tokens, optional arrival_s). Files may be gzipped.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "workload/workload.h"

namespace switchyard::workload {

struct Request {
  double arrival_s = 0;  // from the first request
  std::int64_t input_tokens = 0;
  std::int64_t output_tokens = 0;
  std::vector<std::int64_t>
      prefix_blocks;  // content hashes of input blocks, in order; empty where unknown
};

struct Trace {
  std::string format;
  std::vector<Request> requests;  // by arrival
  int block_tokens = 0;           // tokens a prefix block stands for; 0 where unknown
  bool has_arrivals = false;
  std::vector<Error> bad_rows;  // with line numbers; only when skipping was asked for
};

// Bad rows are faults of the whole file unless `skip_bad`.
Result<Trace> read_trace(const std::filesystem::path& path, bool skip_bad);
// The same from text; `where` names it in errors. Entry point of the fuzzer.
Result<Trace> parse_trace(std::string_view text, const std::string& where, bool skip_bad);

// Lengths of a trace as a steady-state workload. The prefix share is that of an unbounded cache
// over prefix_blocks (tokens of leading blocks seen before, over all input tokens); 0 where the
// trace has none.
Workload summarise(const Trace& trace, const std::string& name, Slo slo);

}  // namespace switchyard::workload
