#include "workload/prefix_model.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "base/check.h"

namespace switchyard::workload {

namespace {

constexpr std::size_t kLengthBins = 8;
constexpr std::size_t kShareBins = 4;
constexpr std::size_t kBinRequests = 64;  // fewer say little
constexpr std::uint64_t kTries = 128;     // neighbours looked at for a prompt that is long enough

// Hostile ids must not all fall into one bucket.
struct MixedHash {
  std::size_t operator()(std::int64_t block) const {
    return mix(static_cast<std::uint64_t>(block));
  }
};

struct Seen {
  double input_tokens = 0;
  double share = 0;
  double distance = 0;
};

// What every request found of itself in an unbounded cache.
std::vector<Seen> look_back(const Trace& trace) {
  std::unordered_map<std::int64_t, std::size_t, MixedHash> last;  // the latest request with a block
  std::vector<Seen> out;
  out.reserve(trace.requests.size());
  for (std::size_t i = 0; i < trace.requests.size(); ++i) {
    const Request& request = trace.requests[i];
    std::size_t found = 0, sharer = i;
    for (const std::int64_t block : request.prefix_blocks) {
      const auto at = last.find(block);
      if (at == last.end()) break;
      sharer = at->second;
      ++found;
    }
    const auto input = static_cast<double>(std::max<std::int64_t>(request.input_tokens, 1));
    const double tokens = static_cast<double>(found) * trace.block_tokens;
    out.push_back({input, std::min(tokens / input, 1.0), static_cast<double>(i - sharer)});
    for (const std::int64_t block : request.prefix_blocks) last[block] = i;
  }
  return out;
}

double any_of(const std::vector<double>& sorted, Random& random) {
  return sorted[random.below(sorted.size())];
}

std::size_t share_bin(double share) {
  return std::min(static_cast<std::size_t>(share * kShareBins), kShareBins - 1);
}

}  // namespace

PrefixModel PrefixModel::fit(const Trace& trace) {
  PrefixModel model;
  const bool known = trace.block_tokens > 0 &&
                     std::any_of(trace.requests.begin(), trace.requests.end(),
                                 [](const Request& r) { return !r.prefix_blocks.empty(); });
  if (!known) return model;
  std::vector<Seen> seen = look_back(trace);
  std::stable_sort(seen.begin(), seen.end(),
                   [](const Seen& a, const Seen& b) { return a.input_tokens < b.input_tokens; });
  const std::size_t bins = std::clamp<std::size_t>(seen.size() / kBinRequests, 1, kLengthBins);
  model.block_tokens_ = trace.block_tokens;
  model.distances_.resize(kShareBins);
  for (std::size_t bin = 0; bin < bins; ++bin) {
    const std::size_t end = (bin + 1) * seen.size() / bins;
    std::vector<double>& shares = model.shares_.emplace_back();
    for (std::size_t i = bin * seen.size() / bins; i < end; ++i) {
      shares.push_back(seen[i].share);
      if (seen[i].share > 0) model.distances_[share_bin(seen[i].share)].push_back(seen[i].distance);
    }
    if (bin + 1 < bins) model.input_edges_.push_back(seen[end].input_tokens);
  }
  return model;
}

PrefixModel PrefixModel::constant(double share) {
  SWITCHYARD_CHECK(share >= 0 && share <= 1, "{}", share);
  PrefixModel model;
  if (share == 0) return model;
  model.shares_ = {{share}};
  model.distances_.resize(kShareBins);
  model.distances_[share_bin(share)] = {1};
  return model;
}

PrefixModel::Draw PrefixModel::draw(std::int64_t input_tokens, Random& random) const {
  SWITCHYARD_CHECK(shares());
  const auto bin = std::upper_bound(input_edges_.begin(), input_edges_.end(),
                                    static_cast<double>(input_tokens)) -
                   input_edges_.begin();
  const double share = any_of(shares_[static_cast<std::size_t>(bin)], random);
  if (share == 0) return {};
  const std::vector<double>& distances = distances_[share_bin(share)];
  const double blocks = std::round(share * static_cast<double>(input_tokens) / block_tokens_);
  return {std::min(static_cast<std::int64_t>(blocks) * block_tokens_, input_tokens),
          std::min(static_cast<std::size_t>(any_of(distances, random)), kWindow)};
}

// The prompt at the drawn distance or, where that is too short, the nearest to it that is not.
const std::vector<PromptPiece>* PromptGenerator::sharer(const PrefixModel::Draw& draw,
                                                        std::int64_t tokens) const {
  const std::uint64_t oldest = std::min<std::uint64_t>(count_, PrefixModel::kWindow);
  const std::vector<PromptPiece>* longest = nullptr;
  const auto look = [&](std::uint64_t distance) {
    if (distance < 1 || distance > oldest) return false;
    const auto& prompt = recent_[(count_ - distance) % PrefixModel::kWindow];
    if (!longest || prompt.back().end_token > longest->back().end_token) longest = &prompt;
    return longest->back().end_token >= tokens;
  };
  const std::uint64_t wanted = std::min<std::uint64_t>(draw.distance, oldest);
  for (std::uint64_t n = 0; n < kTries; ++n) {
    if (look(wanted - n) || look(wanted + n)) break;  // below 0 wraps to far beyond the oldest
  }
  return longest;
}

std::span<const PromptPiece> PromptGenerator::draw(std::int64_t input_tokens, Random& random) {
  std::vector<PromptPiece> pieces;
  if (model_->shares()) {
    const PrefixModel::Draw drawn = model_->draw(input_tokens, random);
    const std::int64_t tokens = drawn.tokens;
    if (const auto* prompt = tokens > 0 ? sharer(drawn, tokens) : nullptr) {
      for (const PromptPiece& piece : *prompt) {
        pieces.push_back({piece.content, std::min(piece.end_token, tokens)});
        if (piece.end_token >= tokens) break;
      }
    }
  }
  if (pieces.empty() || pieces.back().end_token < input_tokens) {
    pieces.push_back({mix(seed_ + count_), input_tokens});
  }
  if (recent_.size() < PrefixModel::kWindow) recent_.emplace_back();
  auto& slot = recent_[count_ % PrefixModel::kWindow];
  slot = std::move(pieces);
  ++count_;
  return slot;
}

}  // namespace switchyard::workload
