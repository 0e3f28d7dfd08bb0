// Small programs whose time on the machine is published, and what engines do beside each other.
#include <gtest/gtest.h>

#include "neuroncore/measured_kernels.h"

namespace switchyard::neuroncore {
namespace {

using isa::Buffer;
using isa::Engine;
using isa::Generation;
using numeric::ElementType;
constexpr ElementType kF32 = ElementType::kFloat32, kBf16 = ElementType::kBfloat16;

// Cycles between the starts of the last two instructions of a chain.
double spacing(const ProgramBuilder& b, Engine engine) {
  const Timeline t = b.timeline();
  const std::size_t n = t.instructions.size();
  const SimTime step = t.instructions[n - 1].start - t.instructions[n - 2].start;
  return step.ns() * core_of(b.program.generation()).gigahertz[static_cast<int>(engine)];
}

TEST(ScalarChain, OfOneElementStartsEvery264CyclesOnV2) {
  ProgramBuilder b(Generation::kV2);
  const isa::TensorId x = b.sbuf(kF32, {128, 1});
  for (int i = 0; i < 20; ++i) b.activate(b.all(x), b.all(x));
  EXPECT_NEAR(spacing(b, Engine::kScalar), 264, 0.5);  // nki_perf_guide.rst: 189 ns
  const Timeline t = b.timeline();
  EXPECT_NEAR((t.instructions[19].start - t.instructions[18].start).ns(), 189, 1);
}

TEST(ScalarChain, OfIndependentInstructionsIsBoundByTheInterval) {
  ProgramBuilder b(Generation::kV2);
  for (int i = 0; i < 20; ++i)
    b.activate(b.all(b.sbuf(kF32, {128, 1})), b.all(b.sbuf(kF32, {128, 1})));
  EXPECT_NEAR(spacing(b, Engine::kScalar), 64, 0.5);
}

TEST(VectorChain, AddsAHundredCyclesWhenDependent) {
  for (const std::int64_t n : {64, 512}) {
    ProgramBuilder b(Generation::kV2);
    const isa::TensorId x = b.sbuf(kF32, {128, n});
    for (int i = 0; i < 20; ++i) b.copy(Engine::kVector, b.all(x), b.all(x));
    EXPECT_NEAR(spacing(b, Engine::kVector), static_cast<double>(n) + 100, 0.5);
  }
}

// Back-to-back products of [128, 128] and [128, n].
struct Products {
  explicit Products(Generation g, ElementType type, std::int64_t n, bool same_stationary,
                    std::int64_t stationary_columns = 128)
      : b(g) {
    constexpr int kCount = 64;
    const isa::TensorId w = b.sbuf(type, {128, kCount * stationary_columns}),
                        x = b.sbuf(type, {128, n}), acc = b.psum(kF32, {128, n});
    for (int i = 0; i < kCount; ++i) {
      b.matmul(b.all(acc),
               b.columns(w, same_stationary ? 0 : i * stationary_columns, stationary_columns),
               b.all(x), i > 0);
    }
  }
  ProgramBuilder b;
};

TEST(Matmul, BackToBackTakesItsColumns) {
  for (const Generation g : {Generation::kV2, Generation::kV3, Generation::kV4}) {
    const double column = core_of(g).tensor.column;
    EXPECT_GE(column, 1);
    EXPECT_LE(column, 1.17);
    for (const bool same : {true, false}) {
      EXPECT_NEAR(spacing(Products(g, kBf16, 512, same).b, Engine::kTensor), 512 * column, 1);
      EXPECT_NEAR(spacing(Products(g, kF32, 512, same).b, Engine::kTensor), 2048 * column, 1);
      EXPECT_NEAR(spacing(Products(g, kBf16, 1, same).b, Engine::kTensor), 64, 1);
    }
  }
}

TEST(LoadStationary, HidesUnderThePreviousProductUntilItIsLonger) {
  // A slow load, so that it can be the longer one.
  Core core = core_of(Generation::kV3);
  const auto step = [&](double load_column, std::int64_t moving) {
    core.tensor.load_column = load_column;
    const Products p(Generation::kV3, kBf16, moving, false);
    const Timeline t = schedule(p.b.program, core, {.policy = Policy::kProgram});
    const std::size_t n = t.instructions.size();
    return (t.instructions[n - 1].end - t.instructions[n - 2].end).ns() * 2.4;
  };
  EXPECT_NEAR(step(0.25, 128), 128, 0.5);
  EXPECT_NEAR(step(1, 128), 128, 0.5);    // just hidden
  EXPECT_NEAR(step(1.5, 128), 192, 0.5);  // bound by whichever is longer
}

TEST(LoadStationary, IsSeenAloneBeforeTheFirstProduct) {
  const auto first = [](bool same) {
    const Products p(Generation::kV3, kBf16, 512, same);
    const Timeline t = p.b.timeline();
    return (t.instructions[0].end - t.instructions[0].start).ns() * 2.4;
  };
  EXPECT_NEAR(first(true), 512 + 32, 0.5);
}

TEST(PeTiles, RunBesideEachOther) {
  const auto work = [](std::int64_t tile, int count) {
    ProgramBuilder b(Generation::kV3);
    const isa::TensorId w = b.sbuf(kBf16, {32, 32}), x = b.sbuf(kBf16, {32, 512});
    for (int i = 0; i < count; ++i) {
      const std::vector<isa::Attribute> at = {
          {isa::AttributeName::kTilePosition,
           std::vector<std::int64_t>{i % 4 * 32 % 128 / tile * tile, 0}},
          {isa::AttributeName::kTileSize, std::vector<std::int64_t>{tile, tile}}};
      b.matmul(b.all(b.psum(kF32, {32, 512})), b.all(w), b.all(x), false, at);
    }
    return b.work() * 2.4;
  };
  const double one = work(32, 1);
  EXPECT_NEAR(work(32, 4) - one, 3 * core_of(Generation::kV3).tensor.tile_issue, 1);
  EXPECT_NEAR(work(32, 8) - one, 512 + 3 * core_of(Generation::kV3).tensor.tile_issue, 40);
  EXPECT_NEAR(work(128, 4) - one, 3 * 512, 1);
}

TEST(BackgroundTranspose, NearlyDoublesChainsOnV4) {
  const auto work = [](Generation g) {
    ProgramBuilder b(g);
    const isa::TensorId x = b.sbuf(kBf16, {128, 128});
    for (int i = 0; i < 100; ++i) {
      b.add({.opcode = isa::Opcode::kNcTranspose,
             .engine = Engine::kTensor,
             .operands = {b.operand(isa::OperandName::kDst, b.all(b.psum(kBf16, {128, 128}))),
                          b.operand(isa::OperandName::kData, b.all(x))}});
    }
    return b.work();
  };
  const double ratio = work(Generation::kV3) / work(Generation::kV4);
  EXPECT_GT(ratio, 1.7);
  EXPECT_LT(ratio, 2);
}

TEST(PsumPingPong, TwoBanksBeatOne) {
  // Eight products summed, moved to SBUF, and again: one PSUM tile against two.
  const auto share = [](std::size_t tiles, ProgramBuilder b = ProgramBuilder(Generation::kV3)) {
    const isa::TensorId w = b.sbuf(kBf16, {128, 128}), x = b.sbuf(kBf16, {128, 512});
    std::vector<isa::TensorId> banks;
    for (std::size_t i = 0; i < tiles; ++i) banks.push_back(b.psum(kF32, {128, 512}));
    constexpr int kTurns = 50, kProducts = 8;
    for (int turn = 0; turn < kTurns; ++turn) {
      const isa::TensorId bank = banks[static_cast<std::size_t>(turn) % tiles];
      for (int k = 0; k < kProducts; ++k) b.matmul(b.all(bank), b.all(w), b.all(x), k > 0);
      b.copy(Engine::kVector, b.all(b.sbuf(kBf16, {128, 512})), b.all(bank));
    }
    return kTurns * kProducts * 512 / (b.work() * 2.4);
  };
  EXPECT_LT(share(1), 0.75);
  EXPECT_GT(share(2), 0.95);
  EXPECT_NEAR(share(3), share(2), 0.01);
}

TEST(PsumBanks, CountAsAWhole) {
  // Two tensors in one bank wait for each other, in two banks they do not.
  const auto wait = [](std::int64_t second) {
    ProgramBuilder b(Generation::kV3);
    const isa::TensorId w = b.sbuf(kBf16, {128, 128}), x = b.sbuf(kBf16, {128, 128});
    const isa::TensorId p = b.psum(kF32, {128, 128}, isa::FixedAddress{0, 0});
    const isa::TensorId q = b.psum(kF32, {128, 128}, isa::FixedAddress{0, second});
    b.matmul(b.all(p), b.all(w), b.all(x), false);
    b.copy(Engine::kVector, b.all(b.sbuf(kF32, {128, 128})), b.all(p));
    b.matmul(b.all(q), b.all(w), b.all(x), false);
    const Timeline t = b.timeline();
    return t.instructions.back().instruction == 2 ? t.instructions.back().stall
                                                  : StallReason::kNone;
  };
  EXPECT_EQ(wait(1024), StallReason::kPsumBank);
  EXPECT_EQ(wait(2048), StallReason::kNone);
}

TEST(Ports, AreSharedOnV2Only) {
  const auto work = [](Generation g, Engine one, Engine two, Buffer buffer, ElementType type) {
    ProgramBuilder b(g);
    for (const Engine e : {one, two}) {
      const isa::TensorId from = b.tensor(buffer, type, {128, 512});
      b.copy(e, b.all(b.sbuf(type, {128, 512})), b.all(from));
    }
    const Timeline t = b.timeline();
    return t.instructions[1].start < t.instructions[0].end;  // side by side
  };
  const Engine v = Engine::kVector, s = Engine::kScalar, g = Engine::kGpSimd;
  EXPECT_FALSE(work(Generation::kV2, v, g, Buffer::kSbuf, kF32));
  EXPECT_TRUE(work(Generation::kV3, v, g, Buffer::kSbuf, kF32));
  EXPECT_FALSE(work(Generation::kV3, v, g, Buffer::kSbuf, kBf16));  // a fast mode of VectorE
  EXPECT_FALSE(work(Generation::kV2, v, s, Buffer::kPsum, kF32));
  EXPECT_TRUE(work(Generation::kV3, v, s, Buffer::kPsum, kF32));
  EXPECT_TRUE(work(Generation::kV2, v, s, Buffer::kSbuf, kF32));
}

TEST(Kernel, EmptyTakesItsStartAndEnd) {
  const ProgramBuilder b(Generation::kV3);
  const Timeline t = b.timeline();
  EXPECT_DOUBLE_EQ(t.duration.ns(), 12500);
  EXPECT_EQ(t.duration, t.prologue + t.epilogue);
}

// Rows on hardware: a prediction may be off, but the bracket of the policies should hold it.
TEST(Measured, KernelsLieBetweenIdealAndProgram) {
  struct Row {
    const char* name;
    double us;
    isa::Program program;
  };
  const Generation trn1 = Generation::kV2, trn2 = Generation::kV3;
  std::vector<Row> rows;
  rows.push_back({"trn1 add chunk 128", 206, vector_add_chunks(trn1, 25600, 128)});
  rows.push_back({"trn1 add free 2", 53, vector_add_stream(trn1, 200, 2)});
  rows.push_back({"trn1 add free 1000", 29.5, vector_add_stream(trn1, 2000, 1000)});
  rows.push_back({"trn2 add chunk 128", 378, vector_add_chunks(trn2, 25600, 128)});
  rows.push_back({"trn2 add free 2", 186, vector_add_stream(trn2, 200, 2)});
  rows.push_back({"trn2 add free 1000", 26, vector_add_stream(trn2, 2000, 1000)});
  rows.push_back({"trn2 matmul tiled", 1366, MatmulKernel(trn2, {}).tiled()});
  rows.push_back({"trn2 matmul, two PSUM tiles", 262, MatmulKernel(trn2, {}).resident(2)});
  for (const Row& row : rows) {
    EXPECT_LE(microseconds(row.program, Policy::kIdeal), row.us * 1.05) << row.name;
    EXPECT_GE(microseconds(row.program, Policy::kProgram), row.us * 0.95) << row.name;
  }
}

TEST(Measured, OneAndTwoPsumTilesAreAsFarApartAsOnHardware) {
  const auto us = [](std::size_t tiles) {
    return microseconds(MatmulKernel(Generation::kV3, {}).resident(tiles), Policy::kList);
  };
  EXPECT_NEAR(us(1), 366, 0.2 * 366);
  EXPECT_NEAR(us(2), 262, 0.1 * 262);
}

}  // namespace
}  // namespace switchyard::neuroncore
