#include "numeric/stochastic.h"

#include <algorithm>

namespace switchyard::numeric {
namespace {

struct Words {
  std::uint32_t w0, w1, w2, w3;
};

[[gnu::always_inline]] inline Words ten_rounds(Words c, std::uint32_t k0, std::uint32_t k1) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t p0 = std::uint64_t{0xd2511f53} * c.w0;
    const std::uint64_t p1 = std::uint64_t{0xcd9e8d57} * c.w2;
    c = {static_cast<std::uint32_t>(p1 >> 32) ^ c.w1 ^ k0, static_cast<std::uint32_t>(p1),
         static_cast<std::uint32_t>(p0 >> 32) ^ c.w3 ^ k1, static_cast<std::uint32_t>(p0)};
    k0 += 0x9e3779b9;
    k1 += 0xbb67ae85;
  }
  return c;
}

struct FillBlocks {
  [[gnu::always_inline]] static void run(std::uint64_t seed, std::uint64_t stream,
                                         std::uint64_t block, std::uint32_t* __restrict words,
                                         std::size_t blocks) {
    const auto k0 = static_cast<std::uint32_t>(seed);
    const auto k1 = static_cast<std::uint32_t>(seed >> 32);
    const auto s0 = static_cast<std::uint32_t>(stream);
    const auto s1 = static_cast<std::uint32_t>(stream >> 32);
    for (std::size_t i = 0; i < blocks; ++i) {
      const std::uint64_t b = block + i;
      const Words w = ten_rounds(
          {static_cast<std::uint32_t>(b), static_cast<std::uint32_t>(b >> 32), s0, s1}, k0, k1);
      words[4 * i] = w.w0;
      words[4 * i + 1] = w.w1;
      words[4 * i + 2] = w.w2;
      words[4 * i + 3] = w.w3;
    }
  }
};

}  // namespace

PhiloxBlock philox(PhiloxBlock counter, std::array<std::uint32_t, 2> key) {
  const Words w = ten_rounds({counter[0], counter[1], counter[2], counter[3]}, key[0], key[1]);
  return {w.w0, w.w1, w.w2, w.w3};
}

void random_words(const RandomKey& key, std::uint32_t* words, std::size_t count,
                  VectorWidth width) {
  std::uint64_t position = key.position;
  // Whole blocks go straight to `words`; the ends pass through one block each.
  const auto partial = [&](std::size_t first, std::size_t wanted) {
    PhiloxBlock block;
    FillBlocks::run(key.seed, key.stream, position / 4, block.data(), 1);
    std::copy_n(block.begin() + static_cast<std::ptrdiff_t>(first), wanted, words);
    position += wanted;
    words += wanted;
    count -= wanted;
  };
  const auto first = static_cast<std::size_t>(position % 4);
  if (first != 0) partial(first, std::min(count, 4 - first));
  const std::size_t blocks = count / 4;
  run_loop<FillBlocks>(width, key.seed, key.stream, position / 4, words, blocks);
  position += 4 * blocks;
  words += 4 * blocks;
  count -= 4 * blocks;
  if (count > 0) partial(0, count);
}

}  // namespace switchyard::numeric
