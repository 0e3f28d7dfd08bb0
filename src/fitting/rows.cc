#include "fitting/rows.h"

#include <charconv>
#include <cmath>

#include "base/text.h"

namespace switchyard::fitting {

namespace {

constexpr int kFaultsMax = 20;

}  // namespace

bool Rows::next() {
  while (next_ < table_.records().size()) {
    row_ = &table_.records()[next_++];
    if (row_->fault.empty()) return true;
    if (++count_ > kFaultsMax) continue;
    faults_.add({.where = fmt::format("{}:{}", where_, row_->line),
                 .found = row_->fault,
                 .wanted = fmt::format("{} cells", table_.columns().size())});
  }
  return false;
}

std::string_view Rows::text(std::string_view column) const {
  const int index = table_.column(column);
  return index < 0 ? std::string_view() : trim(row_->cells[static_cast<std::size_t>(index)]);
}

void Rows::fault(const char* column, std::string found, std::string wanted) {
  if (++count_ > kFaultsMax) return;
  faults_.add({.where = fmt::format("{}:{}: {}", where_, row_->line, column),
               .found = std::move(found),
               .wanted = std::move(wanted)});
}

double Rows::parse(const char* column, std::string_view text, double low, double high) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  if (whole && std::isfinite(value) && value >= low && value <= high) return value;
  fault(column, text.empty() ? "is empty" : "is " + quote(text),
        fmt::format("a number from {:g} to {:g}", low, high));
  return low;
}

double Rows::number(const char* column, double low, double high) {
  if (has(column)) return parse(column, text(column), low, high);
  fault(column, "is missing", "this column");
  return low;
}

double Rows::number_or(const char* column, double fallback, double low, double high) {
  const std::string_view cell = text(column);
  return cell.empty() ? fallback : parse(column, cell, low, high);
}

}  // namespace switchyard::fitting
