#include "workload/trace.h"

#include <algorithm>
#include <unordered_set>

#include "base/check.h"
#include "base/files.h"
#include "base/random.h"
#include "base/text.h"
#include "workload/trace_rows.h"

namespace switchyard::workload {

namespace {

constexpr std::uint64_t kTraceBytesMax = 2'000'000'000;

// Hostile ids must not all fall into one bucket.
struct MixedHash {
  std::size_t operator()(std::int64_t block) const {
    return mix(static_cast<std::uint64_t>(block));
  }
};

// Tokens found in a cache that never forgets, over all input tokens.
double shared_prefix(const Trace& trace) {
  std::unordered_set<std::int64_t, MixedHash> seen;
  double found_tokens = 0;
  double input_tokens = 0;
  for (const Request& request : trace.requests) {
    const auto& blocks = request.prefix_blocks;
    const auto leading = std::find_if_not(
        blocks.begin(), blocks.end(), [&seen](std::int64_t block) { return seen.contains(block); });
    const std::int64_t found = (leading - blocks.begin()) * trace.block_tokens;
    const auto input = request.input_tokens;
    found_tokens += static_cast<double>(std::min(found, std::max<std::int64_t>(input - 1, 0)));
    input_tokens += static_cast<double>(input);
    seen.insert(blocks.begin(), blocks.end());
  }
  return input_tokens > 0 ? found_tokens / input_tokens : 0;
}

}  // namespace

Result<Trace> read_trace(const std::filesystem::path& path, bool skip_bad) {
  SWITCHYARD_TRY(text, read_text_or_gzip(path, kTraceBytesMax));
  return parse_trace(text, path.string(), skip_bad);
}

Result<Trace> parse_trace(std::string_view text, const std::string& where, bool skip_bad) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  const bool json = first != std::string_view::npos && (text[first] == '{' || text[first] == '[');
  return json ? parse_trace_jsonl(text, where, skip_bad) : parse_trace_csv(text, where, skip_bad);
}

Workload summarise(const Trace& trace, const std::string& name, Slo slo) {
  SWITCHYARD_CHECK(!trace.requests.empty());
  std::vector<double> inputs, outputs;
  inputs.reserve(trace.requests.size());
  outputs.reserve(trace.requests.size());
  double product = 0;
  for (const Request& request : trace.requests) {
    inputs.push_back(static_cast<double>(request.input_tokens));
    outputs.push_back(static_cast<double>(request.output_tokens));
    product += inputs.back() * outputs.back();
  }
  const auto count = static_cast<double>(trace.requests.size());
  Workload workload;
  workload.name = name;
  workload.title = name;
  workload.note = fmt::format("{} requests of a trace in the format of {}", trace.requests.size(),
                              trace.format);
  workload.input = Lengths::of(std::move(inputs));
  workload.output = Lengths::of(std::move(outputs));
  workload.prefix_share = shared_prefix(trace);
  workload.input_output_product = product / count;
  workload.slo = slo;
  return workload;
}

}  // namespace switchyard::workload
