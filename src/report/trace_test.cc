#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>

#include "neuroncore/hand_made.h"
#include "report/chrome_trace.h"
#include "report/perfetto.h"
#include "report/protobuf.h"
#include "report/timeline_trace.h"

namespace switchyard::report {
namespace {

using neuroncore::HandMade;
using neuroncore::small_matmul;
using nlohmann::json;

template <class Encoder>
std::string trace_of(const HandMade& m) {
  std::string out;
  Encoder encoder(
      [&](std::string_view bytes) {
        out += bytes;
        return Status();
      },
      trace_title(m.program, m.timeline));
  const CoreTrace core{&m.program, &m.timeline};
  write_timelines({&core, 1}, encoder);
  EXPECT_TRUE(encoder.finish());
  return out;
}

TEST(Protobuf, WritesTheBytesOfTheSpecification) {
  std::string out;
  ProtoWriter writer(out);
  writer.varint(1, 150);
  writer.bytes(2, "testing");
  writer.fixed64(3, 0x0102030405060708);
  EXPECT_EQ(out, std::string("\x08\x96\x01\x12\x07testing\x19\x08\x07\x06\x05\x04\x03\x02\x01"));
  out.clear();
  writer.varint(16, static_cast<std::uint64_t>(-1));
  EXPECT_EQ(out, std::string("\x80\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"));
}

// Whole messages of one level: field, wire type, and the bytes of length-delimited ones.
struct Field {
  std::uint64_t number, value;
  std::string bytes;
};
std::vector<Field> fields_of(const std::string& message) {
  std::vector<Field> fields;
  std::size_t at = 0;
  const auto varint = [&] {
    std::uint64_t value = 0;
    for (int shift = 0;; shift += 7) {
      const auto byte = static_cast<unsigned char>(message.at(at++));
      value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < message.size()) {
    const std::uint64_t tag = varint();
    Field field{.number = tag >> 3, .value = 0, .bytes = {}};
    if ((tag & 7) == 0) field.value = varint();
    if ((tag & 7) == 1) at += 8;
    if ((tag & 7) == 2) {
      const std::uint64_t length = varint();
      EXPECT_LE(at + length, message.size());
      field.bytes = message.substr(at, length);
      at += length;
    }
    fields.push_back(std::move(field));
  }
  return fields;
}

TEST(Perfetto, IsAStreamOfWholePackets) {
  std::map<std::uint64_t, int> events;
  for (const Field& packet : fields_of(trace_of<PerfettoEncoder>(small_matmul()))) {
    ASSERT_EQ(packet.number, 1u);
    for (const Field& field : fields_of(packet.bytes)) {
      if (field.number != 11) continue;  // track_event
      for (const Field& part : fields_of(field.bytes)) {
        if (part.number == 9) ++events[part.value];  // type
      }
    }
  }
  EXPECT_EQ(events[1], 8) << "five instructions and three transfers begin";
  EXPECT_EQ(events[2], 8) << "and end";
  EXPECT_GT(events[4], 0) << "counters";
}

json chrome_events(const HandMade& m) {
  return json::parse(trace_of<ChromeTraceEncoder>(m)).at("traceEvents");
}

TEST(ChromeTrace, HasRowsSlicesAndArrows) {
  std::map<std::string, int> tracks;
  std::map<std::int64_t, json> begins, ends;
  int slices = 0;
  for (const json& e : chrome_events(small_matmul())) {
    if (e["name"] == "thread_name") tracks[e["args"]["name"]] = e["tid"];
    if (e["ph"] == "s") begins[e["id"]] = e;
    if (e["ph"] == "f") ends[e["id"]] = e;
    if (e["ph"] == "X") ++slices;
    if (e["name"] == "nc_matmul") {
      EXPECT_EQ(e["tid"], tracks["TensorE"]);
      EXPECT_EQ(e["ts"], 4.2);
      EXPECT_EQ(e["dur"], 2.0);
      EXPECT_EQ(e["args"]["source"], "kernel.py:12");
      EXPECT_EQ(e["args"]["waited_for"], "operand ready");
      EXPECT_EQ(e["args"]["waited_ps"], 3200000);
      EXPECT_THAT(e["args"]["instruction"].get<std::string>(),
                  ::testing::HasSubstr("stationary=a_tile"));
    }
  }
  EXPECT_EQ(slices, 8);
  for (const char* name :
       {"TensorE", "VectorE", "ScalarE", "GpSimdE", "SyncE", "DMA q0", "DMA q1"}) {
    EXPECT_TRUE(tracks.contains(name)) << name;
  }
  ASSERT_EQ(begins.size(), ends.size());
  ASSERT_EQ(begins.size(), 6u) << "three waits, three transfers";
  for (const auto& [id, begin] : begins) {
    EXPECT_LE(begin["ts"].get<double>(), ends[id]["ts"].get<double>()) << id;
  }
  // The multiply waited for the bytes of the second load, not for its trigger.
  EXPECT_EQ(begins[3]["tid"], tracks["DMA q1"]);
}

TEST(ChromeTrace, OverlapsGetRowsOfTheirOwn) {
  HandMade m = small_matmul();
  m.run(2, isa::Engine::kTensor, 5000, 5000, 7000);
  m.run(2, isa::Engine::kTensor, 6200, 6200, 8000);
  std::map<int, double> end_of;
  std::vector<std::string> tracks;
  for (const json& e : chrome_events(m)) {
    if (e["name"] == "thread_name") tracks.push_back(e["args"]["name"]);
    if (e["ph"] != "X") continue;
    EXPECT_GE(e["ts"].get<double>(), end_of[e["tid"]] - 1e-9);
    end_of[e["tid"]] = e["ts"].get<double>() + e["dur"].get<double>();
  }
  EXPECT_THAT(tracks, ::testing::Contains("TensorE (2)"));
  EXPECT_THAT(tracks, ::testing::Not(::testing::Contains("TensorE (3)")));
}

TEST(Traces, CarryAnyText) {
  const std::string hostile = "a\"\\</script>\n\x01\xff\xc3\x28 \xe2\x82\xac";
  HandMade m = small_matmul();
  m.program.tensor(0).name = hostile;
  const auto x = m.tensor("x", isa::Buffer::kSbuf, {1, 1});
  const auto id = m.add(isa::Opcode::kTensorCopy,
                        {{isa::OperandName::kDst, x}, {isa::OperandName::kSrc, x}}, hostile);
  m.run(id, isa::Engine::kScalar, 100, 100, 200);
  bool seen = false;
  for (const json& e : chrome_events(m)) {
    seen = seen || (e.contains("args") && e["args"].contains("source") &&
                    e["args"]["source"] == "a\"\\</script>\\x0a\\x01\\xff\\xc3( \xe2\x82\xac");
  }
  EXPECT_TRUE(seen);
  EXPECT_FALSE(trace_of<PerfettoEncoder>(m).empty());
}

TEST(Traces, PrintableTextIsValidUtf8) {
  EXPECT_EQ(printable("plain \xc3\xa4"), "plain \xc3\xa4");
  EXPECT_EQ(printable("\xc0\xaf"), "\\xc0\\xaf") << "overlong";
  EXPECT_EQ(printable("\xed\xa0\x80"), "\\xed\\xa0\\x80") << "surrogate";
  EXPECT_EQ(printable("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80") << "beyond Unicode";
  EXPECT_EQ(printable("\xe2\x82"), "\\xe2\\x82") << "cut short";
  EXPECT_EQ(printable("\xf0\x9f\x98\x80"), "\xf0\x9f\x98\x80");
}

TEST(Traces, KeepTheFirstFailureOfTheSink) {
  const HandMade m = small_matmul();
  int calls = 0;
  PerfettoEncoder encoder(
      [&](std::string_view) -> Status {
        ++calls;
        return fail({.kind = ErrorKind::kIo, .where = "disk", .found = "full"});
      },
      "x");
  const CoreTrace core{&m.program, &m.timeline};
  write_timelines({&core, 1}, encoder);
  const Status status = encoder.finish();
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().where, "disk");
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace switchyard::report
