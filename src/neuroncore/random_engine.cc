#include "neuroncore/random_engine.h"

#include "base/random.h"

namespace switchyard::neuroncore {

namespace {

constexpr int kXorwowWords = 6, kXorwowLanes = 4;

// Marsaglia's xorwow: five words shifted, and a counter.
std::uint32_t next_xorwow(std::uint32_t* s) {
  constexpr std::uint32_t kWeyl = 362437;
  std::uint32_t t = s[4];
  s[4] = s[3];
  s[3] = s[2];
  s[2] = s[1];
  s[1] = s[0];
  t ^= t >> 2;
  t ^= t << 1;
  t ^= s[0] ^ (s[0] << 4);
  s[0] = t;
  s[5] += kWeyl;
  return t + s[5];
}

// A 32-bit Galois LFSR stepped 32 times.
std::uint32_t next_lfsr(std::uint32_t& s) {
  constexpr std::uint32_t kTaps = 0x80200003;  // x^32 + x^22 + x^2 + x + 1
  for (int i = 0; i < 32; ++i) s = (s >> 1) ^ ((0u - (s & 1)) & kTaps);
  return s;
}

}  // namespace

RandomEngine::RandomEngine(isa::Generation generation, isa::Engine engine, std::uint64_t seed)
    : xorwow_(generation == isa::Generation::kV4 ||
              (generation == isa::Generation::kV3 && engine == isa::Engine::kGpSimd)) {
  for (int p = 0; p < isa::kPartitions; ++p) {
    this->seed(p,
               static_cast<std::uint32_t>(mix(seed * isa::kPartitions + static_cast<unsigned>(p))));
  }
}

int RandomEngine::state_words() const { return xorwow_ ? kXorwowWords * kXorwowLanes : 1; }

std::uint32_t RandomEngine::next(int partition) {
  auto& state = state_[static_cast<std::size_t>(partition)];
  if (!xorwow_) return next_lfsr(state[0]);
  std::uint8_t& lane = lane_[static_cast<std::size_t>(partition)];
  const std::uint32_t value = next_xorwow(&state[static_cast<std::size_t>(lane * kXorwowWords)]);
  lane = static_cast<std::uint8_t>((lane + 1) % kXorwowLanes);
  return value;
}

std::uint32_t RandomEngine::state(int partition, int word) const {
  return state_[static_cast<std::size_t>(partition)][static_cast<std::size_t>(word)];
}

void RandomEngine::set_state(int partition, int word, std::uint32_t value) {
  state_[static_cast<std::size_t>(partition)][static_cast<std::size_t>(word)] = value;
  lane_[static_cast<std::size_t>(partition)] = 0;
}

// A zero state never leaves zero: splitmix spreads the seed, and bit 0 is set.
void RandomEngine::seed(int partition, std::uint32_t value) {
  std::uint64_t at = value;
  for (int word = 0; word < state_words(); ++word) {
    at = mix(at + 1);
    set_state(partition, word, static_cast<std::uint32_t>(at) | 1u);
  }
}

}  // namespace switchyard::neuroncore
