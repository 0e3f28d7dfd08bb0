#include "workload/traffic.h"

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "workload/arrivals.h"

namespace switchyard::workload {

namespace {

constexpr Range kVariations = {0, 10};
constexpr Range kTokens = {0, kTokensMax};

void read_session(ObjectReader& parent, FaultList& faults, Traffic& traffic) {
  const Json* table = parent.object("session");
  if (!table) return;
  ObjectReader reader(*table, parent.where() + ": session", faults);
  reader.string("source");
  traffic.has_session = true;
  Session& s = traffic.session;
  s.turns_mean = reader.number("turns", {1, 10000});
  s.system_tokens = reader.number_or("system_tokens", 0, kTokens);
  s.system_prompts = static_cast<int>(reader.integer_or("system_prompts", 1, {1, 1e6}));
  s.new_input.mean_tokens = reader.number("new_input_tokens", {1, kTokensMax});
  s.new_input.variation = reader.number_or("new_input_variation", 0, kVariations);
  s.pause_s = reader.number_or("pause_s", 0, {0, 86400});
  s.pause_variation = reader.number_or("pause_variation", 0, kVariations);
  s.fan_out_share = reader.number_or("fan_out_share", 0, {0, 1});
  s.fan_out = static_cast<int>(reader.integer_or("fan_out", 1, {1, 64}));
  s.context_tokens_max = reader.number("context_tokens_max", {1, kTokensMax});
  if (s.context_tokens_max < s.system_tokens + s.new_input.mean_tokens) {
    reader.fault("context_tokens_max", fmt::format("{}", s.context_tokens_max),
                 "at least system_tokens + new_input_tokens");
  }
  reader.reject_unknown();
}

}  // namespace

Traffic read_traffic(ObjectReader& workload, FaultList& faults) {
  Traffic traffic;
  if (const Json* table = workload.object("traffic")) {
    ObjectReader reader(*table, workload.where() + ": traffic", faults);
    reader.string("source");
    traffic.input_variation = reader.number_or("input_variation", 0, kVariations);
    traffic.output_variation = reader.number_or("output_variation", 0, kVariations);
    traffic.correlation = reader.number_or("correlation", 0, {-1, 1});
    traffic.burstiness = reader.number_or("burstiness", 1, {0, kBurstinessMax});
    reader.reject_unknown();
  }
  read_session(workload, faults, traffic);
  return traffic;
}

}  // namespace switchyard::workload
