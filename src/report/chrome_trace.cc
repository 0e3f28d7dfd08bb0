#include "report/chrome_trace.h"

#include <fmt/format.h>

#include <iterator>
#include <nlohmann/json.hpp>

namespace switchyard::report {

namespace {

std::string json_string(std::string_view text) { return nlohmann::json(printable(text)).dump(); }

std::string microseconds(SimTime time) {
  return fmt::format("{}.{:06}", time.ps() / 1000000, time.ps() % 1000000);
}

}  // namespace

ChromeTraceEncoder::ChromeTraceEncoder(TraceSink sink, std::string_view process)
    : TraceEncoder(std::move(sink)) {
  buffer_ = "{\"displayTimeUnit\":\"ns\",\"traceEvents\":[";
  open_event();
  buffer_ += fmt::format(R"({{"ph":"M","pid":1,"name":"process_name","args":{{"name":{}}}}})",
                         json_string(process));
}

void ChromeTraceEncoder::open_event() {
  flush();
  buffer_ += first_ ? "\n" : ",\n";
  first_ = false;
}

void ChromeTraceEncoder::track(TrackId id, std::string_view name) {
  open_event();
  buffer_ +=
      fmt::format(R"({{"ph":"M","pid":1,"tid":{},"name":"thread_name","args":{{"name":{}}}}})", id,
                  json_string(name));
  open_event();
  buffer_ += fmt::format(
      R"({{"ph":"M","pid":1,"tid":{},"name":"thread_sort_index","args":{{"sort_index":{}}}}})", id,
      next_rank_++);
}

void ChromeTraceEncoder::counter_track(TrackId id, std::string_view name, std::string_view unit) {
  counters_[id] = json_string(fmt::format("{} ({})", name, unit));
}

void ChromeTraceEncoder::arrow(char phase, TrackId track, SimTime time, std::uint64_t number) {
  open_event();
  buffer_ += fmt::format(
      R"({{"ph":"{}","pid":1,"tid":{},"ts":{},"id":{},"cat":"dependency","name":"dependency"{}}})",
      phase, track, microseconds(time), number, phase == 'f' ? R"(,"bp":"e")" : "");
}

void ChromeTraceEncoder::slice(const TraceSlice& slice) {
  open_event();
  buffer_ +=
      fmt::format(R"({{"ph":"X","pid":1,"tid":{},"ts":{},"dur":{},"name":{},"cat":{},"args":{{)",
                  slice.track, microseconds(slice.start), microseconds(slice.end - slice.start),
                  json_string(slice.name), json_string(slice.category));
  bool first = true;
  for (const TraceArgument& argument : slice.arguments) {
    if (!first) buffer_ += ',';
    first = false;
    buffer_ += json_string(argument.name) + ":";
    if (const auto* number = std::get_if<std::int64_t>(&argument.value)) {
      fmt::format_to(std::back_inserter(buffer_), "{}", *number);
    } else {
      buffer_ += json_string(std::get<std::string_view>(argument.value));
    }
  }
  buffer_ += "}}";
  for (const std::uint64_t number : slice.arrows_out) arrow('s', slice.track, slice.start, number);
  for (const std::uint64_t number : slice.arrows_in) arrow('f', slice.track, slice.start, number);
}

void ChromeTraceEncoder::count(TrackId track, SimTime time, std::int64_t value) {
  open_event();
  buffer_ += fmt::format(R"({{"ph":"C","pid":1,"ts":{},"name":{},"args":{{"value":{}}}}})",
                         microseconds(time), counters_[track], value);
}

void ChromeTraceEncoder::close() { buffer_ += "\n]}\n"; }

}  // namespace switchyard::report
