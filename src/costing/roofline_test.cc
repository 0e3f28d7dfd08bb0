#include "costing/roofline.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace switchyard::costing {
namespace {

using model::Operator;
using model::OperatorKind;

// 1000 FLOP/s, 100 B/s, links of 10 B/s, 0.5 s to start an operator.
catalog::PlatformNumbers world() {
  catalog::PlatformNumbers w;
  w.formats = {{.rate = FlopsPerSecond(1000), .energy = JoulesPerFlop(2)}};
  w.attention_rate = FlopsPerSecond(400);
  w.grouped_compute = 0.5;
  w.grouped_memory = 0.25;
  w.memory_bandwidth = BytesPerSecond(100);
  w.operator_overhead = Seconds(0.5);
  w.memory_energy = JoulesPerByte(3);
  w.fabric = {.id = "test",
              .tiers = {{.chips = 2, .bandwidth = BytesPerSecond(10), .latency = Seconds(1)},
                        {.chips = 1000000, .bandwidth = BytesPerSecond(1), .latency = Seconds(1)}}};
  w.fabric.algorithms[0].known = true;
  return w;
}

Operator matmul(double flops, double weights, double activations) {
  Operator op;
  op.flops = Flops(flops);
  op.weight_elements = weights;
  op.activation_bytes = Bytes(activations);
  return op;
}

TEST(Roofline, CountsWeightsCacheAndActivationsAsTraffic) {
  Operator op = matmul(0, 10, 7);
  op.cache_elements = 4;
  Precision p;
  p.bits.weights.fill(4);
  p.bits.cache = 8;
  EXPECT_DOUBLE_EQ(memory_traffic(op, p).value(), 10 * 0.5 + 4 + 7);
}

TEST(Roofline, TakesTheSlowerOfProductsAndBytesPlusTheStart) {
  const RooflineCosts costs;
  const auto compute = costs.cost(matmul(4000, 50, 100), {}, world());  // 4 s against 2 s
  EXPECT_DOUBLE_EQ(compute.seconds.value(), 4.5);
  EXPECT_EQ(compute.bound, Bound::kCompute);
  const auto memory = costs.cost(matmul(1000, 50, 100), {}, world());  // 1 s against 2 s
  EXPECT_DOUBLE_EQ(memory.seconds.value(), 2.5);
  EXPECT_EQ(memory.bound, Bound::kMemory);
  const auto start = costs.cost(matmul(100, 5, 10), {}, world());  // 0.1 s against 0.2 s
  EXPECT_DOUBLE_EQ(start.seconds.value(), 0.7);
  EXPECT_EQ(start.bound, Bound::kOverhead);
}

TEST(Roofline, LowersTheRatesOfExpertsAndAttention) {
  const RooflineCosts costs;
  const auto seconds = [&](OperatorKind kind, double flops, double weights) {
    Operator op = matmul(flops, weights, 0);
    op.kind = kind;
    return costs.cost(op, {}, world()).seconds.value() - 0.5;
  };
  EXPECT_DOUBLE_EQ(seconds(OperatorKind::kMatmul, 1000, 0), 1);
  EXPECT_DOUBLE_EQ(seconds(OperatorKind::kGroupedMatmul, 1000, 0), 2);
  EXPECT_DOUBLE_EQ(seconds(OperatorKind::kPrefillAttention, 1000, 0), 2.5);
  EXPECT_DOUBLE_EQ(seconds(OperatorKind::kDecodeAttention, 1000, 0), 2.5);
  EXPECT_DOUBLE_EQ(seconds(OperatorKind::kMatmul, 0, 50), 1);
  EXPECT_DOUBLE_EQ(seconds(OperatorKind::kGroupedMatmul, 0, 50), 4);
}

TEST(Roofline, FusesElementwiseOperators) {
  Operator op = matmul(0, 0, 100);
  op.kind = OperatorKind::kElementwise;
  EXPECT_DOUBLE_EQ(RooflineCosts().cost(op, {}, world()).seconds.value(), 1);
}

TEST(Roofline, PutsCollectivesOnTheLinks) {
  Operator op;
  op.kind = OperatorKind::kAllGather;
  op.payload = Bytes(100);
  op.ranks = 2;
  const auto cost = RooflineCosts().cost(op, {}, world());
  EXPECT_DOUBLE_EQ(cost.seconds.value(), 5 + 1);
  EXPECT_EQ(cost.bound, Bound::kLink);
}

TEST(Roofline, PartsOfAStepSumToItsSeconds) {
  std::vector<Operator> step = {matmul(4000, 50, 100), matmul(1000, 50, 100), matmul(100, 5, 10)};
  step[0].count = 3;
  step[1].count = 0.5;
  Operator gather;
  gather.kind = OperatorKind::kAllGather;
  gather.payload = Bytes(100);
  gather.ranks = 2;
  gather.count = 2;
  step.push_back(gather);
  const StepCost cost = RooflineCosts().prepare(step, {})->cost(world());
  EXPECT_DOUBLE_EQ(cost.compute.value(), 13.5);
  EXPECT_DOUBLE_EQ(cost.memory.value(), 1.25);
  EXPECT_DOUBLE_EQ(cost.overhead.value(), 0.7);
  EXPECT_DOUBLE_EQ(cost.link.value(), 12);
  EXPECT_DOUBLE_EQ(cost.seconds.value(),
                   (cost.compute + cost.memory + cost.overhead + cost.link).value());
  // 3 J a byte, 2 J a FLOP: 3 (600 + 8000) + (600 + 2000) / 2 + (60 + 200).
  EXPECT_DOUBLE_EQ(cost.dynamic.value(), 25800 + 1300 + 260);
}

TEST(Roofline, OfNothingIsFree) {
  const StepCost cost = RooflineCosts().prepare({}, {})->cost(world());
  EXPECT_EQ(cost.seconds, Seconds());
  EXPECT_EQ(cost.dynamic, Joules());
}

}  // namespace
}  // namespace switchyard::costing
