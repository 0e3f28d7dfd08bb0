// One instruction held against the rules: its facts, and the words in which faults are told.
// Internal to isa/. Rules are the functions of rules.h; they call what is here and return nothing.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "base/document.h"
#include "base/text.h"
#include "isa/limits.h"
#include "isa/program.h"

namespace switchyard::isa {

// A set of element types: a bit each.
using TypeSet = std::uint32_t;
constexpr TypeSet set_of(std::initializer_list<numeric::ElementType> types) {
  TypeSet set = 0;
  for (const numeric::ElementType type : types) set |= TypeSet{1} << static_cast<int>(type);
  return set;
}
constexpr bool contains(TypeSet set, numeric::ElementType type) {
  return (set >> static_cast<int>(type) & 1) != 0;
}
inline constexpr TypeSet kIntegerTypes = set_of(
    {numeric::ElementType::kInt32, numeric::ElementType::kUint32, numeric::ElementType::kInt16,
     numeric::ElementType::kUint16, numeric::ElementType::kInt8, numeric::ElementType::kUint8});
inline constexpr TypeSet kFloatTypes =
    set_of({numeric::ElementType::kFloat32, numeric::ElementType::kTfloat32,
            numeric::ElementType::kBfloat16, numeric::ElementType::kFloat16,
            numeric::ElementType::kFloat8E3m4, numeric::ElementType::kFloat8E4m3,
            numeric::ElementType::kFloat8E4m3fn, numeric::ElementType::kFloat8E5m2});
inline constexpr TypeSet kPackedTypes =
    set_of({numeric::ElementType::kFloat8E4m3fnX4, numeric::ElementType::kFloat8E5m2X4,
            numeric::ElementType::kFloat4E2m1fnX4});
inline constexpr TypeSet kFloat32Only = set_of({numeric::ElementType::kFloat32});
inline constexpr TypeSet kUint32Only = set_of({numeric::ElementType::kUint32});
inline constexpr TypeSet kIndexTypes =
    set_of({numeric::ElementType::kInt32, numeric::ElementType::kUint32});
inline constexpr TypeSet kScaleTypes =
    set_of({numeric::ElementType::kFloat8E8m0fnu, numeric::ElementType::kUint8});

// A set of operators.
using OpSet = std::uint64_t;
constexpr OpSet set_of(std::initializer_list<Op> ops) {
  OpSet set = 0;
  for (const Op op : ops) set |= OpSet{1} << static_cast<int>(op);
  return set;
}
constexpr bool contains(OpSet set, Op op) { return (set >> static_cast<int>(op) & 1) != 0; }
static_assert(kOps <= 64);

class Check {
 public:
  // `place` opens messages: the kernel's line or the instruction's number.
  Check(const Program& whole, const Instruction& one, const Limits& bounds, std::string_view place,
        FaultList& faults)
      : program(whole), instruction(one), limits(bounds), place_(place), faults_(faults) {}

  const Program& program;
  const Instruction& instruction;
  const Limits& limits;

  Generation generation() const { return limits.generation; }
  bool before(Generation generation) const { return limits.generation < generation; }
  bool ok() const { return fault_count_ == 0; }

  // The access of an operand; nullptr when absent or a number or register.
  const Access* tile(OperandName name) const;
  // Contract: not nullptr, its tensor exists.
  Buffer buffer(const Access& access) const { return program.tensor(access.tensor).buffer; }
  bool in(OperandName name, Buffer buffer) const;  // false when no access
  // Where the access starts. Tensors without an address count from partition 0.
  int physical_partition(const Access& access) const;
  // The engine, when there is one answer: as given, or the only one of the row.
  Engine engine() const;
  bool may_run_on(Engine engine) const;
  bool has(AttributeName name) const { return instruction.find(name) != nullptr; }

  void fault(const Operand& operand, std::string found, std::string wanted, std::string hint = "");
  void fault(OperandName name, std::string found, std::string wanted, std::string hint = "");
  void fault(AttributeName name, std::string found, std::string wanted, std::string hint = "");
  void fault(std::string found, std::string wanted, std::string hint = "");  // of the whole

  // Rules that many instructions share. Operands that are absent or no accesses pass.
  void since(Generation first, std::string_view what);
  void buffers(OperandName name, std::initializer_list<Buffer> allowed, std::string_view hint = "");
  void types(OperandName name, TypeSet allowed, std::string_view hint = "");
  void same_type(OperandName name, OperandName as, std::string_view hint = "");
  void same_partitions(OperandName name, OperandName as);
  void same_shape(OperandName name, OperandName as);  // partitions and elements of each
  void partitions(OperandName name, std::int64_t wanted, std::string_view why);
  void elements(OperandName name, std::int64_t wanted, std::string_view why);
  void elements_between(OperandName name, std::int64_t low, std::int64_t high);
  void dims_at_most(OperandName name, int dims);             // with the partitions
  void value_a_partition(OperandName name, OperandName of);  // shape [P, 1], or a number
  void not_both_in_psum(OperandName a, OperandName b);
  void engines(std::initializer_list<Engine> allowed, std::string_view hint);
  void ops(AttributeName name, OpSet allowed, std::string_view hint = "");
  void commands(std::initializer_list<ReduceCommand> allowed);
  void integer_between(AttributeName name, std::int64_t low, std::int64_t high);
  void int32(AttributeName name);
  void scattered_not_to_psum();  // a rule of the Scalar engine

 private:
  std::string_view place_;
  FaultList& faults_;
  int fault_count_ = 0;
};

std::string names_of(TypeSet set);
std::string names_of(OpSet set);
std::string text_of(const std::vector<std::int64_t>& values);  // "[0, 1]"

// Stages of validation, each in a file of its own.
void check_row(Check& check);       // check_row.cc: against the table of opcode.h
void check_accesses(Check& check);  // check_access.cc: patterns and places
void check_indirections(Check& check);
void check_types(Check& check);
void check_structure(const Program& program, FaultList& faults);  // between instructions

// What the start partition of an access must be.
enum class StartRule : std::uint8_t {
  kAny,       // HBM; DMA engines and sequencers address any partition
  kQuadrant,  // by how many partitions there are: 0; 0, 64; 0, 32, 64, 96
  kScale,     // MX scales: 0, 4, 8 or 12 into a quadrant
};
StartRule start_rule(Opcode opcode, OperandName operand);
bool start_allowed(StartRule rule, int start, int partitions);
// Whether the access must lie in one PSUM bank.
bool within_one_bank(Opcode opcode, OperandName operand, const Limits& limits);

// Whether the pages let this operand use tensor indirection (NeuronCore-v4).
bool may_gather(Opcode opcode, OperandName operand);

// Offsets that an access may touch, relative to Access::offset; false when they leave 64 bits.
struct Reach {
  std::int64_t low = 0, high = 0;
};
bool reach_of(const Access& access, Reach& reach);

}  // namespace switchyard::isa
