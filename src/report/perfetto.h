// Traces in Perfetto's own format, for ui.perfetto.dev.
//
// A stream of TracePacket messages: track descriptors, begin and end events, counters. Names are
// interned, so that a slice takes some tens of bytes. Times are whole nanoseconds, as the format
// has no finer ones; exact picoseconds stand in each slice's arguments. Field numbers are those of
// Perfetto's public schema (protos/perfetto/trace).
#pragma once

#include <unordered_map>

#include "report/trace_encoder.h"

namespace switchyard::report {

class PerfettoEncoder : public TraceEncoder {
 public:
  // `process` names the group of rows.
  PerfettoEncoder(TraceSink sink, std::string_view process);

  void track(TrackId id, std::string_view name) override;
  void counter_track(TrackId id, std::string_view name, std::string_view unit) override;
  void slice(const TraceSlice& slice) override;
  void count(TrackId track, SimTime time, std::int64_t value) override;

 private:
  using Interned = std::unordered_map<std::string, std::uint64_t>;
  // The number of `text`, which is defined in the next packet if new.
  std::uint64_t intern(Interned& table, int field, int text_field, std::string_view text);
  void event(SimTime time, std::string_view track_event);
  void packet(std::string_view body);
  void add_argument(const TraceArgument& argument);

  Interned event_names_, categories_, argument_names_, strings_;
  std::string definitions_;  // InternedData of the next packet
  std::string event_, packet_, scratch_;
  int next_rank_ = 0;
  bool first_ = true;
};

}  // namespace switchyard::report
