#include "neuroncore/lnc.h"

#include <thread>
#include <utility>

#include "base/check.h"
#include "base/text.h"

namespace switchyard::neuroncore {
namespace {

using isa::AttributeName;
using isa::OperandName;

int other(int rank) { return 1 - rank; }

bool same_form(const Tile& a, const Tile& b) {
  return a.type == b.type && a.partitions == b.partitions && a.elements == b.elements;
}

std::string form_of(const Tile& tile) {
  return fmt::format("[{}, {}] {}", tile.partitions, tile.elements, numeric::name(tile.type));
}

std::vector<std::uint8_t> bytes_of(const Tile& tile) {
  const std::int64_t row_bytes = tile.elements * tile.element_bytes;
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(tile.partitions * row_bytes));
  for (int p = 0; p < tile.partitions; ++p) {
    read_bytes(tile, p, 0, tile.elements, bytes.data() + p * row_bytes);
  }
  return bytes;
}

void put_bytes(const Tile& tile, const std::vector<std::uint8_t>& bytes) {
  const std::int64_t row_bytes = tile.elements * tile.element_bytes;
  for (int p = 0; p < tile.partitions; ++p) {
    write_bytes(tile, p, 0, tile.elements, bytes.data() + p * row_bytes);
  }
}

}  // namespace

void LncPair::wait_for_turn(std::unique_lock<std::mutex>& lock, int rank) {
  changed_.wait(lock, [&] { return turn_ == rank; });
}

void LncPair::pass_turn(int rank) {
  turn_ = other(rank);
  changed_.notify_all();
}

void LncPair::start(int rank) {
  std::unique_lock lock(mutex_);
  wait_for_turn(lock, rank);
}

LncPair::Outcome LncPair::meet(int rank, Meeting meeting) {
  std::unique_lock lock(mutex_);
  meetings_[rank] = std::move(meeting);
  states_[rank] = State::kWaiting;
  outcomes_[rank] = {};
  if (states_[other(rank)] == State::kEnded) return failed(FaultKind::kDeadlock, "");
  if (states_[other(rank)] == State::kWaiting) {
    const Outcome outcome = match();
    outcomes_ = {outcome, outcome};
    states_ = {State::kReady, State::kReady};
    return outcome;
  }
  pass_turn(rank);
  wait_for_turn(lock, rank);
  return outcomes_[rank];
}

void LncPair::finish(int rank) {
  const std::unique_lock lock(mutex_);
  states_[rank] = State::kEnded;
  if (states_[other(rank)] == State::kWaiting) {
    outcomes_[other(rank)] = failed(FaultKind::kDeadlock, "");
  }
  pass_turn(rank);
}

// A deadlock's text when `what` is empty.
LncPair::Outcome LncPair::failed(FaultKind kind, std::string what) const {
  Outcome outcome = {.kind = kind, .what = std::move(what)};
  for (int rank = 0; rank < kCores; ++rank) {
    outcome.details.push_back(states_[rank] == State::kEnded
                                  ? fmt::format("core {} has ended", rank)
                                  : fmt::format("core {} waits at {} for core {}", rank,
                                                meetings_[rank].what, other(rank)));
  }
  if (outcome.what.empty()) {
    outcome.what = "the cores of the pair never meet; wanted the same barrier or pipe in both";
  }
  return outcome;
}

// Both cores wait.
LncPair::Outcome LncPair::match() {
  const Meeting& one = meetings_[0];
  const Meeting& two = meetings_[1];
  if (one.opcode != two.opcode || one.pipe != two.pipe) return failed(FaultKind::kDeadlock, "");
  if (one.opcode == isa::Opcode::kCoreBarrier) return {};
  std::array<std::vector<std::uint8_t>, kCores> sent;
  for (int rank = 0; rank < kCores; ++rank) {
    const Meeting& receiver = meetings_[rank];
    const Meeting& sender = meetings_[receiver.receive_from];
    if (sender.send_to != rank) {
      return failed(FaultKind::kDeadlock,
                    fmt::format("core {} receives from core {}, which sends to core {}", rank,
                                receiver.receive_from, sender.send_to));
    }
    if (!same_form(sender.src, receiver.dst)) {
      return failed(FaultKind::kUndefined,
                    fmt::format("core {} receives {} as {}; wanted the same shape and type", rank,
                                form_of(sender.src), form_of(receiver.dst)));
    }
    sent[rank] = bytes_of(sender.src);
  }
  for (int rank = 0; rank < kCores; ++rank) put_bytes(meetings_[rank].dst, sent[rank]);
  return {};
}

std::array<RunResult, LncPair::kCores> run_pair(Machine& core0, Machine& core1,
                                                std::uint64_t executed_max) {
  LncPair pair;
  std::array<RunResult, LncPair::kCores> results;
  const auto work = [&](int rank) {
    Machine& machine = rank == 0 ? core0 : core1;
    machine.join(&pair, rank);
    pair.start(rank);
    results[rank] = run(machine, executed_max);
    pair.finish(rank);
    machine.join(nullptr, rank);
  };
  std::thread second(work, 1);
  work(0);
  second.join();
  return results;
}

namespace {

void meet(Machine& machine, const isa::Operand& operand, LncPair::Meeting meeting) {
  const std::string source(machine.program().sources()[machine.current().source]);
  meeting.what += fmt::format(" (instruction {}{}{})", machine.current_id(),
                              source.empty() ? "" : ", ", source);
  if (!machine.pair()) {
    machine.fault(FaultKind::kDeadlock, machine.where(operand),
                  "no other core runs; wanted an LNC pair",
                  {meeting.what + " waits for the other core"});
    return;
  }
  LncPair::Outcome outcome = machine.pair()->meet(machine.rank(), std::move(meeting));
  if (outcome.what.empty()) return;
  machine.fault(outcome.kind, machine.where(operand), std::move(outcome.what),
                std::move(outcome.details));
}

}  // namespace

void execute_core_barrier(Machine& machine, const isa::Instruction& instruction) {
  meet(machine, *instruction.find(OperandName::kData),
       {.what = "core_barrier", .opcode = instruction.opcode});
}

void execute_sendrecv(Machine& machine, const isa::Instruction& instruction) {
  const Tile src = machine.input(OperandName::kSrc);
  const Tile dst = machine.output(OperandName::kDst);
  if (machine.faulted()) return;
  const std::int64_t pipe = instruction.integer(AttributeName::kPipeId);
  meet(machine, *instruction.find(OperandName::kDst),
       {.what = fmt::format("sendrecv with pipe_id={}", pipe),
        .opcode = instruction.opcode,
        .pipe = pipe,
        .send_to = static_cast<int>(instruction.integer(AttributeName::kSendToRank)),
        .receive_from = static_cast<int>(instruction.integer(AttributeName::kRecvFromRank)),
        .src = src,
        .dst = dst});
}

}  // namespace switchyard::neuroncore
