// What must hold of every schedule, over random programs.
#include <gtest/gtest.h>

#include <map>

#include "base/random.h"
#include "neuroncore/schedule_programs.h"

namespace switchyard::neuroncore {
namespace {

using isa::Engine;
using isa::Generation;
using numeric::ElementType;

// Kernels out of loads, products, vector work and stores on few tensors, with loops, edges and
// scopes now and then.
class RandomProgram {
 public:
  RandomProgram(std::uint64_t seed, Generation generation, int length)
      : b(generation), random_(seed) {
    const std::uint64_t tensors = 2 + pick(6);
    for (std::uint64_t i = 0; i < tensors; ++i) {
      sbuf_.push_back(b.sbuf(i % 2 ? ElementType::kFloat32 : ElementType::kBfloat16, {128, 512}));
      psum_.push_back(b.psum(ElementType::kFloat32, {128, 512}));
    }
    in_ = b.input(ElementType::kBfloat16, {1024, 2048});
    out_ = b.output(ElementType::kFloat32, {1024, 2048});
    for (int i = 0; i < length; ++i) step();
    for (; open_ > 0; --open_) b.end();
  }
  ProgramBuilder b;

 private:
  std::uint64_t pick(std::uint64_t bound) { return random_.below(bound); }
  isa::Access tile(const std::vector<isa::TensorId>& from) {
    const isa::TensorId id = from[pick(from.size())];
    const auto count = static_cast<std::int64_t>(128 << pick(3));
    const auto begin =
        static_cast<std::int64_t>(pick(512 / static_cast<std::uint64_t>(count))) * count;
    isa::Access access = b.columns(id, begin, count);
    if (pick(4) == 0) {
      access.partitions = 32;
      access.start_partition = static_cast<std::int16_t>(32 * pick(4));
    }
    return access;
  }
  isa::Access hbm(isa::TensorId id) {
    const auto row = static_cast<std::int64_t>(pick(8)) * 128;
    const auto column = static_cast<std::int64_t>(pick(4)) * 512;
    return b.block(id, row, 128, column, 512);
  }

  void step() {
    const std::size_t before = b.program.size();
    // Drawn one after another: the order of arguments is the compiler's.
    const std::uint64_t kind = pick(12);
    const isa::Access x = tile(sbuf_), y = tile(sbuf_), z = tile(sbuf_), sum = tile(psum_);
    const isa::Access weights = b.columns(sbuf_[pick(sbuf_.size())], 0, 128);
    const bool flag = pick(3) > 0;
    switch (kind) {
      case 0:
        return fresh();
      case 1:
      case 2:
        b.dma(x, hbm(in_));
        break;
      case 3:
        b.dma(hbm(out_), x, flag ? Engine::kScalar : Engine::kUnknown);
        break;
      case 4:
      case 5:
      case 6:
        b.matmul(sum, weights, x, flag);
        break;
      case 7:
        b.copy(Engine::kUnknown, x, sum);
        break;
      case 8:
        b.activate(x, y);
        break;
      case 9:
        b.copy(Engine::kGpSimd, x, y);
        break;
      case 10:
        b.tensor_tensor(x, y, z);
        break;
      case 11:
        if (pick(10) > 0) return;
        if (open_ > 0 && pick(2)) {
          --open_;
          b.end();
        } else if (open_ < 3) {
          ++open_;
          b.loop(static_cast<double>(pick(4)));
        }
        return;
    }
    if (open_ == 0 && pick(30) == 0 && before > 0) {
      b.program.add_dependency(static_cast<isa::InstructionId>(before),
                               static_cast<isa::InstructionId>(pick(before)));
    }
  }
  void fresh() {
    const bool in_psum = pick(3) == 0;
    std::vector<isa::TensorId>& list = in_psum ? psum_ : sbuf_;
    list[pick(list.size())] = in_psum ? b.psum(ElementType::kFloat32, {128, 512})
                                      : b.sbuf(ElementType::kFloat32, {128, 512});
  }

  Random random_;
  std::vector<isa::TensorId> sbuf_, psum_;
  isa::TensorId in_ = 0, out_ = 0;
  int open_ = 0;
};

// Every instruction once a turn, engines one thing at a time, transfers behind their triggers and
// not faster than the engines are.
void check_timeline(const isa::Program& program, const Core& core, const Timeline& t) {
  std::array<SimTime, isa::kEngines> until = {};
  std::map<isa::Engine, SimTime> busy;
  SimTime last;
  for (const TimedInstruction& record : t.instructions) {
    const int e = static_cast<int>(record.engine);
    EXPECT_GE(record.start, t.prologue);
    EXPECT_GE(record.end, record.start);
    EXPECT_GE(record.start, record.reached);
    // ScalarE's sequencer starts transfers beside its pipeline.
    EXPECT_TRUE(record.engine == Engine::kScalar || record.start >= until[e]);
    until[e] = std::max(until[e], record.end);
    busy[record.engine] += record.end - record.start;
    last = std::max(last, record.end);
    if (record.stall == StallReason::kOperandReady || record.stall == StallReason::kBufferFree) {
      EXPECT_GT(record.start, record.reached);
      EXPECT_NE(t.instructions[record.stalled_on].instruction, record.instruction);
    }
  }
  std::int64_t bytes = 0;
  for (const TimedTransfer& transfer : t.transfers) {
    EXPECT_GE(transfer.start, t.instructions[transfer.timed].start);
    EXPECT_GT(transfer.end, transfer.start);
    last = std::max(last, transfer.end);
    bytes += transfer.bytes;
  }
  EXPECT_GE(t.duration, last + t.epilogue);
  const double ns = (t.duration - t.prologue - t.epilogue).ns();
  EXPECT_LE(static_cast<double>(bytes), ns * core.dma.rate * core.dma.engines);
  (void)program;
}

// Instructions that touch the same bytes of a tensor, one to write, keep their order and place.
void check_dependences(const isa::Program& program, const Timeline& t) {
  struct Use {
    isa::InstructionId id;
    isa::Access access;
    bool writes;
    bool tensor;
    std::int64_t start, end;
  };
  std::map<isa::TensorId, std::vector<Use>> uses;
  std::map<std::uint32_t, SimTime> ends;
  for (const TimedTransfer& transfer : t.transfers) ends[transfer.timed] = transfer.end;
  std::map<isa::InstructionId, std::uint32_t> order;
  for (std::uint32_t i = 0; i < t.instructions.size(); ++i)
    order[t.instructions[i].instruction] = i;
  for (const auto& [id, i] : order) {
    const isa::Instruction instruction = program.at(id);
    const auto found = ends.find(i);
    const SimTime end = found != ends.end() ? found->second : t.instructions[i].end;
    for (const isa::Operand& operand : instruction.operands) {
      if (operand.kind != isa::OperandKind::kAccess) continue;
      if (program.tensor(operand.access.tensor).buffer == isa::Buffer::kHbm) continue;
      uses[operand.access.tensor].push_back({id, operand.access,
                                             operand.name == isa::OperandName::kDst,
                                             instruction.info().engines.front() == Engine::kTensor,
                                             t.instructions[i].start.ps(), end.ps()});
    }
  }
  const auto meet = [](const isa::Access& a, const isa::Access& b) {
    const auto ea = a.extent(), eb = b.extent();
    return a.start_partition < b.start_partition + b.partitions &&
           b.start_partition < a.start_partition + a.partitions && ea.low <= eb.high &&
           eb.low <= ea.high;
  };
  for (const auto& [tensor, list] : uses) {
    for (std::size_t i = 0; i < list.size(); ++i) {
      for (std::size_t k = i + 1; k < list.size(); ++k) {
        const Use &a = list[i], &b = list[k];
        if (a.id == b.id || (!a.writes && !b.writes) || !meet(a.access, b.access)) continue;
        if (a.tensor && b.tensor) {
          EXPECT_LE(a.start, b.start);
        } else {
          EXPECT_LE(a.end, b.start) << a.id << " and " << b.id;
        }
      }
    }
  }
}

TEST(Policies, KeepTheirOrderAndTheMachinesOverRandomPrograms) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    const auto generation = static_cast<Generation>(2 + seed % 3);
    const RandomProgram p(seed, generation, 20 + static_cast<int>(seed % 7) * 40);
    const Core& core = core_of(generation);
    const Allocation allocation = allocate(p.b.program, core.limits);
    const bool scarce = seed % 2 && !allocation.fault;
    SimTime before(0);
    for (const Policy policy : {Policy::kIdeal, Policy::kList, Policy::kProgram}) {
      ScheduleOptions options{.policy = policy, .allocation = scarce ? &allocation : nullptr};
      options.window = 1 + static_cast<int>(seed % 60);
      const Timeline t = schedule(p.b.program, core, options);
      EXPECT_GE(t.duration, before) << name(policy) << " of seed " << seed;
      EXPECT_TRUE(t.faults.empty());
      EXPECT_EQ(t.policy, policy);
      before = t.duration;
      check_timeline(p.b.program, core, t);
      if (policy != Policy::kIdeal) check_dependences(p.b.program, t);
      const Timeline again = schedule(p.b.program, core, options);
      ASSERT_EQ(again.instructions.size(), t.instructions.size());
      EXPECT_EQ(again.duration, t.duration);
      if (testing::Test::HasFailure()) GTEST_FAIL() << "seed " << seed << ", " << name(policy);
    }
  }
}

}  // namespace
}  // namespace switchyard::neuroncore
