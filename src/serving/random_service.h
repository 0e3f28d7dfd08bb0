// Random services and requests from a seed, small and cramped, for property tests.
#pragma once

#include <array>
#include <set>

#include "base/random.h"
#include "serving/test_service.h"

namespace switchyard::serving {

// Requests in an open loop, and some that follow when others end; contents with shared starts.
struct RandomSource : workload::RequestSource {
  struct Settings {
    std::uint64_t seed = 0;
    int requests = 0;
    double mean_gap_s = 0;
    std::int64_t input_max = 0, output_max = 0;
    int hash_tokens = 0;
    int follow_percent = 0;  // of requests that are followed by one when they end
    int priorities = 1;
  };
  explicit RandomSource(const Settings& settings) : s(settings), random(settings.seed) {
    double at = 0;
    for (int i = 0; i < s.requests; ++i) {
      at += random.below(5) == 0 ? 0 : random.exponential(s.mean_gap_s);
      pending.insert({seconds(at), i});
    }
    next_id = s.requests;
  }

  std::optional<SimTime> next_arrival() override {
    if (pending.empty()) return {};
    return pending.begin()->first;
  }
  workload::ServingRequest take() override {
    const auto [arrival, id] = *pending.begin();
    pending.erase(pending.begin());
    Random own(mix(s.seed) + static_cast<std::uint64_t>(id));  // whatever the order of arrivals
    workload::ServingRequest r{.id = id, .arrival = arrival};
    r.input_tokens = 1 + skewed(own, s.input_max);
    r.output_tokens = skewed(own, s.output_max);
    r.priority = static_cast<int>(own.below(static_cast<std::uint64_t>(s.priorities)));
    if (s.hash_tokens > 0) {
      std::vector<std::int64_t>& blocks = hashes[id];
      const std::int64_t count = (r.input_tokens + r.output_tokens) / s.hash_tokens;
      std::uint64_t chain = own.below(3);  // one of three conversations, left at some point
      for (std::int64_t i = 0; i < count; ++i) {
        const bool leaves = own.below(6) == 0;
        chain = mix(chain + (leaves ? static_cast<std::uint64_t>(id) << 20 : 1));
        blocks.push_back(static_cast<std::int64_t>(chain >> 1));
      }
      r.blocks = blocks;
    }
    return r;
  }
  void finished(const workload::RequestRecord& record) override {
    Random own(mix(s.seed + 1) + static_cast<std::uint64_t>(record.id));
    hashes.erase(record.id);
    if (static_cast<int>(own.below(100)) >= s.follow_percent || record.id >= 4 * s.requests) return;
    const double wait = own.below(2) == 0 ? 0 : own.exponential(s.mean_gap_s);
    pending.insert({record.finish + seconds(wait), record.id + 10 * s.requests});
  }
  int block_tokens() const override { return s.hash_tokens; }

  static std::int64_t skewed(Random& own, std::int64_t most) {
    return static_cast<std::int64_t>(own.below(own.below(static_cast<std::uint64_t>(most)) + 1));
  }

  Settings s;
  Random random;
  std::int64_t next_id = 0;
  std::set<std::pair<SimTime, std::int64_t>> pending;
  std::map<std::int64_t, std::vector<std::int64_t>> hashes;
};

struct RandomService {
  explicit RandomService(std::uint64_t seed) {
    Random random(mix(seed));
    const auto one_of = [&](auto... values) {
      const std::array all = {values...};
      return all[random.below(all.size())];
    };
    steps.bend = one_of(0, 7, 50);
    EngineOptions& e = options.engine;
    e.policy = one_of(BatchPolicy::kMixed, BatchPolicy::kMixed, BatchPolicy::kPrefillFirst,
                      BatchPolicy::kDecodeFirst);
    e.block_tokens = one_of(1, 4, 16);
    e.sequences_max = one_of(1, 3, 20);
    e.step_tokens_max = one_of(30, 64, 500);
    e.chunked_prefill = one_of(true, true, false);
    e.prompt_chunk_max = one_of(0, 0, 25);
    e.prefill_sequences_max = one_of(0, 0, 1);
    e.reserve_output = one_of(false, false, true);
    e.prefix_cache = one_of(true, true, false);
    e.free_blocks_first = one_of(true, false);
    e.pad_tokens_min = one_of(0, 0, 8);
    if (random.below(3) == 0 && e.sequences_max <= 3) {
      options.speculation = {.drafted = 3, .accepted = 2.2};
    }
    options.replicas = one_of(1, 1, 3);
    options.ranks = one_of(1, 1, 2);
    options.routing = one_of(Routing::kRoundRobin, Routing::kLeastLoaded, Routing::kPrefixAffine);
    options.blocks = (one_of(150, 300, 2000) + e.block_tokens - 1) / e.block_tokens;
    const bool elsewhere = random.below(3) == 0;
    if (elsewhere) {
      options.disaggregation = {.prefill_replicas = one_of(1, 2),
                                .prefill_blocks = options.blocks,
                                .link = {.bytes_per_second = one_of(1e9, 1e12), .latency_s = 1e-6}};
    }
    if (random.below(3) == 0) {
      e.preemption = one_of(Preemption::kSwap, Preemption::kRecompute);
      options.host = {.blocks = one_of(20, 400), .link = {.bytes_per_second = 1e10}};
    }
    options.kv_bytes_per_token = 100;
    if (random.below(4) == 0) options.admission.queue_max = 5;
    if (random.below(4) == 0) options.admission.wait_max_s = one_of(1e-5, 1e-3);
    if (random.below(4) == 0) {
      options.autoscaling = {.replicas_min = 1,
                             .replicas_max = options.replicas + 2,
                             .target_load = one_of(2.0, 10.0),
                             .interval_s = 1e-4,
                             .startup_s = 2e-4,
                             .down_after_s = 3e-4};
    }
    if (random.below(3) == 0) {
      options.failures = {.mean_between_s = one_of(1e-3, 3e-3), .repair_s = 1e-4};
      options.failures.outages.push_back({.replica = 0, .start_s = 5e-5, .duration_s = 1e-4});
    }
    options.seed = seed;
    options.sample_interval_s = one_of(0.0, 1e-3);
    options.check = true;
    settings = {.seed = seed,
                .requests = one_of(20, 60),
                .mean_gap_s = one_of(1e-6, 2e-5, 2e-4),
                .input_max = one_of(10, 170),
                .output_max = one_of(3, 60, 150),
                .hash_tokens = one_of(0, 4, 8),
                .follow_percent = one_of(0, 50),
                .priorities = one_of(1, 3)};
  }
  RandomSource source() const { return RandomSource(settings); }

  TestSteps steps;
  ServiceOptions options;
  RandomSource::Settings settings;
};

}  // namespace switchyard::serving
