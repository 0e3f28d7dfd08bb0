// Each instruction's cost against the published formula, and both sides of what changes it.
#include "neuroncore/cost.h"

#include <gtest/gtest.h>

#include <cmath>

#include "neuroncore/schedule_programs.h"

namespace switchyard::neuroncore {
namespace {

using isa::AttributeName;
using isa::Buffer;
using isa::Engine;
using isa::Generation;
using isa::Opcode;
using isa::OperandName;
using numeric::ElementType;
constexpr ElementType kF32 = ElementType::kFloat32, kBf16 = ElementType::kBfloat16,
                      kU8 = ElementType::kUint8;
constexpr Generation kAllGenerations[] = {Generation::kV2, Generation::kV3, Generation::kV4};

isa::Access tile(ElementType type, std::int64_t free, std::int16_t partitions = 128,
                 std::int64_t stride = 1) {
  isa::Access access{.type = type, .rank = 1, .partitions = partitions};
  access.dims[0] = {stride, free};
  return access;
}

struct Given {
  OperandName name;
  isa::Access access;
  Buffer buffer = Buffer::kSbuf;
};

double cycles(Generation generation, Engine engine, Opcode opcode, const std::vector<Given>& given,
              std::vector<isa::Attribute> attributes = {}) {
  const Core& core = core_of(generation);
  isa::Instruction form{.opcode = opcode, .attributes = std::move(attributes)};
  std::vector<Buffer> buffers;
  for (const Given& g : given) {
    form.operands.push_back({.name = g.name, .access = g.access});
    buffers.push_back(g.buffer);
  }
  const EngineCost cost = cost_of(core, form, buffers).on[static_cast<int>(engine)];
  EXPECT_TRUE(cost.possible);
  const double ghz = core.gigahertz[static_cast<int>(engine)];
  return std::round(static_cast<double>(cost.interval) * 1e-3 * ghz * 10) / 10;
}

// max(64, factor N) + extra for N on both sides of the floor.
void expect_linear(Engine engine, Opcode opcode, double factor, double extra,
                   std::vector<Given> given, std::vector<isa::Attribute> attributes = {},
                   Generation generation = Generation::kV2) {
  for (const std::int64_t n : {1, 16, 63, 64, 65, 256, 512}) {
    for (Given& g : given) {
      if (g.access.dims[0].count != 1 || g.name == given[0].name) g.access.dims[0].count = n;
    }
    EXPECT_DOUBLE_EQ(
        cycles(generation, engine, opcode, given, attributes),
        std::round((std::max(64.0, factor * static_cast<double>(n)) + extra) * 10) / 10)
        << isa::name(opcode) << " on " << isa::name(engine) << ", N = " << n;
  }
}

isa::Attribute op(AttributeName name, isa::Op value) { return {name, value}; }

TEST(VectorCost, FollowsThePublishedTable) {
  const Given dst{OperandName::kDst, tile(kF32, 2)};
  const Given data{OperandName::kData, tile(kF32, 2)}, src{OperandName::kSrc, tile(kF32, 2)};
  const auto v = [](Opcode o, double factor, double extra, std::vector<Given> given,
                    std::vector<isa::Attribute> attributes = {}) {
    expect_linear(Engine::kVector, o, factor, extra, std::move(given), std::move(attributes));
  };
  const isa::Attribute add = op(AttributeName::kOp, isa::Op::kAdd);
  v(Opcode::kTensorCopy, 1, 0, {dst, src});
  v(Opcode::kTensorScalar, 1, 0, {dst, data}, {op(AttributeName::kOp0, isa::Op::kAdd)});
  v(Opcode::kReciprocal, 8, 0, {dst, data});
  v(Opcode::kBnStats, 1, 0, {dst, data});
  v(Opcode::kBnAggr, 13.0 / 3, 0, {dst, data});
  v(Opcode::kMax8, 1, 0, {dst, src});
  v(Opcode::kNcStreamShuffle, 1, 0, {dst, src});
  v(Opcode::kDropout, 1, 0, {dst, data});
  v(Opcode::kRangeSelect, 1, 0, {dst, {OperandName::kOnTrueTile, tile(kF32, 2)}});
  v(Opcode::kTensorTensorScan, 2, 0,
    {dst, {OperandName::kData0, tile(kF32, 2)}, {OperandName::kData1, tile(kF32, 2)}});
  v(Opcode::kTensorReduce, 1, 0, {dst, data}, {add});
  v(Opcode::kTensorScalarReduce, 1, 64, {dst, data}, {op(AttributeName::kOp0, isa::Op::kAdd)});
  v(Opcode::kMemset, 1, 0, {dst}, {{AttributeName::kValue, 0.0}});
  v(Opcode::kNcFindIndex8, 1, 0, {dst, data});
  v(Opcode::kNcMatchReplace8, 1, 0, {dst, data});
}

TEST(VectorCost, OfTwoStreamsDependsOnWhereTheyLie) {
  const auto pair = [](ElementType type, Buffer a, Buffer b, std::int64_t stride = 1) {
    return std::vector<Given>{{OperandName::kDst, tile(type, 2)},
                              {OperandName::kData1, tile(type, 2, 128, stride), a},
                              {OperandName::kData2, tile(type, 2), b}};
  };
  const auto expect = [](double factor, std::vector<Given> given, isa::Op o,
                         Generation generation = Generation::kV2) {
    expect_linear(Engine::kVector, Opcode::kTensorTensor, factor, 0, std::move(given),
                  {op(AttributeName::kOp, o)}, generation);
  };
  using enum Buffer;
  expect(2, pair(kF32, kSbuf, kSbuf), isa::Op::kAdd);
  expect(1, pair(kF32, kPsum, kSbuf), isa::Op::kAdd);
  expect(1, pair(kF32, kSbuf, kPsum), isa::Op::kAdd);
  expect(2, pair(kF32, kPsum, kPsum), isa::Op::kAdd);
  expect(1, pair(kBf16, kSbuf, kSbuf), isa::Op::kAdd);
  expect(1, pair(kBf16, kSbuf, kSbuf), isa::Op::kMultiply);
  expect(2, pair(kBf16, kSbuf, kSbuf), isa::Op::kMaximum);
  expect(1, pair(kBf16, kSbuf, kSbuf), isa::Op::kMaximum, Generation::kV3);  // its 2x mode
  EXPECT_EQ(cycles(Generation::kV2, Engine::kVector, Opcode::kTensorTensor,
                   {{OperandName::kDst, tile(kBf16, 100)},
                    {OperandName::kData1, tile(kBf16, 100, 128, 2)},
                    {OperandName::kData2, tile(kBf16, 100)}},
                   {op(AttributeName::kOp, isa::Op::kAdd)}),
            200);
}

TEST(VectorCost, OfPredicatedCopyDependsOnPorts) {
  const auto cost = [](Buffer predicate) {
    return cycles(Generation::kV2, Engine::kVector, Opcode::kTensorCopyPredicated,
                  {{OperandName::kDst, tile(kF32, 100)},
                   {OperandName::kSrc, tile(kF32, 100)},
                   {OperandName::kPredicate, tile(kU8, 100), predicate}});
  };
  EXPECT_EQ(cost(Buffer::kPsum), 100);
  EXPECT_EQ(cost(Buffer::kSbuf), 200);
}

TEST(VectorCost, HalvesWhatIsNarrow) {
  const auto reduce = [](ElementType in, ElementType out, isa::Op o) {
    return cycles(Generation::kV2, Engine::kVector, Opcode::kTensorReduce,
                  {{OperandName::kDst, tile(out, 1)}, {OperandName::kData, tile(in, 512)}},
                  {op(AttributeName::kOp, o)});
  };
  EXPECT_EQ(reduce(kBf16, kBf16, isa::Op::kAdd), 256);
  EXPECT_EQ(reduce(kBf16, kBf16, isa::Op::kMaximum), 256);
  EXPECT_EQ(reduce(kBf16, kBf16, isa::Op::kMinimum), 512);
  EXPECT_EQ(reduce(kBf16, kF32, isa::Op::kAdd), 512);
  const auto memset = [](ElementType type, double value) {
    return cycles(Generation::kV2, Engine::kVector, Opcode::kMemset,
                  {{OperandName::kDst, tile(type, 512)}}, {{AttributeName::kValue, value}});
  };
  EXPECT_EQ(memset(kBf16, 0), 256);
  EXPECT_EQ(memset(kBf16, 1), 512);
  EXPECT_EQ(memset(kF32, 0), 512);
  const auto combine = [](std::int64_t n, isa::Op op1) {
    return cycles(Generation::kV2, Engine::kVector, Opcode::kScalarTensorTensor,
                  {{OperandName::kDst, tile(kF32, n)},
                   {OperandName::kData, tile(kBf16, n)},
                   {OperandName::kOperand1, tile(kBf16, n)}},
                  {op(AttributeName::kOp0, isa::Op::kSubtract), op(AttributeName::kOp1, op1)});
  };
  EXPECT_EQ(combine(512, isa::Op::kMultiply), 512);
  EXPECT_EQ(combine(511, isa::Op::kMultiply), 1022);
  EXPECT_EQ(combine(512, isa::Op::kAdd), 1024);
}

TEST(VectorCost, RunsFastModesFromV3On) {
  const auto copy = [](Generation g, ElementType type, Buffer from, std::int64_t stride) {
    return cycles(g, Engine::kVector, Opcode::kTensorCopy,
                  {{OperandName::kDst, tile(type, 1024)},
                   {OperandName::kSrc, tile(type, 1024, 128, stride), from}});
  };
  EXPECT_EQ(copy(Generation::kV2, kBf16, Buffer::kSbuf, 1), 1024);
  for (const Generation g : {Generation::kV3, Generation::kV4}) {
    EXPECT_EQ(copy(g, kBf16, Buffer::kSbuf, 1), 256);
    EXPECT_EQ(copy(g, kBf16, Buffer::kSbuf, 2), 512);
    EXPECT_EQ(copy(g, kBf16, Buffer::kPsum, 1), 512);
    EXPECT_EQ(copy(g, kBf16, Buffer::kPsum, 2), 1024);
    EXPECT_EQ(copy(g, kF32, Buffer::kSbuf, 1), 1024);
  }
  EXPECT_EQ(copy(Generation::kV3, ElementType::kFloat8E4m3, Buffer::kSbuf, 1), 1024);
  EXPECT_EQ(copy(Generation::kV4, ElementType::kFloat8E4m3, Buffer::kSbuf, 1), 256);
}

TEST(VectorCost, OfV4Instructions) {
  const auto cost = [](Opcode o, std::vector<Given> given) {
    return cycles(Generation::kV4, Engine::kVector, o, given);
  };
  EXPECT_EQ(cost(Opcode::kExponential,
                 {{OperandName::kDst, tile(kF32, 512)}, {OperandName::kSrc, tile(kF32, 512)}}),
            128);
  EXPECT_EQ(cost(Opcode::kQuantizeMx, {{OperandName::kDst, tile(ElementType::kFloat8E5m2X4, 128)},
                                       {OperandName::kSrc, tile(kBf16, 512)}}),
            128);
  EXPECT_EQ(cost(Opcode::kRand2, {{OperandName::kDst, tile(kF32, 512)}}), 128);
}

TEST(StreamCost, DoublesBeyondAStrideOfSixteenBytes) {
  const auto cost = [](ElementType type, std::int64_t stride) {
    return cycles(
        Generation::kV2, Engine::kScalar, Opcode::kActivation,
        {{OperandName::kDst, tile(type, 100)}, {OperandName::kData, tile(type, 100, 128, stride)}},
        {op(AttributeName::kOp, isa::Op::kExp)});
  };
  EXPECT_EQ(cost(kF32, 4), 100);
  EXPECT_EQ(cost(kF32, 5), 200);
  EXPECT_EQ(cost(kBf16, 8), 100);
  EXPECT_EQ(cost(kBf16, 9), 200);
}

TEST(StreamCost, HasADynamicFloor) {
  isa::Access dynamic = tile(kF32, 100);
  dynamic.indirection = {.kind = isa::IndirectKind::kScalar, .operand = 2};
  EXPECT_EQ(cycles(Generation::kV2, Engine::kVector, Opcode::kTensorCopy,
                   {{OperandName::kDst, tile(kF32, 100)}, {OperandName::kSrc, dynamic}}),
            600);
}

TEST(ScalarCost, FollowsThePublishedTable) {
  const Given dst{OperandName::kDst, tile(kF32, 2)}, data{OperandName::kData, tile(kF32, 2)};
  const Given sum{OperandName::kReduceRes, tile(kF32, 1)};
  const isa::Attribute exp = op(AttributeName::kOp, isa::Op::kExp);
  expect_linear(Engine::kScalar, Opcode::kActivation, 1, 0, {dst, data}, {exp});
  expect_linear(Engine::kScalar, Opcode::kActivationReduce, 1, 64, {dst, data, sum}, {exp});
  expect_linear(Engine::kScalar, Opcode::kTensorScalar, 1, 0, {dst, data},
                {op(AttributeName::kOp0, isa::Op::kAdd)});
  const auto copy = [](Generation g, ElementType type) {
    return cycles(g, Engine::kScalar, Opcode::kTensorCopy,
                  {{OperandName::kDst, tile(type, 512)}, {OperandName::kSrc, tile(type, 512)}});
  };
  EXPECT_EQ(copy(Generation::kV3, kBf16), 512);
  EXPECT_EQ(copy(Generation::kV4, kBf16), 256);
  EXPECT_EQ(copy(Generation::kV4, kF32), 512);
}

TEST(GpSimdCost, FollowsThePublishedTable) {
  const Given dst{OperandName::kDst, tile(kF32, 300)};
  EXPECT_EQ(cycles(Generation::kV2, Engine::kGpSimd, Opcode::kIota, {dst}), 450);
  EXPECT_EQ(cycles(Generation::kV2, Engine::kGpSimd, Opcode::kAffineSelect,
                   {dst, {OperandName::kOnTrueTile, tile(kF32, 300)}}),
            450);
  EXPECT_EQ(cycles(Generation::kV3, Engine::kGpSimd, Opcode::kTopk,
                   {{OperandName::kValDst, tile(kBf16, 8)},
                    {OperandName::kIdxDst, tile(ElementType::kUint32, 8)},
                    {OperandName::kSrc, tile(kBf16, 64)}},
                   {{AttributeName::kN, std::int64_t{1000}}}),
            4 * 1000 + 8);
  // 150 + indices * e / C, C = ((28 + 4 e) / (4 e)) / min(4 / bytes, e).
  for (const std::int64_t e : {1, 4}) {
    for (const ElementType type : {kF32, kBf16}) {
      const double bytes = numeric::traits(type).storage_bytes, each = static_cast<double>(e);
      const double c = (28 + 4 * each) / (4 * each) / std::min(4 / bytes, each);
      const double cost = cycles(Generation::kV2, Engine::kGpSimd, Opcode::kLocalGather,
                                 {{OperandName::kDst, tile(type, 64)},
                                  {OperandName::kSrcBuffer, tile(type, 64)},
                                  {OperandName::kIndex, tile(ElementType::kUint16, 2)}},
                                 {{AttributeName::kNumElemPerIdx, e}});
      EXPECT_NEAR(cost, 150 + 32 * each / c, 0.1) << e;
    }
  }
}

TEST(TensorCost, FollowsThePublishedTable) {
  Core published = core_of(Generation::kV2);
  published.tensor.column = 1;
  const auto cost = [&](ElementType type, std::int64_t stationary, std::int64_t moving) {
    isa::Instruction form{.opcode = Opcode::kNcMatmul};
    form.operands = {{.name = OperandName::kDst, .access = tile(kF32, moving)},
                     {.name = OperandName::kStationary, .access = tile(type, stationary)},
                     {.name = OperandName::kMoving, .access = tile(type, moving)}};
    const Buffer buffers[] = {Buffer::kPsum, Buffer::kSbuf, Buffer::kSbuf};
    const Cost c = cost_of(published, form, buffers);
    return std::round(static_cast<double>(c.on[static_cast<int>(Engine::kTensor)].interval) *
                      2.8e-3);
  };
  for (const std::int64_t stationary : {1, 32, 63, 64, 65, 128}) {
    for (const std::int64_t moving : {1, 63, 64, 65, 512}) {
      const double n =
          static_cast<double>(std::max(std::min<std::int64_t>(64, stationary), moving));
      EXPECT_EQ(cost(kBf16, stationary, moving), n);
      EXPECT_EQ(cost(kF32, stationary, moving), 4 * n);
    }
  }
}

TEST(TensorCost, KnowsTheModes) {
  const auto cost = [](Generation g, ElementType type, std::vector<isa::Attribute> attributes,
                       std::int64_t moving = 512, Opcode opcode = Opcode::kNcMatmul) {
    return cycles(g, Engine::kTensor, opcode,
                  {{OperandName::kDst, tile(kF32, moving), Buffer::kPsum},
                   {OperandName::kStationary, tile(type, 128)},
                   {OperandName::kMoving, tile(type, moving)}},
                  std::move(attributes));
  };
  const Generation v3 = Generation::kV3, v4 = Generation::kV4;
  EXPECT_EQ(cost(v3, kBf16, {}), 512);
  EXPECT_EQ(cost(v3, ElementType::kFloat8E4m3, {}), 512);
  EXPECT_EQ(cost(v3, ElementType::kFloat8E4m3,
                 {{AttributeName::kPerfMode, isa::PerfMode::kDoubleRow}}, 1024),
            512);  // K = 256 in the time of 128
  EXPECT_EQ(cost(v3, kF32, {}), 2048);
  EXPECT_EQ(cost(v3, kF32, {{AttributeName::kIsMovingOnezero, true}}), 1024);
  EXPECT_EQ(cost(v3, kF32, {{AttributeName::kIsTranspose, true}}), 1024);
  EXPECT_EQ(cost(v4, ElementType::kFloat8E5m2X4, {}, 512, Opcode::kNcMatmulMx), 512);
  const auto transpose = [](Generation g, ElementType type, std::int16_t p, std::int64_t f) {
    return cycles(g, Engine::kTensor, Opcode::kNcTranspose,
                  {{OperandName::kDst, tile(type, p, static_cast<std::int16_t>(f)), Buffer::kPsum},
                   {OperandName::kData, tile(type, f, p)}});
  };
  EXPECT_EQ(transpose(v3, kBf16, 128, 128), 128);
  EXPECT_EQ(transpose(v3, kBf16, 32, 128), 64);
  EXPECT_EQ(transpose(v3, kBf16, 32, 48), 48);
  EXPECT_EQ(transpose(v3, kF32, 128, 128), 256);
}

TEST(Cost, GivesEachInstructionAnEngineInEachGeneration) {
  for (const Generation generation : kAllGenerations) {
    for (const isa::InstructionInfo& row : isa::instruction_table()) {
      if (row.since > generation || row.opcode >= Opcode::kForBegin) continue;
      isa::Instruction form{.opcode = row.opcode};
      std::vector<Buffer> buffers;
      for (const isa::OperandInfo& operand : row.operands) {
        isa::Operand given{.name = operand.name, .access = tile(kBf16, 32, 32)};
        if (!(operand.takes & isa::kTakesAccess)) given.kind = isa::OperandKind::kRegister;
        form.operands.push_back(given);
        const bool psum =
            row.engines.front() == Engine::kTensor && operand.name == OperandName::kDst;
        buffers.push_back(psum ? Buffer::kPsum : Buffer::kSbuf);
      }
      for (const isa::AttributeInfo& attribute : row.attributes) {
        if (attribute.kind == isa::AttributeKind::kOp) {
          form.attributes.push_back({attribute.name, isa::Op::kAdd});
        } else if (attribute.kind == isa::AttributeKind::kInteger) {
          form.attributes.push_back({attribute.name, std::int64_t{1}});
        }
      }
      const Cost cost = cost_of(core_of(generation), form, buffers);
      int engines = 0;
      for (const EngineCost& on : cost.on) {
        engines += on.possible;
        EXPECT_EQ(on.possible, on.interval > 0) << isa::name(row.opcode);
      }
      EXPECT_GT(engines, 0) << isa::name(row.opcode);
    }
  }
}

}  // namespace
}  // namespace switchyard::neuroncore
