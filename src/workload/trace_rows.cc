#include "workload/trace_rows.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <numeric>
#include <utility>

#include "base/text.h"

namespace switchyard::workload {

namespace {

constexpr std::size_t kRequestsMax = 64'000'000;  // the longest public trace has 44 million
constexpr std::int64_t kFaultsToStop = 20;
constexpr std::size_t kBadRowsKept = 1000;
constexpr double kArrivalMaxNs = 8e18;  // 250 years, within an int64

const std::vector<TraceFormat>& formats() {
  static const std::vector<TraceFormat> kFormats = {
      {"azure", "TIMESTAMP", "ContextTokens", "GeneratedTokens", 0, false},
      {"vidur", "arrived_at", "num_prefill_tokens", "num_decode_tokens", 1e9, true},
      {"llmservingsim", "arrival_time_ns", "input_toks", "output_toks", 1, false},
      {"burstgpt", "Timestamp", "Request tokens", "Response tokens", 1e9, false},
      {"qwen-bailian", "timestamp", "input_length", "output_length", 1e9, false, "chat_id", 16},
      {"mooncake", "timestamp", "input_length", "output_length", 1e6, false, "", 512},
      {"generic", "arrival_s", "input_tokens", "output_tokens", 1e9, true},
  };
  return kFormats;
}

int index_of(std::span<const std::string> names, const std::string& wanted) {
  const std::string lower = to_lower(wanted);
  for (std::size_t i = 0; i < names.size(); ++i)
    if (to_lower(names[i]) == lower) return static_cast<int>(i);
  return -1;
}

std::string columns_of(const TraceFormat& format) {
  std::string text = format.name + " (";
  if (!format.marker.empty()) text += format.marker + ", ";
  text += format.arrival + (format.arrival_optional ? " if known, " : ", ");
  return text + format.input + ", " + format.output + ")";
}

Error not_recognised(std::span<const std::string> names, const std::string& where) {
  constexpr std::size_t kNamesCompared = 32;  // bounds the work on hostile headers
  names = names.first(std::min(names.size(), kNamesCompared));
  std::string wanted = "the columns or keys of ";
  std::string hint;
  int nearest = 1 << 30;
  for (const TraceFormat& format : formats()) {
    wanted += (&format == &formats().front() ? "" : "; ") + columns_of(format);
    int distance = 0;
    std::string lacking;
    for (const std::string& column : {format.input, format.output, format.arrival}) {
      int best = static_cast<int>(column.size());
      for (const auto& name : names)
        best = std::min(best, edit_distance(std::string_view(name).substr(0, 64), column));
      distance += best;
      if (best > 0) lacking += (lacking.empty() ? "" : " and ") + column;
    }
    if (distance >= nearest) continue;
    nearest = distance;
    hint = fmt::format("closest is {}, which lacks {}", format.name, lacking);
  }
  return {.where = where,
          .found = "is not a known trace: " + quote(join(names, ", "), 160),
          .wanted = wanted,
          .hint = hint};
}

bool two_digits(std::string_view text, std::size_t at, unsigned maximum, unsigned& out) {
  if (text.size() < at + 2) return false;
  const char* begin = text.data() + at;
  const auto [end, code] = std::from_chars(begin, begin + 2, out);
  return code == std::errc() && end == begin + 2 && out <= maximum;
}

// Digits after the point as ns; beyond nine they are dropped.
bool take_fraction(std::string_view& text, std::int64_t& nanoseconds) {
  std::int64_t place = 100'000'000;
  std::size_t i = 1;
  for (; i < text.size() && text[i] >= '0' && text[i] <= '9'; ++i) {
    nanoseconds += (text[i] - '0') * place;
    place /= 10;
  }
  text.remove_prefix(i);
  return i > 1;
}

bool number_of(const Cell& cell, double& out) {
  if (const double* number = std::get_if<double>(&cell)) {
    out = *number;
    return true;
  }
  const std::string_view text = trim(std::get<std::string_view>(cell));
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), out);
  return code == std::errc() && end == text.data() + text.size();
}

std::string found_in(const Cell& cell) {
  if (const double* number = std::get_if<double>(&cell)) return fmt::format("is {}", *number);
  if (const auto* text = std::get_if<std::string_view>(&cell)) return "is " + quote(*text);
  return "is missing";
}

}  // namespace

Result<Columns> recognise_columns(std::span<const std::string> names, const std::string& where) {
  for (const TraceFormat& format : formats()) {
    const Columns columns = {.format = &format,
                             .arrival = index_of(names, format.arrival),
                             .input = index_of(names, format.input),
                             .output = index_of(names, format.output)};
    if (columns.input < 0 || columns.output < 0) continue;
    if (columns.arrival < 0 && !format.arrival_optional) continue;
    if (!format.marker.empty() && index_of(names, format.marker) < 0) continue;
    if (columns.arrival >= 0) return columns;
    // A misspelt arrival column must not silently turn into a trace without arrivals.
    for (const auto& name : names) {
      if (edit_distance(name, format.arrival) <= 2) {
        return fail(
            {.where = where,
             .found = fmt::format("has a column {}", quote(name)),
             .wanted = format.arrival,
             .hint = fmt::format("rename the column, or drop it to read {} without arrivals",
                                 format.name)});
      }
    }
    return columns;
  }
  return fail(not_recognised(names, where));
}

bool parse_date_time(std::string_view text, std::int64_t& nanoseconds) {
  text = trim(text);
  unsigned century = 0, year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  const bool digits = two_digits(text, 0, 99, century) && two_digits(text, 2, 99, year) &&
                      two_digits(text, 5, 12, month) && two_digits(text, 8, 31, day) &&
                      two_digits(text, 11, 23, hour) && two_digits(text, 14, 59, minute) &&
                      two_digits(text, 17, 59, second);
  if (!digits || text[4] != '-' || text[7] != '-' || (text[10] != ' ' && text[10] != 'T') ||
      text[13] != ':' || text[16] != ':')
    return false;
  year += 100 * century;
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(year)),
                                         std::chrono::month(month), std::chrono::day(day)};
  if (!date.ok() || year < 1971 || year > 2200) return false;  // so that an offset stays positive
  std::int64_t seconds = std::chrono::sys_days(date).time_since_epoch().count() * 86400LL +
                         hour * 3600LL + minute * 60LL + second;
  text.remove_prefix(19);
  std::int64_t fraction = 0;
  if (text.starts_with('.') && !take_fraction(text, fraction)) return false;
  if (text.size() == 6 && (text[0] == '+' || text[0] == '-')) {
    if (!two_digits(text, 1, 14, hour) || text[3] != ':' || !two_digits(text, 4, 59, minute))
      return false;
    seconds -= (text[0] == '+' ? 1 : -1) * (hour * 3600LL + minute * 60LL);
  } else if (!text.empty() && text != "Z") {
    return false;
  }
  nanoseconds = seconds * 1'000'000'000 + fraction;
  return true;
}

RowSink::RowSink(const Columns& columns, std::string where, bool skip_bad)
    : format_(columns.format), where_(std::move(where)), skip_bad_(skip_bad) {
  trace_.format = format_->name;
  trace_.has_arrivals = columns.arrival >= 0;
}

bool RowSink::going_on() const { return skip_bad_ || trace_.bad_row_count < kFaultsToStop; }

bool RowSink::bad(std::int64_t line, std::string_view column, std::string found,
                  std::string wanted) {
  ++trace_.bad_row_count;
  if (trace_.bad_rows.size() < kBadRowsKept) {
    std::string where = fmt::format("{}:{}", where_, line);
    if (!column.empty()) where += fmt::format(": {}", column);
    trace_.bad_rows.push_back(
        {.where = std::move(where), .found = std::move(found), .wanted = std::move(wanted)});
  }
  return going_on();
}

bool RowSink::read_tokens(const Row& row, const Cell& cell, const std::string& column,
                          std::int64_t& out) {
  double number = NAN;
  const bool good = !std::holds_alternative<std::monostate>(cell) && number_of(cell, number) &&
                    number >= 0 && number <= kTokensMax && number == std::floor(number);
  if (good) {
    out = static_cast<std::int64_t>(number);
  } else {
    bad(row.line, column, found_in(cell),
        fmt::format("a whole number from 0 to {:.0f}", kTokensMax));
  }
  return good;
}

bool RowSink::read_arrival(const Row& row, std::int64_t& out) {
  const bool date = format_->arrival_unit_ns == 0;
  if (date) {
    const auto* text = std::get_if<std::string_view>(&row.arrival);
    if (text && parse_date_time(*text, out)) return true;
    bad(row.line, format_->arrival, found_in(row.arrival),
        "date and time as in 2023-11-16 18:15:46.68");
    return false;
  }
  double number = NAN;
  const bool good = !std::holds_alternative<std::monostate>(row.arrival) &&
                    number_of(row.arrival, number) && number >= 0 &&
                    number * format_->arrival_unit_ns <= kArrivalMaxNs;
  if (good) {
    out = std::llround(number * format_->arrival_unit_ns);
  } else {
    bad(row.line, format_->arrival, found_in(row.arrival),
        fmt::format("a number from 0 to {:g}", kArrivalMaxNs / format_->arrival_unit_ns));
  }
  return good;
}

bool RowSink::add(Row row) {
  too_many_ = trace_.requests.size() >= kRequestsMax;
  if (too_many_) return false;
  Request request;
  std::int64_t arrival = 0;
  if (!read_tokens(row, row.input, format_->input, request.input_tokens) ||
      !read_tokens(row, row.output, format_->output, request.output_tokens) ||
      (trace_.has_arrivals && !read_arrival(row, arrival)))
    return going_on();
  request.prefix_blocks = std::move(row.prefix_blocks);
  if (!request.prefix_blocks.empty()) trace_.block_tokens = format_->block_tokens;
  trace_.requests.push_back(std::move(request));
  if (trace_.has_arrivals) arrivals_ns_.push_back(arrival);
  return true;
}

void RowSink::sort_by_arrival() {
  if (!std::is_sorted(arrivals_ns_.begin(), arrivals_ns_.end())) {
    std::vector<std::uint32_t> order(arrivals_ns_.size());
    std::iota(order.begin(), order.end(), 0U);
    // With the index as tie-break the sort is stable.
    std::sort(order.begin(), order.end(), [this](std::uint32_t a, std::uint32_t b) {
      return std::pair(arrivals_ns_[a], a) < std::pair(arrivals_ns_[b], b);
    });
    std::vector<Request> requests(order.size());
    std::vector<std::int64_t> arrivals(order.size());
    for (std::size_t i = 0; i < order.size(); ++i) {
      requests[i] = std::move(trace_.requests[order[i]]);
      arrivals[i] = arrivals_ns_[order[i]];
    }
    trace_.requests = std::move(requests);
    arrivals_ns_ = std::move(arrivals);
  }
  for (std::size_t i = 0; i < arrivals_ns_.size(); ++i) {
    const std::int64_t since_first = arrivals_ns_[i] - arrivals_ns_.front();
    trace_.requests[i].arrival_s = static_cast<double>(since_first) / 1e9;
  }
}

Result<Trace> RowSink::finish() {
  if (too_many_) {
    return fail({.where = where_,
                 .found = "holds too many requests",
                 .wanted = fmt::format("at most {}", kRequestsMax)});
  }
  auto& faults = trace_.bad_rows;
  if (!faults.empty() && (!skip_bad_ || trace_.requests.empty())) {
    Error first = faults.front();
    first.also.assign(faults.begin() + 1, faults.end());
    return fail(std::move(first));
  }
  if (trace_.requests.empty()) {
    return fail({.where = where_, .found = "holds no requests", .wanted = "at least one row"});
  }
  sort_by_arrival();
  return std::move(trace_);
}

}  // namespace switchyard::workload
