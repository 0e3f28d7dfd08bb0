// The random number generator of one engine: a state for each partition.
//
// NeuronCore-v2 and v3 document an LFSR for VectorE, v4 (and GpSimdE from v3 on) XORWOW: one
// generator of six words a partition on GpSimdE, four on VectorE, which makes four words a cycle
// [trainium3_arch.rst, rand_set_state]. What is not published is a definition of our own:
// - LFSR: 32 bits of state, Galois form of x^32 + x^22 + x^2 + x + 1; a word is the state after 32
//   steps.
// - XORWOW: Marsaglia's constants ("Xorshift RNGs", 2003); the six words are x, y, z, w, v, d.
// - Four generators step together: word i of a fill is of generator i mod 4, and what is left over
//   of the last step is dropped, so the state words say all there is to say.
// - Seeding: Philox with the seed as key, the engine, partition and word as counter.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "isa/architecture.h"

namespace switchyard::neuroncore {

class RandomEngine {
 public:
  RandomEngine(isa::Generation generation, isa::Engine engine, std::uint64_t seed);

  // The next words of one partition, as one instruction draws them.
  void fill(int partition, std::span<std::uint32_t> words);

  // The generator's state words of one partition, as rand_set_state and rand_get_state move them:
  // 1, 6 or 24.
  static constexpr int kStateWordsMax = 24;
  int state_words() const { return generators_ == 0 ? 1 : generators_ * kXorwowWords; }
  std::uint32_t state(int partition, int word) const;
  void set_state(int partition, int word, std::uint32_t value);
  // As set_rng_seed does for all partitions; each gets a stream of its own.
  void seed(int partition, std::uint32_t value);

 private:
  static constexpr int kXorwowWords = 6;

  void seed_state(int partition, std::uint64_t seed);

  isa::Engine engine_;
  int generators_;  // of XORWOW in each partition; 0: an LFSR
  std::array<std::array<std::uint32_t, kStateWordsMax>, isa::kPartitions> state_ = {};
};

}  // namespace switchyard::neuroncore
