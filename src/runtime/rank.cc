#include "runtime/rank.h"

#include <cstring>

#include "base/check.h"
#include "isa/validate.h"
#include "neuroncore/allocate.h"
#include "neuroncore/schedule.h"

namespace switchyard::runtime {

namespace {

Error fault_error(const neuroncore::Fault& fault) {
  return {.kind = ErrorKind::kImpossible,
          .where = fault.where,
          .found = fault.what,
          .wanted = "a program that this NeuronCore can run"};
}

}  // namespace

neuroncore::Storage& Rank::storage(const std::string& name, std::int64_t bytes) {
  std::unique_ptr<neuroncore::Storage>& known = hbm_[name];
  if (!known || known->row_bytes() != bytes) {
    known = std::make_unique<neuroncore::Storage>(1, bytes);
  }
  return *known;
}

void Rank::put(const std::string& name, std::span<const std::uint8_t> bytes) {
  const auto size = static_cast<std::int64_t>(bytes.size());
  neuroncore::Storage& target = storage(name, size);
  std::memcpy(target.row(0), bytes.data(), bytes.size());
  target.mark_written(0, 0, size);
}

std::span<std::uint8_t> Rank::bytes(const std::string& name) {
  const auto known = hbm_.find(name);
  SWITCHYARD_CHECK(known != hbm_.end(), "no HBM tensor {}", name);
  return {known->second->row(0), static_cast<std::size_t>(known->second->row_bytes())};
}

Status Rank::execute(const isa::Program& program) {
  SWITCHYARD_TRY_STATUS(isa::validate(program, core_.limits));
  neuroncore::Memory memory(core_.limits);
  for (isa::TensorId id = 0; id < program.tensors().size(); ++id) {
    const isa::Tensor& tensor = program.tensor(id);
    if (tensor.buffer == isa::Buffer::kHbm) {
      memory.bind_shared(id, storage(tensor.name, tensor.partition_bytes()));
    } else {
      SWITCHYARD_TRY_STATUS(memory.bind(id, tensor));
    }
  }
  neuroncore::Machine machine(program, memory, core_.limits, {});
  const neuroncore::RunResult result = neuroncore::run(machine);
  if (result.fault) return fail(fault_error(*result.fault));
  if (!machine.reports().empty()) return fail(fault_error(machine.reports().front()));
  return {};
}

Result<neuroncore::Timeline> Rank::time(const isa::Program& program) const {
  const neuroncore::Allocation allocation = neuroncore::allocate(program, core_.limits);
  if (allocation.fault) return fail(fault_error(*allocation.fault));
  return neuroncore::schedule(program, core_, {.allocation = &allocation, .records_max = 0});
}

std::int64_t Rank::hbm_bytes() const {
  std::int64_t total = 0;
  for (const auto& [name, storage] : hbm_) total += storage->row_bytes();
  return total;
}

}  // namespace switchyard::runtime
