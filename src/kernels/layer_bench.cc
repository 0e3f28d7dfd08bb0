#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "isa/validate.h"
#include "kernels/decoder.h"
#include "kernels/work.h"
#include "neuroncore/allocate.h"
#include "neuroncore/core.h"
#include "neuroncore/profile.h"
#include "neuroncore/schedule.h"

using namespace switchyard;
using namespace switchyard::kernels;

static double time_of(const isa::Program& p, const neuroncore::Core& core, const char* what,
                      bool profile = false) {
  auto t0 = std::chrono::steady_clock::now();
  auto v = isa::validate(p, core.limits);
  if (!v) {
    std::printf("%s\n", to_text(v.error(), 3).c_str());
    return 0;
  }
  auto a = neuroncore::allocate(p, core.limits);
  if (a.fault) {
    std::printf("capacity: %s\n", a.fault->what.c_str());
    for (auto& d : a.fault->details) std::printf("  %s\n", d.c_str());
    return 0;
  }
  auto t1 = std::chrono::steady_clock::now();
  double out[3];
  int i = 0;
  for (auto policy :
       {neuroncore::Policy::kProgram, neuroncore::Policy::kList, neuroncore::Policy::kIdeal}) {
    auto t = neuroncore::schedule(p, core,
                                  {.policy = policy,
                                   .allocation = &a,
                                   .records_max = profile && i == 1 ? size_t(1) << 24 : 0});
    out[i] = (t.duration - t.prologue - t.epilogue).ns() / 1000;
    if (profile && i == 1) {
      auto pr = neuroncore::make_profile(p, t, neuroncore::peaks_of(core));
      std::printf("   bound %s %.0f%% mfu %.2f mbu %.2f: %s\n", pr.verdict.bound_by.c_str(),
                  100 * pr.verdict.share, pr.mfu(), pr.mbu(), pr.verdict.text.c_str());
      for (auto& r : pr.verdict.recommendations)
        std::printf("     %s %.2f %s\n", r.key.c_str(), r.gain, r.text.c_str());
      for (auto& e : pr.engines)
        std::printf("   engine %d busy %.1f us\n", int(e.engine), e.busy.ns() / 1000);
    }
    ++i;
  }
  auto t2 = std::chrono::steady_clock::now();
  std::printf(
      "%-40s n=%zu  program %.1f list %.1f ideal %.1f us   (sbuf %lld psum %lld; validate+alloc "
      "%.0f ms, 3 schedules %.0f ms)\n",
      what, p.size(), out[0], out[1], out[2], (long long)a.sbuf_peak_bytes,
      (long long)a.psum_peak_bytes, std::chrono::duration<double>(t1 - t0).count() * 1e3,
      std::chrono::duration<double>(t2 - t1).count() * 1e3);
  return out[1];
}

int main(int argc, char** argv) {
  auto gen = argc > 1 && !strcmp(argv[1], "v4")   ? isa::Generation::kV4
             : argc > 1 && !strcmp(argv[1], "v2") ? isa::Generation::kV2
                                                  : isa::Generation::kV3;
  auto core = *neuroncore::load_core(gen);
  StepTypes bf{ElementType::kBfloat16, ElementType::kBfloat16};
  // GEMV and prefill matmuls
  for (std::int64_t m : {1, 16, 64, 128, 512}) {
    for (std::int64_t dma : {256 << 10, 512 << 10, 1024 << 10, 2048 << 10}) {
      for (std::int64_t reps : {1, 3}) {
        Builder b(gen);
        auto x = new_activations(b, ElementType::kBfloat16, 8192, 128, m);
        auto xin = b.hbm("x", ElementType::kBfloat16, 128, 64 * m);
        b.dma(x.tile, xin.block(0, 128, 0, 64 * m));
        for (int r = 0; r < reps; ++r) {
          auto w = b.hbm("w" + std::to_string(r), ElementType::kBfloat16, 8192, 3584);
          auto y = new_activations(b, ElementType::kBfloat16, 3584, 128, m);
          Tiling t{.dma_bytes = dma};
          project(b, x, {w, 128}, t, [&](const Products& p) { b.copy(p.matching(y), p.all()); });
        }
        char name[80];
        std::snprintf(name, sizeof name, "matmul 8192x3584 m=%lld dma=%lldK x%lld", (long long)m,
                      (long long)dma >> 10, (long long)reps);
        time_of(b.program(), core, name, reps == 3 && dma == 1024 << 10);
      }
    }
  }
  std::printf("bytes bound %.1f us\n", 8192.0 * 3584 * 2 / core.hbm_rate / 1e3);
  DecoderShape s{.hidden = 8192,
                 .width = 28672 / 8,
                 .layers = 1,
                 .heads = 8,
                 .kv_heads = 1,
                 .head_dim = 128,
                 .vocabulary = 128256 / 8,
                 .embedding_rows = 128256,
                 .capacity = 8192};
  for (auto [b, pos] : {std::pair<int, int>{1, 1000}, {16, 1000}, {16, 4000}, {64, 4000}}) {
    double last = 0;
    for (int layers : {1, 3}) {
      s.layers = layers;
      auto step = decoder_step(gen, s, {.sequences = b, .position = pos}, bf, {});
      char name[80];
      std::snprintf(name, sizeof name, "llama70b/8 decode b=%d ctx=%d L=%d", b, pos, layers);
      double t = time_of(step.programs[0], core, name, layers == 3);
      auto w = work_of(step.programs[0], 4);
      std::printf("   hbm bound %.1f us\n", w.hbm.value() / core.hbm_rate / 1e3);
      if (layers == 3) std::printf("   marginal layer %.1f us\n", (t - last) / 2);
      last = t;
    }
  }
  for (int tokens : {128, 512, 1024}) {
    s.layers = 1;
    auto step = decoder_step(gen, s, {.tokens = tokens, .position = 0}, bf, {});
    time_of(step.programs[0], core, "prefill L=1", true);
    auto w = work_of(step.programs[0], 4);
    std::printf("   flops %.3g\n", w.flops.value());
  }
}
