// Text helpers: formatting for people, suggestions for misspelt names.
#pragma once

#include <fmt/core.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace switchyard {

// Levenshtein distance with adjacent transpositions, ignoring case.
int edit_distance(std::string_view a, std::string_view b);

// "did you mean X?" for the nearest candidate, or "known: a, b, c" when none is near. Empty without
// candidates.
std::string did_you_mean(std::string_view name, std::span<const std::string> candidates);

// Three or four significant digits, no trailing zeros, no exponent between 1e-4 and 1e7:
// 0.0123, 1.95, 11900.
std::string format_significant(double value, int digits = 3);
// With thousands separators: 11,889.
std::string format_grouped(double value, int digits = 3);
// 1,792,000: all digits.
std::string format_integer(std::int64_t value);
// SI prefix and unit: 2.52 PFLOP/s from 2.52e15 and "FLOP/s".
std::string format_si(double value, std::string_view unit, int digits = 3);

// Printable form of untrusted text: control characters escaped, at most `length_max` characters.
std::string quote(std::string_view text, std::size_t length_max = 60);

// Columns taken on a terminal: UTF-8 code points, combining marks not treated specially.
std::size_t display_width(std::string_view text);

std::vector<std::string_view> split(std::string_view text, char separator);
std::string_view trim(std::string_view text);
std::string to_lower(std::string_view text);
std::string join(std::span<const std::string> parts, std::string_view separator);

}  // namespace switchyard
