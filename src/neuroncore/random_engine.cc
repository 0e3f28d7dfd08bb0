#include "neuroncore/random_engine.h"

#include <algorithm>

#include "base/check.h"
#include "numeric/stochastic.h"

namespace switchyard::neuroncore {

namespace {

constexpr std::uint32_t kLfsrTaps = 0x80200003;

constexpr std::uint32_t lfsr_32_steps(std::uint32_t state) {
  for (int i = 0; i < 32; ++i) state = state >> 1 ^ ((state & 1) != 0 ? kLfsrTaps : 0);
  return state;
}

// 32 steps are linear: the sum of those of each byte of the state.
constexpr auto kLfsrTable = [] {
  std::array<std::array<std::uint32_t, 256>, 4> table = {};
  for (std::uint32_t byte = 0; byte < 4; ++byte) {
    for (std::uint32_t value = 0; value < 256; ++value)
      table[byte][value] = lfsr_32_steps(value << (8 * byte));
  }
  return table;
}();

std::uint32_t next_lfsr(std::uint32_t& state) {
  state = kLfsrTable[0][state & 0xff] ^ kLfsrTable[1][state >> 8 & 0xff] ^
          kLfsrTable[2][state >> 16 & 0xff] ^ kLfsrTable[3][state >> 24];
  return state;
}

// `s` is x, y, z, w, v, d.
std::uint32_t next_xorwow(std::uint32_t* s) {
  const std::uint32_t t = s[0] ^ s[0] >> 2;
  s[0] = s[1];
  s[1] = s[2];
  s[2] = s[3];
  s[3] = s[4];
  s[4] = (s[4] ^ s[4] << 4) ^ (t ^ t << 1);
  s[5] += 362437;
  return s[5] + s[4];
}

int generators_of(isa::Generation generation, isa::Engine engine) {
  if (engine == isa::Engine::kGpSimd) return generation >= isa::Generation::kV3 ? 1 : 0;
  return generation >= isa::Generation::kV4 ? 4 : 0;
}

}  // namespace

RandomEngine::RandomEngine(isa::Generation generation, isa::Engine engine, std::uint64_t seed)
    : engine_(engine), generators_(generators_of(generation, engine)) {
  for (int partition = 0; partition < isa::kPartitions; ++partition) seed_state(partition, seed);
}

void RandomEngine::fill(int partition, std::span<std::uint32_t> words) {
  auto& state = state_[static_cast<std::size_t>(partition)];
  if (generators_ == 0) {
    for (std::uint32_t& word : words) word = next_lfsr(state[0]);
    return;
  }
  const auto step = static_cast<std::size_t>(generators_);
  for (std::size_t first = 0; first < words.size(); first += step) {
    for (std::size_t g = 0; g < step; ++g) {
      const std::uint32_t word = next_xorwow(&state[g * kXorwowWords]);
      if (first + g < words.size()) words[first + g] = word;
    }
  }
}

std::uint32_t RandomEngine::state(int partition, int word) const {
  SWITCHYARD_CHECK(word >= 0 && word < state_words(), "word {}", word);
  return state_[static_cast<std::size_t>(partition)][static_cast<std::size_t>(word)];
}

void RandomEngine::set_state(int partition, int word, std::uint32_t value) {
  SWITCHYARD_CHECK(word >= 0 && word < state_words(), "word {}", word);
  state_[static_cast<std::size_t>(partition)][static_cast<std::size_t>(word)] = value;
}

void RandomEngine::seed(int partition, std::uint32_t value) { seed_state(partition, value); }

void RandomEngine::seed_state(int partition, std::uint64_t seed) {
  auto& state = state_[static_cast<std::size_t>(partition)];
  for (std::uint32_t first = 0; first < kStateWordsMax; first += 4) {
    const numeric::PhiloxBlock block = numeric::philox(
        {first / 4, static_cast<std::uint32_t>(partition), static_cast<std::uint32_t>(engine_), 0},
        {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)});
    std::ranges::copy(block, state.begin() + first);
  }
  if (generators_ == 0) state[0] = std::max(state[0], 1u);  // an LFSR never leaves zero
}

}  // namespace switchyard::neuroncore
