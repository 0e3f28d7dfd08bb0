#include "report/model_report.h"

#include <nlohmann/json.hpp>
#include <vector>

#include "base/text.h"
#include "model/operators.h"
#include "model/parameters.h"
#include "report/table.h"

namespace switchyard::report {

namespace {

using model::Model;

constexpr double kContexts[] = {1024, 4096, 16384, 65536, 131072};

// One token on one chip with a batch of one, in the checkpoint's own precision.
struct TokenCost {
  double flops = 0;
  double weight_bytes = 0;
  double cache_bytes = 0;
};

TokenCost token_cost(const Model& m, const model::StepBatch& batch, double tokens) {
  TokenCost cost;
  for (const model::Operator& op : model::step_operators(m, {}, batch)) {
    cost.flops += op.count * op.flops.value() / tokens;
    cost.weight_bytes += op.count * op.weight_elements * m.stored_as(op.weights).bits / 8 / tokens;
    cost.cache_bytes += op.count * op.cache_elements * 2 / tokens;
  }
  return cost;
}

TokenCost decode_cost(const Model& m, double context) {
  return token_cost(m, {.sequences = 1, .decode_context = context}, 1);
}

// A prompt of `context` tokens computed in one step: each attends to half of it on average.
TokenCost prefill_cost(const Model& m, double context) {
  return token_cost(m, {.prefill_tokens = context, .prefill_context = context / 2}, context);
}

std::string billions(std::int64_t n) {
  return format_significant(static_cast<double>(n) / 1e9, 4) + " B";
}

std::vector<double> contexts_of(const Model& m) {
  std::vector<double> out;
  for (const double c : kContexts) {
    if (m.context_max == 0 || c <= static_cast<double>(m.context_max)) out.push_back(c);
  }
  return out;
}

Json cost_json(double context, const TokenCost& c) {
  return {{"context_tokens", context},
          {"flops", c.flops},
          {"weight_bytes", c.weight_bytes},
          {"kv_bytes", c.cache_bytes}};
}

}  // namespace

std::string model_text(const Model& m) {
  const model::Parameters p = model::parameters(m);
  std::string out = fmt::format("{} ({}, family {})\n", m.id, m.name, m.family);
  if (!m.note.empty()) out += wrap("note: " + m.note, 100, "      ");
  out += fmt::format("parameters   {} total, {} active a token\n", billions(p.total),
                     billions(p.active));
  for (int c = 0; c < model::kWeightClasses; ++c) {
    const auto index = static_cast<std::size_t>(c);
    if (p.by_class[index] == 0) continue;
    out += fmt::format("  {:<10} {:>10}  stored as {} ({} bits)\n",
                       to_text(static_cast<model::WeightClass>(c)), billions(p.by_class[index]),
                       m.stored[index].name, format_significant(m.stored[index].bits, 4));
  }
  out += fmt::format("weights      {} as published; {} at bf16, {} at 8 bits, {} at mxfp4\n",
                     format_si(model::stored_bytes(m).value(), "B", 4),
                     format_si(model::bytes_at(m, 16).value(), "B", 4),
                     format_si(model::bytes_at(m, 8).value(), "B", 4),
                     format_si(model::bytes_at(m, 4.25).value(), "B", 4));
  out += fmt::format("KV cache     {} a token at bf16, {} at 8 bits\n\n",
                     format_si(model::kv_bytes_per_token(m, 16).value(), "B", 4),
                     format_si(model::kv_bytes_per_token(m, 8).value(), "B", 4));
  const std::vector<Column> columns = {
      {"context"},  {"decode FLOPs"},          {"weight bytes"},
      {"KV bytes"}, {"prefill FLOPs a token"}, {"KV of one sequence"}};
  std::vector<std::vector<std::string>> rows;
  for (const double context : contexts_of(m)) {
    const TokenCost d = decode_cost(m, context);
    const TokenCost f = prefill_cost(m, context);
    rows.push_back({format_grouped(context, 6), format_si(d.flops, ""),
                    format_si(d.weight_bytes, "B"), format_si(d.cache_bytes, "B"),
                    format_si(f.flops, ""),
                    format_si(model::kv_bytes(m, context, 16).value(), "B")});
  }
  return out + table(columns, rows) +
         "\nOne token at batch 1, weights as published, KV cache bf16.\n";
}

Json model_json(const Model& m) {
  const model::Parameters p = model::parameters(m);
  Json by_class = Json::object();
  Json stored = Json::object();
  for (int c = 0; c < model::kWeightClasses; ++c) {
    const std::string name = to_text(static_cast<model::WeightClass>(c));
    const auto index = static_cast<std::size_t>(c);
    by_class[name] = p.by_class[index];
    stored[name] = {{"format", m.stored[index].name}, {"bits", m.stored[index].bits}};
  }
  Json decode = Json::array();
  Json prefill = Json::array();
  for (const double context : contexts_of(m)) {
    decode.push_back(cost_json(context, decode_cost(m, context)));
    prefill.push_back(cost_json(context, prefill_cost(m, context)));
  }
  return {{"id", m.id},
          {"name", m.name},
          {"family", m.family},
          {"note", m.note},
          {"layers", m.layer_count()},
          {"hidden", m.hidden},
          {"vocabulary", m.vocabulary},
          {"context_max", m.context_max},
          {"parameters", {{"total", p.total}, {"active", p.active}, {"by_class", by_class}}},
          {"stored_as", stored},
          {"weight_bytes",
           {{"published", model::stored_bytes(m).value()},
            {"bf16", model::bytes_at(m, 16).value()},
            {"fp8", model::bytes_at(m, 8).value()},
            {"mxfp4", model::bytes_at(m, 4.25).value()}}},
          {"kv_bytes_per_token",
           {{"bf16", model::kv_bytes_per_token(m, 16).value()},
            {"fp8", model::kv_bytes_per_token(m, 8).value()}}},
          {"decode_per_token", decode},
          {"prefill_per_token", prefill}};
}

}  // namespace switchyard::report
