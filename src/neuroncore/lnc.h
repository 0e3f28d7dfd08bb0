// Two NeuronCores with one HBM: a logical NeuronCore of two (LNC=2).
//
// Each core runs its own program on its own machine, in program order, up to core_barrier or
// sendrecv; there it waits for the other. Only one core runs at a time, core 0 first and the second
// to arrive at a meeting first after it, so results do not depend on the host. A meeting that
// cannot come about (other instructions, another pipe, a core that has ended) is a deadlock: a
// fault of both cores.
#pragma once

#include <array>
#include <condition_variable>
#include <mutex>
#include <string>

#include "neuroncore/execute.h"

namespace switchyard::neuroncore {

class LncPair {
 public:
  static constexpr int kCores = 2;

  // What a core brings to a meeting.
  struct Meeting {
    std::string what;  // "sendrecv with pipe_id=3 (instruction 12, kernel.py:40)"
    isa::Opcode opcode = isa::Opcode::kCoreBarrier;
    std::int64_t pipe = 0;
    int send_to = 0, receive_from = 0;
    Tile src, dst;  // of sendrecv
  };
  // Why a meeting failed; `what` is empty when it did not.
  struct Outcome {
    FaultKind kind = FaultKind::kDeadlock;
    std::string what;
    std::vector<std::string> details = {};
  };

  // On a thread for each core: begins, meets any number of times, ends. `start` and `meet` return
  // when it is the core's turn; `meet` after the data were exchanged.
  void start(int rank);
  Outcome meet(int rank, Meeting meeting);
  void finish(int rank);

 private:
  enum class State : std::uint8_t { kReady, kWaiting, kEnded };

  void wait_for_turn(std::unique_lock<std::mutex>& lock, int rank);
  void pass_turn(int rank);
  Outcome match();
  Outcome failed(FaultKind kind, std::string what) const;

  std::mutex mutex_;
  std::condition_variable changed_;
  int turn_ = 0;
  std::array<State, kCores> states_ = {};
  std::array<Meeting, kCores> meetings_;
  std::array<Outcome, kCores> outcomes_;
};

// Runs both programs to their ends. The machines' memories share HBM tensors by
// Memory::bind_shared.
std::array<RunResult, LncPair::kCores> run_pair(Machine& core0, Machine& core1,
                                                std::uint64_t executed_max = kExecutedMax);

// Handlers.
void execute_core_barrier(Machine& machine, const isa::Instruction& instruction);
void execute_sendrecv(Machine& machine, const isa::Instruction& instruction);

}  // namespace switchyard::neuroncore
