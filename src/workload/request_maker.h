// What the next request is, without when it comes: rows of a trace in their order, or draws from
// fitted or named distributions. loop.h adds the times.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "workload/length_model.h"
#include "workload/prefix_model.h"
#include "workload/source.h"

namespace switchyard::workload {

class RequestMaker {
 public:
  virtual ~RequestMaker() = default;
  // Fills lengths and blocks of the request whose id and arrival are set; false when there are no
  // more. Blocks stay valid until release(id).
  virtual bool make(ServingRequest& request) = 0;
  virtual void release(std::int64_t /*id*/) {}
  virtual int block_tokens() const { return 0; }
};

// The rows of a trace, once. Prefix blocks come along where the trace has them; what an answer
// says is not known from a trace, so outputs are never shared.
class TraceRequests : public RequestMaker {
 public:
  // `trace` must outlive it. At most `count_max` rows; 0: all.
  explicit TraceRequests(const Trace& trace, std::int64_t count_max = 0);
  bool make(ServingRequest& request) override;
  int block_tokens() const override { return trace_->block_tokens; }

 private:
  const Trace* trace_;
  std::size_t next_ = 0, end_ = 0;
};

// `count` draws. Memory: the live requests and the prefix generator's window.
class SyntheticRequests : public RequestMaker {
 public:
  static constexpr int kBlockTokens = 16;

  // A `prefixes` that shares nothing makes no blocks. `context_tokens_max` cuts inputs, then
  // outputs, to what a model can hold; 0: no limit.
  SyntheticRequests(LengthModel lengths, PrefixModel prefixes, std::int64_t count,
                    std::int64_t context_tokens_max, std::uint64_t seed);
  bool make(ServingRequest& request) override;
  void release(std::int64_t id) override { blocks_.erase(id); }
  int block_tokens() const override { return prefixes_.shares() ? kBlockTokens : 0; }

 private:
  LengthModel lengths_;
  PrefixModel prefixes_;
  PromptGenerator prompts_;
  std::int64_t left_;
  std::int64_t context_tokens_max_;
  Random random_;
  std::unordered_map<std::int64_t, std::vector<std::int64_t>> blocks_;  // of live requests
};

// Hashes of the blocks that `pieces` are cut into; a block belongs to the piece of its last token.
void append_blocks(std::span<const PromptPiece> pieces, int block_tokens,
                   std::vector<std::int64_t>& blocks);

// Input and output cut so that both fit a context; 0: any fits.
void fit_context(std::int64_t context_tokens_max, ServingRequest& request);

}  // namespace switchyard::workload
