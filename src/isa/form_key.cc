#include "isa/form_key.h"

#include <bit>
#include <type_traits>

namespace switchyard::isa {

namespace {

template <class T>
  requires(std::is_integral_v<T> || std::is_enum_v<T>)
void put(std::string& key, T value) {
  key.append(reinterpret_cast<const char*>(&value), sizeof value);
}

void put(std::string& key, double value) { put(key, std::bit_cast<std::uint64_t>(value)); }

template <class T>
void put(std::string& key, const std::vector<T>& values) {
  put(key, values.size());
  for (const T& value : values) put(key, value);
}

void put(std::string& key, const Access& access) {
  put(key, access.type);
  put(key, access.rank);
  put(key, access.start_partition);
  put(key, access.partitions);
  for (int i = 0; i < access.rank; ++i) {
    put(key, access.dims[i].stride);
    put(key, access.dims[i].count);
  }
  const Indirection& indirect = access.indirection;
  put(key, indirect.kind);
  if (indirect.kind == IndirectKind::kNone) return;
  put(key, indirect.operand);
  put(key, indirect.dim);
  put(key, indirect.step);
  put(key, indirect.limit);
}

}  // namespace

void write_form_key(const Instruction& instruction, std::string& key) {
  key.clear();
  put(key, instruction.opcode);
  put(key, instruction.engine);
  put(key, instruction.no_reorder_scope);
  put(key, instruction.operands.size());
  for (const Operand& operand : instruction.operands) {
    put(key, operand.name);
    put(key, operand.kind);
    if (operand.kind == OperandKind::kAccess) put(key, operand.access);
    if (operand.kind == OperandKind::kNumber) put(key, operand.number);
  }
  for (const Attribute& attribute : instruction.attributes) {
    put(key, attribute.name);
    put(key, static_cast<std::uint8_t>(attribute.value.index()));
    std::visit([&](const auto& value) { put(key, value); }, attribute.value);
  }
}

}  // namespace switchyard::isa
