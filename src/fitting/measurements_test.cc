#include "fitting/measurements.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/text.h"
#include "catalog/catalog.h"

namespace switchyard::fitting {
namespace {

using namespace costing;

const std::map<std::string, FitChip>& chips() {
  static const auto loaded = *load_fit_chips(catalog::default_directory() / "fits" / "chips.toml");
  return loaded;
}

Measurements read(const std::string& text, const std::string& name = "mine.csv",
                  const std::string& chip = "") {
  auto parsed = parse_measurements(text, name, chip, chips());
  EXPECT_TRUE(parsed) << (parsed ? "" : to_text(parsed.error()));
  return parsed.value_or(Measurements{});
}

std::string fault(const std::string& text, const std::string& name = "mine.csv",
                  const std::string& chip = "") {
  const auto parsed = parse_measurements(text, name, chip, chips());
  return parsed ? std::string("no fault") : to_text(parsed.error());
}

constexpr const char* kGemm =
    "framework,version,device,op_name,kernel_source,gemm_dtype,m,n,k,latency\n"
    "VLLM,0.24.0,NVIDIA H200,gemm,x,bfloat16,64,4096,7168,0.02\n"
    "VLLM,0.24.0,NVIDIA H200,gemm,y,fp8,64,4096,7168,0.015\n";

TEST(Measurements, ProductsOfAiconfiguratorTables) {
  const Measurements m = read(kGemm);
  ASSERT_EQ(m.series.size(), 2u);
  EXPECT_EQ(m.series[0].key(), "h200|gemm|bf16||vllm 0.24.0|");
  const Measurement& row = m.series[0].rows.at(0);
  EXPECT_DOUBLE_EQ(row.seconds, 20e-6);
  EXPECT_DOUBLE_EQ(std::get<GemmShape>(row.shape).k, 7168);
  EXPECT_EQ(row.group, m.series[1].rows.at(0).group);  // one n and k: held out together
}

TEST(Measurements, AttentionSaysCacheAndWindowAndSetsTritonApart) {
  const Measurements m = read(
      "framework,version,device,op_name,kernel_source,batch_size,isl,num_heads,"
      "num_key_value_heads,head_dim,beam_width,attn_dtype,kv_cache_dtype,step,window_size,"
      "latency\n"
      "VLLM,1,NVIDIA B200,generation_attention,a,8,1,64,8,128,1,bfloat16,fp8,1023,128,0.01\n"
      "VLLM,1,NVIDIA B200,context_attention,triton_b,8,512,64,8,192,1,bfloat16,bfloat16,0,0,1\n");
  ASSERT_EQ(m.series.size(), 2u);
  EXPECT_EQ(m.series[0].kernel, "triton");
  EXPECT_EQ(m.series[0].family, KernelFamily::kContextAttention);
  EXPECT_EQ(m.series[1].cached, "fp8");
  const auto& s = std::get<AttentionShape>(m.series[1].rows.at(0).shape);
  EXPECT_DOUBLE_EQ(s.prefix, 1023);
  EXPECT_DOUBLE_EQ(s.window, 128);
}

TEST(Measurements, ExpertsKnowTheirRoutingAndGates) {
  const Measurements m = read(
      "framework,version,device,op_name,kernel_source,moe_dtype,num_tokens,hidden_size,inter_size,"
      "topk,num_experts,moe_tp_size,moe_ep_size,distribution,latency\n"
      "VLLM,1,NVIDIA H200,moe,vllm_k,bfloat16,16,4096,1536,8,128,1,8,power_law_1.2,0.1\n"
      "VLLM,1,NVIDIA H200,moe,vllm_k,bfloat16,16,2688,1856,6,128,1,1,balanced,0.1\n");
  ASSERT_EQ(m.series.size(), 1u);
  EXPECT_EQ(m.series[0].kernel, "k");
  const auto& gated = std::get<ExpertsShape>(m.series[0].rows.at(0).shape);
  EXPECT_EQ(gated.routing, Routing::kVerySkewed);
  EXPECT_DOUBLE_EQ(gated.matrices, 3);
  EXPECT_DOUBLE_EQ(std::get<ExpertsShape>(m.series[0].rows.at(1).shape).matrices, 2);
}

TEST(Measurements, MessagesOfCollectivesAreElementsThere) {
  const Measurements m = read(
      "framework,version,device,op_name,kernel_source,nccl_dtype,num_gpus,message_size,latency\n"
      "TRTLLM,2.2,NVIDIA H200,all_gather,NCCL,half,8,1024,0.01\n");
  ASSERT_EQ(m.series.size(), 1u);
  EXPECT_EQ(m.series[0].engine, "nccl 2.2");
  EXPECT_DOUBLE_EQ(std::get<CollectiveShape>(m.series[0].rows.at(0).shape).bytes, 2048);
}

TEST(Measurements, ProfilesOfVidurAndLlmServingSim) {
  const std::string network =
      "i,time_stats.all_reduce.median,num_workers,size,devices_per_node\n"
      "0,0.05,8,2048,8\n1,0.5,16,2048,8\n2,0,8,2048,8\n";
  const Measurements v = read(network, "vidur_a100_dgx__all_reduce.csv");
  ASSERT_EQ(v.series.size(), 1u);
  EXPECT_EQ(v.series[0].chip, "a100");
  EXPECT_EQ(v.series[0].rows.size(), 1u);
  EXPECT_EQ(v.skipped.size(), 2u);
  const Measurements t = read(
      "layer_name,input,latency(ns)\nq_proj,16,25000\no_proj,16,5000\ngate_proj,16,79000\n"
      "down_proj,16,154000\nrope,16,100\nlm_head,16,700000\nlm_head,1,300000\nq_proj,2,9\n",
      "profile.csv", "tpu-v6e");
  ASSERT_EQ(t.series.size(), 1u);
  ASSERT_EQ(t.series[0].rows.size(), 2u);
  const Measurement& block = t.series[0].rows.at(1);  // a fifth of its products
  EXPECT_DOUBLE_EQ(block.seconds, 263e-6 / 5);
  EXPECT_DOUBLE_EQ(std::get<GemmShape>(block.shape).n, 10240);
  EXPECT_EQ(t.skipped.size(), 3u);
}

TEST(Measurements, HostileTablesAreRefusedWithTheirLines) {
  const std::string header = "gemm_dtype,m,n,k,latency,device\n";
  const auto row = [&](const std::string& cells) {
    return fault(header + "bfloat16,1,64,64,0.01,NVIDIA H200\n" + cells);
  };
  EXPECT_NE(row("bfloat16,-3,64,64,0.01,NVIDIA H200\n").find("mine.csv:3: m: is \"-3\""),
            std::string::npos);
  EXPECT_NE(row("bfloat16,1,64,nan,0.01,NVIDIA H200\n").find("mine.csv:3: k"), std::string::npos);
  EXPECT_NE(row("bfloat16,1,64,64,0,NVIDIA H200\n").find("mine.csv:3: latency"), std::string::npos);
  EXPECT_NE(row("bfloat16,1,64,64,1e300,NVIDIA H200\n").find("latency"), std::string::npos);
  EXPECT_NE(row("bfloat17,1,64,64,0.01,NVIDIA H200\n").find("mine.csv:3: gemm_dtype"),
            std::string::npos);
  EXPECT_NE(row("bfloat16,1,64,64,0.01,NVIDIA H900\n").find("NVIDIA H200"), std::string::npos);
  EXPECT_NE(row("bfloat16,1,64\n").find("mine.csv:3"), std::string::npos);
  EXPECT_NE(row("bfloat16,\"1,64,64,0.01,NVIDIA H200\n").find("mine.csv:3"), std::string::npos);
  EXPECT_NE(fault("").find("mine.csv"), std::string::npos);
  EXPECT_NE(fault("a,b\n1,2\n").find("no known format"), std::string::npos);
  EXPECT_NE(fault("gemm_dtype,m,n,latency,device\nfp8,1,1,1,NVIDIA H200\n").find("k: is missing"),
            std::string::npos);
  EXPECT_NE(fault("layer_name,input,latency(ns)\nq_proj,1,1\n").find("--chip"), std::string::npos);
  EXPECT_NE(fault(kGemm, "mine.csv", "h20").find("h200"), std::string::npos);
}

TEST(Measurements, AThousandFaultsAreAFewLines) {
  std::string text = "gemm_dtype,m,n,k,latency,device\n";
  for (int i = 0; i < 1000; ++i) text += "bfloat16,0,64,64,0.01,NVIDIA H200\n";
  const std::string all = fault(text);
  EXPECT_LE(std::count(all.begin(), all.end(), '\n'), 25);
}

TEST(Measurements, SharedTablesReadWhole) {
  const std::filesystem::path directory = "../shared/data/operators";
  if (!std::filesystem::exists(directory)) GTEST_SKIP() << "no shared/data/operators here";
  const auto files = measurement_files({directory.string()});
  ASSERT_TRUE(files) << to_text(files.error());
  EXPECT_GE(files->size(), 70u);
  const auto one = read_measurements(directory / "h200_sxm__nccl.csv.gz", "", chips());
  ASSERT_TRUE(one) << to_text(one.error());
  EXPECT_EQ(one->series.size(), 4u);
  EXPECT_EQ(one->series[0].rows.size(), 126u);
}

}  // namespace
}  // namespace switchyard::fitting
