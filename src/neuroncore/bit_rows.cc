#include "neuroncore/bit_rows.h"

#include <algorithm>
#include <bit>

namespace switchyard::neuroncore {
namespace {

constexpr std::int64_t kBits = 64;
constexpr std::uint64_t kAllOnes = ~std::uint64_t{0};

// Calls visit(word, mask) along the bits until it returns false. Whole words have their own loop:
// most rows are made of them.
template <class Visit>
void each_word(std::int64_t row_words, int row, std::int64_t first, std::int64_t count,
               const Visit& visit) {
  auto word = static_cast<std::size_t>(row * row_words + first / kBits);
  const std::int64_t begin = first % kBits;
  if (begin != 0 || count < kBits) {
    const std::int64_t size = std::min(count, kBits - begin);
    if (!visit(word, (kAllOnes >> (kBits - size)) << begin)) return;
    count -= size;
    ++word;
  }
  for (; count >= kBits; count -= kBits, ++word) {
    if (!visit(word, kAllOnes)) return;
  }
  if (count > 0) visit(word, kAllOnes >> (kBits - count));
}

}  // namespace

BitRows::BitRows(int rows, std::int64_t row_bits)
    : row_words_((row_bits + kBits - 1) / kBits),
      words_(static_cast<std::size_t>(row_words_ * rows)) {}

void BitRows::set(int row, std::int64_t first, std::int64_t count) {
  each_word(row_words_, row, first, count, [this](std::size_t word, std::uint64_t mask) {
    words_[word] |= mask;
    return true;
  });
}

void BitRows::clear(int row, std::int64_t first, std::int64_t count) {
  each_word(row_words_, row, first, count, [this](std::size_t word, std::uint64_t mask) {
    words_[word] &= ~mask;
    return true;
  });
}

bool BitRows::any(int row, std::int64_t first, std::int64_t count) const {
  bool found = false;
  each_word(row_words_, row, first, count, [&](std::size_t word, std::uint64_t mask) {
    found = (words_[word] & mask) != 0;
    return !found;
  });
  return found;
}

std::int64_t BitRows::first_clear(int row, std::int64_t first, std::int64_t count) const {
  std::int64_t found = -1;
  each_word(row_words_, row, first, count, [&](std::size_t word, std::uint64_t mask) {
    const std::uint64_t missing = ~words_[word] & mask;
    if (missing == 0) return true;
    found =
        (static_cast<std::int64_t>(word) - row * row_words_) * kBits + std::countr_zero(missing);
    return false;
  });
  return found;
}

Coverage BitRows::coverage(int row, std::int64_t first, std::int64_t count) const {
  if (first_clear(row, first, count) < 0) return Coverage::kAll;
  return any(row, first, count) ? Coverage::kSome : Coverage::kNone;
}

}  // namespace switchyard::neuroncore
