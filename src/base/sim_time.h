// Simulated time: whole picoseconds, so that sums have no rounding and ties have one order.
#pragma once

#include <compare>
#include <cstdint>

namespace switchyard {

// A point on the simulated clock, or a distance between two. 2^63 ps are 106 days.
class SimTime {
 public:
  constexpr SimTime() = default;
  constexpr explicit SimTime(std::int64_t picoseconds) : ps_(picoseconds) {}

  constexpr std::int64_t ps() const { return ps_; }
  constexpr double ns() const { return static_cast<double>(ps_) * 1e-3; }

  constexpr auto operator<=>(const SimTime&) const = default;
  constexpr SimTime& operator+=(SimTime other) {
    ps_ += other.ps_;
    return *this;
  }
  friend constexpr SimTime operator+(SimTime a, SimTime b) { return SimTime(a.ps_ + b.ps_); }
  friend constexpr SimTime operator-(SimTime a, SimTime b) { return SimTime(a.ps_ - b.ps_); }

 private:
  std::int64_t ps_ = 0;
};

}  // namespace switchyard
