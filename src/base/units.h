// Quantities that carry their unit in the type.
//
// A Quantity is a double in SI units (seconds, bytes, FLOPs, joules, watts, US dollars) that can
// only be added to and compared with its own kind. Products and quotients that mean something
// physical are named below; anything else does not compile. Bytes and Flops are doubles because
// analytic costing deals in fractions (4.25 bits a weight, a token's share of an expert); integers
// up to 2^53 (9 PB) stay exact. No implicit conversion in or out.
#pragma once

#include <compare>
#include <concepts>

namespace switchyard {

template <class Tag>
class Quantity {
 public:
  constexpr Quantity() = default;
  template <class T>
    requires std::integral<T> || std::floating_point<T>
  constexpr explicit Quantity(T value) : value_(static_cast<double>(value)) {}

  // The number in SI units.
  constexpr double value() const { return value_; }

  constexpr auto operator<=>(const Quantity&) const = default;

  constexpr Quantity& operator+=(Quantity other) {
    value_ += other.value_;
    return *this;
  }
  constexpr Quantity& operator-=(Quantity other) {
    value_ -= other.value_;
    return *this;
  }
  friend constexpr Quantity operator+(Quantity a, Quantity b) {
    return Quantity(a.value_ + b.value_);
  }
  friend constexpr Quantity operator-(Quantity a, Quantity b) {
    return Quantity(a.value_ - b.value_);
  }
  friend constexpr Quantity operator*(Quantity a, double k) { return Quantity(a.value_ * k); }
  friend constexpr Quantity operator*(double k, Quantity a) { return Quantity(a.value_ * k); }
  friend constexpr Quantity operator/(Quantity a, double k) { return Quantity(a.value_ / k); }
  friend constexpr double operator/(Quantity a, Quantity b) { return a.value_ / b.value_; }

 private:
  double value_ = 0;
};

using Seconds = Quantity<struct SecondsTag>;
using Bytes = Quantity<struct BytesTag>;
using Flops = Quantity<struct FlopsTag>;  // a count of floating-point operations, multiply and add
                                          // counted as two
using Joules = Quantity<struct JoulesTag>;
using Watts = Quantity<struct WattsTag>;
using Dollars = Quantity<struct DollarsTag>;
using BytesPerSecond = Quantity<struct BytesPerSecondTag>;
using FlopsPerSecond = Quantity<struct FlopsPerSecondTag>;
using TokensPerSecond = Quantity<struct TokensPerSecondTag>;
using DollarsPerHour = Quantity<struct DollarsPerHourTag>;
using JoulesPerByte = Quantity<struct JoulesPerByteTag>;
using JoulesPerFlop = Quantity<struct JoulesPerFlopTag>;

constexpr Seconds operator/(Bytes b, BytesPerSecond r) { return Seconds(b.value() / r.value()); }
constexpr Seconds operator/(Flops f, FlopsPerSecond r) { return Seconds(f.value() / r.value()); }
constexpr Joules operator*(Watts p, Seconds t) { return Joules(p.value() * t.value()); }
constexpr Watts operator/(Joules e, Seconds t) { return Watts(e.value() / t.value()); }
constexpr Joules operator*(JoulesPerByte e, Bytes b) { return Joules(e.value() * b.value()); }
constexpr Joules operator*(JoulesPerFlop e, Flops f) { return Joules(e.value() * f.value()); }
constexpr Dollars operator*(DollarsPerHour c, Seconds t) {
  return Dollars(c.value() * t.value() / 3600);
}

constexpr Bytes gibibytes(double n) { return Bytes(n * 1073741824.0); }
constexpr Bytes gigabytes(double n) { return Bytes(n * 1e9); }
constexpr Seconds milliseconds(double n) { return Seconds(n * 1e-3); }
constexpr Seconds microseconds(double n) { return Seconds(n * 1e-6); }

}  // namespace switchyard
