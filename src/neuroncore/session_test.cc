#include "neuroncore/session.h"

#include <gmock/gmock.h>

#include <cmath>
#include <cstring>

#include "isa/view.h"
#include "neuroncore/schedule.h"

namespace switchyard::neuroncore {
namespace {

using isa::AttributeName;
using isa::Instruction;
using isa::Opcode;
using isa::OperandKind;
using isa::OperandName;
using numeric::ElementType;

class SessionTest : public testing::Test {
 protected:
  SessionTest() : session(*load_core(isa::Generation::kV3), {}) {}

  isa::TensorId sbuf(ElementType type = ElementType::kFloat32, std::int64_t elements = 4) {
    return *session.add_tensor(
        {.name = "t", .buffer = isa::Buffer::kSbuf, .type = type, .shape = {1, elements}});
  }
  isa::Operand whole(OperandName name, isa::TensorId id) {
    return {.name = name, .access = session.program().tensor(id).all(id)};
  }
  Result<isa::InstructionId> fill(isa::TensorId id, double value) {
    Instruction one{.opcode = Opcode::kMemset};
    one.operands = {whole(OperandName::kDst, id)};
    one.attributes = {{AttributeName::kValue, value}};
    return session.call(one);
  }
  Result<isa::InstructionId> add(isa::TensorId id, double value) {
    Instruction one{.opcode = Opcode::kTensorScalar};
    one.operands = {
        whole(OperandName::kDst, id),
        whole(OperandName::kData, id),
        {.name = OperandName::kOperand0, .kind = OperandKind::kNumber, .number = value}};
    one.attributes = {{AttributeName::kOp0, isa::Op::kAdd}};
    return session.call(one);
  }
  float first(isa::TensorId id) {
    float value = 0;
    const std::vector<std::uint8_t> bytes = session.read(id);
    std::memcpy(&value, bytes.data(), sizeof value);
    return value;
  }
  isa::Operand number(double value) { return {.kind = OperandKind::kNumber, .number = value}; }

  Session session;
};

TEST_F(SessionTest, values_are_there_after_each_call) {
  const isa::TensorId t = sbuf();
  ASSERT_TRUE(fill(t, 2));
  EXPECT_EQ(first(t), 2);
  ASSERT_TRUE(add(t, 3));
  EXPECT_EQ(first(t), 5);
  EXPECT_EQ(session.program().size(), 2u);
}

TEST_F(SessionTest, illegal_instruction_leaves_no_trace) {
  const isa::TensorId t = sbuf();
  Instruction one{.opcode = Opcode::kMemset, .engine = isa::Engine::kTensor};
  one.operands = {whole(OperandName::kDst, t)};
  one.attributes = {{AttributeName::kValue, 1.0}};
  EXPECT_FALSE(session.call(one));
  EXPECT_EQ(session.program().size(), 0u);
  EXPECT_TRUE(fill(t, 1));
}

TEST_F(SessionTest, illegal_tensor_leaves_ids_without_gaps) {
  EXPECT_FALSE(session.add_tensor({.name = "t", .buffer = isa::Buffer::kSbuf, .shape = {129, 1}}));
  const isa::TensorId t = sbuf();
  EXPECT_TRUE(fill(t, 1));
  EXPECT_EQ(first(t), 1);
}

TEST_F(SessionTest, storage_of_a_released_tensor_serves_the_next_as_new) {
  const isa::TensorId old = sbuf();
  ASSERT_TRUE(fill(old, 7));
  session.release(old);
  const isa::TensorId fresh = sbuf();
  EXPECT_TRUE(std::isnan(first(fresh)));
  ASSERT_TRUE(add(fresh, 1));
  EXPECT_EQ(session.machine().reports().size(), 1u);  // read before anything wrote it
}

TEST_F(SessionTest, argument_that_is_written_is_updated_in_place) {
  const isa::TensorId t = *session.add_tensor(
      {.name = "x", .buffer = isa::Buffer::kHbm, .shape = {1, 4}, .kind = isa::TensorKind::kInput});
  const isa::TensorId tile = sbuf();
  ASSERT_TRUE(fill(tile, 1));
  Instruction copy{.opcode = Opcode::kDmaCopy};
  copy.operands = {whole(OperandName::kDst, t), whole(OperandName::kSrc, tile)};
  ASSERT_TRUE(session.call(copy));
  EXPECT_EQ(session.program().tensor(t).kind, isa::TensorKind::kInputOutput);
}

TEST_F(SessionTest, loop_records_its_body_once_and_counts_its_turns) {
  const isa::TensorId t = sbuf();
  ASSERT_TRUE(fill(t, 0));
  ASSERT_TRUE(session.begin_for(number(0), number(5), 2, 0));
  while (*session.next()) {
    const isa::TensorId inner = sbuf();
    ASSERT_TRUE(fill(inner, 1));
    ASSERT_TRUE(add(t, 10));
  }
  EXPECT_EQ(first(t), 30);
  EXPECT_EQ(session.program().size(), 5u);  // fill, begin, fill, add, end
  EXPECT_EQ(session.program().tensors().size(), 2u);
  EXPECT_EQ(session.trips(), TripCounts{3});
  EXPECT_TRUE(isa::validate(session.program(), session.core().limits));
}

TEST_F(SessionTest, loops_nest_and_turn_as_often_as_each_time_says) {
  const isa::TensorId t = sbuf();
  ASSERT_TRUE(fill(t, 0));
  ASSERT_TRUE(session.begin_for(number(1), number(4), 1, 0));
  while (*session.next()) {
    ASSERT_TRUE(session.begin_for(number(0), number(2), 1, 0));
    while (*session.next()) ASSERT_TRUE(add(t, 1));
  }
  EXPECT_EQ(first(t), 6);
  EXPECT_EQ(session.trips(), (TripCounts{3, 2, 2, 2}));
  const Timeline timeline =
      schedule(session.program(), session.core(), {.trips = &session.trips()});
  EXPECT_GT(timeline.duration, SimTime());
}

TEST_F(SessionTest, loop_that_does_something_else_is_an_error) {
  const isa::TensorId t = sbuf();
  ASSERT_TRUE(fill(t, 0));
  ASSERT_TRUE(session.begin_for(number(0), number(3), 1, 0));
  ASSERT_TRUE(*session.next());
  ASSERT_TRUE(add(t, 1));
  ASSERT_TRUE(*session.next());
  const auto other = add(t, 2);
  ASSERT_FALSE(other);
  EXPECT_THAT(to_text(other.error()), testing::HasSubstr("same calls in every iteration"));
}

TEST_F(SessionTest, loop_may_have_no_turn_or_end_early) {
  const isa::TensorId t = sbuf();
  ASSERT_TRUE(fill(t, 0));
  ASSERT_TRUE(session.begin_for(number(3), number(3), 1, 0));
  EXPECT_FALSE(*session.next());
  ASSERT_TRUE(session.begin_for(number(0), number(9), 1, 0));
  ASSERT_TRUE(*session.next());
  ASSERT_TRUE(add(t, 1));
  session.leave();
  ASSERT_TRUE(add(t, 1));
  EXPECT_EQ(first(t), 2);
  EXPECT_EQ(session.trips(), (TripCounts{0, 1}));
  EXPECT_EQ(session.loops_open(), 0u);
}

TEST_F(SessionTest, scopes_of_order_nest) {
  const isa::TensorId t = sbuf();
  session.begin_no_reorder();
  session.begin_no_reorder();
  ASSERT_TRUE(fill(t, 0));
  session.end_no_reorder();
  ASSERT_TRUE(fill(t, 1));
  session.end_no_reorder();
  ASSERT_TRUE(fill(t, 2));
  const auto scope = [&](isa::InstructionId id) {
    return session.program().at(id).no_reorder_scope;
  };
  EXPECT_EQ(scope(0), scope(1));
  EXPECT_NE(scope(0), 0u);
  EXPECT_EQ(scope(2), 0u);
}

}  // namespace
}  // namespace switchyard::neuroncore
