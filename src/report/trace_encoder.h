// What a trace is made of, whatever its file format: rows of slices, counters, arrows between them.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.h"
#include "base/sim_time.h"

namespace switchyard::report {

// Where bytes go, piece by piece.
using TraceSink = std::function<Status(std::string_view)>;

using TrackId = std::uint32_t;  // from 1

struct TraceArgument {
  std::string_view name;
  std::variant<std::int64_t, std::string_view> value;
};

struct TraceSlice {
  TrackId track = 0;
  std::string_view name;
  std::string_view category;
  SimTime start, end;
  std::span<const TraceArgument> arguments;
  // Arrows, by number: each starts at one slice and ends at another that starts no earlier.
  std::span<const std::uint64_t> arrows_out, arrows_in;
};

// Slices of one track come in the order of their start and do not overlap; tracks come before what
// lies on them. Text may hold any bytes. The first failure of the sink is kept and ends all
// writing.
class TraceEncoder {
 public:
  explicit TraceEncoder(TraceSink sink) : sink_(std::move(sink)) {}
  virtual ~TraceEncoder() = default;
  TraceEncoder(const TraceEncoder&) = delete;
  TraceEncoder& operator=(const TraceEncoder&) = delete;

  virtual void track(TrackId id, std::string_view name) = 0;  // in the order to show them in
  virtual void counter_track(TrackId id, std::string_view name, std::string_view unit) = 0;
  virtual void slice(const TraceSlice& slice) = 0;
  virtual void count(TrackId track, SimTime time, std::int64_t value) = 0;
  Status finish();

 protected:
  virtual void close() {}  // last bytes
  // Hands over what has gathered once it is worth it.
  void flush(bool all = false);
  std::string buffer_;

 private:
  TraceSink sink_;
  Status status_;
};

// Valid UTF-8 without control characters: other bytes become \xNN.
std::string printable(std::string_view text);

}  // namespace switchyard::report
