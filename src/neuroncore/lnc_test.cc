// Two cores that share HBM: who sees what, and meetings that cannot come about.
#include "neuroncore/lnc.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "neuroncore/operand_reference.h"

namespace switchyard::neuroncore {
namespace {

using isa::AttributeName;
using isa::Buffer;
using isa::Opcode;
using isa::OperandName;
using numeric::ElementType;
using testing::ElementsAre;
using testing::HasSubstr;

// Each core has the shared tensor `shared` [2, 4] in HBM and tiles `mine` and `other` [1, 4].
class Lnc : public testing::Test {
 protected:
  Lnc() : storage_(1, 32) {
    for (int rank = 0; rank < 2; ++rank) {
      TestCore& core = cores_[rank];
      const isa::TensorId shared = core.program.add_tensor(
          {.name = "shared", .buffer = Buffer::kHbm, .type = ElementType::kInt32, .shape = {2, 4}});
      core.memory.bind_shared(shared, storage_);
      mine_ = core.sbuf(ElementType::kInt32, {1, 4});
      other_ = core.sbuf(ElementType::kInt32, {1, 4});
      std::int32_t values[4];
      for (int i = 0; i < 4; ++i) values[i] = 10 * (rank + 1) + i;
      core.memory.write(mine_, core.program.tensor(mine_),
                        std::span(reinterpret_cast<const std::uint8_t*>(values), 16));
    }
  }

  void copy(int rank, const isa::Access& dst, const isa::Access& src) {
    cores_[rank].program.append(
        {.opcode = Opcode::kDmaCopy,
         .engine = isa::Engine::kSync,
         .operands = {operand(OperandName::kDst, dst), operand(OperandName::kSrc, src)}});
  }
  isa::Access tile(isa::TensorId id) { return cores_[0].program.tensor(id).all(id); }
  isa::Access row(int index) {
    isa::Access access = cores_[0].program.tensor(0).all(0);
    access.rank = 1;
    access.dims[0] = {1, 4};
    access.offset = 4 * index;
    return access;
  }
  void barrier(int rank) {
    cores_[rank].program.append(
        {.opcode = Opcode::kCoreBarrier,
         .engine = isa::Engine::kGpSimd,
         .operands = {cores_[rank].whole(OperandName::kData, 0)},
         .attributes = {{AttributeName::kCores, std::vector<std::int64_t>{0, 1}}}});
  }
  void sendrecv(int rank, std::int64_t pipe, std::int64_t send_to, std::int64_t receive_from) {
    cores_[rank].program.append({.opcode = Opcode::kSendrecv,
                                 .engine = isa::Engine::kSync,
                                 .operands = {cores_[rank].whole(OperandName::kDst, other_),
                                              cores_[rank].whole(OperandName::kSrc, mine_)},
                                 .attributes = {{AttributeName::kSendToRank, send_to},
                                                {AttributeName::kRecvFromRank, receive_from},
                                                {AttributeName::kPipeId, pipe}}});
  }
  std::vector<std::uint32_t> other_tile(int rank) {
    std::vector<std::uint32_t> values;
    for (int i = 0; i < 4; ++i) {
      values.push_back(element_code(cores_[rank], tile(other_), 0, i));
    }
    return values;
  }
  std::array<RunResult, 2> run() { return run_pair(cores_[0].machine, cores_[1].machine); }
  void expect_no_fault(const std::array<RunResult, 2>& results) {
    for (const RunResult& result : results) {
      EXPECT_FALSE(result.fault) << to_text(*result.fault);
    }
  }

  Storage storage_;
  std::array<TestCore, 2> cores_;
  isa::TensorId mine_ = 0, other_ = 0;
};

TEST_F(Lnc, AfterABarrierEachSeesWhatTheOtherWrote) {
  for (int rank = 0; rank < 2; ++rank) {
    copy(rank, row(rank), tile(mine_));
    barrier(rank);
    copy(rank, tile(other_), row(1 - rank));
  }
  expect_no_fault(run());
  EXPECT_THAT(other_tile(0), ElementsAre(20, 21, 22, 23));
  EXPECT_THAT(other_tile(1), ElementsAre(10, 11, 12, 13));
}

TEST_F(Lnc, CoresTakeTurnsInOneOrder) {
  // No barrier between write and read: core 0 runs to its barrier before core 1 starts.
  copy(0, tile(other_), row(1));
  copy(0, row(0), tile(mine_));
  barrier(0);
  copy(1, tile(other_), row(0));
  copy(1, row(1), tile(mine_));
  barrier(1);
  for (int round = 0; round < 3; ++round) {
    expect_no_fault(run());
    EXPECT_EQ(cores_[1].machine.reports().size(), 0u);
    EXPECT_THAT(other_tile(1), ElementsAre(10, 11, 12, 13));
  }
  EXPECT_EQ(cores_[0].machine.reports().size(), 1u);  // row 1 in the first round
}

TEST_F(Lnc, SendrecvExchangesTiles) {
  for (int rank = 0; rank < 2; ++rank) sendrecv(rank, 3, 1 - rank, 1 - rank);
  expect_no_fault(run());
  EXPECT_THAT(other_tile(0), ElementsAre(20, 21, 22, 23));
  EXPECT_THAT(other_tile(1), ElementsAre(10, 11, 12, 13));
}

TEST_F(Lnc, SendrecvToItselfCopies) {
  for (int rank = 0; rank < 2; ++rank) sendrecv(rank, 3, rank, rank);
  expect_no_fault(run());
  EXPECT_THAT(other_tile(1), ElementsAre(20, 21, 22, 23));
}

TEST_F(Lnc, ManyMeetingsInALoop) {
  for (int rank = 0; rank < 2; ++rank) {
    TestCore& core = cores_[rank];
    const isa::RegisterId i = core.program.add_register("i");
    core.program.append(
        {.opcode = Opcode::kForBegin,
         .operands = {{.name = OperandName::kDst, .kind = isa::OperandKind::kRegister, .reg = i},
                      TestCore::number(OperandName::kLower, 0),
                      TestCore::number(OperandName::kUpper, 101)}});
    sendrecv(rank, 0, 1 - rank, 1 - rank);
    copy(rank, tile(mine_), tile(other_));
    core.program.append({.opcode = Opcode::kLoopEnd});
  }
  expect_no_fault(run());
  EXPECT_THAT(other_tile(0), ElementsAre(20, 21, 22, 23));  // an odd number of swaps
}

void expect_deadlock(const std::array<RunResult, 2>& results, const char* core0,
                     const char* core1) {
  for (const RunResult& result : results) {
    if (!result.fault) continue;
    EXPECT_EQ(result.fault->kind, FaultKind::kDeadlock);
    EXPECT_THAT(result.fault->details, ElementsAre(HasSubstr(core0), HasSubstr(core1)));
  }
}

TEST_F(Lnc, ACoreThatEndsLeavesTheOtherWaiting) {
  barrier(1);
  const auto results = run();
  EXPECT_FALSE(results[0].fault);
  ASSERT_TRUE(results[1].fault);
  expect_deadlock(results, "core 0 has ended",
                  "core 1 waits at core_barrier (instruction 0) for core 0");
}

TEST_F(Lnc, ACoreThatEndsLaterLeavesTheOtherWaitingToo) {
  barrier(0);
  copy(1, row(1), tile(mine_));
  const auto results = run();
  ASSERT_TRUE(results[0].fault);
  EXPECT_FALSE(results[1].fault);
  expect_deadlock(results, "core 0 waits at core_barrier", "core 1 has ended");
}

TEST_F(Lnc, OtherInstructionsAndOtherPipesNeverMeet) {
  barrier(0);
  sendrecv(1, 5, 0, 0);
  const auto results = run();
  ASSERT_TRUE(results[0].fault && results[1].fault);
  expect_deadlock(results, "core 0 waits at core_barrier",
                  "core 1 waits at sendrecv with pipe_id=5 (instruction 0) for core 0");
}

TEST_F(Lnc, PipesMustAgree) {
  sendrecv(0, 1, 1, 1);
  sendrecv(1, 2, 0, 0);
  const auto results = run();
  ASSERT_TRUE(results[0].fault && results[1].fault);
  expect_deadlock(results, "pipe_id=1", "pipe_id=2");
}

TEST_F(Lnc, ReceivingFromACoreThatSendsElsewhereIsADeadlock) {
  sendrecv(0, 1, 0, 1);
  sendrecv(1, 1, 1, 1);
  const auto results = run();
  ASSERT_TRUE(results[0].fault && results[1].fault);
  EXPECT_EQ(results[0].fault->kind, FaultKind::kDeadlock);
  EXPECT_THAT(results[0].fault->what, HasSubstr("core 0 receives from core 1, which sends to"));
}

TEST_F(Lnc, ACoreAloneWaitsInVain) {
  barrier(0);
  const RunResult result = neuroncore::run(cores_[0].machine);
  ASSERT_TRUE(result.fault);
  EXPECT_EQ(result.fault->kind, FaultKind::kDeadlock);
  EXPECT_THAT(result.fault->what, HasSubstr("wanted an LNC pair"));
}

}  // namespace
}  // namespace switchyard::neuroncore
