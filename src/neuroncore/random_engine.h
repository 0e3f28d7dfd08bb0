// The random number generator of one engine: a state for each partition.
//
// NeuronCore-v2 and v3 document an LFSR for VectorE, v4 (and v3's GpSimdE) XORWOW; parameters and
// seeding are not published, so both follow a stated definition of our own (docs/numerics.md).
#pragma once

#include <array>
#include <cstdint>

#include "isa/architecture.h"

namespace switchyard::neuroncore {

class RandomEngine {
 public:
  RandomEngine(isa::Generation generation, isa::Engine engine, std::uint64_t seed);

  std::uint32_t next(int partition);

  // The generator's state words of one partition, as rand_set_state and rand_get_state move them.
  static constexpr int kStateWordsMax = 24;
  int state_words() const;
  std::uint32_t state(int partition, int word) const;
  void set_state(int partition, int word, std::uint32_t value);
  // As set_rng_seed: one seed a partition.
  void seed(int partition, std::uint32_t value);

 private:
  bool xorwow_;
  std::array<std::array<std::uint32_t, kStateWordsMax>, isa::kPartitions> state_ = {};
  std::array<std::uint8_t, isa::kPartitions> lane_ = {};  // which of XORWOW's four comes next
};

}  // namespace switchyard::neuroncore
