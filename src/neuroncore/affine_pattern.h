// The numbers that iota writes and affine_select compares: offset + partition * multiplier + an
// affine function of up to four loop counters, in 32-bit arithmetic that wraps.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

namespace switchyard::neuroncore {

class AffinePattern {
 public:
  // `pattern` is [step, count] of each loop, the outermost first, one after the other; not empty.
  AffinePattern(std::span<const std::int64_t> pattern, std::int64_t offset,
                std::int64_t channel_multiplier)
      : pattern_(pattern), offset_(offset), channel_multiplier_(channel_multiplier) {}

  std::int32_t at(int partition, std::int64_t index) const {
    std::uint64_t value =
        static_cast<std::uint64_t>(offset_) +
        static_cast<std::uint64_t>(partition) * static_cast<std::uint64_t>(channel_multiplier_);
    for (std::size_t loop = pattern_.size() / 2; loop-- > 0;) {
      const std::int64_t step = pattern_[2 * loop], count = pattern_[2 * loop + 1];
      value += static_cast<std::uint64_t>(index % count) * static_cast<std::uint64_t>(step);
      index /= count;
    }
    return static_cast<std::int32_t>(value);
  }

  // Elements [first, first + count) of a partition.
  void fill(int partition, std::int64_t first, std::int64_t count, std::int32_t* values) const {
    const auto step = static_cast<std::uint32_t>(pattern_[pattern_.size() - 2]);
    const std::int64_t inner = pattern_.back();
    for (std::int64_t done = 0; done < count;) {
      const std::int64_t place = first + done;
      const std::int64_t run = std::min(count - done, inner - place % inner);
      const auto base = static_cast<std::uint32_t>(at(partition, place));
      for (std::int64_t i = 0; i < run; ++i)
        values[done + i] = static_cast<std::int32_t>(base + static_cast<std::uint32_t>(i) * step);
      done += run;
    }
  }

 private:
  std::span<const std::int64_t> pattern_;
  std::int64_t offset_, channel_multiplier_;
};

}  // namespace switchyard::neuroncore
