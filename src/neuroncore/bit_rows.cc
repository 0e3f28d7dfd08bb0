#include "neuroncore/bit_rows.h"

#include <algorithm>

namespace switchyard::neuroncore {
namespace {

constexpr std::int64_t kBits = 64;

// Calls visit(word, mask) along the bits.
template <class Visit>
void each_word(std::int64_t row_words, int row, std::int64_t first, std::int64_t count,
               const Visit& visit) {
  std::int64_t word = row * row_words + first / kBits;
  for (std::int64_t begin = first % kBits; count > 0; begin = 0, ++word) {
    const std::int64_t size = std::min(count, kBits - begin);
    visit(static_cast<std::size_t>(word), (~std::uint64_t{0} >> (kBits - size)) << begin);
    count -= size;
  }
}

}  // namespace

BitRows::BitRows(int rows, std::int64_t row_bits)
    : row_words_((row_bits + kBits - 1) / kBits),
      words_(static_cast<std::size_t>(row_words_ * rows)) {}

void BitRows::set(int row, std::int64_t first, std::int64_t count) {
  each_word(row_words_, row, first, count,
            [this](std::size_t word, std::uint64_t mask) { words_[word] |= mask; });
}

void BitRows::clear(int row, std::int64_t first, std::int64_t count) {
  each_word(row_words_, row, first, count,
            [this](std::size_t word, std::uint64_t mask) { words_[word] &= ~mask; });
}

Coverage BitRows::coverage(int row, std::int64_t first, std::int64_t count) const {
  bool any = false, all = true;
  each_word(row_words_, row, first, count, [&](std::size_t word, std::uint64_t mask) {
    any |= (words_[word] & mask) != 0;
    all &= (words_[word] & mask) == mask;
  });
  return all ? Coverage::kAll : any ? Coverage::kSome : Coverage::kNone;
}

}  // namespace switchyard::neuroncore
