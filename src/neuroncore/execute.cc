#include "neuroncore/execute.h"

#include <algorithm>
#include <array>

#include "base/check.h"
#include "base/text.h"
#include "neuroncore/execute_table.h"

namespace switchyard::neuroncore {

namespace {

using isa::Opcode;
using isa::OperandName;

std::array<Handler, isa::kOpcodes> make_table() {
  const std::span<const HandlerRow> families[] = {
      dma_handlers(),          //
      matmul_handlers(),       //
      elementwise_handlers(),  //
      reduce_handlers(),       //
      activation_handlers(),   //
      select_handlers(),       //
      search_handlers(),       //
      gather_handlers(),       //
      random_handlers(),       //
      sequencer_handlers(),    //
  };
  std::array<Handler, isa::kOpcodes> table = {};
  for (const auto& family : families) {
    for (const HandlerRow& row : family) {
      SWITCHYARD_CHECK(!table[static_cast<int>(row.opcode)], "{} has two handlers",
                       isa::name(row.opcode));
      table[static_cast<int>(row.opcode)] = row.handler;
    }
  }
  return table;
}

// One loop that is running.
struct Loop {
  isa::InstructionId begin;
  bool counted;
  isa::RegisterId reg;  // counted: the induction register; else the condition
  std::int64_t value, upper, step;
  std::size_t trip;  // its place in TripCounts
};

class Runner {
 public:
  Runner(Machine& machine, std::uint64_t executed_max, const std::function<void(double)>& progress)
      : machine_(machine),
        program_(machine.program()),
        executed_max_(executed_max),
        progress_(progress) {
    find_ends();
  }

  RunResult run() {
    for (std::size_t at = 0; at < program_.size();) {
      const auto id = static_cast<isa::InstructionId>(at);
      const Opcode opcode = program_.form(program_.form_of(id)).opcode;
      program_.read(id, instruction_);
      if (opcode == Opcode::kForBegin || opcode == Opcode::kWhileBegin) {
        at = enter(id);
      } else if (opcode == Opcode::kLoopEnd) {
        at = close(id);
      } else {
        ++result_.executed;
        if (!execute(machine_, id, instruction_)) break;
        ++at;
      }
      if (++steps_ > executed_max_) {
        give_up(id);
        break;
      }
      constexpr std::uint64_t kReport = 1 << 10;
      if (progress_ && steps_ % kReport == 0) progress_(done(at));
    }
    if (!result_.fault) result_.fault = machine_.fault();
    return std::move(result_);
  }

 private:
  void find_ends() {
    ends_.assign(program_.size(), 0);
    std::vector<isa::InstructionId> open;
    for (std::size_t i = 0; i < program_.size(); ++i) {
      const auto id = static_cast<isa::InstructionId>(i);
      const Opcode opcode = program_.form(program_.form_of(id)).opcode;
      if (opcode == Opcode::kForBegin || opcode == Opcode::kWhileBegin) open.push_back(id);
      if (opcode != Opcode::kLoopEnd) continue;
      SWITCHYARD_CHECK(!open.empty(), "instruction {} closes no loop", id);
      ends_[open.back()] = id;
      open.pop_back();
    }
    SWITCHYARD_CHECK(open.empty(), "loop at {} is not closed", open.back());
  }

  std::int64_t bound(OperandName name) const {
    const isa::Operand& operand = *instruction_.find(name);
    return operand.kind == isa::OperandKind::kRegister ? machine_.reg(operand.reg)
                                                       : static_cast<std::int64_t>(operand.number);
  }

  // Returns the instruction to go on with.
  std::size_t enter(isa::InstructionId id) {
    Loop loop{.begin = id, .counted = instruction_.opcode == Opcode::kForBegin};
    loop.trip = result_.trips.size();
    result_.trips.push_back(0);
    if (loop.counted) {
      loop.reg = instruction_.find(OperandName::kDst)->reg;
      loop.value = bound(OperandName::kLower);
      loop.upper = bound(OperandName::kUpper);
      loop.step = instruction_.integer(isa::AttributeName::kStep);
    } else {
      loop.reg = instruction_.find(OperandName::kCondition)->reg;
    }
    loops_.push_back(loop);
    return iterate();
  }

  std::size_t close(isa::InstructionId id) {
    SWITCHYARD_CHECK(!loops_.empty() && ends_[loops_.back().begin] == id, "loop end {}", id);
    loops_.back().value += loops_.back().step;
    return iterate();
  }

  std::size_t iterate() {
    const Loop& loop = loops_.back();
    const bool more = loop.counted
                          ? (loop.step > 0 ? loop.value < loop.upper : loop.value > loop.upper)
                          : machine_.reg(loop.reg) != 0;
    if (!more) {
      const std::size_t after = ends_[loop.begin] + 1;
      loops_.pop_back();
      return after;
    }
    ++result_.trips[loop.trip];
    machine_.start_iteration(loop.begin, ends_[loop.begin]);
    if (loop.counted) machine_.set_reg(loop.reg, static_cast<std::int32_t>(loop.value));
    return loop.begin + 1;
  }

  // The share of the program before instruction `at`; in loops by the turns of the outermost.
  double done(std::size_t at) const {
    const auto size = static_cast<double>(program_.size());
    if (loops_.empty()) return static_cast<double>(at) / size;
    const Loop& loop = loops_.front();
    const auto begin = static_cast<double>(loop.begin);
    if (!loop.counted || loop.step == 0) return begin / size;
    const auto left = static_cast<double>((loop.upper - loop.value) / loop.step);
    const auto trips = static_cast<double>(result_.trips[loop.trip]) + std::max(0.0, left);
    const double turned = static_cast<double>(result_.trips[loop.trip]) / std::max(1.0, trips);
    return (begin + turned * static_cast<double>(ends_[loop.begin] - loop.begin)) / size;
  }

  void give_up(isa::InstructionId id) {
    result_.fault = Fault{
        .kind = FaultKind::kDeadlock,
        .instruction = id,
        .where = loops_.empty() ? "program" : "loop",
        .what = fmt::format("still running after {} instructions; wanted an end", executed_max_)};
    for (const Loop& loop : loops_) {
      result_.fault->details.push_back(fmt::format("in the loop of instruction {}, iteration {}",
                                                   loop.begin, result_.trips[loop.trip]));
    }
  }

  Machine& machine_;
  const isa::Program& program_;
  std::uint64_t executed_max_, steps_ = 0;
  const std::function<void(double)>& progress_;
  isa::Instruction instruction_;
  std::vector<isa::InstructionId> ends_;  // by loop begin
  std::vector<Loop> loops_;
  RunResult result_;
};

}  // namespace

Handler handler(Opcode opcode) {
  static const std::array<Handler, isa::kOpcodes> kHandlers = make_table();
  return kHandlers[static_cast<int>(opcode)];
}

bool execute(Machine& machine, isa::InstructionId id, const isa::Instruction& instruction) {
  const Handler work = handler(instruction.opcode);
  SWITCHYARD_CHECK(work, "{} is not executed alone", isa::name(instruction.opcode));
  machine.begin(id, instruction);
  work(machine, instruction);
  return !machine.faulted();
}

RunResult run(Machine& machine, std::uint64_t executed_max,
              const std::function<void(double share)>& progress) {
  return Runner(machine, executed_max, progress).run();
}

}  // namespace switchyard::neuroncore
