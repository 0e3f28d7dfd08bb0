// AIConfigurator tables: columns as in its perf files, latency in milliseconds (DeepEP: us).
#include <bit>

#include "base/random.h"
#include "base/text.h"
#include "fitting/readers.h"

namespace switchyard::fitting {

namespace {

using namespace costing;

constexpr double kDimensionMax = 1e9;

std::uint64_t group_of(std::initializer_list<double> values) {
  std::uint64_t group = 0;
  for (const double v : values) group = mix(group ^ std::bit_cast<std::uint64_t>(v));
  return group;
}

// Their names of element types to ours; empty: unknown.
std::string element_of(std::string_view name) {
  static const std::map<std::string, std::string, std::less<>> kNames = {
      {"bfloat16", "bf16"}, {"float16", "bf16"},        {"half", "bf16"},
      {"fp8", "fp8"},       {"fp8_block", "fp8_block"}, {"nvfp4", "nvfp4"},
      {"int8", "int8"},     {"w4a16_mxfp4", "mxfp4"},   {"w4a8_mxfp4_mxfp8", "mxfp4_fp8"},
      {"int4_wo", "int4"}};
  const auto found = kNames.find(name);
  return found == kNames.end() ? std::string() : found->second;
}

class Reader {
 public:
  Reader(Rows& row, const Source& source, Collector& out) : row_(row), source_(source), out_(out) {}

  void read() {
    while (row_.next()) {
      Series key;
      key.chip = chip();
      const std::string named =
          fmt::format("{} {}", to_lower(row_.text("framework")), row_.text("version"));
      key.engine = trim(named).empty() ? "unnamed" : std::string(trim(named));
      if (row_.has("gemm_dtype")) {
        gemm(std::move(key));
      } else if (row_.has("mla_dtype")) {
        latent(std::move(key));
      } else if (row_.has("attn_dtype")) {
        attention(std::move(key));
      } else if (row_.has("moe_dtype")) {
        experts(std::move(key));
      } else if (row_.has("dispatch_avg_t_us") || row_.has("dispatch_transmit_us")) {
        exchange(std::move(key));
      } else {
        collective(std::move(key));
      }
    }
  }

 private:
  double dimension(const char* column) { return row_.number(column, 1, kDimensionMax); }
  double seconds() { return row_.number("latency", 1e-5, 1e6) * 1e-3; }

  std::string chip() {
    const std::string_view device = row_.text("device");
    if (device.empty()) return source_.chip;
    if (device == device_) return device_chip_;
    std::vector<std::string> known;
    device_ = device;
    device_chip_ = source_.chip;
    for (const auto& [id, chip] : *source_.chips) {
      if (chip.device.empty()) continue;
      known.push_back(chip.device);
      if (chip.device == device) device_chip_ = id;
    }
    if (device_chip_.empty()) {
      row_.fault("device", "is " + quote(device), join(known, ", ") + "; or --chip");
    }
    return device_chip_;
  }

  std::string element(const char* column) {
    const std::string_view name = row_.text(column);
    std::string out = element_of(name);
    if (out.empty()) row_.fault(column, "is " + quote(name), join(fit_element_names(), ", "));
    return out;
  }

  void add(Series key, const KernelShape& shape, double seconds, std::uint64_t group) {
    out_.add(std::move(key), {.shape = shape, .seconds = seconds, .group = group});
  }

  void gemm(Series key) {
    key.family = KernelFamily::kGemm;
    key.element = element("gemm_dtype");
    const GemmShape s = {.m = dimension("m"), .n = dimension("n"), .k = dimension("k")};
    add(std::move(key), s, seconds(), group_of({s.n, s.k}));
  }

  void attention(Series key) {
    AttentionShape s = {.batch = dimension("batch_size"),
                        .tokens = dimension("isl"),
                        .prefix = row_.number("step", 0, kDimensionMax),
                        .heads = dimension("num_heads"),
                        .kv_heads = dimension("num_key_value_heads"),
                        .head_dim = dimension("head_dim"),
                        .window = row_.number_or("window_size", 0, 0, kDimensionMax)};
    if (s.kv_heads > s.heads) {
      row_.fault("num_key_value_heads", fmt::format("is {:g}", s.kv_heads),
                 fmt::format("at most the {:g} heads", s.heads));
      return;
    }
    const bool generation = row_.text("op_name").starts_with("generation");
    key.family = generation ? KernelFamily::kGenerationAttention : KernelFamily::kContextAttention;
    key.element = element("attn_dtype");
    key.cached = element("kv_cache_dtype");
    // Triton's kernel stands in where a library lacks a head width: another animal.
    if (row_.text("kernel_source").find("triton") != std::string_view::npos) key.kernel = "triton";
    add(std::move(key), s, seconds(),
        group_of({s.heads, s.kv_heads, s.head_dim, s.window, s.batch}));
  }

  void latent(Series key) {
    // Only DeepSeek-V3's block is tabled; its ranks are the shape's defaults.
    if (row_.text("architecture") != "DeepseekV3ForCausalLM") {
      out_.skip("MLA block of another architecture than DeepSeek-V3");
      return;
    }
    const bool generation = row_.text("op_name").find("generation") != std::string_view::npos;
    key.family = generation ? KernelFamily::kLatentGeneration : KernelFamily::kLatentContext;
    key.element = element("gemm_type");
    key.cached = element("kv_cache_dtype");
    if (element("mla_dtype") == "fp8") key.kernel = "attention in fp8";
    const LatentShape s = {.batch = dimension("batch_size"),
                           .tokens = dimension("isl"),
                           .context = row_.number("step", 0, kDimensionMax),
                           .heads = dimension("num_heads")};
    add(std::move(key), s, seconds(), group_of({s.heads, s.batch}));
  }

  void experts(Series key) {
    key.family = KernelFamily::kExperts;
    key.element = element("moe_dtype");
    std::string_view kernel = row_.text("kernel_source");
    if (kernel.starts_with("vllm_")) kernel.remove_prefix(5);
    key.kernel = kernel;
    ExpertsShape s = {.tokens = dimension("num_tokens"),
                      .hidden = dimension("hidden_size"),
                      .width = dimension("inter_size"),
                      .top_k = dimension("topk"),
                      .experts = dimension("num_experts"),
                      .tp = dimension("moe_tp_size"),
                      .ep = dimension("moe_ep_size")};
    const std::string_view routing = row_.text("distribution");
    if (routing == "power_law_1.01") {
      s.routing = Routing::kSkewed;
    } else if (routing == "power_law_1.2") {
      s.routing = Routing::kVerySkewed;
    } else if (routing != "balanced") {
      row_.fault("distribution", "is " + quote(routing),
                 "balanced, power_law_1.01 or power_law_1.2");
    }
    if (s.top_k > s.experts || s.ep > s.experts) {
      row_.fault("num_experts", fmt::format("is {:g}", s.experts), "at least topk and moe_ep_size");
      return;
    }
    // Nemotron-3's experts have no gate: squared ReLU between two matrices. Its shapes are its own.
    const bool ungated = s.top_k == 22 || (s.hidden == 2688 && s.width == 1856);
    if (ungated) s.matrices = 2;
    add(std::move(key), s, seconds(),
        group_of({s.hidden, s.width, s.experts, s.top_k, s.tp, s.ep}));
  }

  // message_size is in elements.
  void collective(Series key) {
    static const std::map<std::string, CollectiveKind, std::less<>> kKinds = {
        {"all_reduce", CollectiveKind::kAllReduce},
        {"all_gather", CollectiveKind::kAllGather},
        {"reduce_scatter", CollectiveKind::kReduceScatter},
        {"alltoall", CollectiveKind::kAllToAll}};
    const char* type = row_.has("nccl_dtype") ? "nccl_dtype" : "allreduce_dtype";
    const std::string_view name = row_.text("op_name");
    const auto kind = kKinds.find(name);
    if (kind == kKinds.end()) {
      row_.fault("op_name", "is " + quote(name),
                 "all_reduce, all_gather, reduce_scatter, alltoall");
      return;
    }
    const FitElement* stored = find_fit_element(element(type));
    const double size = dimension("message_size");
    const CollectiveShape s = {.kind = kind->second,
                               .bytes = size * (stored ? stored->weight_bytes : 2),
                               .ranks = row_.number("num_gpus", 2, 4096)};
    key.family = KernelFamily::kCollective;
    key.element = name;
    if (row_.has("nccl_dtype")) {
      key.engine = fmt::format("nccl {}", row_.text("version"));
    } else {
      key.kernel = row_.text("kernel_source");
    }
    add(std::move(key), s, seconds(), group_of({size}));
  }

  // DeepEP: a rank sends each token to top_k experts; dispatch in fp8, combine in bf16.
  void exchange(Series key) {
    const bool low_latency = row_.has("dispatch_avg_t_us");
    constexpr double kProcessorsUsed = 20;  // of the ones swept, what engines give it
    if (row_.number("node_num", 1, 1024) != 1) {
      out_.skip("all-to-all beyond one scale-up domain");
      return;
    }
    if (!low_latency && row_.number("dispatch_sms", 1, 1024) != kProcessorsUsed) {
      out_.skip("all-to-all with other than 20 processors");
      return;
    }
    const double tokens = dimension("num_token");
    const double hidden = dimension("hidden_size");
    const double top_k = dimension("num_topk");
    const double ranks = 8;  // of the collectors' node
    // A token goes once to each rank that holds one of its experts.
    const double copies = low_latency ? top_k : std::min(top_k, ranks);
    const char* columns[2] = {low_latency ? "dispatch_avg_t_us" : "dispatch_transmit_us",
                              low_latency ? "combine_avg_t_us" : "combine_transmit_us"};
    for (int combine = 0; combine < 2; ++combine) {
      Series mine = key;
      mine.family = KernelFamily::kCollective;
      mine.element = combine ? "combine" : "dispatch";
      mine.engine = fmt::format("deepep, {}", key.engine);
      mine.kernel = low_latency ? "low latency" : "normal";
      const double element = combine || !low_latency ? 2 : 1;
      const CollectiveShape s = {.kind = CollectiveKind::kOneSided,
                                 .bytes = tokens * copies * hidden * element,
                                 .ranks = ranks};
      add(std::move(mine), s, row_.number(columns[combine], 1e-3, 1e9) * 1e-6,
          group_of({hidden, top_k}));
    }
  }

  Rows& row_;
  const Source& source_;
  Collector& out_;
  std::string device_, device_chip_;
};

}  // namespace

bool is_aiconfigurator(const Rows& rows) {
  for (const char* column : {"gemm_dtype", "attn_dtype", "mla_dtype", "moe_dtype", "nccl_dtype",
                             "allreduce_dtype", "dispatch_avg_t_us", "dispatch_transmit_us"}) {
    if (rows.has(column)) return true;
  }
  return false;
}

void read_aiconfigurator(Rows& row, const Source& source, Collector& out) {
  Reader(row, source, out).read();
}

}  // namespace switchyard::fitting
