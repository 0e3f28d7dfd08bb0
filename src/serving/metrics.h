// What a simulated service delivered: latencies as its users saw them, the SLO, and how full it was
// over time. Memory is fixed, however many requests go through.
//
//   TTFT  first token - arrival          TPOT  (finish - first token) / (output tokens - 1)
//   E2E   finish - arrival               ITL   time of one decode step, once for each of its tokens
//   queue first scheduled - arrival
// Latencies are those of completed requests. A request meets the SLO when its TTFT and its TPOT
// both do; requests of one token have no TPOT. Goodput is the requests a second that do.
#pragma once

#include <vector>

#include "base/histogram.h"
#include "serving/simulate.h"
#include "workload/workload.h"

namespace switchyard::serving {

// One stretch of the timeline, means over its samples, sums over replicas.
struct TimelinePoint {
  double start_s = 0;
  double waiting = 0, running = 0;
  double blocks_used = 0, blocks_cached = 0, blocks = 0;
  double replicas_up = 0;
  std::int64_t arrived = 0, completed = 0;
  double output_tokens = 0;  // of requests that ended here
  double ttft_p50_s = 0, ttft_p99_s = 0, tpot_p50_s = 0;
};

class Metrics : public RecordSink {
 public:
  static constexpr std::size_t kPointsMax = 256;

  // `tokens_per_step`: mean tokens a sequence gains in a decode step.
  Metrics(workload::Slo slo, double tokens_per_step);
  void finished(const workload::RequestRecord& record) override;
  void sample(const TimelineSample& sample) override;
  void batch(const BatchSpan& span) override;

  const Histogram& ttft_s() const { return ttft_s_; }
  const Histogram& tpot_s() const { return tpot_s_; }
  const Histogram& itl_s() const { return itl_s_; }
  const Histogram& e2e_s() const { return e2e_s_; }
  const Histogram& queue_s() const { return queue_s_; }
  std::int64_t met_slo() const { return met_slo_; }
  std::int64_t met_slo_tokens() const { return met_slo_tokens_; }
  // Sequences that decoded in a step, mean over steps that decoded.
  double batch_mean() const;
  std::vector<TimelinePoint> timeline() const;

 private:
  struct Stretch {
    double samples = 0;  // sample times within
    TimelinePoint sums;
    Histogram ttft_s, tpot_s;
  };
  Stretch& stretch_at(SimTime time);

  workload::Slo slo_;
  double tokens_per_step_;
  Histogram ttft_s_, tpot_s_, itl_s_, e2e_s_, queue_s_;
  std::int64_t met_slo_ = 0, met_slo_tokens_ = 0;
  double decode_steps_ = 0, decode_sequences_ = 0;
  // Stretches of equal length, doubled in length whenever there would be too many.
  SimTime stretch_ = SimTime(10'000'000'000);  // 10 ms
  SimTime last_sample_ = SimTime(-1);
  std::vector<Stretch> stretches_;
};

// Hands everything to several sinks, in order. They must outlive it.
class SinkGroup : public RecordSink {
 public:
  void add(RecordSink& sink) { sinks_.push_back(&sink); }
  void finished(const workload::RequestRecord& record) override {
    for (RecordSink* sink : sinks_) sink->finished(record);
  }
  void sample(const TimelineSample& sample) override {
    for (RecordSink* sink : sinks_) sink->sample(sample);
  }
  void batch(const BatchSpan& span) override {
    for (RecordSink* sink : sinks_) sink->batch(span);
  }
  void progress(std::int64_t done, SimTime now) override {
    for (RecordSink* sink : sinks_) sink->progress(done, now);
  }

 private:
  std::vector<RecordSink*> sinks_;
};

}  // namespace switchyard::serving
