#include "neuroncore/meetings.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace switchyard::neuroncore {

std::optional<std::int64_t> Meetings::meet(int rank, Arrival arrival) {
  std::unique_lock lock(mutex_);
  const int other = 1 - rank;
  arrivals_[rank] = std::move(arrival);
  states_[rank] = State::kWaiting;
  if (states_[other] == State::kWaiting) {
    const Arrival &mine = arrivals_[rank], &theirs = arrivals_[other];
    failed_ = failed_ || mine.opcode != theirs.opcode || mine.pipe != theirs.pipe;
    together_ = std::max(mine.time, theirs.time);
    if (!failed_) states_ = {};
    ++met_[0];
    ++met_[1];
    changed_.notify_all();
  } else {
    const std::uint64_t before = met_[rank];
    changed_.wait(lock, [&] { return met_[rank] != before || states_[other] == State::kEnded; });
    failed_ = failed_ || met_[rank] == before;
  }
  if (failed_) return std::nullopt;
  return together_;
}

void Meetings::finish(int rank) {
  const std::unique_lock lock(mutex_);
  // One that failed at a meeting stays there, for the report.
  if (!failed_) states_[rank] = State::kEnded;
  changed_.notify_all();
}

std::vector<std::string> Meetings::details() const {
  const std::unique_lock lock(mutex_);
  std::vector<std::string> details;
  for (int rank = 0; rank < kCores; ++rank) {
    details.push_back(
        states_[rank] == State::kWaiting
            ? fmt::format("core {} waits at {} for core {}", rank, arrivals_[rank].what, 1 - rank)
            : fmt::format("core {} has ended", rank));
  }
  return details;
}

std::int64_t Partner::meet(std::int64_t time) {
  if (fault_) return time;
  const isa::Instruction& form = program_.form(program_.form_of(at_));
  const std::string& source = program_.sources()[program_.source_of(at_)];
  Meetings::Arrival arrival{.opcode = form.opcode, .time = time};
  std::string name(isa::name(form.opcode));
  if (form.opcode == isa::Opcode::kSendrecv) {
    arrival.pipe = form.integer(isa::AttributeName::kPipeId);
    name += fmt::format(" with pipe_id={}", arrival.pipe);
  }
  arrival.what =
      fmt::format("{} (instruction {}{}{})", name, at_, source.empty() ? "" : ", ", source);
  const std::optional<std::int64_t> together = meetings_.meet(rank_, std::move(arrival));
  if (together) return *together;
  fault_ =
      Fault{.kind = FaultKind::kDeadlock,
            .instruction = at_,
            .where = fmt::format("core {}, {}", rank_, name),
            .what = "the cores of the pair never meet; wanted the same barrier or pipe in both",
            .details = meetings_.details()};
  return time;
}

}  // namespace switchyard::neuroncore
