#include "report/service_trace.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "report/chrome_trace.h"
#include "report/perfetto.h"

namespace switchyard::report {

Result<std::unique_ptr<ServiceTrace>> ServiceTrace::create(const std::string& path,
                                                           const std::string& title) {
  SWITCHYARD_TRY(file, AtomicFile::create(path));
  std::unique_ptr<ServiceTrace> trace(new ServiceTrace(std::move(file)));
  const TraceSink sink = [file = &trace->file_](std::string_view bytes) {
    return file->write(bytes);
  };
  if (path.ends_with(".json")) {
    trace->encoder_ = std::make_unique<ChromeTraceEncoder>(sink, title);
  } else {
    trace->encoder_ = std::make_unique<PerfettoEncoder>(sink, title);
  }
  return trace;
}

ServiceTrace::Row& ServiceTrace::row(int replica) {
  const auto index = static_cast<std::size_t>(replica);
  if (index >= rows_.size()) rows_.resize(index + 1);
  Row& row = rows_[index];
  if (row.slices == 0) {
    row.slices = next_;
    next_ += 4;
    const std::string name = fmt::format("replica {}", replica);
    encoder_->track(row.slices, name);
    encoder_->counter_track(row.slices + 1, name + " waiting", "requests");
    encoder_->counter_track(row.slices + 2, name + " running", "requests");
    encoder_->counter_track(row.slices + 3, name + " KV blocks used", "blocks");
  }
  return row;
}

void ServiceTrace::sample(const serving::TimelineSample& sample) {
  const TrackId first = row(sample.replica).slices;
  encoder_->count(first + 1, sample.time, sample.waiting);
  encoder_->count(first + 2, sample.time, sample.running);
  encoder_->count(first + 3, sample.time, sample.blocks_used);
}

void ServiceTrace::batch(const serving::BatchSpan& span) {
  if (slices_ == kSlicesMax) {
    ++left_out_;
    return;
  }
  ++slices_;
  Row& at = row(span.replica);
  const std::string_view name = span.prefill_tokens == 0     ? "decode"
                                : span.decode_sequences == 0 ? "prefill"
                                                             : "prefill + decode";
  const std::array<TraceArgument, 3> arguments = {{{"steps", span.steps},
                                                   {"decode_sequences", span.decode_sequences},
                                                   {"prefill_tokens", span.prefill_tokens}}};
  encoder_->slice({.track = at.slices,
                   .name = name,
                   .category = "step",
                   .start = std::max(span.start, at.end),
                   .end = std::max(span.end, at.end),
                   .arguments = arguments});
  at.end = std::max(span.end, at.end);
}

Status ServiceTrace::commit() {
  SWITCHYARD_TRY_STATUS(encoder_->finish());
  return file_.commit();
}

}  // namespace switchyard::report
