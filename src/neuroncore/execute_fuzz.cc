// Any bytes as a program: an error, a fault or values; never a crash, and the same values again.
#include <algorithm>
#include <cstddef>

#include "isa/text.h"
#include "isa/validate.h"
#include "neuroncore/test_outcome.h"

using namespace switchyard;

namespace {

// What a run may cost here; nothing of the machine.
constexpr std::int64_t kBytesMax = 1 << 22, kElementsMax = 1 << 16;
constexpr std::uint64_t kExecutedMax = 100;

bool small(const isa::Program& program) {
  std::int64_t bytes = 0;
  for (const isa::Tensor& tensor : program.tensors()) {
    const std::int64_t row = tensor.partition_bytes();
    if (row > kBytesMax) return false;
    bytes += row * tensor.partitions();
    if (bytes > kBytesMax) return false;
  }
  for (isa::FormId id = 0; id < program.forms(); ++id) {
    for (const isa::Operand& operand : program.form(id).operands) {
      if (operand.kind == isa::OperandKind::kAccess && operand.access.elements() > kElementsMax)
        return false;
    }
  }
  return true;
}

bool binds(const isa::Program& program, const isa::Limits& limits) {
  neuroncore::Memory memory(limits);
  for (isa::TensorId id = 0; id < program.tensors().size(); ++id) {
    if (!memory.bind(id, program.tensor(id))) return false;
  }
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Result<isa::Program> program = isa::parse_program(text, "fuzz");
  if (!program) {
    SWITCHYARD_CHECK(!to_text(program.error()).empty());
    return 0;
  }
  const isa::Limits limits = neuroncore::test_limits(program->generation());
  const Status valid = isa::validate(*program, limits);
  if (!valid) {
    SWITCHYARD_CHECK(!to_text(valid.error()).empty());
    return 0;
  }
  if (!small(*program) || !binds(*program, limits)) return 0;
  const neuroncore::ExecuteOptions options{.reports_max = 3};
  const auto first = neuroncore::run_program(*program, limits, options, kExecutedMax);
  const auto second = neuroncore::run_program(*program, limits, options, kExecutedMax);
  if (first.fault) SWITCHYARD_CHECK(!to_text(*first.fault).empty());
  SWITCHYARD_CHECK(first.fault.has_value() == second.fault.has_value());
  SWITCHYARD_CHECK(first.outputs == second.outputs);
  return 0;
}
