#include "neuroncore/reduce_registers.h"

#include "neuroncore/alu.h"

namespace switchyard::neuroncore {

using isa::OperandName;
using isa::ReduceCommand;

ReduceRegisters::ReduceRegisters(Machine& machine, isa::Engine engine, ReduceCommand command,
                                 isa::Op op, int partitions, OperandName initial)
    : registers_(machine.accumulators(engine).value.data()),
      op_(op),
      adds_(command != ReduceCommand::kIdle && command != ReduceCommand::kReset) {
  if (command == ReduceCommand::kReset || command == ReduceCommand::kResetReduce)
    std::fill_n(registers_, partitions, reduction_identity(op));
  if (command == ReduceCommand::kLoadReduce) {
    const auto values = machine.partition_values(initial, partitions, reduction_identity(op));
    std::copy(values.begin(), values.end(), registers_);
  }
}

void ReduceRegisters::add(const Block& block, const float* values) {
  if (adds_)
    reduce_lanes(op_, values, block.count, block.count, block.rows, registers_ + block.partition);
}

void ReduceRegisters::store(Machine& machine, bool negate) const {
  if (!machine.has(OperandName::kReduceRes)) return;
  const Tile tile = machine.output(OperandName::kReduceRes);
  for (int p = 0; p < tile.partitions && !machine.faulted(); ++p) {
    const float value = negate ? -registers_[p] : registers_[p];
    write_values(tile, p, 0, 1, &value, machine.rounding(static_cast<std::uint64_t>(p)));
  }
}

}  // namespace switchyard::neuroncore
