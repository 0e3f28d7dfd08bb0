// Which prompts start alike: fitted to a trace with prefix blocks, to draw new prompts from.
//
// Of every request the fit notes what share of its prompt was seen before in an unbounded cache and
// how many requests ago the sharer came. A generator repeats that: a new prompt takes its first
// tokens from an earlier prompt at a drawn distance and goes on with content of its own. Lineages
// (a system prompt under everything, a conversation that grows) come along with what is copied.
//
// Kept: the distribution of the share within each of up to 8 input length bins, and of the distance
// within each of 4 share bins. Lost: ties between distance and time of day, and distances beyond
// kWindow requests, which are cut to it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/random.h"
#include "workload/trace.h"

namespace switchyard::workload {

// A prompt as pieces of content. Equal ids up to equal places are equal tokens: an id stands for
// everything up to the piece's end, the pieces before it included.
struct PromptPiece {
  std::uint64_t content = 0;
  std::int64_t end_token = 0;  // from the start of the prompt
};

class PrefixModel {
 public:
  static constexpr std::size_t kWindow = 8192;

  // Without prefix blocks nothing is shared.
  static PrefixModel fit(const Trace& trace);
  // Every prompt starts with this share of the one before; 0: nothing is shared.
  static PrefixModel constant(double share);
  bool shares() const { return !shares_.empty(); }

  struct Draw {
    std::int64_t tokens = 0;   // of the prompt, seen before
    std::size_t distance = 1;  // requests back to the sharer
  };
  Draw draw(std::int64_t input_tokens, Random& random) const;

 private:
  int block_tokens_ = 1;                        // what was seen before is whole blocks of the trace
  std::vector<double> input_edges_;             // upper edges of the length bins but the last
  std::vector<std::vector<double>> shares_;     // sorted, by length bin
  std::vector<std::vector<double>> distances_;  // sorted, by share bin
};

// Prompts one after the other. Memory: kWindow prompts of a few pieces.
class PromptGenerator {
 public:
  PromptGenerator(const PrefixModel& model, std::uint64_t seed) : model_(&model), seed_(seed) {}

  // The pieces of a prompt of this length; valid until the next call.
  std::span<const PromptPiece> draw(std::int64_t input_tokens, Random& random);

 private:
  const std::vector<PromptPiece>* sharer(const PrefixModel::Draw& draw, std::int64_t tokens) const;

  const PrefixModel* model_;
  std::uint64_t seed_;
  std::uint64_t count_ = 0;
  std::vector<std::vector<PromptPiece>> recent_;  // a ring of the last kWindow prompts
};

}  // namespace switchyard::workload
