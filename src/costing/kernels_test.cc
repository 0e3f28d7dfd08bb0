#include "costing/kernels.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "costing/fits.h"

namespace switchyard::costing {
namespace {

// A round chip: 1 PFLOP/s, 1 TB/s, 100 processors, 100 MB of cache, 100 GB/s links.
KernelRates rates() {
  return {.flops = 1e15,
          .wide_flops = 1e15,
          .bandwidth = 1e12,
          .link = 1e11,
          .processors = 100,
          .cache = 1e8};
}

Coefficients starts(KernelFamily family) {
  Coefficients c = {};
  const auto specs = coefficients(family);
  for (std::size_t i = 0; i < specs.size(); ++i) c[i] = specs[i].start;
  return c;
}

double& named(Coefficients& c, KernelFamily family, std::string_view name) {
  const auto specs = coefficients(family);
  for (std::size_t i = 0; i < specs.size(); ++i) {
    if (specs[i].name == name) return c[i];
  }
  ADD_FAILURE() << "no coefficient " << name;
  return c[0];
}

TEST(Kernels, EachFamilyHasAHandfulOfNamedCoefficientsInsideTheirBounds) {
  for (int f = 0; f < kKernelFamilies; ++f) {
    const auto family = static_cast<KernelFamily>(f);
    const auto specs = coefficients(family);
    EXPECT_LE(specs.size(), static_cast<std::size_t>(kCoefficientsMax));
    std::set<std::string> names;
    for (const CoefficientSpec& s : specs) {
      EXPECT_TRUE(names.insert(s.name).second) << s.name;
      EXPECT_GT(s.low, 0) << s.name;
      EXPECT_LE(s.low, s.start) << s.name;
      EXPECT_LE(s.start, s.high) << s.name;
    }
    EXPECT_EQ(parse_kernel_family(to_text(family)), family);
    EXPECT_FALSE(policies(family).empty());
  }
}

TEST(Kernels, AProductIsNeverFasterThanItsRatesAllow) {
  Coefficients c = starts(KernelFamily::kGemm);
  named(c, KernelFamily::kGemm, "peak") = 1;
  named(c, KernelFamily::kGemm, "memory") = 1;
  named(c, KernelFamily::kGemm, "cache_gain") = 1;
  for (const double m : {1.0, 17.0, 256.0, 4096.0, 20000.0}) {
    for (const double n : {64.0, 1000.0, 8192.0}) {
      const GemmShape s = {.m = m, .n = n, .k = 4096};
      const double products = 2 * m * n * s.k / 1e15;
      const double bytes = 2 * (m * s.k + n * s.k + m * n) / 1e12;
      const double time = kernel_seconds(KernelFamily::kGemm, s, rates(), 0, c);
      EXPECT_GT(time, std::max(products, bytes)) << m << " " << n;
    }
  }
}

TEST(Kernels, MoreWorkIsNeverFaster) {
  const auto grows = [](KernelFamily family, int policy, auto shape, double& size) {
    const Coefficients c = starts(family);
    double before = 0;
    for (size = 1; size < 40000; size = std::ceil(size * 1.3)) {
      const double now = kernel_seconds(family, shape(), rates(), policy, c);
      EXPECT_GE(now, before * (1 - 1e-12)) << to_text(family) << " " << policy << " " << size;
      before = now;
    }
  };
  double x = 1;
  for (int policy = 0; policy < 2; ++policy) {
    grows(KernelFamily::kGemm, policy, [&] { return GemmShape{.m = 64, .n = x, .k = 4096}; }, x);
    grows(KernelFamily::kGemm, policy, [&] { return GemmShape{.m = x, .n = 4096, .k = 512}; }, x);
  }
  for (int policy = 0; policy < 4; ++policy) {
    const auto context = [&] {
      return AttentionShape{
          .batch = 2, .tokens = x, .prefix = 100, .heads = 32, .kv_heads = 8, .head_dim = 128};
    };
    x = 2;
    grows(KernelFamily::kContextAttention, policy, context, x);
  }
  grows(
      KernelFamily::kExperts, 0,
      [&] {
        return ExpertsShape{.tokens = x, .hidden = 4096, .width = 1536, .top_k = 8, .experts = 128};
      },
      x);
  grows(
      KernelFamily::kCollective, 0, [&] { return CollectiveShape{.bytes = x * 1e4, .ranks = 8}; },
      x);
}

TEST(Kernels, AWindowAndAPrefixBoundWhatAttentionReads) {
  const Coefficients c = starts(KernelFamily::kContextAttention);
  AttentionShape s = {.batch = 8, .tokens = 8192, .heads = 32, .kv_heads = 8, .head_dim = 128};
  const auto time = [&] {
    return kernel_seconds(KernelFamily::kContextAttention, s, rates(), 1, c);
  };
  const double full = time();
  s.window = 128;
  EXPECT_LT(time(), full / 2);
  s.window = 1e6;
  EXPECT_DOUBLE_EQ(time(), full);
  s.window = 0;
  s.prefix = 8192;  // three times the pairs
  EXPECT_GT(time(), 2 * full);
}

TEST(Kernels, ACapturedCallDoesNotWaitForTheHost) {
  Coefficients c = starts(KernelFamily::kGemm);
  named(c, KernelFamily::kGemm, "host") = 1e-3;
  const GemmShape small = {.m = 1, .n = 64, .k = 128};
  EXPECT_NEAR(kernel_seconds(KernelFamily::kGemm, small, rates(), 0, c), 1e-3, 1e-6);
  EXPECT_LT(kernel_seconds(KernelFamily::kGemm, small, rates(), 0, c, true), 1e-5);
}

TEST(Kernels, ALargeAllReduceSendsTwiceItsShareOverTheLink) {
  Coefficients c = starts(KernelFamily::kCollective);
  named(c, KernelFamily::kCollective, "large_link") = 0.5;
  const CollectiveShape s = {.kind = CollectiveKind::kAllReduce, .bytes = 1e9, .ranks = 4};
  const double time = kernel_seconds(KernelFamily::kCollective, s, rates(), 0, c);
  EXPECT_NEAR(time, 1e9 * 1.5 / 1e11 / 0.5, 1e-4);
}

TEST(Kernels, GivenRoutingIsTakenAsItIs) {
  const Coefficients c = starts(KernelFamily::kExperts);
  ExpertsShape s = {.tokens = 64, .hidden = 4096, .width = 1536, .top_k = 8, .experts = 128};
  s.routing = Routing::kGiven;
  s.rows = 512;
  s.touched = 10;
  const double few = kernel_seconds(KernelFamily::kExperts, s, rates(), 0, c);
  s.touched = 120;
  EXPECT_GT(kernel_seconds(KernelFamily::kExperts, s, rates(), 0, c), 5 * few);
}

}  // namespace
}  // namespace switchyard::costing
