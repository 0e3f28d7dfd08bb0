// Speed of VectorE and ScalarE instructions on one core, through memory, machine and handler. One
// JSON object a line.
#include <fmt/core.h>

#include <chrono>
#include <string>

#include "base/random.h"
#include "neuroncore/test_core.h"
#include "numeric/convert.h"

namespace switchyard::neuroncore {
namespace {

using isa::AttributeName;
using isa::Instruction;
using isa::Op;
using isa::Opcode;
using isa::OperandName;
using numeric::ElementType;

// Best of several runs of at least 20 ms each: the others were disturbed.
template <class Work>
double per_second(double amount, const Work& work) {
  using Clock = std::chrono::steady_clock;
  double best = 0;
  for (int run = 0; run < 15; ++run) {
    double done = 0, seconds = 0;
    const auto start = Clock::now();
    while (seconds < 0.02) {
      work();
      done += amount;
      seconds = std::chrono::duration<double>(Clock::now() - start).count();
    }
    best = std::max(best, done / seconds);
  }
  return best;
}

std::string wanted;  // part of the names to run

struct Tensors {
  isa::TensorId a, b, out, column, sums;
};

Tensors make_tensors(TestCore& core, ElementType type, ElementType out_type, std::int64_t columns) {
  Tensors t = {core.sbuf(type, {128, columns}), core.sbuf(type, {128, columns}),
               core.sbuf(out_type, {128, columns}), core.sbuf(ElementType::kFloat32, {128, 1}),
               core.sbuf(ElementType::kFloat32, {128, 1})};
  Random random(1);
  for (const isa::TensorId id : {t.a, t.b, t.column}) {
    const isa::Tensor& tensor = core.program.tensor(id);
    const auto count = static_cast<std::size_t>(128 * tensor.partition_elements());
    std::vector<float> values(count);
    for (float& v : values) v = static_cast<float>(random.normal());
    std::vector<std::uint8_t> bytes(numeric::bytes_of(tensor.type, count));
    numeric::convert(ElementType::kFloat32, values.data(), tensor.type, bytes.data(), count);
    core.memory.write(id, tensor, bytes);
  }
  return t;
}

void measure(const std::string& name, TestCore& core, const Instruction& instruction,
             std::int64_t columns) {
  if (name.find(wanted) == std::string::npos) return;
  const isa::InstructionId id = core.program.append(instruction);
  const double rate = per_second(static_cast<double>(128 * columns), [&] {
    if (!execute(core.machine, id, instruction)) std::abort();
  });
  fmt::print(
      "{{\"name\": \"neuroncore {}\", \"value\": {:.3g}, \"unit\": \"elements/s\", "
      "\"note\": \"one core, 128 x {}\"}}\n",
      name, rate, columns);
}

void bench(ElementType type, ElementType out_type, std::int64_t columns) {
  TestCore core(isa::Generation::kV4);
  const Tensors t = make_tensors(core, type, out_type, columns);
  const auto operand = [&](OperandName name, isa::TensorId id) { return core.whole(name, id); };
  const std::string types = fmt::format(", {} to {}", numeric::name(type), numeric::name(out_type));
  const isa::Operand dst = operand(OperandName::kDst, t.out);
  const isa::Operand data = operand(OperandName::kData, t.a);
  const auto number = TestCore::number;

  measure("tensor_copy" + types, core,
          {.opcode = Opcode::kTensorCopy, .operands = {dst, operand(OperandName::kSrc, t.a)}},
          columns);
  measure("tensor_tensor add" + types, core,
          {.opcode = Opcode::kTensorTensor,
           .operands = {dst, operand(OperandName::kData1, t.a), operand(OperandName::kData2, t.b)},
           .attributes = {{AttributeName::kOp, Op::kAdd}}},
          columns);
  measure("tensor_scalar multiply add" + types, core,
          {.opcode = Opcode::kTensorScalar,
           .operands = {dst, data, operand(OperandName::kOperand0, t.column),
                        number(OperandName::kOperand1, 0.5)},
           .attributes = {{AttributeName::kOp0, Op::kMultiply}, {AttributeName::kOp1, Op::kAdd}}},
          columns);
  for (const Op op : {Op::kExp, Op::kSilu, Op::kGelu, Op::kRsqrt})
    measure(fmt::format("activation {}{}", isa::name(op), types), core,
            {.opcode = Opcode::kActivation,
             .operands = {dst, data, operand(OperandName::kBias, t.column),
                          number(OperandName::kScale, 0.5)},
             .attributes = {{AttributeName::kOp, op}}},
            columns);
  measure("activation_reduce exp add" + types, core,
          {.opcode = Opcode::kActivationReduce,
           .operands = {dst, data, operand(OperandName::kReduceRes, t.sums)},
           .attributes = {{AttributeName::kOp, Op::kExp}, {AttributeName::kReduceOp, Op::kAdd}}},
          columns);
  measure("tensor_reduce add" + types, core,
          {.opcode = Opcode::kTensorReduce,
           .operands = {operand(OperandName::kDst, t.sums), data},
           .attributes = {{AttributeName::kOp, Op::kAdd},
                          {AttributeName::kAxis, std::vector<std::int64_t>{1}}}},
          columns);
  measure("tensor_tensor_scan multiply add" + types, core,
          {.opcode = Opcode::kTensorTensorScan,
           .operands = {dst, operand(OperandName::kData0, t.a), operand(OperandName::kData1, t.b),
                        number(OperandName::kInitial, 0)},
           .attributes = {{AttributeName::kOp0, Op::kMultiply}, {AttributeName::kOp1, Op::kAdd}}},
          columns);
}

}  // namespace
}  // namespace switchyard::neuroncore

// An argument chooses the benchmarks whose names contain it.
int main(int argc, char** argv) {
  if (argc > 1) switchyard::neuroncore::wanted = argv[1];
  using switchyard::numeric::ElementType;
  switchyard::neuroncore::bench(ElementType::kBfloat16, ElementType::kBfloat16, 2048);
  switchyard::neuroncore::bench(ElementType::kBfloat16, ElementType::kFloat32, 2048);
  switchyard::neuroncore::bench(ElementType::kFloat32, ElementType::kBfloat16, 2048);
  switchyard::neuroncore::bench(ElementType::kBfloat16, ElementType::kBfloat16, 8);
}
