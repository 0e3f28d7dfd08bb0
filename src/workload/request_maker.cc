#include "workload/request_maker.h"

#include <algorithm>
#include <utility>

namespace switchyard::workload {

TraceRequests::TraceRequests(const Trace& trace, std::int64_t count_max) : trace_(&trace) {
  end_ = trace.requests.size();
  if (count_max > 0) end_ = std::min(end_, static_cast<std::size_t>(count_max));
}

bool TraceRequests::make(ServingRequest& request) {
  if (next_ == end_) return false;
  const Request& row = trace_->requests[next_++];
  request.input_tokens = std::max<std::int64_t>(row.input_tokens, 1);
  request.output_tokens = row.output_tokens;
  request.blocks = row.prefix_blocks;
  return true;
}

SyntheticRequests::SyntheticRequests(LengthModel lengths, PrefixModel prefixes, std::int64_t count,
                                     std::int64_t context_tokens_max, std::uint64_t seed)
    : lengths_(std::move(lengths)),
      prefixes_(std::move(prefixes)),
      prompts_(prefixes_, mix(seed)),
      left_(count),
      context_tokens_max_(context_tokens_max),
      random_(seed) {}

bool SyntheticRequests::make(ServingRequest& request) {
  if (left_ <= 0) return false;
  --left_;
  const LengthPair lengths = lengths_.draw(random_);
  request.input_tokens = lengths.input_tokens;
  request.output_tokens = lengths.output_tokens;
  fit_context(context_tokens_max_, request);
  request.blocks = {};
  if (prefixes_.shares()) {
    auto& blocks = blocks_[request.id];
    append_blocks(prompts_.draw(request.input_tokens, random_), kBlockTokens, blocks);
    request.blocks = blocks;
  }
  return true;
}

void append_blocks(std::span<const PromptPiece> pieces, int block_tokens,
                   std::vector<std::int64_t>& blocks) {
  if (pieces.empty()) return;
  const std::int64_t count = (pieces.back().end_token + block_tokens - 1) / block_tokens;
  blocks.reserve(static_cast<std::size_t>(count));
  std::size_t piece = 0;
  for (std::int64_t i = static_cast<std::int64_t>(blocks.size()); i < count; ++i) {
    const std::int64_t last_token = std::min((i + 1) * block_tokens, pieces.back().end_token);
    while (pieces[piece].end_token < last_token) ++piece;
    const auto place = static_cast<std::uint64_t>(i);
    blocks.push_back(static_cast<std::int64_t>(mix(pieces[piece].content ^ mix(place))));
  }
}

void fit_context(std::int64_t context_tokens_max, ServingRequest& request) {
  if (context_tokens_max <= 0) return;
  request.input_tokens = std::clamp<std::int64_t>(
      request.input_tokens, 1, std::max<std::int64_t>(context_tokens_max - 1, 1));
  request.output_tokens =
      std::min(request.output_tokens, context_tokens_max - request.input_tokens);
}

}  // namespace switchyard::workload
