// Request traces from public formats, read into lengths and arrival times.
//
// Recognised by their columns or keys: Azure LLM (TIMESTAMP, ContextTokens, GeneratedTokens), Vidur
// (arrived_at, num_prefill_tokens, num_decode_tokens; without arrivals too), LLMServingSim
// (arrival_time_ns, input_toks, output_toks), BurstGPT (Timestamp, Model, Request tokens, Response
// tokens, ...), Mooncake and Qwen-Bailian JSONL (timestamp, input_length, output_length, hash_ids),
// generic CSV/JSONL (input_tokens, output_tokens, optional arrival_s). Files may be gzipped.
//
// Everything is bounded: 2 GB of text, 16 MB a line, 64 million requests, kTokensMax tokens.
// Requests of 0 output tokens (failures in BurstGPT) are kept.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "workload/workload.h"

namespace switchyard::workload {

struct Request {
  double arrival_s = 0;  // from the first request; 0 where unknown
  std::int64_t input_tokens = 0;
  std::int64_t output_tokens = 0;
  // Content hashes of input blocks, in order; empty where unknown.
  std::vector<std::int64_t> prefix_blocks;
};

struct Trace {
  std::string format;  // azure, vidur, llmservingsim, burstgpt, qwen-bailian, mooncake, generic
  std::vector<Request> requests;  // by arrival, ties as in the file; not empty
  int block_tokens = 0;           // tokens a prefix block stands for; 0 where unknown
  bool has_arrivals = false;
  std::int64_t bad_row_count = 0;
  std::vector<Error> bad_rows;  // the first 1,000, with line numbers; only when skipping
};

// Bad rows are faults of the whole file unless `skip_bad`; a header that is not recognised or a
// file without a good row always is. Errors carry file:line.
Result<Trace> read_trace(const std::filesystem::path& path, bool skip_bad);
// The same from text; `where` names it in errors. Entry point of the fuzzer.
Result<Trace> parse_trace(std::string_view text, const std::string& where, bool skip_bad);

// Lengths of a trace as a steady-state workload. The prefix share is that of an unbounded cache
// over prefix_blocks (tokens of leading blocks seen before, over all input tokens; a prompt's last
// token is always computed); 0 where the trace has none. Contract: a trace that was read.
Workload summarise(const Trace& trace, const std::string& name, Slo slo);

}  // namespace switchyard::workload
