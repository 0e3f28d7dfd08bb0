// When requests of a RequestMaker come: in an open loop at times of their own, or in a closed loop
// of clients that each send the next request when the last one has ended.
#pragma once

#include <functional>
#include <limits>
#include <memory>

#include "workload/arrivals.h"
#include "workload/request_maker.h"
#include "workload/source.h"

namespace switchyard::workload {

SimTime to_sim_time(double seconds);

// Seconds from the start of the next arrival; never decreasing. Infinity: there are no more.
using ArrivalClock = std::function<double()>;

// The arrivals of a trace, stretched or squeezed so that `rate` requests a second come on average;
// 0: as they stand. `trace` must outlive it; it must have arrivals.
ArrivalClock trace_clock(const Trace& trace, double rate);
// Nothing arrives after `end_s`.
ArrivalClock random_clock(RateProfile profile, double burstiness, std::uint64_t seed,
                          double end_s = std::numeric_limits<double>::infinity());

class OpenLoop : public RequestSource {
 public:
  OpenLoop(std::unique_ptr<RequestMaker> maker, ArrivalClock clock);
  std::optional<SimTime> next_arrival() override;
  ServingRequest take() override;
  void finished(const RequestRecord& record) override { maker_->release(record.id); }
  int block_tokens() const override { return maker_->block_tokens(); }

 private:
  void advance();

  std::unique_ptr<RequestMaker> maker_;
  ArrivalClock clock_;
  ServingRequest next_;
  bool more_ = false;
};

class ClosedLoop : public RequestSource {
 public:
  // All clients begin at time 0. Contract: clients >= 1.
  ClosedLoop(std::unique_ptr<RequestMaker> maker, std::int64_t clients);
  std::optional<SimTime> next_arrival() override;
  ServingRequest take() override;
  void finished(const RequestRecord& record) override;
  int block_tokens() const override { return maker_->block_tokens(); }

 private:
  void advance();

  std::unique_ptr<RequestMaker> maker_;
  std::int64_t starting_;         // clients that have not sent their first request
  std::vector<SimTime> waiting_;  // times at which clients became free, oldest first from at_
  std::size_t at_ = 0;
  ServingRequest next_;
  std::int64_t count_ = 0;
  bool made_ = false, over_ = false;
};

}  // namespace switchyard::workload
