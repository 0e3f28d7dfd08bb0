// Profiles of LLMServingSim (one TPU, Llama-3.1-8B) and of Vidur (dense layers, networks).
#include <algorithm>

#include "base/random.h"
#include "base/text.h"
#include "fitting/readers.h"

namespace switchyard::fitting {

namespace {

using namespace costing;

// Llama-3.1-8B, unsharded: the model of the only such profile.
constexpr double kHidden = 4096, kWidth = 14336, kVocabulary = 128256;
constexpr const char* kProjections[] = {"q_proj", "o_proj", "gate_proj", "up_proj", "down_proj"};
constexpr double kHeads = 32, kKeyHeads = 8, kHeadWidth = 128;
constexpr const char* kEngine = "vllm-tpu, LLMServingSim";

// The compiler fetches weights of one layer during another and books both there, or leaves a layer
// out (up_proj at short steps): only a block's five products together are physical. They count as
// one of a fifth of their size and time.
void read_layers(Rows& row, const Source& source, Collector& out) {
  struct Block {
    double seconds = 0;
    int products = 0;
  };
  std::map<double, Block> blocks;
  const Series key = {.chip = source.chip,
                      .family = KernelFamily::kGemm,
                      .element = "bf16",
                      .cached = {},
                      .engine = kEngine,
                      .kernel = {},
                      .rows = {}};
  const auto add = [&](double tokens, double n, double seconds) {
    constexpr double kTokensTogether = 64;  // neighbours tell nothing new: held out together
    const double weights_at_least = n * kHidden * 2 / source.chips->at(source.chip).bandwidth.si();
    if (seconds < weights_at_least) {
      out.skip("layers faster than their weights can be read");
      return;
    }
    out.add(key, {.shape = GemmShape{.m = tokens, .n = n, .k = kHidden},
                  .seconds = seconds,
                  .group = mix(static_cast<std::uint64_t>(tokens / kTokensTogether))});
  };
  while (row.next()) {
    const std::string_view layer = row.text("layer_name");
    const double tokens = row.number("input", 1, 1e9);
    const double seconds = row.number("latency(ns)", 1, 1e13) * 1e-9;
    if (layer == "lm_head") {
      add(tokens, kVocabulary, seconds);
    } else if (std::find(std::begin(kProjections), std::end(kProjections), layer) !=
               std::end(kProjections)) {
      blocks[tokens].seconds += seconds;
      ++blocks[tokens].products;
    } else {
      out.skip("layers that are no products");
    }
  }
  constexpr double kProducts = 5;
  for (const auto& [tokens, block] : blocks) {
    if (block.products < 4) {
      out.skip("layers of an incomplete block");
      continue;
    }
    add(tokens, (2 * kHidden + 3 * kWidth) / kProducts, block.seconds / kProducts);
  }
}

void read_attention(Rows& row, const Source& source, Collector& out) {
  while (row.next()) {
    const bool prefill = row.text("is_prefill") == "True";
    AttentionShape s = {.batch = row.number("batch_size", 1, 1e6),
                        .tokens = row.number("prefill_chunk_size", 0, 1e9),
                        .prefix = row.number("kv_cache_size", 0, 1e9),
                        .heads = kHeads,
                        .kv_heads = kKeyHeads,
                        .head_dim = kHeadWidth};
    if (!prefill) s.tokens = 1;
    const double seconds = row.number("mean_ns", 1, 1e13) * 1e-9;
    const Series key = {
        .chip = source.chip,
        .family = prefill ? KernelFamily::kContextAttention : KernelFamily::kGenerationAttention,
        .element = "bf16",
        .cached = "bf16",
        .engine = kEngine};
    out.add(key, {.shape = s,
                  .seconds = seconds,
                  .group = mix(static_cast<std::uint64_t>(prefill ? s.tokens : s.batch))});
  }
}

constexpr double kMilli = 1e-3;

void read_dense(Rows& row, const Source& source, Collector& out) {
  while (row.next()) {
    const double tp = row.number("num_tensor_parallel_workers", 1, 1024);
    const double heads = row.number("n_head", 1, 1e6);
    const double keys = row.number("n_kv_head", 1, 1e6);
    const double hidden = row.number("n_embd", 1, 1e7);
    const double width = row.number("n_expanded_embd", 1, 1e7);
    const double tokens = row.number("num_tokens", 1, 1e9);
    const double gates = row.text("use_gated_mlp") == "True" ? 2 : 1;
    const double head = hidden / heads;
    const struct {
      const char* column;
      double n, k;
    } products[] = {
        {"time_stats.attn_pre_proj.median", (heads + 2 * keys) * head / tp, hidden},
        {"time_stats.attn_post_proj.median", hidden, hidden / tp},
        {"time_stats.mlp_up_proj.median", gates * width / tp, hidden},
        {"time_stats.mlp_down_proj.median", hidden, width / tp},
    };
    for (const auto& p : products) {
      const double seconds = row.number(p.column, 0, 1e9) * kMilli;
      if (seconds <= 0) {
        out.skip("times below the resolution");
        continue;
      }
      const Series key = {.chip = source.chip,
                          .family = KernelFamily::kGemm,
                          .element = "bf16",
                          .engine = "vidur profile"};
      out.add(key, {.shape = GemmShape{.m = tokens, .n = p.n, .k = p.k},
                    .seconds = seconds,
                    .group = mix(static_cast<std::uint64_t>(p.n) * 131071 +
                                 static_cast<std::uint64_t>(p.k))});
    }
  }
}

// `size` is in bytes: as elements the largest messages would pass the links' peak.
void read_network(Rows& row, const Source& source, Collector& out) {
  const bool reduce = row.has("time_stats.all_reduce.median");
  while (row.next()) {
    const double workers = row.number("num_workers", 2, 1e6);
    const double inside = row.number("devices_per_node", 1, 1e6);
    const double bytes = row.number("size", 1, 1e15);
    const double seconds =
        row.number(reduce ? "time_stats.all_reduce.median" : "time_stats.send_recv.median", 0,
                   1e9) *
        kMilli;
    if (workers > inside) {
      out.skip("collectives beyond one scale-up domain");
      continue;
    }
    if (seconds <= 0) {
      out.skip("times below the resolution");
      continue;
    }
    const Series key = {.chip = source.chip,
                        .family = KernelFamily::kCollective,
                        .element = reduce ? "all_reduce" : "send_receive",
                        .engine = "vidur profile"};
    const auto kind = reduce ? CollectiveKind::kAllReduce : CollectiveKind::kOneSided;
    out.add(key, {.shape = CollectiveShape{.kind = kind, .bytes = bytes, .ranks = workers},
                  .seconds = seconds,
                  .group = mix(static_cast<std::uint64_t>(bytes))});
  }
}

}  // namespace

bool is_layer_profile(const Rows& rows) {
  return (rows.has("layer_name") && rows.has("latency(ns)")) ||
         (rows.has("prefill_chunk_size") && rows.has("mean_ns"));
}

void read_layer_profile(Rows& row, const Source& source, Collector& out) {
  (row.has("layer_name") ? read_layers : read_attention)(row, source, out);
}

bool is_vidur(const Rows& rows) {
  return rows.has("time_stats.mlp_up_proj.median") || rows.has("time_stats.all_reduce.median") ||
         rows.has("time_stats.send_recv.median");
}

void read_vidur(Rows& row, const Source& source, Collector& out) {
  (row.has("time_stats.mlp_up_proj.median") ? read_dense : read_network)(row, source, out);
}

}  // namespace switchyard::fitting
