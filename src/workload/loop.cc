#include "workload/loop.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/check.h"

namespace switchyard::workload {

SimTime to_sim_time(double seconds) {
  constexpr double kSecondsMax = 9e6;  // SimTime ends at 106 days
  SWITCHYARD_CHECK(seconds >= 0 && seconds < kSecondsMax, "{} s", seconds);
  return SimTime(std::llround(seconds * 1e12));
}

ArrivalClock trace_clock(const Trace& trace, double rate) {
  SWITCHYARD_CHECK(trace.has_arrivals);
  const double own = rate_of(trace.requests);
  const double scale = rate > 0 && own > 0 ? own / rate : 1;
  return [&trace, scale, next = std::size_t{0}]() mutable {
    return trace.requests[next++].arrival_s * scale;
  };
}

ArrivalClock random_clock(RateProfile profile, double burstiness, std::uint64_t seed,
                          double end_s) {
  return [arrivals = OpenArrivals(std::move(profile), burstiness, Random(seed)), end_s]() mutable {
    const double at_s = arrivals.next_s();
    return at_s <= end_s ? at_s : std::numeric_limits<double>::infinity();
  };
}

OpenLoop::OpenLoop(std::unique_ptr<RequestMaker> maker, ArrivalClock clock)
    : maker_(std::move(maker)), clock_(std::move(clock)) {
  next_.id = -1;
  advance();
}

void OpenLoop::advance() {
  ++next_.id;
  more_ = maker_->make(next_);
  if (!more_) return;
  const double at_s = clock_();
  more_ = !std::isinf(at_s);
  if (more_) {
    next_.arrival = to_sim_time(at_s);
  } else {
    maker_->release(next_.id);
  }
}

std::optional<SimTime> OpenLoop::next_arrival() {
  if (!more_) return std::nullopt;
  return next_.arrival;
}

ServingRequest OpenLoop::take() {
  SWITCHYARD_CHECK(more_);
  const ServingRequest taken = next_;
  advance();
  return taken;
}

ClosedLoop::ClosedLoop(std::unique_ptr<RequestMaker> maker, std::int64_t clients)
    : maker_(std::move(maker)), starting_(clients) {
  SWITCHYARD_CHECK(clients >= 1);
}

// The next request, once a client is free to send it.
void ClosedLoop::advance() {
  if (made_ || over_) return;
  if (starting_ == 0 && at_ == waiting_.size()) return;
  next_.id = count_;
  if (!maker_->make(next_)) {
    over_ = true;
    return;
  }
  ++count_;
  made_ = true;
  if (starting_ > 0) {
    --starting_;
    next_.arrival = SimTime();
  } else {
    next_.arrival = waiting_[at_++];
    if (at_ == waiting_.size()) {
      waiting_.clear();
      at_ = 0;
    }
  }
}

std::optional<SimTime> ClosedLoop::next_arrival() {
  advance();
  if (!made_) return std::nullopt;
  return next_.arrival;
}

ServingRequest ClosedLoop::take() {
  advance();
  SWITCHYARD_CHECK(made_);
  made_ = false;
  return next_;
}

void ClosedLoop::finished(const RequestRecord& record) {
  maker_->release(record.id);
  waiting_.push_back(record.finish);
}

}  // namespace switchyard::workload
