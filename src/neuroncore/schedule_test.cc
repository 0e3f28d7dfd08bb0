// Order: hazards, edges, policies, loops; faults of programs that order themselves.
#include "neuroncore/schedule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "neuroncore/schedule_programs.h"

namespace switchyard::neuroncore {
namespace {

using isa::Engine;
using isa::FixedAddress;
using isa::Generation;
using numeric::ElementType;
using ::testing::HasSubstr;
constexpr ElementType kF32 = ElementType::kFloat32;
constexpr Policy kPolicies[] = {Policy::kProgram, Policy::kList, Policy::kIdeal};

const TimedInstruction& timed(const Timeline& t, isa::InstructionId id) {
  for (const TimedInstruction& record : t.instructions) {
    if (record.instruction == id) return record;
  }
  SWITCHYARD_CHECK(false, "{} is not in the timeline", id);
}

// VectorE does something to [128, 512] from column 512, then ScalarE to `count` columns from
// `begin`: does ScalarE wait?
struct Pair {
  bool first_writes, second_writes;
};
StallReason second_stall(const Pair& pair, std::int64_t begin, std::int64_t count) {
  ProgramBuilder b(Generation::kV3);
  const isa::TensorId x = b.sbuf(kF32, {128, 2048});
  const isa::TensorId p = b.sbuf(kF32, {128, 512}), q = b.sbuf(kF32, {128, count});
  const isa::Access first = b.columns(x, 512, 512), second = b.columns(x, begin, count);
  const auto copy = [&](Engine e, const isa::Access& mine, const isa::Access& other, bool writes) {
    b.copy(e, writes ? mine : other, writes ? other : mine);
  };
  copy(Engine::kVector, first, b.all(p), pair.first_writes);
  copy(Engine::kScalar, second, b.all(q), pair.second_writes);
  return timed(b.timeline(), 1).stall;
}

TEST(Hazards, HoldWhereBytesMeet) {
  struct Row {
    Pair pair;
    StallReason wanted;
  };
  const Row rows[] = {{{true, false}, StallReason::kOperandReady},
                      {{false, true}, StallReason::kBufferFree},
                      {{true, true}, StallReason::kBufferFree},
                      {{false, false}, StallReason::kNone}};
  for (const Row& row : rows) {
    EXPECT_EQ(second_stall(row.pair, 512, 512), row.wanted);
    EXPECT_EQ(second_stall(row.pair, 0, 513), row.wanted);    // the last element meets
    EXPECT_EQ(second_stall(row.pair, 1023, 10), row.wanted);  // the first one
    EXPECT_EQ(second_stall(row.pair, 0, 512), StallReason::kNone);
    EXPECT_EQ(second_stall(row.pair, 1024, 10), StallReason::kNone);
  }
}

TEST(Hazards, TakeASemaphoreBetweenEngines) {
  ProgramBuilder b(Generation::kV3);
  const isa::TensorId x = b.sbuf(kF32, {128, 512}), y = b.sbuf(kF32, {128, 512});
  b.memset(Engine::kVector, b.all(x));
  b.activate(b.all(y), b.all(x));  // reads x
  b.memset(Engine::kVector, b.all(x));
  const Timeline t = b.timeline();
  const Core& core = core_of(Generation::kV3);
  const SimTime semaphore = nanoseconds(core.engine.semaphore);
  // Read after write: the result and the semaphore. Write after read: the reads and the semaphore.
  EXPECT_EQ(timed(t, 1).start,
            timed(t, 0).end + core.cycles(Engine::kVector, core.vector.latency) + semaphore);
  EXPECT_EQ(timed(t, 2).start, timed(t, 1).end + semaphore);
  EXPECT_EQ(t.instructions[timed(t, 1).stalled_on].instruction, 0u);
  EXPECT_EQ(timed(t, 1).reached, t.prologue);
}

TEST(Hazards, ApplyByPartitions) {
  const auto stalls = [](std::int16_t partition) {
    ProgramBuilder b(Generation::kV3);
    const isa::TensorId x = b.sbuf(kF32, {128, 512});
    isa::Access low = b.all(x), high = b.all(x);
    low.partitions = high.partitions = 32;
    high.start_partition = partition;
    b.memset(Engine::kVector, low);
    b.activate(b.all(b.sbuf(kF32, {32, 512})), high);
    return timed(b.timeline(), 1).stall != StallReason::kNone;
  };
  EXPECT_TRUE(stalls(0));
  EXPECT_FALSE(stalls(32));
}

TEST(Hazards, SeeThroughFixedAddresses) {
  const auto stalls = [](std::int64_t byte) {
    ProgramBuilder b(Generation::kV3);
    const isa::TensorId x = b.sbuf(kF32, {128, 16}, FixedAddress{0, 4096});
    const isa::TensorId y = b.sbuf(kF32, {128, 16}, FixedAddress{0, byte});
    b.memset(Engine::kVector, b.all(x));
    b.activate(b.all(b.sbuf(kF32, {128, 16})), b.all(y));
    return timed(b.timeline(), 1).stall != StallReason::kNone;
  };
  EXPECT_FALSE(stalls(4096 - 64));
  EXPECT_TRUE(stalls(4096 - 60));
  EXPECT_TRUE(stalls(4096 + 60));
  EXPECT_FALSE(stalls(4096 + 64));
}

TEST(Hazards, TellTilesOfAMatrixInHbmApart) {
  ProgramBuilder b(Generation::kV3);
  const isa::TensorId x = b.sbuf(kF32, {128, 4096});
  const isa::TensorId out = b.output(kF32, {256, 4096});
  b.memset(Engine::kVector, b.all(x));
  for (std::int64_t row = 0; row < 256; row += 128) {
    for (std::int64_t column = 0; column < 4096; column += 512) {
      b.dma(b.block(out, row, 128, column, 512), b.columns(x, column, 512));
    }
  }
  // Stores to different tiles only wait for the memset and for each other's triggers.
  const Timeline t = b.timeline();
  const SimTime trigger = core_of(Generation::kV3).cycles(Engine::kSync, 64);
  for (std::size_t i = 2; i < t.instructions.size(); ++i) {
    EXPECT_EQ(t.instructions[i].start, t.instructions[i - 1].start + trigger);
  }
  // The same tile again has to wait for the stores to it, which others delay.
  b.dma(b.block(out, 0, 128, 500, 20), b.columns(x, 0, 20));
  const Timeline again = b.timeline();
  EXPECT_EQ(again.instructions.back().stall, StallReason::kDmaBandwidth);
  EXPECT_EQ(again.instructions.back().stalled_on, 2u);
  EXPECT_GT(again.instructions.back().start, again.transfers[1].end);
}

TEST(Edges, OrderWhatNothingElseDoes) {
  ProgramBuilder b(Generation::kV3);
  const isa::TensorId x = b.sbuf(kF32, {128, 512}), y = b.sbuf(kF32, {128, 512});
  b.memset(Engine::kVector, b.all(x));
  b.activate(b.all(y), b.all(y));
  EXPECT_EQ(timed(b.timeline(), 1).start, b.timeline().prologue);
  b.program.add_dependency(1, 0);
  for (const Policy policy : kPolicies) {
    const Timeline t = b.timeline(policy);
    EXPECT_GT(timed(t, 1).start, timed(t, 0).end);
    EXPECT_EQ(timed(t, 1).stall, StallReason::kDependsOn);
  }
}

TEST(List, MovesLoadsAheadOfWaitingStores) {
  // load, compute, store over and over on one queue: in order each load waits for the store before.
  ProgramBuilder b(Generation::kV3);
  const isa::TensorId in = b.input(kF32, {128 * 20, 512}), out = b.output(kF32, {128 * 20, 512});
  for (std::int64_t i = 0; i < 20; ++i) {
    const isa::TensorId x = b.sbuf(kF32, {128, 512}), y = b.sbuf(kF32, {128, 512});
    b.dma(b.all(x), b.block(in, i * 128, 128, 0, 512));
    b.activate(b.all(y), b.all(x));
    b.dma(b.block(out, i * 128, 128, 0, 512), b.all(y));
  }
  EXPECT_LT(b.work(Policy::kList), 0.5 * b.work(Policy::kProgram));
  EXPECT_LE(b.work(Policy::kIdeal), b.work(Policy::kList));
}

TEST(List, LooksNoFurtherThanItsWindow) {
  // Twenty slow VectorE instructions, then something for ScalarE, then for VectorE.
  ProgramBuilder b(Generation::kV3);
  const isa::TensorId x = b.sbuf(kF32, {128, 512});
  for (int i = 0; i < 20; ++i) b.copy(Engine::kVector, b.all(x), b.all(x));
  b.activate(b.all(b.sbuf(kF32, {128, 512})), b.all(b.sbuf(kF32, {128, 512})));
  const auto start = [&](int window) {
    const Timeline t = schedule(b.program, core_of(Generation::kV3), {.window = window});
    return (timed(t, 20).start - t.prologue).ns();
  };
  EXPECT_EQ(start(21), 0);
  // The window of 11 reaches it when ten are issued. But then the order of the program is better,
  // and that is what list falls back on.
  EXPECT_EQ(start(11), 0);
}

TEST(List, TakesTurnsThroughScarceMemory) {
  ProgramBuilder b(Generation::kV3);
  const isa::TensorId in = b.input(kF32, {128 * 40, 4096}), out = b.output(kF32, {128 * 40, 4096});
  for (std::int64_t i = 0; i < 40; ++i) {
    const isa::TensorId x = b.sbuf(kF32, {128, 4096});
    b.dma(b.all(x), b.block(in, i * 128, 128, 0, 4096));
    b.activate(b.all(x), b.all(x));
    b.dma(b.block(out, i * 128, 128, 0, 4096), b.all(x));
  }
  const Core& core = core_of(Generation::kV3);
  const Allocation packed = allocate(b.program, core.limits);
  ASSERT_FALSE(packed.fault);
  const auto ns = [&](Policy policy) { return b.timeline(policy, &packed).duration.ns(); };
  // Packed low, every tile has the same place; in turns some thirteen fit.
  EXPECT_LT(ns(Policy::kList), 0.7 * ns(Policy::kProgram));
  EXPECT_LE(ns(Policy::kIdeal), ns(Policy::kList));
}

TEST(Engines, GetTheirShareOfWhatMayRunOnSeveral) {
  ProgramBuilder b(Generation::kV3);
  for (int i = 0; i < 100; ++i) {
    b.copy(Engine::kUnknown, b.all(b.sbuf(kF32, {128, 512})), b.all(b.sbuf(kF32, {128, 512})));
  }
  std::map<Engine, int> count;
  for (const TimedInstruction& t : b.timeline().instructions) ++count[t.engine];
  EXPECT_EQ(count[Engine::kGpSimd], 0);
  EXPECT_NEAR(count[Engine::kScalar], 100 * 1.2 / (1.2 + 0.96), 2);  // by their clocks
  EXPECT_EQ(count[Engine::kVector] + count[Engine::kScalar], 100);
}

TEST(Loops, TurnAsOftenAsTheyShould) {
  ProgramBuilder b(Generation::kV3);
  const isa::TensorId x = b.sbuf(kF32, {128, 512});
  b.memset(Engine::kVector, b.all(x));
  b.loop(7);
  b.activate(b.all(x), b.all(x));
  b.copy(Engine::kVector, b.all(x), b.all(x));
  b.end();
  b.memset(Engine::kVector, b.all(x));
  for (const Policy policy : kPolicies) {
    const Timeline t = b.timeline(policy);
    std::map<isa::InstructionId, int> count;
    SimTime before;
    std::uint32_t iteration = 0;
    for (const TimedInstruction& record : t.instructions) {
      ++count[record.instruction];
      if (record.instruction != 2) continue;
      EXPECT_EQ(record.iteration, iteration++);
      EXPECT_GT(record.start, before);
      before = record.end;
    }
    EXPECT_EQ(count,
              (std::map<isa::InstructionId, int>{{0, 1}, {1, 1}, {2, 7}, {3, 7}, {4, 7}, {5, 1}}));
    EXPECT_LT(t.instructions.back().end, t.duration);
  }
  // Counts of a run go before those written in the program; past their end the program's hold.
  const auto turns = [&](const TripCounts& trips) {
    const Timeline t = schedule(b.program, core_of(Generation::kV3), {.trips = &trips});
    return t.instructions.size();
  };
  EXPECT_EQ(turns({3}), 3u + 3 * 3);
  EXPECT_EQ(turns({0}), 3u);
  EXPECT_EQ(turns({}), 3u + 7 * 3);
}

TEST(Loops, NestAndCostTheirTurns) {
  const auto ns = [](double outer, double inner) {
    ProgramBuilder b(Generation::kV3);
    b.loop(outer);
    b.loop(inner);
    b.memset(Engine::kVector, b.all(b.sbuf(kF32, {128, 64})));
    b.end();
    b.end();
    const Timeline t = schedule(b.program, core_of(Generation::kV3), {.records_max = 100});
    return (t.duration - t.prologue - t.epilogue).ns();
  };
  const double turn = core_of(Generation::kV3).kernel.loop_turn;
  const double body = ns(1, 1) - 4 * turn;  // two entries, two turns
  EXPECT_NEAR(ns(3, 5), turn + 3 * (2 * turn + 5 * (body + turn)), 1);
  EXPECT_NEAR(ns(3, 0), turn + 3 * 2 * turn, 1);
  EXPECT_GT(ns(1e9, 1e9), 1e15);  // worked out, not walked through
}

TEST(Loops, OfUnequalInnerCountsAreWalkedThrough) {
  ProgramBuilder b(Generation::kV3);
  b.loop(2);
  b.loop(1);
  b.memset(Engine::kVector, b.all(b.sbuf(kF32, {128, 64})));
  b.end();
  b.end();
  const TripCounts trips = {2, 3, 5};
  const Timeline t = schedule(b.program, core_of(Generation::kV3), {.trips = &trips});
  const auto memsets = std::count_if(t.instructions.begin(), t.instructions.end(),
                                     [](const auto& record) { return record.instruction == 2; });
  EXPECT_EQ(memsets, 8);
}

TEST(Progress, GrowsToTheEnd) {
  ProgramBuilder b(Generation::kV3);
  const isa::TensorId x = b.sbuf(ElementType::kFloat32, {128, 64});
  for (int i = 0; i < 100'000; ++i) b.activate(b.all(x), b.all(x));
  for (const Policy policy : {Policy::kProgram, Policy::kList, Policy::kIdeal}) {
    std::vector<double> shares;
    schedule(b.program, core_of(Generation::kV3),
             {.policy = policy, .progress = [&](double share) { shares.push_back(share); }});
    ASSERT_GT(shares.size(), 4u);
    EXPECT_TRUE(std::is_sorted(shares.begin(), shares.end()));
    EXPECT_GT(shares.front(), 0);
    EXPECT_GT(shares.back(), 0.9);
    EXPECT_LE(shares.back(), 1);
  }
}

TEST(Progress, CountsTheTurnsOfALoop) {
  ProgramBuilder b(Generation::kV3);
  const isa::TensorId x = b.sbuf(ElementType::kFloat32, {128, 64});
  b.loop(10);
  b.loop(2);
  b.activate(b.all(x), b.all(x));
  b.end();
  b.end();
  TripCounts trips = {10};
  for (int i = 0; i < 10; ++i) trips.push_back(i);  // turns differ: each is walked
  std::vector<double> shares;
  schedule(b.program, core_of(Generation::kV3),
           {.policy = Policy::kProgram, .trips = &trips, .progress = [&](double share) {
              shares.push_back(share);
            }});
  ASSERT_EQ(shares.size(), 10u);
  EXPECT_NEAR(shares[5] - shares[4], 0.1 * 4 / 5, 1e-9);
}

TEST(Records, EndWhereTheyShouldButTimeGoesOn) {
  ProgramBuilder b(Generation::kV3);
  b.loop(1000);
  b.memset(Engine::kVector, b.all(b.sbuf(kF32, {128, 64})));
  b.end();
  const Timeline all = b.timeline();
  const Timeline some = schedule(b.program, core_of(Generation::kV3), {.records_max = 11});
  EXPECT_LE(some.instructions.size(), 11u);
  EXPECT_EQ(some.duration, all.duration);
}

class SelfOrdered : public testing::Test {
 protected:
  SelfOrdered() : b(Generation::kV3) { b.program.automatic_order = false; }
  // An instruction on `engine` that reads and writes x.
  isa::InstructionId step(Engine engine, std::vector<isa::SemaphoreUse> waits = {},
                          std::vector<isa::SemaphoreUse> updates = {},
                          std::vector<isa::InstructionId> after = {}) {
    return b.add({.opcode = isa::Opcode::kTensorCopy,
                  .engine = engine,
                  .operands = {b.operand(isa::OperandName::kDst, b.all(x)),
                               b.operand(isa::OperandName::kSrc, b.all(x))},
                  .depends_on = std::move(after),
                  .waits = std::move(waits),
                  .updates = std::move(updates)});
  }
  ProgramBuilder b;
  isa::TensorId x = b.sbuf(kF32, {128, 512});
  isa::SemaphoreId s = b.program.add_semaphore("s");
};

TEST_F(SelfOrdered, ProgramsRunAsTheirSemaphoresSay) {
  step(Engine::kScalar, {{s, 2}});
  step(Engine::kVector, {}, {{s, 1}});
  step(Engine::kVector, {}, {{s, 1}});
  const Timeline t = b.timeline(Policy::kList);
  EXPECT_TRUE(t.faults.empty());
  EXPECT_GT(timed(t, 0).start, timed(t, 2).end);
  EXPECT_EQ(timed(t, 0).stall, StallReason::kSemaphore);
}

TEST_F(SelfOrdered, ProgramsRaceWithoutThem) {
  step(Engine::kScalar);
  step(Engine::kVector);
  const Timeline t = b.timeline();
  ASSERT_EQ(t.faults.size(), 1u);
  EXPECT_EQ(t.faults[0].kind, FaultKind::kRace);
  EXPECT_EQ(t.faults[0].instruction, 1u);
  EXPECT_THAT(to_text(t.faults[0]), HasSubstr("0 tensor_copy on scalar"));
}

TEST_F(SelfOrdered, ProgramsAreOrderedByEdgesAndByTheirEngine) {
  const isa::InstructionId first = step(Engine::kScalar);
  step(Engine::kScalar);
  step(Engine::kVector, {}, {}, {first});  // but not behind the second
  const Timeline t = b.timeline();
  ASSERT_EQ(t.faults.size(), 1u);
  EXPECT_THAT(t.faults[0].details[0], HasSubstr("1 tensor_copy"));
}

TEST_F(SelfOrdered, OrderReachesOverAThirdEngine) {
  const isa::SemaphoreId r = b.program.add_semaphore("r");
  step(Engine::kScalar, {}, {{s, 1}});
  const isa::TensorId other = b.sbuf(kF32, {128, 8});
  b.add({.opcode = isa::Opcode::kMemset,
         .engine = Engine::kGpSimd,
         .operands = {b.operand(isa::OperandName::kDst, b.all(other))},
         .attributes = {{isa::AttributeName::kValue, 0.0}},
         .waits = {{s, 1}},
         .updates = {{r, 1}}});
  step(Engine::kVector, {{r, 1}});
  EXPECT_TRUE(b.timeline().faults.empty());
}

TEST_F(SelfOrdered, AddressesThatMeetRaceWhateverTheirNames) {
  const auto races = [](std::int64_t byte) {
    ProgramBuilder p(Generation::kV3);
    p.program.automatic_order = false;
    p.memset(Engine::kVector, p.all(p.sbuf(kF32, {128, 16}, FixedAddress{0, 0})));
    p.memset(Engine::kGpSimd, p.all(p.sbuf(kF32, {128, 16}, FixedAddress{0, byte})));
    return p.timeline().faults.size();
  };
  EXPECT_EQ(races(60), 1u);
  EXPECT_EQ(races(64), 0u);
}

TEST_F(SelfOrdered, PlacesBetweenStridesDoNotRace) {
  const auto races = [](std::int64_t offset, isa::Buffer buffer) {
    ProgramBuilder p(Generation::kV3);
    p.program.automatic_order = false;
    isa::Access even = p.all(p.tensor(buffer, kF32, {128, 64}));
    even.dims[0] = {2, 32};
    isa::Access other = even;
    other.offset = offset;
    p.memset(Engine::kVector, even);
    p.copy(Engine::kScalar, p.all(p.sbuf(kF32, {128, 32})), other);
    return p.timeline().faults.size();
  };
  for (const isa::Buffer buffer : {isa::Buffer::kSbuf, isa::Buffer::kPsum}) {
    EXPECT_EQ(races(0, buffer), 1u);
    EXPECT_EQ(races(1, buffer), 0u);
  }
}

TEST_F(SelfOrdered, ATransferIsNotOverWhenItsTriggerIs) {
  const auto races = [](bool edge) {
    ProgramBuilder p(Generation::kV3);
    p.program.automatic_order = false;
    const isa::TensorId from = p.input(kF32, {128, 512}), to = p.sbuf(kF32, {128, 512});
    const isa::InstructionId load = p.dma(p.all(to), p.all(from), Engine::kScalar);
    const isa::InstructionId use = p.activate(p.all(p.sbuf(kF32, {128, 512})), p.all(to));
    if (edge) p.program.add_dependency(use, load);
    return p.timeline().faults.size();
  };
  EXPECT_EQ(races(false), 1u);
  EXPECT_EQ(races(true), 0u);
}

TEST_F(SelfOrdered, ProgramsThatWaitForEachOtherSayWho) {
  const isa::SemaphoreId r = b.program.add_semaphore("r");
  step(Engine::kScalar, {{s, 1}}, {{r, 1}});
  step(Engine::kVector, {{r, 2}}, {{s, 1}});
  const Timeline t = b.timeline();
  ASSERT_FALSE(t.faults.empty());
  EXPECT_EQ(t.faults[0].kind, FaultKind::kDeadlock);
  const std::string text = to_text(t.faults[0]);
  EXPECT_THAT(text,
              HasSubstr("scalar at 0 tensor_copy waits for semaphore s to reach 1; it stays at 0"));
  EXPECT_THAT(text, HasSubstr("vector at 1 tensor_copy waits for semaphore r to reach 2"));
}

TEST_F(SelfOrdered, EdgesThatGoRoundAreADeadlock) {
  b.program.automatic_order = true;
  step(Engine::kScalar, {}, {}, {1});
  step(Engine::kVector, {}, {}, {0});
  for (const Policy policy : kPolicies) {
    const Timeline t = b.timeline(policy);
    ASSERT_EQ(t.faults.size(), 1u);
    EXPECT_EQ(t.faults[0].kind, FaultKind::kDeadlock);
    EXPECT_THAT(to_text(t.faults[0]),
                HasSubstr("scalar at 0 tensor_copy waits for 1 tensor_copy on vector"));
  }
}

}  // namespace
}  // namespace switchyard::neuroncore
