#include "isa/random_program.h"

#include <algorithm>

#include "base/check.h"
#include "isa/random_instructions.h"

namespace switchyard::isa {

namespace {

constexpr int kLoopDepthMax = 2;

class Generator {
 public:
  Generator(std::uint64_t seed, const Limits& limits, const RandomProgramOptions& options)
      : builder_(seed, limits, options) {
    for (const auto rows : {random_vector_rows(), random_search_rows(), random_moving_rows()}) {
      for (const RandomRow& row : rows) {
        if (wanted(row.opcode)) rows_.push_back(&row);
      }
    }
    SWITCHYARD_CHECK(!rows_.empty(), "none of the opcodes exists on NeuronCore-{}",
                     name(limits.generation));
  }

  Program run() {
    block(builder_.options().instructions);
    builder_.write_outputs();
    return std::move(builder_.program());
  }

 private:
  bool wanted(Opcode opcode) const {
    const RandomProgramOptions& options = builder_.options();
    if (builder_.limits().generation < info(opcode).since) return false;
    const bool pair = opcode == Opcode::kSendrecv || opcode == Opcode::kCoreBarrier;
    if (options.opcodes.empty()) return !pair || options.core_pair;
    return std::find(options.opcodes.begin(), options.opcodes.end(), opcode) !=
           options.opcodes.end();
  }

  void block(int count) {
    while (count > 0) {
      const bool may_loop = builder_.options().loops && builder_.depth < kLoopDepthMax;
      if (may_loop && count > 1 && builder_.chance(0.08)) {
        const int body = static_cast<int>(builder_.between(1, std::min(count - 1, 8)));
        builder_.chance(0.7) ? for_loop(body) : while_loop(body);
        count -= body;
      } else {
        rows_[builder_.random().below(rows_.size())]->make(builder_);
        --count;
      }
    }
  }

  // Every loop runs at least once, so that what its body writes is written after it.
  void for_loop(int body) {
    RandomBuilder& b = builder_;
    const std::int64_t rounds = b.between(1, 3), step = b.between(1, 2);
    const RegisterId counter =
        b.program().add_register(fmt::format("c{}", b.program().registers().size()));
    std::optional<RegisterId> upper;
    if (b.chance(0.3) && b.counters.empty()) {
      upper = b.reg();
      b.set_register(*upper, rounds);
    }
    b.start_loop(Opcode::kForBegin);
    b.register_operand(OperandName::kDst, counter);
    b.number(OperandName::kLower, 0);
    if (upper) {
      b.register_operand(OperandName::kUpper, *upper);
    } else {
      b.number(OperandName::kUpper, static_cast<double>(rounds));
    }
    if (b.chance(0.5)) b.attribute(AttributeName::kStep, step);
    b.finish_loop();
    ++b.depth;
    b.counters.push_back(counter);
    b.counter_limits.push_back(rounds);
    block(body);
    b.counters.pop_back();
    b.counter_limits.pop_back();
    end_loop();
  }

  // Runs once or twice: a register of its own counts down.
  void while_loop(int body) {
    RandomBuilder& b = builder_;
    const RegisterId condition =
        b.program().add_register(fmt::format("c{}", b.program().registers().size()));
    b.set_register(condition, 1);
    b.start_loop(Opcode::kWhileBegin);
    b.register_operand(OperandName::kCondition, condition);
    b.finish_loop();
    ++b.depth;
    block(body);
    b.set_register(condition, 0);
    end_loop();
  }

  void end_loop() {
    builder_.start_loop(Opcode::kLoopEnd);
    builder_.finish_loop();
    --builder_.depth;
  }

  RandomBuilder builder_;
  std::vector<const RandomRow*> rows_;
};

}  // namespace

Program random_program(std::uint64_t seed, const Limits& limits,
                       const RandomProgramOptions& options) {
  return Generator(seed, limits, options).run();
}

}  // namespace switchyard::isa
