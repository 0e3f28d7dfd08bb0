// For tests: a step model whose lines are given, requests from a list, and records kept.
#pragma once

#include <algorithm>
#include <limits>
#include <map>
#include <vector>

#include "base/random.h"
#include "serving/simulate.h"

namespace switchyard::serving {

inline SimTime seconds(double s) { return SimTime(static_cast<std::int64_t>(s * 1e12)); }

// time = start + per_token x tokens + per_context x context, in ps; the slope in context changes
// at every `bend` tokens of mean context, so that stretches meet the ends of lines.
struct TestSteps : StepModel {
  std::int64_t start = 1'000'000, per_token = 10'000, per_context = 100;  // ps
  std::int64_t bend = 0;                                                  // 0: none

  StepLine line(const StepShape& s) const override {
    constexpr std::int64_t kFine = std::int64_t{1} << kFineBits;
    StepLine line;
    const std::int64_t tokens = s.decode_sequences + s.prefill_tokens;
    line.time = (start + per_token * tokens + s.prefill_context) * kFine;
    line.time_slope = per_context * kFine / kContextUnits;
    line.context_end = std::numeric_limits<std::int64_t>::max() / 4;
    std::int64_t knot = 0;
    if (bend > 0 && s.decode_sequences > 0) {
      const std::int64_t width = bend * kContextUnits * s.decode_sequences;
      const std::int64_t piece = s.decode_context / width;
      knot = piece * width;
      line.context_end = knot + width;
      // Slope 1 + piece % 3 times the first; the values need not join.
      line.time += piece * 12'345'678;
      line.time_slope *= 1 + piece % 3;
    }
    line.time += line.time_slope * (s.decode_context - knot);
    line.energy = 1000 * tokens + s.decode_context;
    line.energy_slope = 1;
    return line;
  }
  double active_watts() const override { return 100; }
  double idle_watts() const override { return 10; }
};

struct ListSource : workload::RequestSource {
  std::vector<workload::ServingRequest> requests;  // by arrival
  std::vector<std::vector<std::int64_t>> hashes;   // behind their spans
  int hash_tokens = 0;
  std::size_t next = 0;

  std::optional<SimTime> next_arrival() override {
    if (next == requests.size()) return {};
    return requests[next].arrival;
  }
  workload::ServingRequest take() override { return requests[next++]; }
  void finished(const workload::RequestRecord&) override {}
  int block_tokens() const override { return hash_tokens; }

  void add(double arrival_s, std::int64_t input, std::int64_t output) {
    const auto id = static_cast<std::int64_t>(requests.size());
    requests.push_back(
        {.id = id, .arrival = seconds(arrival_s), .input_tokens = input, .output_tokens = output});
  }
};

struct Collector : RecordSink {
  std::map<std::int64_t, workload::RequestRecord> records;  // by id
  std::vector<TimelineSample> samples;
  std::vector<BatchSpan> batches;

  void finished(const workload::RequestRecord& record) override { records[record.id] = record; }
  void sample(const TimelineSample& sample) override { samples.push_back(sample); }
  void batch(const BatchSpan& span) override { batches.push_back(span); }
};

inline ServiceOptions small_service() {
  ServiceOptions options;
  options.engine.step_tokens_max = 8192;
  options.engine.sequences_max = 1024;
  options.engine.block_tokens = 16;
  options.blocks = 1000;
  options.check = true;
  return options;
}

}  // namespace switchyard::serving
