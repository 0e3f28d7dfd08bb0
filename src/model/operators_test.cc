#include "model/operators.h"

#include <gtest/gtest.h>

#include <string_view>

#include "model/import.h"
#include "model/parameters.h"

namespace switchyard::model {
namespace {

Model named(const char* id) { return *find_model(id, "catalog/models"); }

double matmul_flops(const std::vector<Operator>& operators) {
  double sum = 0;
  for (const Operator& op : operators) {
    const bool product =
        op.kind == OperatorKind::kMatmul || op.kind == OperatorKind::kGroupedMatmul;
    if (product) sum += op.count * op.flops.value();
  }
  return sum;
}

TEST(StepOperators, DecodeSpendsTwoFlopsAnActiveParameter) {
  for (const char* id : {"llama-3.1-8b", "mixtral-8x7b", "deepseek-r1", "gemma-3-27b"}) {
    const Model model = named(id);
    const double flops = matmul_flops(step_operators(model, {}, {.sequences = 4}));
    EXPECT_NEAR(flops / (4 * 2 * static_cast<double>(parameters(model).active)), 1, 0.01) << id;
  }
}

TEST(StepOperators, TensorParallelismHalvesTheProducts) {
  const Model model = named("llama-3.1-8b");
  const StepBatch batch{.sequences = 8, .decode_context = 1000, .prefill_tokens = 64};
  const double one = matmul_flops(step_operators(model, {}, batch));
  const double two = matmul_flops(step_operators(model, {.tp = 2}, batch));
  EXPECT_NEAR(two / one, 0.5, 1e-9);
}

TEST(StepOperators, ContextParallelismCutsTheCacheAndAllButTheWayIntoAttention) {
  const Model model = named("llama-3.1-8b");
  const auto of = [&](const Sharding& s, std::string_view name) {
    for (const Operator& op : step_operators(model, s, {.sequences = 8, .decode_context = 1e5})) {
      if (op.name == name) return op;
    }
    ADD_FAILURE() << name;
    return Operator{};
  };
  const auto ratio = [&](std::string_view name) {
    return of({.tp = 8, .cp = 4}, name).flops / of({.tp = 8}, name).flops;
  };
  EXPECT_DOUBLE_EQ(ratio("qkv_projection"), 1);
  EXPECT_DOUBLE_EQ(ratio("decode_attention"), 0.25);
  EXPECT_DOUBLE_EQ(ratio("output_projection"), 0.25);
  EXPECT_DOUBLE_EQ(ratio("mlp"), 0.25);
  EXPECT_DOUBLE_EQ(ratio("lm_head"), 0.25);
  EXPECT_EQ(of({.tp = 8, .cp = 4}, "context_merge").ranks, 4);
  EXPECT_EQ(of({.tp = 8, .cp = 4}, "mlp_all_reduce").ranks, 32);
}

TEST(StepOperators, OneChipHasNobodyToTalkTo) {
  for (const char* id : {"llama-3.1-8b", "deepseek-r1"}) {
    for (const Operator& op : step_operators(named(id), {}, {.sequences = 4})) {
      EXPECT_FALSE(is_collective(op.kind)) << op.name;
    }
  }
}

TEST(StepOperators, EveryAxisOfShardingBringsItsCollective) {
  const auto has = [](const Sharding& s, OperatorKind kind) {
    for (const Operator& op : step_operators(named("deepseek-r1"), s, {.sequences = 16})) {
      if (op.kind == kind && op.ranks > 1) return true;
    }
    return false;
  };
  EXPECT_TRUE(has({.tp = 2}, OperatorKind::kAllReduce));
  EXPECT_TRUE(has({.pp = 2}, OperatorKind::kSendReceive));
  EXPECT_TRUE(has({.dp = 8, .ep = 8}, OperatorKind::kAllToAll));
  EXPECT_FALSE(has({.dp = 8, .ep = 8}, OperatorKind::kSendReceive));
}

TEST(StepOperators, NeverTouchMoreExpertsThanARankHolds) {
  const Model model = named("deepseek-r1");
  for (const int ep : {1, 8, 32}) {
    double before = 0;
    for (const double sequences : {32.0, 256.0, 1e5}) {
      double touched = 0;
      for (const Operator& op :
           step_operators(model, {.dp = 32, .ep = ep}, {.sequences = sequences})) {
        if (op.kind == OperatorKind::kGroupedMatmul) touched = op.groups;
      }
      EXPECT_GT(touched, 0);
      EXPECT_LE(touched, 256.0 / ep);
      EXPECT_GE(touched, before);
      before = touched;
    }
    EXPECT_NEAR(before, 256.0 / ep, 1e-6);
  }
}

TEST(StepOperators, OneTokenTouchesTheExpertsItChooses) {
  for (const Operator& op : step_operators(named("mixtral-8x7b"), {}, {.sequences = 1})) {
    if (op.kind == OperatorKind::kGroupedMatmul) {
      EXPECT_NEAR(op.groups, 2, 1e-9);
    }
  }
}

TEST(StepOperators, OfAnEmptyBatchAreNone) {
  EXPECT_TRUE(step_operators(named("llama-3.1-8b"), {}, {}).empty());
}

TEST(ShardFault, AcceptsTheLastValidDegreeAndRefusesTheNext) {
  const Model llama = named("llama-3.1-8b");  // 32 layers, 32 heads
  EXPECT_EQ(shard_fault(llama, {.tp = 32}), "");
  EXPECT_NE(shard_fault(llama, {.tp = 64}), "");
  EXPECT_NE(shard_fault(llama, {.tp = 3}), "");
  EXPECT_EQ(shard_fault(llama, {.pp = 32}), "");
  EXPECT_NE(shard_fault(llama, {.pp = 33}), "");
  EXPECT_NE(shard_fault(llama, {.tp = 0}), "");
  EXPECT_NE(shard_fault(llama, {.tp = 2, .ep = 2}), "");
  const Model mixtral = named("mixtral-8x7b");  // 8 experts
  EXPECT_EQ(shard_fault(mixtral, {.dp = 8, .ep = 8}), "");
  EXPECT_NE(shard_fault(mixtral, {.dp = 16, .ep = 16}), "");
  EXPECT_NE(shard_fault(mixtral, {.dp = 4, .ep = 8}), "");
}

}  // namespace
}  // namespace switchyard::model
