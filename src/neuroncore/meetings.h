// Where the schedules of an LNC's two cores wait for each other. Internal to schedule.
//
// Each core is scheduled on a thread of its own. What they tell each other at a meeting are times,
// and both go on with the later one, so the result does not depend on which thread came first.
#pragma once

#include <array>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>

#include "isa/program.h"
#include "neuroncore/fault.h"

namespace switchyard::neuroncore {

class Meetings {
 public:
  static constexpr int kCores = 2;

  struct Arrival {
    std::string what;  // "sendrecv with pipe_id=3 (instruction 12, kernel.py:40)"
    isa::Opcode opcode = isa::Opcode::kCoreBarrier;
    std::int64_t pipe = 0;
    std::int64_t time = 0;  // ps
  };
  // The later arrival, once the other core has come; nothing if it never will or is elsewhere.
  std::optional<std::int64_t> meet(int rank, Arrival arrival);
  void finish(int rank);
  // Who waits for whom. Contract: a meeting has failed.
  std::vector<std::string> details() const;

 private:
  enum class State : std::uint8_t { kRunning, kWaiting, kEnded };

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::array<State, kCores> states_ = {};
  std::array<Arrival, kCores> arrivals_;
  std::array<std::uint64_t, kCores> met_ = {};  // meetings that each has left
  std::int64_t together_ = 0;
  bool failed_ = false;
};

// One core's side of it.
class Partner {
 public:
  Partner(Meetings& meetings, int rank, const isa::Program& program)
      : meetings_(meetings), rank_(rank), program_(program) {}

  // The instruction that the next meetings belong to.
  void arrive_at(isa::InstructionId id) { at_ = id; }
  // When both cores are there, if this one is at `time`; `time` after a fault.
  std::int64_t meet(std::int64_t time);
  const std::optional<Fault>& fault() const { return fault_; }

 private:
  Meetings& meetings_;
  int rank_;
  const isa::Program& program_;
  isa::InstructionId at_ = 0;
  std::optional<Fault> fault_;
};

}  // namespace switchyard::neuroncore
