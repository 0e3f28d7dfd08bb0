#include "serving/metrics.h"

#include <algorithm>

#include "base/check.h"

namespace switchyard::serving {

namespace {

double seconds(SimTime time) { return static_cast<double>(time.ps()) * 1e-12; }

void add_to(TimelinePoint& sum, const TimelinePoint& more) {
  sum.waiting += more.waiting;
  sum.running += more.running;
  sum.blocks_used += more.blocks_used;
  sum.blocks_cached += more.blocks_cached;
  sum.blocks += more.blocks;
  sum.replicas_up += more.replicas_up;
  sum.arrived += more.arrived;
  sum.completed += more.completed;
  sum.output_tokens += more.output_tokens;
}

}  // namespace

Metrics::Metrics(workload::Slo slo, double tokens_per_step)
    : slo_(slo), tokens_per_step_(tokens_per_step) {
  SWITCHYARD_CHECK(tokens_per_step >= 1, "{}", tokens_per_step);
}

Metrics::Stretch& Metrics::stretch_at(SimTime time) {
  auto index = static_cast<std::size_t>(time.ps() / stretch_.ps());
  while (index >= kPointsMax) {
    const std::size_t halves = (stretches_.size() + 1) / 2;
    for (std::size_t i = 0; i < halves; ++i) {
      if (i > 0) stretches_[i] = std::move(stretches_[2 * i]);
      if (2 * i + 1 >= stretches_.size()) continue;
      const Stretch& odd = stretches_[2 * i + 1];
      stretches_[i].samples += odd.samples;
      add_to(stretches_[i].sums, odd.sums);
      stretches_[i].ttft_s.add(odd.ttft_s);
      stretches_[i].tpot_s.add(odd.tpot_s);
    }
    stretches_.resize(halves);
    stretch_ += stretch_;
    index /= 2;
  }
  if (index >= stretches_.size()) stretches_.resize(index + 1);
  return stretches_[index];
}

void Metrics::finished(const workload::RequestRecord& record) {
  ++stretch_at(record.arrival).sums.arrived;
  if (record.outcome != workload::RequestOutcome::kCompleted) return;
  const double ttft = seconds(record.first_token - record.arrival);
  const double e2e = seconds(record.finish - record.arrival);
  ttft_s_.add(ttft);
  e2e_s_.add(e2e);
  queue_s_.add(seconds(record.first_scheduled - record.arrival));
  double tpot = 0;
  if (record.output_tokens > 1) {
    tpot =
        seconds(record.finish - record.first_token) / static_cast<double>(record.output_tokens - 1);
    tpot_s_.add(tpot);
  }
  if (ttft <= slo_.ttft.value() && tpot <= slo_.tpot.value()) {
    ++met_slo_;
    met_slo_tokens_ += record.output_tokens;
  }
  Stretch& stretch = stretch_at(record.finish);
  ++stretch.sums.completed;
  stretch.sums.output_tokens += static_cast<double>(record.output_tokens);
  stretch.ttft_s.add(ttft);
  if (record.output_tokens > 1) stretch.tpot_s.add(tpot);
}

void Metrics::sample(const TimelineSample& sample) {
  Stretch& stretch = stretch_at(sample.time);
  if (sample.time != last_sample_) ++stretch.samples;
  last_sample_ = sample.time;
  TimelinePoint& sums = stretch.sums;
  sums.waiting += static_cast<double>(sample.waiting);
  sums.running += static_cast<double>(sample.running);
  sums.blocks_used += static_cast<double>(sample.blocks_used);
  sums.blocks_cached += static_cast<double>(sample.blocks_cached);
  sums.blocks += static_cast<double>(sample.blocks);
  sums.replicas_up += sample.up ? 1 : 0;
}

void Metrics::batch(const BatchSpan& span) {
  if (span.decode_sequences <= 0 || span.steps <= 0) return;
  const auto steps = static_cast<double>(span.steps);
  itl_s_.add(seconds(span.end - span.start) / steps / tokens_per_step_,
             span.steps * span.decode_sequences);
  decode_steps_ += steps;
  decode_sequences_ += steps * static_cast<double>(span.decode_sequences);
}

double Metrics::batch_mean() const {
  return decode_steps_ > 0 ? decode_sequences_ / decode_steps_ : 0;
}

std::vector<TimelinePoint> Metrics::timeline() const {
  std::vector<TimelinePoint> out;
  out.reserve(stretches_.size());
  for (std::size_t i = 0; i < stretches_.size(); ++i) {
    const Stretch& stretch = stretches_[i];
    TimelinePoint point = stretch.sums;
    point.start_s = static_cast<double>(i) * seconds(stretch_);
    const double samples = std::max(stretch.samples, 1.0);
    point.waiting /= samples;
    point.running /= samples;
    point.blocks_used /= samples;
    point.blocks_cached /= samples;
    point.blocks /= samples;
    point.replicas_up /= samples;
    point.ttft_p50_s = stretch.ttft_s.quantile(0.5);
    point.ttft_p99_s = stretch.ttft_s.quantile(0.99);
    point.tpot_p50_s = stretch.tpot_s.quantile(0.5);
    out.push_back(point);
  }
  return out;
}

}  // namespace switchyard::serving
