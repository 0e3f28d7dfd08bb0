// One JSON object a line, read as events: the rows of Mooncake are mostly hash_ids, and building a
// tree of each would take several times as long.
#include <array>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "workload/trace_rows.h"

namespace switchyard::workload {

namespace {

// Takes the members named by `keys` out of one object; with no keys, the names of all members.
// The parser keeps its own stack, so deep nesting does not recurse.
class LineHandler {
 public:
  LineHandler() = default;
  LineHandler(std::array<std::string, 3> keys, bool blocks)
      : keys_(std::move(keys)), wants_blocks_(blocks) {}

  void start_line(std::int64_t line) {
    row_.line = line;
    row_.arrival = row_.input = row_.output = Cell{};
    row_.prefix_blocks.clear();
    fault_.clear();
    depth_ = 0;
    slot_ = kNone;
  }
  Row& row() { return row_; }
  const std::string& fault() const { return fault_; }
  std::vector<std::string>& names() { return names_; }

  bool null() { return true; }
  bool boolean(bool value) { return text(value ? "true" : "false"); }
  bool number_integer(std::int64_t value) {
    return value_of_block(value) || number(static_cast<double>(value));
  }
  bool number_unsigned(std::uint64_t value) {
    return value_of_block(static_cast<std::int64_t>(value)) || number(static_cast<double>(value));
  }
  bool number_float(double value, const std::string&) { return number(value); }
  bool string(std::string& value) { return text(value); }
  bool binary(std::vector<std::uint8_t>&) { return text("binary"); }  // not in JSON text

  bool start_object(std::size_t) {
    if (depth_ > 0) text("{...}");
    ++depth_;
    return true;
  }
  bool end_object() { return end(); }
  bool start_array(std::size_t) {
    const bool blocks = depth_ == 1 && slot_ == kBlocks;
    if (!blocks) text("[...]");
    ++depth_;
    return true;
  }
  bool end_array() { return end(); }

  bool key(std::string& name) {
    if (depth_ != 1) return true;
    slot_ = kNone;
    if (keys_[kInput].empty()) {
      if (names_.size() < kColumnsMax) names_.push_back(name);
    } else if (wants_blocks_ && name == "hash_ids") {
      slot_ = kBlocks;
      row_.prefix_blocks.clear();  // of a repeated key the last one holds
    } else {
      for (int i = 0; i < 3; ++i)
        if (name == keys_[static_cast<std::size_t>(i)]) slot_ = i;
    }
    return true;
  }

  bool parse_error(std::size_t byte, const std::string&, const nlohmann::json::exception& error) {
    std::string_view reason = error.what();
    if (const auto colon = reason.rfind(": "); colon != std::string_view::npos)
      reason.remove_prefix(colon + 2);
    fault_ = fmt::format("is not valid JSON at byte {}: {}", byte, quote(reason, 120));
    return false;
  }

 private:
  static constexpr int kNone = -1, kArrival = 0, kInput = 1, kOutput = 2, kBlocks = 3;

  bool end() {
    --depth_;
    return true;
  }
  bool value_of_block(std::int64_t value) {
    if (slot_ != kBlocks || depth_ != 2) return false;
    row_.prefix_blocks.push_back(value);
    return true;
  }
  bool number(double value) {
    if (expects_value()) {
      set(value);
    } else {
      fault_other(fmt::format("{}", value));
    }
    return true;
  }
  bool text(std::string_view value) {
    if (expects_value()) {
      // Kept short: no valid cell is longer, and it only has to outlive the line.
      auto& kept = texts_[static_cast<std::size_t>(slot_)];
      kept = value.substr(0, 80);
      set(std::string_view(kept));
    } else {
      fault_other(value);
    }
    return true;
  }
  bool expects_value() const { return depth_ == 1 && slot_ >= kArrival && slot_ <= kOutput; }
  void set(Cell cell) {
    (slot_ == kArrival ? row_.arrival : slot_ == kInput ? row_.input : row_.output) = cell;
  }
  void fault_other(std::string_view value) {
    if (depth_ == 0) fault_ = "is not an object";
    if (slot_ == kBlocks && depth_ <= 2)
      fault_ = "hash_ids: holds " + quote(value) + ", not whole numbers in an array";
  }

  std::array<std::string, 3> keys_;
  bool wants_blocks_ = false;
  std::array<std::string, 3> texts_;
  std::vector<std::string> names_;
  Row row_;
  std::string fault_;
  int depth_ = 0;
  int slot_ = kNone;
};

class LineScanner {
 public:
  explicit LineScanner(std::string_view text) : text_(text) {}
  // The next line that is not blank.
  bool next(std::string_view& line) {
    while (at_ < text_.size()) {
      const std::size_t end = std::min(text_.find('\n', at_), text_.size());
      line = trim(text_.substr(at_, end - at_));
      at_ = end + 1;
      ++number_;
      if (!line.empty()) return true;
    }
    return false;
  }
  std::int64_t number() const { return number_; }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
  std::int64_t number_ = 0;
};

// Empty, or what is wrong with the line.
std::string read_line(std::string_view line, std::int64_t number, LineHandler& handler) {
  handler.start_line(number);
  if (line.size() > kLineBytesMax) return fmt::format("has {} bytes", line.size());
  nlohmann::json::sax_parse(line.begin(), line.end(), &handler);
  return handler.fault();
}

constexpr const char* kLineWanted = "one JSON object a line, of at most 16 MiB";

}  // namespace

Result<Trace> parse_trace_jsonl(std::string_view text, const std::string& where, bool skip_bad) {
  LineScanner lines(text);
  std::string_view line;
  if (!lines.next(line)) {
    return fail({.where = where, .found = "is empty", .wanted = "a trace, CSV or JSON lines"});
  }
  // The first line tells the format, so it must be sound even when bad rows are skipped.
  LineHandler naming;
  const std::string first_where = fmt::format("{}:{}", where, lines.number());
  if (std::string fault = read_line(line, lines.number(), naming); !fault.empty())
    return fail({.where = first_where, .found = std::move(fault), .wanted = kLineWanted});
  const std::vector<std::string>& names = naming.names();
  SWITCHYARD_TRY(columns, recognise_columns(names, first_where));

  const auto key = [&names](int index) {
    return index < 0 ? std::string() : names[static_cast<std::size_t>(index)];
  };
  LineHandler handler({key(columns.arrival), key(columns.input), key(columns.output)},
                      columns.format->block_tokens > 0);
  RowSink sink(columns, where, skip_bad);
  bool going_on = true;
  for (bool more = true; more && going_on; more = going_on && lines.next(line)) {
    std::string fault = read_line(line, lines.number(), handler);
    going_on = fault.empty() ? sink.add(std::move(handler.row()))
                             : sink.bad(lines.number(), "", std::move(fault), kLineWanted);
  }
  return sink.finish();
}

}  // namespace switchyard::workload
