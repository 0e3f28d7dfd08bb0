// A bit for each byte of a block of rows.
#pragma once

#include <cstdint>
#include <vector>

namespace switchyard::neuroncore {

enum class Coverage : std::uint8_t { kNone, kSome, kAll };

class BitRows {
 public:
  BitRows(int rows, std::int64_t row_bits);

  bool empty() const { return words_.empty(); }
  void set(int row, std::int64_t first, std::int64_t count);
  void clear(int row, std::int64_t first, std::int64_t count);
  bool any(int row, std::int64_t first, std::int64_t count) const;
  // The first of [first, first + count) that is not set, or -1.
  std::int64_t first_clear(int row, std::int64_t first, std::int64_t count) const;
  // How many of [first, first + count) are set. Contract: count > 0.
  Coverage coverage(int row, std::int64_t first, std::int64_t count) const;

 private:
  std::int64_t row_words_;
  std::vector<std::uint64_t> words_;
};

}  // namespace switchyard::neuroncore
