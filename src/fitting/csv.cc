#include "fitting/csv.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/files.h"
#include "base/text.h"

namespace switchyard::fitting {

namespace {

constexpr int kFaultsMax = 20;

}  // namespace

Result<Csv> Csv::read(const std::filesystem::path& file) {
  SWITCHYARD_TRY(text, read_text_or_gzip(file, kFileBytesMax));
  return parse(std::move(text), file.string());
}

Result<Csv> Csv::parse(std::string text, std::string where) {
  Csv csv(std::move(text), std::move(where));
  std::string_view header;
  if (!csv.next_line(header)) {
    if (!csv.status_) return fail(csv.status_.error());
    return fail({.where = csv.where_, .found = "is empty", .wanted = "a header line"});
  }
  std::vector<std::string_view> names;
  if (!csv.split_line(header, names)) return fail(csv.status_.error());
  for (const std::string_view name : names) {
    csv.columns_.emplace_back(trim(name));
    const bool twice = std::find(csv.columns_.begin(), csv.columns_.end() - 1,
                                 csv.columns_.back()) != csv.columns_.end() - 1;
    if (twice) {
      csv.fault("column " + quote(csv.columns_.back()) + " stands twice", "each column once");
      return fail(csv.status_.error());
    }
  }
  return csv;
}

void Csv::fault(std::string found, std::string wanted) {
  status_ = fail({.where = fmt::format("{}:{}", where_, line_),
                  .found = std::move(found),
                  .wanted = std::move(wanted)});
}

bool Csv::next_line(std::string_view& line) {
  while (position_ < text_.size()) {
    const std::string_view rest = std::string_view(text_).substr(position_);
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    ++line_;
    if (end > kLineBytesMax) {
      fault(fmt::format("is a line of {} bytes", end), fmt::format("at most {}", kLineBytesMax));
      return false;
    }
    position_ += end + 1;
    line = rest.substr(0, end);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (!trim(line).empty()) return true;
  }
  return false;
}

bool Csv::split_line(std::string_view line, std::vector<std::string_view>& fields) {
  fields.clear();
  while (true) {
    std::size_t end = 0;
    if (!line.empty() && line.front() == '"') {
      const std::size_t close = line.find('"', 1);
      if (close == std::string_view::npos || (close + 1 < line.size() && line[close + 1] != ',')) {
        fault("has an unfinished quotation mark", "a closing one before the comma");
        return false;
      }
      fields.push_back(line.substr(1, close - 1));
      end = close + 1;
    } else {
      end = std::min(line.find(','), line.size());
      fields.push_back(line.substr(0, end));
    }
    if (fields.size() > kColumnsMax) {
      fault(fmt::format("has over {} fields", kColumnsMax), "a table of measurements");
      return false;
    }
    if (end >= line.size()) return true;
    line.remove_prefix(end + 1);
  }
}

bool Csv::next() {
  std::string_view line;
  if (!status_ || !next_line(line) || !split_line(line, fields_)) return false;
  if (fields_.size() != columns_.size()) {
    fault(fmt::format("has {} fields", fields_.size()),
          fmt::format("{}, as the header", columns_.size()));
    return false;
  }
  return true;
}

int Csv::index_of(std::string_view column) const {
  const auto found = std::find(columns_.begin(), columns_.end(), column);
  return found == columns_.end() ? -1 : static_cast<int>(found - columns_.begin());
}

std::string_view Csv::text_at(int index) const {
  return index < 0 ? std::string_view() : trim(fields_[static_cast<std::size_t>(index)]);
}

std::string_view Csv::text(std::string_view column) const { return text_at(index_of(column)); }

void RowReader::fault(const char* column, std::string found, std::string wanted) {
  ++count_;
  if (count_ > kFaultsMax) return;
  faults_.add({.where = fmt::format("{}:{}: {}", csv_.where(), csv_.line(), column),
               .found = std::move(found),
               .wanted = std::move(wanted)});
}

double RowReader::parse(const char* column, std::string_view text, double low, double high) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  if (whole && std::isfinite(value) && value >= low && value <= high) return value;
  fault(column, text.empty() ? "is empty" : "is " + quote(text),
        fmt::format("a number from {:g} to {:g}", low, high));
  return low;
}

double RowReader::number(const char* column, double low, double high) {
  const int index = csv_.index_of(column);
  if (index < 0) {
    fault(column, "is missing", "this column");
    return low;
  }
  return parse(column, csv_.text_at(index), low, high);
}

double RowReader::number_or(const char* column, double fallback, double low, double high) {
  const std::string_view text = csv_.text(column);
  return text.empty() ? fallback : parse(column, text, low, high);
}

}  // namespace switchyard::fitting
