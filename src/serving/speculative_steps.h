// How many steps a request needs under speculative decoding.
//
// Of the drafted tokens those before the first wrong one are kept, each right with the same
// probability, independently; the verified token comes on top. The probability follows from the
// mean `accepted`: (1 - p^(drafted + 1)) / (1 - p). The number of steps of a request is drawn token
// by token; between start and end its context is taken to grow evenly. [assumption: Leviathan et
// al., "Fast Inference from Transformers via Speculative Decoding", section 3.1, use the same]
#pragma once

#include <cstdint>

#include "serving/speculation.h"

namespace switchyard::serving {

class SpeculativeSteps {
 public:
  SpeculativeSteps(const Speculation& speculation, std::uint64_t seed);
  // To gain `tokens` >= 1 of request `id` from its `produced`-th on; the same for the same
  // arguments.
  std::int64_t draw(std::int64_t id, std::int64_t produced, std::int64_t tokens) const;
  double probability() const { return probability_; }

 private:
  int drafted_;
  std::uint64_t seed_;
  double probability_ = 0;  // of a drafted token being right
};

}  // namespace switchyard::serving
