#include "cli/service_options.h"

#include <charconv>

#include "base/text.h"
#include "catalog/catalog.h"
#include "serving/engines.h"

namespace switchyard::cli {

namespace {

// The place of `text` among `names`.
Result<int> choice(const std::string& where, const std::string& text,
                   const std::vector<std::string>& names) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (to_lower(text) == names[i]) return static_cast<int>(i);
  }
  return fail({.kind = ErrorKind::kUsage,
               .where = where,
               .found = "is " + quote(text),
               .wanted = join(names, ", "),
               .hint = did_you_mean(text, names)});
}

Status set_engine(const SimulateOptions& o, serving::EngineOptions& engine) {
  if (!o.policy.empty()) {
    SWITCHYARD_TRY(policy,
                   choice("--policy", o.policy, {"mixed", "prefill-first", "decode-first"}));
    engine.policy = static_cast<serving::BatchPolicy>(policy);
  }
  if (!o.preemption.empty()) {
    SWITCHYARD_TRY(preemption, choice("--preemption", o.preemption, {"recompute", "swap"}));
    engine.preemption = static_cast<serving::Preemption>(preemption);
  }
  if (o.step_tokens_max > 0) engine.step_tokens_max = o.step_tokens_max;
  if (o.sequences_max > 0) engine.sequences_max = o.sequences_max;
  engine.chunked_prefill = engine.chunked_prefill && o.chunked_prefill;
  engine.prefix_cache = engine.prefix_cache && o.prefix_cache;
  return {};
}

bool read(std::string_view text, double& out) {
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), out);
  return code == std::errc() && end == text.data() + text.size();
}

Status set_autoscaling(const SimulateOptions& o, serving::ServiceOptions& options) {
  if (o.autoscale.empty()) return {};
  const std::vector<std::string_view> parts = split(o.autoscale, ':');
  double values[3] = {};
  bool good = parts.size() == 3;
  for (std::size_t i = 0; good && i < 3; ++i) good = read(trim(parts[i]), values[i]);
  constexpr double kReplicasMax = 1e6;
  good = good && values[0] >= 1 && values[1] >= values[0] && values[1] <= kReplicasMax &&
         values[2] > 0;
  if (!good) {
    return fail({.kind = ErrorKind::kUsage,
                 .where = "--autoscale",
                 .found = "is " + quote(o.autoscale),
                 .wanted = "MIN:MAX:REQUESTS, as in 2:16:50: from 2 to 16 replicas, aiming at 50 "
                           "requests in flight on each"});
  }
  options.autoscaling.replicas_min = static_cast<int>(values[0]);
  options.autoscaling.replicas_max = static_cast<int>(values[1]);
  options.autoscaling.target_load = values[2];
  options.autoscaling.startup_s = o.startup_s;
  return {};
}

Status set_host_cache(const SimulateOptions& o, serving::ServiceOptions& options) {
  if (o.host_bandwidth_gbs > 0) {
    options.host.link.bytes_per_second = o.host_bandwidth_gbs * 1e9;
  }
  const bool needs_link =
      o.host_cache_gb > 0 || options.engine.preemption == serving::Preemption::kSwap;
  if (needs_link && o.host_bandwidth_gbs <= 0) {
    return fail({.kind = ErrorKind::kUsage,
                 .where = o.host_cache_gb > 0 ? "--host-cache" : "--preemption",
                 .found = "needs a link to the host's memory",
                 .wanted = "--host-bandwidth GB/s of a replica"});
  }
  const double block_bytes = options.kv_bytes_per_token * options.engine.block_tokens;
  if (o.host_cache_gb > 0 && block_bytes > 0) {
    options.host.blocks =
        static_cast<std::int64_t>(o.host_cache_gb * 1e9 / options.ranks / block_bytes);
  }
  return {};
}

}  // namespace

Result<serving::EngineOptions> engine_options(const SimulateOptions& o) {
  SWITCHYARD_TRY(engine, serving::load_engine_options(
                             o.engine, (catalog::default_directory() / "engines").string()));
  SWITCHYARD_TRY_STATUS(set_engine(o, engine));
  return engine;
}

Status set_service_options(const SimulateOptions& o, serving::ServiceOptions& service) {
  SWITCHYARD_TRY(routing,
                 choice("--routing", o.routing, {"round-robin", "least-loaded", "prefix-affine"}));
  service.routing = static_cast<serving::Routing>(routing);
  SWITCHYARD_TRY_STATUS(set_host_cache(o, service));
  SWITCHYARD_TRY_STATUS(set_autoscaling(o, service));
  service.admission = {.queue_max = o.queue_max, .wait_max_s = o.wait_max_s};
  service.failures.mean_between_s = o.failure_hours * 3600;
  service.failures.repair_s = o.repair_s;
  service.step_by_step = o.step_by_step;
  return {};
}

}  // namespace switchyard::cli
