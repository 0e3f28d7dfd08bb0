#include "base/text.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>

namespace switchyard {

namespace {
char lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }
}  // namespace

int edit_distance(std::string_view a, std::string_view b) {
  constexpr std::size_t kLengthMax = 256;  // names are short; hostile input must not cost time
  a = a.substr(0, kLengthMax);
  b = b.substr(0, kLengthMax);
  std::vector<int> before(b.size() + 1), previous(b.size() + 1), current(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) previous[j] = static_cast<int>(j);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    current[0] = static_cast<int>(i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = lower(a[i - 1]) == lower(b[j - 1]);
      current[j] =
          std::min({previous[j] + 1, current[j - 1] + 1, previous[j - 1] + (same ? 0 : 1)});
      const bool swapped = i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
                           lower(a[i - 2]) == lower(b[j - 1]);
      if (swapped) current[j] = std::min(current[j], before[j - 2] + 1);
    }
    std::swap(before, previous);
    std::swap(previous, current);
  }
  return previous[b.size()];
}

std::string did_you_mean(std::string_view name, std::span<const std::string> candidates) {
  if (candidates.empty()) return {};
  const std::string* nearest = nullptr;
  int nearest_distance = 0;
  for (const auto& candidate : candidates) {
    const int distance = edit_distance(name, candidate);
    if (nearest && distance >= nearest_distance) continue;
    nearest = &candidate;
    nearest_distance = distance;
  }
  const int near = std::max(1, static_cast<int>(std::min(name.size(), std::size_t{30})) / 3);
  if (nearest_distance <= near) return fmt::format("did you mean {}?", *nearest);
  constexpr std::size_t kListedMax = 24;
  const auto listed = candidates.first(std::min(candidates.size(), kListedMax));
  return fmt::format("known: {}{}", join(listed, ", "),
                     candidates.size() > kListedMax ? ", ..." : "");
}

std::string format_significant(double value, int digits) {
  if (!std::isfinite(value)) return value > 0 ? "inf" : (value < 0 ? "-inf" : "n/a");
  if (value == 0) return "0";
  const double magnitude = std::floor(std::log10(std::abs(value)));
  if (magnitude < -4 || magnitude >= 7) return fmt::format("{:.{}e}", value, digits - 1);
  const int decimals = digits - 1 - static_cast<int>(magnitude);
  if (decimals <= 0) {
    double scale = 1;
    for (int i = decimals; i < 0; ++i) scale *= 10;
    return fmt::format("{:.0f}", std::round(value / scale) * scale);
  }
  std::string text = fmt::format("{:.{}f}", value, decimals);
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return text;
}

std::string format_grouped(double value, int digits) {
  std::string text = format_significant(value, digits);
  const std::size_t begin = text.starts_with('-') ? 1 : 0;
  if (text.find('e') != std::string::npos || !std::isfinite(value)) return text;
  std::size_t end = std::min(text.find('.'), text.size());
  while (end > begin + 3) {
    end -= 3;
    text.insert(end, ",");
  }
  return text;
}

std::string format_si(double value, std::string_view unit, int digits) {
  constexpr std::array<std::string_view, 8> kPrefixes = {"", "k", "M", "G", "T", "P", "E", "Z"};
  std::size_t prefix = 0;
  double scaled = value;
  while (std::abs(scaled) >= 999.5 && prefix + 1 < kPrefixes.size()) {
    scaled /= 1000;
    ++prefix;
  }
  return fmt::format("{} {}{}", format_significant(scaled, digits), kPrefixes[prefix], unit);
}

std::string format_integer(std::int64_t value) {
  std::string text = fmt::format("{}", value);
  const std::size_t sign = value < 0 ? 1 : 0;
  for (std::size_t at = text.size(); at > sign + 3;) text.insert(at -= 3, 1, ',');
  return text;
}

std::string quote(std::string_view text, std::size_t length_max) {
  std::string out = "\"";
  for (char c : text.substr(0, length_max)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      out += c;
    }
  }
  return out + (text.size() > length_max ? "...\"" : "\"");
}

std::size_t display_width(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  std::size_t begin = 0;
  for (;;) {
    const std::size_t end = text.find(separator, begin);
    parts.push_back(text.substr(begin, end - begin));
    if (end == std::string_view::npos) return parts;
    begin = end + 1;
  }
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const auto begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

std::string to_lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), lower);
  return out;
}

std::string join(std::span<const std::string> parts, std::string_view separator) {
  std::string out;
  for (const auto& part : parts) {
    if (!out.empty()) out += separator;
    out += part;
  }
  return out;
}

}  // namespace switchyard
