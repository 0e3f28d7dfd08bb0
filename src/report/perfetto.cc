#include "report/perfetto.h"

#include "report/protobuf.h"

namespace switchyard::report {

namespace {

// Field numbers.
namespace trace {
constexpr int kPacket = 1;
}
namespace trace_packet {
constexpr int kTimestamp = 8, kSequenceId = 10, kTrackEvent = 11, kInternedData = 12,
              kSequenceFlags = 13, kTrackDescriptor = 60;
constexpr std::uint64_t kStateCleared = 1, kNeedsState = 2;
}  // namespace trace_packet
namespace track_descriptor {
constexpr int kUuid = 1, kName = 2, kProcess = 3, kParent = 5, kCounter = 8, kChildOrdering = 11,
              kRank = 12;
constexpr std::uint64_t kExplicit = 3;
}  // namespace track_descriptor
namespace process_descriptor {
constexpr int kPid = 1, kName = 6;
}
namespace counter_descriptor {
constexpr int kUnitName = 6;
}
namespace track_event {
constexpr int kCategoryIid = 3, kAnnotation = 4, kType = 9, kNameIid = 10, kTrack = 11,
              kCounterValue = 30, kFlow = 47, kTerminatingFlow = 48;
constexpr std::uint64_t kBegin = 1, kEnd = 2, kCounter = 4;
}  // namespace track_event
namespace debug_annotation {
constexpr int kNameIid = 1, kInt = 4, kString = 6, kStringIid = 17;
}
namespace interned_data {
constexpr int kCategories = 1, kEventNames = 2, kArgumentNames = 3, kStrings = 29;
constexpr int kIid = 1, kText = 2;
}  // namespace interned_data

constexpr std::uint64_t kSequence = 1;
constexpr std::uint64_t kProcessUuid = 1;     // tracks follow: uuid = TrackId + kProcessUuid
constexpr std::size_t kInternedTextMax = 80;  // longer ones hardly repeat
constexpr std::size_t kInternedStringsMax = 1 << 16;

std::uint64_t uuid(TrackId id) { return kProcessUuid + id; }

std::uint64_t nanoseconds(SimTime time) { return static_cast<std::uint64_t>(time.ps()) / 1000; }

}  // namespace

PerfettoEncoder::PerfettoEncoder(TraceSink sink, std::string_view process)
    : TraceEncoder(std::move(sink)) {
  std::string descriptor, name;
  ProtoWriter(name).varint(process_descriptor::kPid, 1);
  ProtoWriter(name).bytes(process_descriptor::kName, printable(process));
  ProtoWriter out(descriptor);
  out.varint(track_descriptor::kUuid, kProcessUuid);
  out.bytes(track_descriptor::kProcess, name);
  out.varint(track_descriptor::kChildOrdering, track_descriptor::kExplicit);
  std::string body;
  ProtoWriter(body).bytes(trace_packet::kTrackDescriptor, descriptor);
  packet(body);
}

void PerfettoEncoder::packet(std::string_view body) {
  packet_.assign(body);
  ProtoWriter out(packet_);
  out.varint(trace_packet::kSequenceId, kSequence);
  const std::uint64_t cleared = first_ ? trace_packet::kStateCleared : 0;
  out.varint(trace_packet::kSequenceFlags, cleared | trace_packet::kNeedsState);
  first_ = false;
  if (!definitions_.empty()) out.bytes(trace_packet::kInternedData, definitions_);
  definitions_.clear();
  ProtoWriter(buffer_).bytes(trace::kPacket, packet_);
  flush();
}

void PerfettoEncoder::event(SimTime time, std::string_view track_event) {
  scratch_.clear();
  ProtoWriter out(scratch_);
  out.varint(trace_packet::kTimestamp, nanoseconds(time));
  out.bytes(trace_packet::kTrackEvent, track_event);
  packet(scratch_);
}

std::uint64_t PerfettoEncoder::intern(Interned& table, int field, int text_field,
                                      std::string_view text) {
  const auto [place, added] = table.try_emplace(std::string(text), table.size() + 1);
  if (added) {
    std::string entry;
    ProtoWriter(entry).varint(interned_data::kIid, place->second);
    ProtoWriter(entry).bytes(text_field, printable(text));
    ProtoWriter(definitions_).bytes(field, entry);
  }
  return place->second;
}

void PerfettoEncoder::track(TrackId id, std::string_view name) {
  std::string descriptor, body;
  ProtoWriter out(descriptor);
  out.varint(track_descriptor::kUuid, uuid(id));
  out.varint(track_descriptor::kParent, kProcessUuid);
  out.bytes(track_descriptor::kName, printable(name));
  out.varint(track_descriptor::kRank, static_cast<std::uint64_t>(next_rank_++));
  ProtoWriter(body).bytes(trace_packet::kTrackDescriptor, descriptor);
  packet(body);
}

void PerfettoEncoder::counter_track(TrackId id, std::string_view name, std::string_view unit) {
  std::string descriptor, counter, body;
  ProtoWriter(counter).bytes(counter_descriptor::kUnitName, printable(unit));
  ProtoWriter out(descriptor);
  out.varint(track_descriptor::kUuid, uuid(id));
  out.varint(track_descriptor::kParent, kProcessUuid);
  out.bytes(track_descriptor::kName, printable(name));
  out.bytes(track_descriptor::kCounter, counter);
  out.varint(track_descriptor::kRank, static_cast<std::uint64_t>(next_rank_++));
  ProtoWriter(body).bytes(trace_packet::kTrackDescriptor, descriptor);
  packet(body);
}

void PerfettoEncoder::add_argument(const TraceArgument& argument) {
  scratch_.clear();
  ProtoWriter out(scratch_);
  out.varint(debug_annotation::kNameIid, intern(argument_names_, interned_data::kArgumentNames,
                                                interned_data::kText, argument.name));
  if (const auto* number = std::get_if<std::int64_t>(&argument.value)) {
    out.varint(debug_annotation::kInt, static_cast<std::uint64_t>(*number));
  } else {
    const auto text = std::get<std::string_view>(argument.value);
    if (text.size() <= kInternedTextMax && strings_.size() < kInternedStringsMax) {
      out.varint(debug_annotation::kStringIid,
                 intern(strings_, interned_data::kStrings, interned_data::kText, text));
    } else {
      out.bytes(debug_annotation::kString, printable(text));
    }
  }
  ProtoWriter(event_).bytes(track_event::kAnnotation, scratch_);
}

void PerfettoEncoder::slice(const TraceSlice& slice) {
  event_.clear();
  ProtoWriter out(event_);
  out.varint(track_event::kType, track_event::kBegin);
  out.varint(track_event::kTrack, uuid(slice.track));
  out.varint(track_event::kNameIid,
             intern(event_names_, interned_data::kEventNames, interned_data::kText, slice.name));
  out.varint(track_event::kCategoryIid,
             intern(categories_, interned_data::kCategories, interned_data::kText, slice.category));
  for (const std::uint64_t arrow : slice.arrows_out) out.fixed64(track_event::kFlow, arrow);
  for (const std::uint64_t arrow : slice.arrows_in) {
    out.fixed64(track_event::kTerminatingFlow, arrow);
  }
  for (const TraceArgument& argument : slice.arguments) add_argument(argument);
  event(slice.start, event_);
  event_.clear();
  out.varint(track_event::kType, track_event::kEnd);
  out.varint(track_event::kTrack, uuid(slice.track));
  event(slice.end, event_);
}

void PerfettoEncoder::count(TrackId track, SimTime time, std::int64_t value) {
  event_.clear();
  ProtoWriter out(event_);
  out.varint(track_event::kType, track_event::kCounter);
  out.varint(track_event::kTrack, uuid(track));
  out.varint(track_event::kCounterValue, static_cast<std::uint64_t>(value));
  event(time, event_);
}

}  // namespace switchyard::report
