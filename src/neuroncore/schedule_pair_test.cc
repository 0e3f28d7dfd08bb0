// Two cores of an LNC in simulated time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "neuroncore/profile.h"
#include "neuroncore/schedule_programs.h"

namespace switchyard::neuroncore {
namespace {

using isa::AttributeName;
using isa::Engine;
using isa::Generation;
using isa::Opcode;
using isa::OperandName;
using numeric::ElementType;
using testing::HasSubstr;
constexpr ElementType kF32 = ElementType::kFloat32;

struct CoreProgram : ProgramBuilder {
  CoreProgram() : ProgramBuilder(Generation::kV3) {
    shared = output(kF32, {128, 512});
    mine = sbuf(kF32, {128, 512});
    theirs = sbuf(kF32, {128, 512});
  }
  // About 0.6 us each.
  void work(int count) {
    for (int i = 0; i < count; ++i) activate(all(mine), all(mine));
  }
  isa::InstructionId barrier() {
    return add({.opcode = Opcode::kCoreBarrier,
                .engine = Engine::kGpSimd,
                .operands = {operand(OperandName::kData, all(shared))},
                .attributes = {{AttributeName::kCores, std::vector<std::int64_t>{0, 1}}}});
  }
  isa::InstructionId exchange(std::int64_t other, std::int64_t pipe = 0) {
    return add({.opcode = Opcode::kSendrecv,
                .engine = Engine::kSync,
                .operands = {operand(OperandName::kDst, all(theirs)),
                             operand(OperandName::kSrc, all(mine))},
                .attributes = {{AttributeName::kSendToRank, other},
                               {AttributeName::kRecvFromRank, other},
                               {AttributeName::kPipeId, pipe}}});
  }
  isa::TensorId shared, mine, theirs;
};

struct SchedulePair : testing::Test {
  std::array<Timeline, 2> run(Policy policy = Policy::kProgram) const {
    return schedule_pair({&one.program, &two.program}, core_of(Generation::kV3),
                         {ScheduleOptions{.policy = policy}, ScheduleOptions{.policy = policy}});
  }
  static SimTime duration(const std::array<Timeline, 2>& t) {
    return std::max(t[0].duration, t[1].duration);
  }
  static const TimedInstruction& of(const Timeline& t, isa::InstructionId id) {
    return *std::find_if(t.instructions.begin(), t.instructions.end(),
                         [&](const TimedInstruction& i) { return i.instruction == id; });
  }
  CoreProgram one, two;
};

TEST_F(SchedulePair, MeetsAtBarriersWhenTheSlowerOneIsThere) {
  one.work(20);
  two.work(2);
  const isa::InstructionId first = one.barrier(), second = two.barrier();
  one.work(1);
  two.work(1);
  const auto t = run();
  const TimedInstruction &slow = of(t[0], first), &fast = of(t[1], second);
  EXPECT_EQ(slow.start, fast.start);
  EXPECT_EQ(slow.end, fast.end);
  EXPECT_EQ(slow.reached, slow.start);
  EXPECT_NEAR((fast.start - fast.reached).ns(), 18 * (512 + 200) / 1.2, 1);
  EXPECT_EQ(fast.stall, StallReason::kBarrier);
  EXPECT_EQ(t[0].duration, t[1].duration);
  EXPECT_TRUE(t[0].faults.empty() && t[1].faults.empty());
}

TEST_F(SchedulePair, TellsInTheProfileWhoWaited) {
  one.work(20);
  two.work(2);
  one.barrier();
  two.barrier();
  const auto t = run();
  const Profile fast = make_profile(two.program, t[1], peaks_of(core_of(Generation::kV3)));
  const auto reason = static_cast<std::size_t>(StallReason::kBarrier);
  const Stall& stall = fast.engine(Engine::kGpSimd).stalls[reason];
  EXPECT_NEAR(stall.time.ns(), 18 * (512 + 200) / 1.2, 1);
  EXPECT_EQ(fast.traffic.hbm_read, 0);
  // The path: own work, then the wait for the other core, then the barrier.
  SimTime waited;
  for (const PathPart& part : fast.path.parts) {
    if (part.kind == SegmentKind::kWait && part.reason == StallReason::kBarrier) {
      waited += part.time;
    }
  }
  EXPECT_NEAR(waited.ns(), stall.time.ns() + 200 / 1.2, 1);  // from the end of its last work
}

TEST_F(SchedulePair, StartsASendrecvWhenBothAreThere) {
  one.work(20);
  two.work(2);
  const isa::InstructionId first = one.exchange(1), second = two.exchange(0);
  const isa::InstructionId use = two.activate(two.all(two.theirs), two.all(two.theirs));
  const auto t = run();
  ASSERT_EQ(t[0].transfers.size(), 1u);
  ASSERT_EQ(t[1].transfers.size(), 1u);
  EXPECT_EQ(t[0].transfers[0].start, t[1].transfers[0].start);
  EXPECT_EQ(t[0].transfers[0].end, t[1].transfers[0].end);
  EXPECT_GT(t[1].transfers[0].start, of(t[0], first).end);
  EXPECT_EQ(t[0].transfers[0].delayed_by, StallReason::kNone);
  EXPECT_EQ(t[1].transfers[0].delayed_by, StallReason::kBarrier);
  EXPECT_LT(of(t[1], second).end, of(t[0], first).start);  // the trigger itself does not wait
  EXPECT_EQ(of(t[1], use).stall, StallReason::kBarrier);
  EXPECT_GT(of(t[1], use).start, t[1].transfers[0].end);
}

TEST_F(SchedulePair, OfEqualProgramsTakesAsLongAsOneAlone) {
  for (CoreProgram* core : {&one, &two}) {
    core->work(3);
    core->exchange(core == &one ? 1 : 0);
    core->barrier();
    core->work(3);
  }
  for (const Policy policy : {Policy::kProgram, Policy::kList, Policy::kIdeal}) {
    const auto t = run(policy);
    const Timeline alone = schedule(one.program, core_of(Generation::kV3), {.policy = policy});
    EXPECT_EQ(t[0].duration, alone.duration);
    EXPECT_EQ(t[1].duration, alone.duration);
  }
}

TEST_F(SchedulePair, MeetsInEveryTurnOfALoop) {
  constexpr int kTurns = 3;
  const auto body = [](CoreProgram& core, int work) {
    core.loop(kTurns);
    core.work(work);
    const isa::InstructionId id = core.barrier();
    core.end();
    return id;
  };
  const isa::InstructionId first = body(one, 20), second = body(two, 2);
  const auto t = run();
  std::vector<SimTime> starts[2];
  for (int rank = 0; rank < 2; ++rank) {
    for (const TimedInstruction& timed : t[rank].instructions) {
      if (timed.instruction == (rank == 0 ? first : second)) starts[rank].push_back(timed.start);
    }
  }
  ASSERT_EQ(starts[0].size(), static_cast<std::size_t>(kTurns));
  EXPECT_EQ(starts[0], starts[1]);
  // A core alone turns as fast as the slower of the two.
  const Timeline alone =
      schedule(one.program, core_of(Generation::kV3), {.policy = Policy::kProgram});
  EXPECT_EQ(t[1].duration, alone.duration);
}

TEST_F(SchedulePair, OfOtherPipesIsADeadlockOfBoth) {
  one.exchange(1, 1);
  two.exchange(0, 2);
  const auto t = run(Policy::kList);
  for (const Timeline& timeline : t) {
    ASSERT_EQ(timeline.faults.size(), 1u);
    EXPECT_EQ(timeline.faults[0].kind, FaultKind::kDeadlock);
    const std::string text = to_text(timeline.faults[0]);
    EXPECT_THAT(text,
                HasSubstr("core 0 waits at sendrecv with pipe_id=1 (instruction 0) for core 1"));
    EXPECT_THAT(text,
                HasSubstr("core 1 waits at sendrecv with pipe_id=2 (instruction 0) for core 0"));
  }
}

TEST_F(SchedulePair, ACoreThatEndsLeavesTheOtherWaiting) {
  one.work(1);
  two.barrier();
  two.work(1);
  const auto t = run();
  EXPECT_TRUE(t[0].faults.empty());
  ASSERT_EQ(t[1].faults.size(), 1u);
  const std::string text = to_text(t[1].faults[0]);
  EXPECT_THAT(text, HasSubstr("core 0 has ended"));
  EXPECT_THAT(text, HasSubstr("core 1 waits at core_barrier (instruction 0) for core 0"));
}

TEST_F(SchedulePair, KeepsTheOrderOfThePoliciesAndItsResults) {
  for (int i = 0; i < 6; ++i) {
    for (CoreProgram* core : {&one, &two}) {
      const isa::TensorId in = core->input(kF32, {128, 512}), x = core->sbuf(kF32, {128, 512});
      core->dma(core->all(x), core->all(in));
      core->tensor_tensor(core->all(core->mine), core->all(x), core->all(core->mine));
      core->work(core == &one ? i : 6 - i);
      if (i % 2) core->exchange(core == &one ? 1 : 0);
      if (i % 3 == 2) core->barrier();
    }
  }
  const SimTime program = duration(run()), list = duration(run(Policy::kList)),
                ideal = duration(run(Policy::kIdeal));
  EXPECT_LE(ideal, list);
  EXPECT_LE(list, program);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(duration(run(Policy::kList)), list);
}

TEST_F(SchedulePair, LetsOtherTransfersPassOneThatWaitsForTheOtherCore) {
  one.work(20);
  one.exchange(1);
  two.exchange(0);
  const isa::TensorId in = two.input(kF32, {128, 512}), x = two.sbuf(kF32, {128, 512});
  two.dma(two.all(x), two.all(in));
  const auto t = run();
  EXPECT_LT(t[1].transfers[1].end, t[1].transfers[0].start);
  EXPECT_EQ(t[1].transfers[1].delayed_by, StallReason::kNone);
}

struct PairRaces : SchedulePair {
  // Core 0 stores [row, row + 64) of the shared tensor, core 1 loads [64, 128).
  std::array<std::vector<Fault>, 2> faults(std::int64_t row, bool barrier, bool shared = true) {
    const auto half = [&](CoreProgram& core, std::int64_t from) {
      return core.block(core.shared, from, 64, 0, 512);
    };
    const auto tile = [](CoreProgram& core) {
      isa::Access access = core.all(core.mine);
      access.partitions = 64;
      return access;
    };
    one.dma(half(one, row), tile(one));
    if (barrier) {
      one.barrier();
      two.barrier();
    }
    two.dma(tile(two), half(two, 64));
    SharedTensors tensors;
    if (shared) tensors.emplace_back(one.shared, two.shared);
    const auto t = schedule_pair({&one.program, &two.program}, core_of(Generation::kV3),
                                 {ScheduleOptions{}, ScheduleOptions{}}, tensors);
    return {t[0].faults, t[1].faults};
  }
};

TEST_F(PairRaces, AreBytesThatNoBarrierOrders) {
  const auto found = faults(32, false);
  ASSERT_EQ(found[0].size(), 1u);
  ASSERT_EQ(found[1].size(), 1u);
  EXPECT_EQ(found[0][0].kind, FaultKind::kRace);
  EXPECT_THAT(to_text(found[1][0]), HasSubstr("core 1's dma_copy (instruction 0)"));
  EXPECT_THAT(to_text(found[1][0]), HasSubstr("the other is core 0's dma_copy (instruction 0)"));
}

TEST_F(PairRaces, AreNotWhereABarrierOrdersThem) { EXPECT_TRUE(faults(32, true)[0].empty()); }
TEST_F(PairRaces, AreNotOfOtherBytes) { EXPECT_TRUE(faults(0, false)[0].empty()); }
TEST_F(PairRaces, AreNotOfTensorsOfEachCoresOwn) {
  EXPECT_TRUE(faults(32, false, false)[0].empty());
}

}  // namespace
}  // namespace switchyard::neuroncore
