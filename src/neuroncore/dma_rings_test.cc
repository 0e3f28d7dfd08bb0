// Transfers: the published curve, descriptors, engines, rings and classes of service.
#include "neuroncore/dma_rings.h"

#include <gtest/gtest.h>

#include <numeric>

#include "neuroncore/schedule_programs.h"

namespace switchyard::neuroncore {
namespace {

using isa::Buffer;
using isa::Engine;
using isa::Generation;
using isa::Opcode;
using isa::OperandName;
using numeric::ElementType;
constexpr Generation kAllGenerations[] = {Generation::kV2, Generation::kV3, Generation::kV4};

isa::Access rows(std::int64_t count, std::int64_t free, ElementType type = ElementType::kUint8) {
  isa::Access access{.type = type, .rank = 1, .partitions = static_cast<std::int16_t>(count)};
  access.dims[0] = {1, free};
  return access;
}
isa::Access hbm(std::int64_t count, std::int64_t free, std::int64_t pitch,
                ElementType type = ElementType::kUint8) {
  isa::Access access{.type = type, .rank = 2};
  access.dims[0] = {pitch, count};
  access.dims[1] = {1, free};
  return access;
}

DmaCost cost(Generation generation, const isa::Access& dst, const isa::Access& src,
             Buffer to = Buffer::kSbuf, Buffer from = Buffer::kHbm,
             Opcode opcode = Opcode::kDmaCopy, std::vector<isa::Attribute> attributes = {}) {
  isa::Instruction form{.opcode = opcode, .attributes = std::move(attributes)};
  form.operands = {{.name = OperandName::kDst, .access = dst},
                   {.name = OperandName::kSrc, .access = src}};
  const Buffer buffers[] = {to, from};
  return cost_of(core_of(generation), form, buffers).dma;
}

double slowest(const DmaCost& c) {
  return static_cast<double>(*std::max_element(c.service.begin(), c.service.end())) * 1e-3;
}
// B/ns of one engine that moves 8 partitions of `bytes`.
double rate(Generation generation, std::int64_t bytes) {
  return 8 * static_cast<double>(bytes) /
         slowest(cost(generation, rows(128, bytes), hbm(128, bytes, bytes)));
}

TEST(DmaCurve, ReachesThePublishedPeakAtFullPackets) {
  const double peaks[] = {17, 23, 33};  // nki-dma-bandwidth-guide.rst
  for (int i = 0; i < 3; ++i) {
    for (const std::int64_t bytes : {4096, 8192, 65536}) {
      EXPECT_NEAR(rate(kAllGenerations[i], bytes), peaks[i], 0.01 * peaks[i]) << bytes;
    }
  }
}

TEST(DmaCurve, RisesAsTheGuideSays) {
  for (const Generation generation : kAllGenerations) {
    const double peak = rate(generation, 4096);
    double before = 0;
    for (std::int64_t bytes = 4; bytes <= 4096; bytes *= 2) {
      EXPECT_GT(rate(generation, bytes), before);
      before = rate(generation, bytes);
    }
    EXPECT_GT(rate(generation, 2048), 0.85 * peak);  // "approaches peak"
    EXPECT_LT(rate(generation, 512), 0.85 * peak);   // "still below peak"
    EXPECT_LT(rate(generation, 64), 0.35 * peak);    // "a small fraction of peak"
  }
}

TEST(DmaCurve, MovesThirtyTwoKibibytesOnOneEngineAsMeasured) {
  // A[4, 4096] of bfloat16 on NeuronCore-v3: 1416 ns (nki-dma-overview.rst).
  const DmaCost c = cost(Generation::kV3, rows(4, 8192), hbm(4, 8192, 8192));
  EXPECT_NEAR(slowest(c), 1416, 8);
  EXPECT_EQ(std::count_if(c.service.begin(), c.service.end(), [](auto s) { return s > 0; }), 1);
  // A[128, 128]: all engines, 8 rows of 256 B each.
  const DmaCost d = cost(Generation::kV3, rows(128, 256), hbm(128, 256, 256));
  EXPECT_EQ(std::count(d.service.begin(), d.service.end(), d.service[0]), 16);
  EXPECT_EQ(d.bytes, 32768);
  EXPECT_EQ(d.descriptors, 128);
}

TEST(DmaDescriptors, AreWhatNeighboursInBoth) {
  const Generation g = Generation::kV3;
  EXPECT_EQ(cost(g, rows(128, 512), hbm(128, 512, 512)).descriptors, 128);
  isa::Access strided = rows(128, 512);
  strided.dims[0].stride = 2;
  EXPECT_EQ(cost(g, strided, hbm(128, 512, 512)).descriptors, 128 * 512);
  EXPECT_EQ(cost(g, rows(2, 64), hbm(8, 16, 100)).descriptors, 8);
  EXPECT_EQ(cost(g, hbm(64, 100, 200), hbm(64, 100, 300), Buffer::kHbm).descriptors, 64);
  EXPECT_EQ(cost(g, hbm(64, 100, 100), hbm(64, 100, 100), Buffer::kHbm).hbm_bytes, 12800);
}

TEST(DmaEngines, ServeTheirPartitions) {
  isa::Access upper = rows(32, 512);
  upper.start_partition = 96;
  const DmaCost c = cost(Generation::kV3, upper, hbm(32, 512, 512));
  for (int e = 0; e < 16; ++e) EXPECT_EQ(c.service[e] > 0, e >= 12) << e;
}

TEST(DmaTranspose, RunsAtItsShareOfTheCopyRate) {
  const ElementType type = ElementType::kBfloat16;
  const auto share = [&](std::int64_t p, std::int64_t f, Buffer from) {
    const DmaCost c = cost(Generation::kV3, rows(p, f, type), hbm(f, p, p, type), Buffer::kSbuf,
                           from, Opcode::kDmaTranspose);
    return static_cast<double>(p * f * 2) / 16 / slowest(c) / rate(Generation::kV3, 4096);
  };
  EXPECT_NEAR(share(128, 512, Buffer::kHbm), 0.9, 0.01);
  EXPECT_NEAR(share(128, 512, Buffer::kSbuf), 0.5, 0.01);
  EXPECT_LT(share(128, 500, Buffer::kHbm), 0.5);
  EXPECT_LT(share(64, 512, Buffer::kHbm), 0.5);
}

TEST(DmaCompute, AccumulatesAtHalfTheRateBeforeV4) {
  for (const Generation g : kAllGenerations) {
    isa::Instruction form{.opcode = Opcode::kDmaCompute,
                          .attributes = {{isa::AttributeName::kReduceOp, isa::Op::kAdd}}};
    form.operands = {{.name = OperandName::kDst, .access = rows(128, 4096)},
                     {.name = OperandName::kSrcs, .access = hbm(128, 4096, 4096)},
                     {.name = OperandName::kSrcs, .access = rows(128, 4096)}};
    const Buffer buffers[] = {Buffer::kSbuf, Buffer::kHbm, Buffer::kSbuf};
    const double copy = slowest(cost(g, rows(128, 4096), hbm(128, 4096, 4096)));
    EXPECT_NEAR(slowest(cost_of(core_of(g), form, buffers).dma),
                copy * (g < Generation::kV4 ? 2 : 1), 1);
  }
}

TEST(DgeMode, IsChosenAsDocumented) {
  const auto mode = [](Generation g, isa::Access src, isa::DgeMode given = isa::DgeMode::kUnknown) {
    return cost(g, rows(128, 64), src, Buffer::kSbuf, Buffer::kHbm, Opcode::kDmaCopy,
                {{isa::AttributeName::kDgeMode, given}})
        .mode;
  };
  isa::Access fixed = hbm(128, 64, 64), by_register = fixed, by_vector = fixed;
  by_register.indirection.kind = isa::IndirectKind::kRegister;
  by_vector.indirection.kind = isa::IndirectKind::kVector;
  using enum isa::DgeMode;
  EXPECT_EQ(mode(Generation::kV3, fixed), kNone);
  EXPECT_EQ(mode(Generation::kV3, by_register), kHwdge);
  EXPECT_EQ(mode(Generation::kV2, by_register), kSwdge);
  EXPECT_EQ(mode(Generation::kV3, by_vector), kSwdge);
  EXPECT_EQ(mode(Generation::kV3, fixed, kHwdge), kHwdge);
  EXPECT_EQ(mode(Generation::kV3, fixed, kSwdge), kSwdge);
}

class Rings : public testing::Test {
 protected:
  // `kib` on every engine; priority only counts on v4.
  static DmaCost transfer(Generation g, std::int64_t kib, int priority = 3,
                          isa::DgeMode mode = isa::DgeMode::kNone) {
    DmaCost c = cost(g, rows(128, kib * 128), hbm(128, kib * 128, kib * 128));
    c.priority = core_of(g).dma.classes == 1 ? 0 : priority;
    c.mode = mode;
    c.hbm_bytes = 0;
    return c;
  }
};

TEST_F(Rings, WorkInOrderAndKeepTheEnginesBusy) {
  DmaRings rings(core_of(Generation::kV3));
  rings.reset(0);
  const DmaCost c = transfer(Generation::kV3, 32);
  for (int i = 1; i <= 10; ++i) {
    const auto times = rings.transfer(c, Engine::kSync, 0);
    EXPECT_EQ(times.end, i * c.service[0]);
    EXPECT_EQ(times.start, (i - 1) * c.service[0]);
  }
  EXPECT_EQ(rings.idle(), 10 * c.service[0]);
}

TEST_F(Rings, ShareEquallyByPackets) {
  DmaRings rings(core_of(Generation::kV3));
  rings.reset(0);
  const DmaCost large = transfer(Generation::kV3, 1024), small = transfer(Generation::kV3, 32);
  rings.transfer(large, Engine::kSync, 0);
  const auto times = rings.transfer(small, Engine::kScalar, 0);
  EXPECT_EQ(times.end, 2 * small.service[0]);  // in turn with the large one, not behind it
  // What it took, the large one's ring lacks.
  EXPECT_EQ(rings.transfer(small, Engine::kSync, 0).end, large.service[0] + 2 * small.service[0]);
  EXPECT_EQ(rings.idle(), large.service[0] + 2 * small.service[0]);
}

TEST_F(Rings, SayWhatDelayedATransfer) {
  DmaRings rings(core_of(Generation::kV3));
  rings.reset(0);
  const DmaCost large = transfer(Generation::kV3, 1024), small = transfer(Generation::kV3, 32);
  const auto alone = rings.transfer(large, Engine::kSync, 0);
  EXPECT_EQ(alone.delay, 0);
  EXPECT_EQ(alone.delayed_by, StallReason::kNone);
  // Behind it in its ring; in another one it would have lost its own time only.
  const auto behind = rings.transfer(small, Engine::kSync, 0);
  EXPECT_EQ(behind.delay, large.service[0]);
  EXPECT_EQ(behind.delayed_by, StallReason::kDmaQueue);
  const auto beside = rings.transfer(small, Engine::kScalar, 0);
  EXPECT_EQ(beside.delay, small.service[0]);
  EXPECT_EQ(beside.delayed_by, StallReason::kDmaBandwidth);
  // As large as what it waits for: no queue would have helped.
  rings.reset(0);
  rings.transfer(large, Engine::kSync, 0);
  EXPECT_EQ(rings.transfer(large, Engine::kSync, 0).delayed_by, StallReason::kDmaBandwidth);
}

TEST_F(Rings, KeepStoresApartFromLoads) {
  DmaRings rings(core_of(Generation::kV3));
  rings.reset(0);
  const DmaCost load = transfer(Generation::kV3, 1024);
  DmaCost store = transfer(Generation::kV3, 32);
  std::swap(store.source, store.destination);
  for (int i = 0; i < 10; ++i) rings.transfer(load, Engine::kSync, 0);
  const auto times = rings.transfer(store, Engine::kSync, 0);
  EXPECT_EQ(times.end, 2 * store.service[0]);
  EXPECT_NE(times.ring, 0);
}

TEST_F(Rings, LetABetterClassGoFirstOnV4) {
  const Generation v4 = Generation::kV4;
  const DmaCost large = transfer(v4, 1024, 2);
  DmaRings rings(core_of(v4));
  const auto end_after_large = [&](int priority) {
    rings.reset(0);
    rings.transfer(large, Engine::kSync, 0);
    const DmaCost c = transfer(v4, 32, priority);
    return static_cast<double>(rings.transfer(c, Engine::kSync, 0).end) /
           static_cast<double>(c.service[0]);
  };
  EXPECT_NEAR(end_after_large(0), 1.125, 0.01);  // a packet of eight waited for
  EXPECT_NEAR(end_after_large(3), 33, 0.01);     // all of it
}

TEST_F(Rings, AreBoundByTheShareOfHbm) {
  const Core& core = core_of(Generation::kV3);
  DmaRings rings(core);
  rings.reset(0);
  DmaCost c = cost(Generation::kV3, hbm(128, 65536, 65536), hbm(128, 65536, 65536), Buffer::kHbm);
  const auto times = rings.transfer(c, Engine::kSync, 0);
  const double bytes = 2 * 128 * 65536;
  EXPECT_NEAR(static_cast<double>(times.end) * 1e-3, bytes / core.hbm_rate, 1);
  EXPECT_GT(times.end, c.service[0]);
}

TEST(DmaStreaming, ReachesThePublishedAggregate) {
  const double published[] = {272, 368, 528};  // GB/s a NeuronCore
  for (int i = 0; i < 3; ++i) {
    ProgramBuilder b(kAllGenerations[i]);
    constexpr std::int64_t kBytes = 16384, kCount = 200;
    const isa::TensorId from = b.input(ElementType::kUint8, {128 * kCount, kBytes});
    for (std::int64_t k = 0; k < kCount; ++k) {
      b.dma(b.all(b.sbuf(ElementType::kUint8, {128, kBytes})),
            b.block(from, k * 128, 128, 0, kBytes));
    }
    const double ns = b.work() - core_of(kAllGenerations[i]).dma.start;
    EXPECT_NEAR(kCount * 128 * kBytes / ns, published[i], 0.02 * published[i]);
  }
}

TEST(DmaStart, TakesThePublishedTimeFromSemaphoreToFirstByte) {
  ProgramBuilder b(Generation::kV3);
  const isa::TensorId tile = b.sbuf(ElementType::kFloat32, {128, 1}),
                      out = b.output(ElementType::kFloat32, {128, 1});
  b.memset(Engine::kVector, b.all(tile));
  b.dma(b.block(out, 0, 128, 0, 1), b.all(tile));
  const Timeline t = b.timeline();
  const double latency = core_of(Generation::kV3).vector.latency / 0.96;
  const double done = t.instructions[0].end.ns() + latency;
  EXPECT_NEAR(t.transfers[0].start.ns() - done, 1300, 1);
}

TEST(DmaStalls, NameWhatHeldTheTransferUp) {
  // An addition waits for a load of `kib` a partition, behind another load or alone.
  const auto stall = [](std::int64_t before_kib, std::int64_t kib) {
    ProgramBuilder b(Generation::kV3);
    const auto load = [&](std::int64_t size) {
      const isa::TensorId x = b.sbuf(ElementType::kFloat32, {128, size * 256});
      b.dma(b.all(x), b.all(b.input(ElementType::kFloat32, {128, size * 256})));
      return x;
    };
    if (before_kib > 0) load(before_kib);
    const isa::TensorId x = load(kib);
    b.copy(Engine::kVector, b.all(b.sbuf(ElementType::kFloat32, {128, 256})), b.columns(x, 0, 256));
    return b.timeline().instructions.back().stall;
  };
  EXPECT_EQ(stall(0, 32), StallReason::kOperandReady);
  EXPECT_EQ(stall(64, 1), StallReason::kDmaQueue);
  EXPECT_EQ(stall(64, 64), StallReason::kDmaBandwidth);
  EXPECT_EQ(stall(1, 64), StallReason::kOperandReady);  // hardly any of its time
}

TEST(DgeHardware, TakesItsTimeAnInstruction) {
  const auto work = [](Engine second) {
    ProgramBuilder b(Generation::kV3);
    const isa::TensorId from = b.input(ElementType::kUint8, {128, 64});
    for (int i = 0; i < 40; ++i) {
      b.dma(b.all(b.sbuf(ElementType::kUint8, {128, 64})), b.all(from),
            i % 2 ? second : Engine::kSync, isa::DgeMode::kHwdge);
    }
    return b.work();
  };
  EXPECT_NEAR(work(Engine::kSync), 40 * 600 + 600, 300);
  EXPECT_NEAR(work(Engine::kScalar), 20 * 600 + 600, 300);  // two generators
}

TEST(DgeHardware, HidesBehindComputeOfTheScalarEngine) {
  ProgramBuilder b(Generation::kV3);
  const isa::TensorId from = b.input(ElementType::kUint8, {128, 64});
  const isa::TensorId x = b.sbuf(ElementType::kFloat32, {128, 4096});
  b.activate(b.all(x), b.all(x));
  b.dma(b.all(b.sbuf(ElementType::kUint8, {128, 64})), b.all(from), Engine::kScalar,
        isa::DgeMode::kHwdge);
  const Timeline t = b.timeline();
  EXPECT_EQ(t.instructions[1].start, t.instructions[0].start);
}

TEST(DgeSoftware, OccupiesGpSimd) {
  ProgramBuilder b(Generation::kV2);
  const isa::TensorId from = b.input(ElementType::kUint8, {128, 64});
  b.dma(b.all(b.sbuf(ElementType::kUint8, {128, 64})), b.all(from), Engine::kUnknown,
        isa::DgeMode::kSwdge);
  const Timeline t = b.timeline();
  const Core& core = core_of(Generation::kV2);
  EXPECT_EQ(t.instructions[0].engine, Engine::kGpSimd);
  EXPECT_NEAR(
      (t.instructions[0].end - t.instructions[0].start).ns(),
      (core.dma.trigger + core.dma.software_generation + 128 * core.dma.software_descriptor) / 1.4,
      1);
}

}  // namespace
}  // namespace switchyard::neuroncore
