// Tensors, accesses and single instructions of a random program. Internal to isa/.
#pragma once

#include <initializer_list>
#include <optional>
#include <span>
#include <vector>

#include "base/random.h"
#include "isa/check.h"
#include "isa/random_program.h"

namespace switchyard::isa {

// What an operand must be.
struct Want {
  Buffer buffer = Buffer::kSbuf;
  numeric::ElementType type = numeric::ElementType::kFloat32;
  int partitions = 1;
  std::int64_t elements = 1;  // a partition; in HBM of partitions * elements
  bool write = false;
  int rank_max = 3;                  // free dims
  bool any_start = false;            // DMA: any partition
  std::vector<std::int64_t> counts;  // these free dims, exactly (HBM: all dims)
  bool fixed_place = false;          // no run-time offset
  bool plain = false;                // contiguous, forwards
};

class RandomBuilder {
 public:
  RandomBuilder(std::uint64_t seed, const Limits& limits, const RandomProgramOptions& options);

  Random& random() { return random_; }
  const Limits& limits() const { return limits_; }
  const RandomProgramOptions& options() const { return options_; }
  Program& program() { return program_; }
  bool before(Generation generation) const { return limits_.generation < generation; }

  std::int64_t between(std::int64_t low, std::int64_t high);  // inclusive
  bool chance(double probability) { return random_.uniform() < probability; }
  template <class T>
  const T& choose(std::span<const T> values) {
    return values[random_.below(values.size())];
  }
  template <class T>
  T choose(std::initializer_list<T> values) {
    return values.begin()[random_.below(values.size())];
  }
  numeric::ElementType type_of(TypeSet set);
  Op op_of(OpSet set);
  double number();          // small, of all kinds
  int partitions();         // 1 to 128, round ones more often
  std::int64_t elements();  // 1 to options().elements_max

  // The instruction being made. start() sets its opcode and engine; finish() appends it.
  void start(Opcode opcode, Engine engine = Engine::kUnknown);
  void operand(OperandName name, const Want& want);
  void value(OperandName name, int partitions, bool psum);  // a number or float32 [P, 1]
  void number(OperandName name, double value);
  void register_operand(OperandName name, RegisterId reg);
  void place(OperandName name, const Access& access);
  void attribute(AttributeName name, AttributeValue value);
  InstructionId finish();
  // A loop's marker: nothing but its operands.
  void start_loop(Opcode opcode) { start(opcode); }
  void finish_loop() { program_.append(instruction_); }
  // On the NeuronCore-v4, sometimes: the operands that follow gather and scatter where they may.
  // `partitions` are those of the operands. Then all operands start at partition 0.
  void maybe_gather(int partitions, int group);

  Access access(const Want& want);
  RegisterId reg();  // some register; not the counter of an open loop
  void set_register(RegisterId reg, std::int64_t value);
  // A [partitions, columns] tile of indices below `limit`, written just before the instruction; of
  // one column, if `unique`, with no index twice.
  Access indices(numeric::ElementType type, int partitions, std::int64_t columns,
                 std::int64_t limit, bool unique = false);
  void add_index(Access access);  // as an index operand of the instruction being made
  int index_count() const { return static_cast<int>(pending_indices_.size()); }
  Access whole_input(numeric::ElementType type, std::vector<std::int64_t> shape);

  // Edges, names, sources and semaphores on instructions outside loops.
  int depth = 0;
  std::vector<RegisterId> counters;          // of open loops
  std::vector<std::int64_t> counter_limits;  // what they stay below
  void write_outputs();

 private:
  struct Shape {
    std::array<Dim, kPatternDims> dims = {};
    int rank = 0;
    std::int64_t low = 0, high = 0;  // reach
  };
  Shape pattern(const Want& want);
  std::vector<std::int64_t> split(std::int64_t count, int rank_max);
  int start_for(int partitions, bool any);
  TensorId tensor_for(const Want& want, int start, std::int64_t bytes);
  TensorId new_tensor(const Want& want, int start, std::int64_t bytes);
  bool suits(TensorId id, const Want& want, int start, std::int64_t bytes) const;
  void initialise(TensorId id);
  void make_dynamic(Access& access, std::int64_t room);
  void decorate();

  Random random_;
  Limits limits_;
  RandomProgramOptions options_;
  Program program_;
  std::vector<TensorId> pool_[3];  // by buffer
  std::int64_t used_[3] = {};      // bytes of a partition, of tensors without address
  std::optional<TensorId> index_tensors_[2];
  Instruction instruction_;
  std::vector<Access> pending_indices_;
  bool gathers_ = false;
  bool indexed_by_register_ = false;  // one register an instruction, so that its value holds
  int gather_group_ = 16;
  int serial_ = 0;
  std::vector<InstructionId> outside_;  // instructions outside loops
  std::vector<SemaphoreId> raised_;     // semaphores that some instruction has updated
  std::uint32_t scope_ = 0;
  std::int64_t next_slot_ = 0;  // of the index tensors
};

}  // namespace switchyard::isa
