#include "neuroncore/profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "base/random.h"
#include "neuroncore/hand_made.h"
#include "neuroncore/summary.h"
#include "neuroncore/verdict.h"

namespace switchyard::neuroncore {
namespace {

using isa::Buffer;
using isa::Engine;
using isa::Opcode;
using isa::OperandName;
using ::testing::HasSubstr;

Profile profile_of(const HandMade& m) { return make_profile(m.program, m.timeline, round_peaks()); }

TEST(Profile, AccountsForEachEngineToThePicosecond) {
  const HandMade m = small_matmul();
  const Profile p = profile_of(m);
  EXPECT_EQ(p.engine(Engine::kTensor).busy, ns(2000));
  EXPECT_EQ(p.engine(Engine::kTensor).stalled, ns(3200));
  EXPECT_EQ(p.engine(Engine::kTensor).idle, ns(4800));
  EXPECT_EQ(p.engine(Engine::kVector).busy, ns(500));
  EXPECT_EQ(p.engine(Engine::kVector).stalled, ns(5300));
  EXPECT_EQ(p.engine(Engine::kSync).busy, ns(300));
  EXPECT_EQ(p.engine(Engine::kSync).stalled, ns(5800));
  EXPECT_EQ(p.engine(Engine::kScalar).idle, ns(10000));
  EXPECT_EQ(p.engine(Engine::kSync).instructions, 3);
  EXPECT_EQ(p.engine(Engine::kTensor).partitions_used, 1);
  EXPECT_EQ(p.engine(Engine::kSync).partitions_used, 0) << "starting a DMA spans none";
}

TEST(Profile, NamesWhatAStallWaitedForMost) {
  const HandMade m = small_matmul();
  const Profile p = profile_of(m);
  const auto reason = static_cast<std::size_t>(StallReason::kOperandReady);
  const Stall& stall = p.engine(Engine::kTensor).stalls[reason];
  EXPECT_EQ(stall.time, ns(3200));
  EXPECT_EQ(describe(p.sites[stall.worst], m.program), "dma_copy at kernel.py:11");
}

TEST(Profile, WalksTheCriticalPathOverTransfersAndWaits) {
  const HandMade m = small_matmul();
  const Profile p = profile_of(m);
  struct Row {
    SegmentKind kind;
    std::int64_t start, end;
    bool operator==(const Row&) const = default;
  };
  std::vector<Row> rows;
  for (const Segment& s : p.path.segments) {
    rows.push_back({s.kind, s.start.ps() / 1000, s.end.ps() / 1000});
  }
  const std::vector<Row> expected = {
      {SegmentKind::kPrologue, 0, 1000},    {SegmentKind::kWork, 1000, 1100},  // load a's trigger
      {SegmentKind::kWork, 1100, 1200},                                        // load b's
      {SegmentKind::kWait, 1200, 2100},     {SegmentKind::kTransfer, 2100, 4100},
      {SegmentKind::kWait, 4100, 4200},     {SegmentKind::kWork, 4200, 6200},
      {SegmentKind::kWait, 6200, 6300},     {SegmentKind::kWork, 6300, 6800},
      {SegmentKind::kWait, 6800, 7000},     {SegmentKind::kWork, 7000, 7100},
      {SegmentKind::kWait, 7100, 8000},     {SegmentKind::kTransfer, 8000, 9000},
      {SegmentKind::kEpilogue, 9000, 10000}};
  EXPECT_EQ(rows, expected);
  EXPECT_EQ(p.path.time(SegmentKind::kTransfer), ns(3000));
  EXPECT_EQ(p.path.engine_time(Engine::kTensor), ns(2000));
}

TEST(Profile, AnEarlierTransferOfTheQueueIsOnThePath) {
  HandMade m;
  const auto a = m.tensor("a", Buffer::kHbm, {128, 64}, isa::TensorKind::kInput);
  const auto tile = m.tensor("tile", Buffer::kSbuf, {128, 64});
  const auto load = m.add(Opcode::kDmaCopy, {{OperandName::kDst, tile}, {OperandName::kSrc, a}});
  m.run(load, Engine::kSync, 0, 0, 10);
  m.run(load, Engine::kSync, 10, 10, 20);
  m.move(0, 3, Buffer::kHbm, Buffer::kSbuf, 16384, 128, 30, 500);
  m.move(1, 3, Buffer::kHbm, Buffer::kSbuf, 16384, 128, 500, 900);
  m.timeline.duration = ns(900);
  const Profile p = profile_of(m);
  EXPECT_EQ(p.path.time(SegmentKind::kTransfer), ns(870));
  EXPECT_EQ(p.path.segments.back().reason, StallReason::kNone);
  ASSERT_EQ(p.dma.queues.size(), 1u);
  EXPECT_EQ(p.dma.queues[0].queue, 3);
  EXPECT_EQ(p.dma.queues[0].busy, ns(870));
  EXPECT_EQ(p.traffic.hbm_reread, 16384) << "the same tile twice";
}

TEST(Profile, CountsBytesByPath) {
  const Profile p = profile_of(small_matmul());
  EXPECT_EQ(p.traffic.hbm_read, 32768 + 131072);
  EXPECT_EQ(p.traffic.hbm_write, 131072);
  // DMA in, and the copy out of PSUM.
  EXPECT_EQ(p.traffic.sbuf_write, 32768 + 131072 + 131072);
  // The multiply's operands, and DMA out.
  EXPECT_EQ(p.traffic.sbuf_read, 32768 + 131072 + 131072);
  EXPECT_EQ(p.traffic.psum_write, 128 * 512 * 4);
  EXPECT_EQ(p.traffic.psum_read, 128 * 512 * 4);
  EXPECT_EQ(p.traffic.psum_to_sbuf, 128 * 512 * 4);
  EXPECT_EQ(p.traffic.psum_to_sbuf_count, 1);
  EXPECT_EQ(p.traffic.hbm_reread, 0);
  EXPECT_EQ(p.traffic.inputs, 32768 + 131072);
}

TEST(Profile, CountsFlopsOfPlainTransposedAndPackedMatmuls) {
  HandMade m = small_matmul();
  const Profile p = profile_of(m);
  EXPECT_EQ(p.flops.hardware, 2 * 128 * 128 * 512);
  EXPECT_EQ(p.flops.transpose, 0);
  EXPECT_NEAR(p.mfu(), 2.0 * 128 * 128 * 512 / 1e12 / 10e-6, 1e-12);
  EXPECT_NEAR(p.mbu(), (32768 + 2 * 131072) / 1e11 / 10e-6, 1e-12);

  const auto data = m.tensor("data", Buffer::kSbuf, {64, 128});
  const auto turned = m.tensor("turned", Buffer::kPsum, {128, 64});
  const auto transpose =
      m.add(Opcode::kNcTranspose, {{OperandName::kDst, turned}, {OperandName::kData, data}});
  const auto packed = m.tensor("packed", Buffer::kSbuf, {128, 64}, isa::TensorKind::kInternal,
                               numeric::ElementType::kFloat8E4m3fnX4);
  const auto out = m.tensor("out", Buffer::kPsum, {64, 64}, isa::TensorKind::kInternal,
                            numeric::ElementType::kFloat32);
  const auto mx = m.add(Opcode::kNcMatmulMx, {{OperandName::kDst, out},
                                              {OperandName::kStationary, packed},
                                              {OperandName::kMoving, packed}});
  m.run(transpose, Engine::kTensor, 6200, 6200, 6300);
  m.run(mx, Engine::kTensor, 6300, 6300, 6400);
  const Profile q = profile_of(m);
  EXPECT_EQ(q.flops.transpose, 2 * 64 * 128 * 64);
  EXPECT_EQ(q.flops.hardware - p.flops.hardware, q.flops.transpose + 2 * 512 * 64 * 64);
  EXPECT_EQ(q.flops.adjusted_hardware - q.flops.adjusted_transpose,
            static_cast<double>(p.flops.hardware) + 0.25 * 2 * 512 * 64 * 64);
  EXPECT_EQ(q.flops.transposes, 1);
  EXPECT_EQ(q.flops.matmuls, 2);
}

TEST(Profile, OwnHbmTensorsAreSpills) {
  HandMade m;
  const auto scratch = m.tensor("scratch", Buffer::kHbm, {128, 64});
  const auto tile = m.tensor("tile", Buffer::kSbuf, {128, 64});
  const auto save =
      m.add(Opcode::kDmaCopy, {{OperandName::kDst, scratch}, {OperandName::kSrc, tile}});
  const auto reload =
      m.add(Opcode::kDmaCopy, {{OperandName::kDst, tile}, {OperandName::kSrc, scratch}});
  m.run(save, Engine::kSync, 0, 0, 10);
  m.run(reload, Engine::kSync, 10, 10, 20);
  m.run(reload, Engine::kSync, 20, 20, 30);
  m.run(save, Engine::kSync, 30, 30, 40);
  m.run(reload, Engine::kSync, 40, 40, 50);
  for (std::uint32_t i = 0; i < 5; ++i) {
    const bool in = i != 0 && i != 3;
    m.move(i, 0, in ? Buffer::kHbm : Buffer::kSbuf, in ? Buffer::kSbuf : Buffer::kHbm, 16384, 128,
           100 * (i + 1), 100 * (i + 2));
  }
  m.timeline.duration = ns(600);
  const Profile p = profile_of(m);
  EXPECT_EQ(p.traffic.spill_save, 2 * 16384);
  EXPECT_EQ(p.traffic.spill_reload, 3 * 16384);
  EXPECT_EQ(p.traffic.hbm_reread, 16384) << "a write in between makes the bytes new";
}

// Any timeline: random engines, lengths, overlaps and stalls.
HandMade random_timeline(std::uint64_t seed) {
  Random random(seed);
  HandMade m;
  const auto a = m.tensor("a", Buffer::kHbm, {64, 64}, isa::TensorKind::kInput);
  const auto x = m.tensor("x", Buffer::kSbuf, {64, 64});
  const auto load =
      m.add(Opcode::kDmaCopy, {{OperandName::kDst, x}, {OperandName::kSrc, a}}, "l:1");
  const auto copy = m.add(Opcode::kTensorCopy, {{OperandName::kDst, x}, {OperandName::kSrc, x}});
  m.timeline.prologue = ns(100);
  std::array<std::int64_t, isa::kEngines> free, last_start;
  free.fill(100);
  last_start.fill(100);
  std::int64_t end_of_all = 100;
  for (std::uint32_t i = 0; i < 60; ++i) {
    const auto e = 1 + random.below(kStreams.size());
    const std::int64_t reached = free[e];
    std::int64_t start = reached;
    std::uint32_t on = 0;
    StallReason stall = StallReason::kNone;
    if (i > 0 && random.below(2) == 0) {
      on = static_cast<std::uint32_t>(random.below(i));
      const auto& blocker = m.timeline.instructions[on];
      start = std::max({start, blocker.end.ps() / 1000, last_start[e]}) +
              static_cast<std::int64_t>(random.below(20));
      stall = static_cast<StallReason>(1 + random.below(kStallReasons - 1));
    }
    const auto length = static_cast<std::int64_t>(random.below(50));
    const bool dma = random.below(4) == 0;
    m.run(dma ? load : copy, static_cast<Engine>(e), reached, start, start + length, stall, on);
    // The next may start before this one ends: pipelining.
    free[e] =
        start + static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(length) + 1));
    last_start[e] = start;
    end_of_all = std::max(end_of_all, start + length);
    if (dma) {
      m.move(i, static_cast<std::uint16_t>(random.below(3)), Buffer::kHbm, Buffer::kSbuf, 8192, 64,
             start + length + 5, start + length + 40);
      end_of_all = std::max(end_of_all, start + length + 40);
    }
  }
  m.timeline.epilogue = ns(50);
  m.timeline.duration = ns(end_of_all + 50);
  return m;
}

TEST(Profile, ConservesTimeOnRandomTimelines) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    const HandMade m = random_timeline(seed);
    const Profile p = profile_of(m);
    for (const EngineProfile& engine : p.engines) {
      EXPECT_EQ(engine.busy + engine.stalled + engine.idle, p.duration) << seed;
      EXPECT_GE(engine.idle, SimTime()) << seed;
      EXPECT_GE(engine.work, engine.busy) << seed;
      SimTime stalled;
      for (const Stall& stall : engine.stalls) {
        stalled += stall.time;
        EXPECT_LE(stall.worst_time, stall.time);
      }
      EXPECT_EQ(stalled, engine.stalled) << seed;
    }
    SimTime at;
    for (const Segment& segment : p.path.segments) {
      EXPECT_EQ(segment.start, at) << seed;
      at = segment.end;
    }
    EXPECT_EQ(at, p.duration) << seed;
    EXPECT_LE(p.active, p.duration - p.prologue - p.epilogue) << seed;
  }
}

TEST(Profile, OfNothing) {
  const HandMade m;
  const Profile p = profile_of(m);
  EXPECT_EQ(p.verdict.bound_by, "nothing");
  EXPECT_TRUE(p.path.segments.empty());
  for (const SummaryValue& value : summary(p)) {
    if (const double* number = std::get_if<double>(&value.value)) {
      EXPECT_TRUE(std::isfinite(*number)) << value.key;
    }
  }
}

TEST(Summary, HasTheKeysOfTheVendorsProfiler) {
  const Profile p = profile_of(small_matmul());
  std::map<std::string, double> values;
  for (const SummaryValue& v : summary(p)) {
    const bool added =
        values.emplace(v.key, std::visit([](auto n) { return static_cast<double>(n); }, v.value))
            .second;
    EXPECT_TRUE(added) << v.key << " twice";
  }
  const std::map<std::string, double> expected = {{"total_time", 10e-6},
                                                  {"total_exec_time", 8e-6},
                                                  {"total_active_time_percent", 0.59},
                                                  {"neuroncore_cycle_count", 10000},
                                                  {"tensor_engine_active_time", 2e-6},
                                                  {"tensor_engine_active_time_percent", 0.2},
                                                  {"tensor_engine_instruction_count", 1},
                                                  {"sync_engine_instruction_count", 3},
                                                  {"matmul_instruction_count", 1},
                                                  {"dma_active_time", 3.1e-6},
                                                  {"dma_transfer_count", 3},
                                                  {"dma_transfer_average_bytes", 294912.0 / 3},
                                                  {"dma_transfer_total_bytes", 294912},
                                                  {"static_dma_packet_count", 384},
                                                  {"hardware_dynamic_dma_packet_count", 0},
                                                  {"software_dynamic_dma_size", 0},
                                                  {"hbm_read_bytes", 163840},
                                                  {"model_flops", 16777216},
                                                  {"mm_arithmetic_intensity", 16777216.0 / 294912},
                                                  {"peak_flops_bandwidth_ratio", 10},
                                                  {"mfu_max_achievable_estimated_percent", 1},
                                                  {"spill_save_bytes", 0}};
  for (const auto& [key, value] : expected) {
    ASSERT_TRUE(values.contains(key)) << key;
    EXPECT_NEAR(values[key], value, 1e-9 * std::abs(value)) << key;
  }
}

}  // namespace
}  // namespace switchyard::neuroncore
