#include "validation/case.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/text.h"
#include "validation/parallelism.h"

namespace switchyard::validation {

namespace {

constexpr double kInferencexLengthShare = 0.9;
constexpr double kMlEnergyPrompt = 300;  // tokens [assumption]

std::string set_of(const MeasuredRow& row) {
  const auto has = [&](const char* part) { return row.source_set.find(part) != std::string::npos; };
  for (const char* set : {"inferencex", "aic_team", "ml_energy", "mlperf", "splitwise", "tpu"}) {
    if (has(set)) return set;
  }
  return has("neuron") ? "neuron" : "other";
}

// MLPerf Inference data sets: mean tokens in and out. Sources: MLPerf inference README and the
// rows' own TOKENS_PER_SAMPLE; input of the summaries and the reasoning mix are round. [assumption]
struct BenchmarkLengths {
  const char* model;
  double input, output;
};
constexpr BenchmarkLengths kBenchmarks[] = {{"llama-2-70b", 294, 294},
                                            {"llama-3.1-405b", 9400, 684},
                                            {"llama-3.1-8b", 780, 73},
                                            {"mixtral-8x7b", 350, 145},
                                            {"deepseek-r1", 800, 3880}};

double stated_tokens(const std::string& notes) {
  constexpr std::string_view kKey = "TOKENS_PER_SAMPLE:";
  const auto at = notes.find(kKey);
  return at == std::string::npos ? 0 : std::atof(notes.c_str() + at + kKey.size());
}

std::optional<std::string> read_lengths(const MeasuredRow& row, Case& c) {
  const double share = c.set == "inferencex" ? kInferencexLengthShare : 1;
  c.input = row.isl * share;
  c.output = row.osl * share;
  if (c.set == "inferencex") c.length_spread = (1 - 0.8) / kInferencexLengthShare;
  if (c.set == "ml_energy" && c.input == 0) {
    if (row.workload != "lm-arena-chat" && row.workload != "gpqa") {
      return "prompt length not stated";
    }
    c.input = kMlEnergyPrompt;
  }
  if (c.kind == CaseKind::kBenchmark) {
    const auto known = std::find_if(std::begin(kBenchmarks), std::end(kBenchmarks),
                                    [&](const auto& b) { return c.model.id == b.model; });
    if (known == std::end(kBenchmarks)) return "lengths of the data set not known";
    const double stated = stated_tokens(row.notes);
    const double implied = row.req_s > 0 ? row.output_tok_s / row.req_s : 0;
    c.input = known->input;
    c.output = stated > 1 ? stated : implied > 1 ? implied : known->output;
  }
  if (c.input < 1 || c.output < 2) return "lengths not stated";
  if (c.input > workload::kTokensMax || c.output > workload::kTokensMax) return "lengths absurd";
  return {};
}

// "none" and blank: no speculation. "MTP k=5, acceptance 64.9%": drafted tokens a step and the
// share of them kept, so 1 + k * share tokens a step.
std::optional<std::string> read_speculation(const MeasuredRow& row, Case& c) {
  const std::string text = to_lower(row.spec_decode);
  if (text.empty() || text == "none" || text == "no" || text == "off") return {};
  const auto k = text.find("k=");
  const auto share = text.find("acceptance ");
  const int drafted = k == std::string::npos ? 0 : std::atoi(text.c_str() + k + 2);
  const double kept = share == std::string::npos ? 0 : std::atof(text.c_str() + share + 11) / 100;
  if (drafted < 1 || drafted > 32 || kept <= 0 || kept > 1) {
    return "speculative decoding of unknown acceptance";
  }
  c.speculation = {.drafted = drafted, .accepted = 1 + drafted * kept};
  return {};
}

std::optional<std::string> read_deployment(const MeasuredRow& row, Case& c) {
  c.chips = static_cast<int>(std::min(row.chip_count, 1e6));
  if (c.kind == CaseKind::kBenchmark) {
    if (c.chips < 1) return "chip count not stated";
    const bool fp16 = to_lower(row.precision) == "fp16" || to_lower(row.precision) == "fp32";
    const bool fp4 = to_lower(row.precision).find("fp4") != std::string::npos;
    c.precision = fp4                            ? costing::PrecisionChoice::k4
                  : fp16 && c.engine != "trtllm" ? costing::PrecisionChoice::kNative
                                                 : costing::PrecisionChoice::k8;
    c.cache_bits = 8;
    return {};
  }
  std::string fault;
  const Parallelism p = read_parallelism(row.parallelism, c.chips, c.model, fault);
  if (!fault.empty()) return fault;
  c.sharding = p.sharding;
  c.prefill_sharding = p.prefill;
  c.replicas = p.replicas;
  c.prefill_workers = p.prefill_workers;
  const int stated = c.chips;
  c.chips = p.replicas * p.sharding.chips() + p.prefill_workers * p.prefill.chips();
  if (stated > 0 && stated != c.chips) return "parallelism contradicts the chip count";
  if (p.prefill_workers > 0) c.kind = CaseKind::kDisaggregated;
  return {};
}

CaseKind kind_of(const MeasuredRow& row, const std::string& set) {
  const std::string mode = to_lower(row.mode);
  if (set == "mlperf" || mode == "server" || mode == "offline" || mode == "interactive") {
    return CaseKind::kBenchmark;
  }
  if (mode.starts_with("static") || row.workload.starts_with("static batch")) {
    return CaseKind::kStaticBatch;
  }
  if (set == "ml_energy") return CaseKind::kSteadyBatch;
  return CaseKind::kClosedLoop;
}

std::optional<std::string> read_load(const MeasuredRow& row, Case& c) {
  c.concurrency = row.concurrency;
  switch (c.kind) {
    case CaseKind::kSteadyBatch:
    case CaseKind::kStaticBatch:
      c.batch = row.batch_size > 0 ? row.batch_size : row.concurrency;
      c.concurrency = 0;
      c.batch /= c.replicas;
      if (c.batch <= 0) return "batch not stated";
      c.batch = std::max(1.0, c.batch);
      break;
    case CaseKind::kClosedLoop:
      c.concurrency /= c.replicas;
      if (c.concurrency <= 0) return "concurrency not stated";
      c.concurrency = std::max(1.0, c.concurrency);
      break;
    case CaseKind::kDisaggregated:
      if (c.concurrency < 1) return "concurrency not stated";
      break;
    case CaseKind::kBenchmark:
      break;
  }
  if (std::max(c.batch, c.concurrency) > 1e6) return "load absurd";
  return {};
}

void read_results(const MeasuredRow& row, Case& c) {
  Measured& m = c.measured;
  m.tpot_s = (row.tpot_ms > 0 ? row.tpot_ms : row.itl_ms) / 1e3;
  m.ttft_s = row.ttft_ms / 1e3;
  m.output_tokens_per_second =
      row.output_tok_s > 0 ? row.output_tok_s : row.output_tok_s_per_chip * c.chips;
  m.chip_watts = row.power_w_per_chip;
  // The text "average power / TDP 0.624" stands for a column.
  constexpr std::string_view kShare = "average power / TDP ";
  const auto share = row.notes.find(kShare);
  if (m.chip_watts == 0 && share != std::string::npos) {
    m.chip_watts = std::atof(row.notes.c_str() + share + kShare.size());
  }
  if (c.set == "ml_energy" && m.output_tokens_per_second > 0) {
    m.tpot_s = c.batch * c.replicas / m.output_tokens_per_second;
  }
  const bool loop = c.kind == CaseKind::kClosedLoop || c.kind == CaseKind::kDisaggregated;
  if (loop && m.output_tokens_per_second == 0 && m.tpot_s > 0 && m.ttft_s > 0) {
    const double all =
        c.kind == CaseKind::kDisaggregated ? c.concurrency : c.concurrency * c.replicas;
    m.output_tokens_per_second = all * c.output / (m.ttft_s + (c.output - 1) * m.tpot_s);
  }
  if (c.kind == CaseKind::kBenchmark) {
    // The time a token is the question there, throughput the answer.
    if (m.tpot_s == 0) m.tpot_s = row.tpot_p99_ms / 1e3;
    m.ttft_s = 0;
  }
}

}  // namespace

std::string Case::configuration() const {
  return fmt::format("{}|{}|{}|{}|{}|{}|{}|{}|{}", set, platform->id, engine, model.id,
                     model.stored_as(model::WeightClass::kExpert).name,
                     model.stored_as(model::WeightClass::kAttention).name,
                     kind == CaseKind::kBenchmark ? row->mode : row->parallelism, chips,
                     cache_bits);
}

std::string Case::curve() const {
  return fmt::format("{}|{:.0f}|{:.0f}", configuration(), input, output);
}

std::string Case::frontier() const {
  return fmt::format("{}|{}|{}|{}|{}|{:.0f}|{:.0f}", set, platform->id, engine, model.id,
                     model.stored_as(model::WeightClass::kExpert).name, input, output);
}

CaseOrReason make_case(const MeasuredRow& row, const catalog::Catalog& catalog,
                       const ModelNames& models) {
  if (!row.quality.empty() && row.quality != "ok") return "quality: " + quote(row.quality, 40);
  Case c{.row = &row};
  std::string reason;
  c.platform = find_platform(catalog, row.platform, reason);
  if (!c.platform) return reason;
  const model::Model* model = models.find(row.model);
  if (!model) return "model not known";
  c.model = *model;
  c.set = set_of(row);
  c.engine = engine_id(row.engine);
  // Streams to real-time clients: 80 us of host a sequence and step, where benchmarks see 10.
  if (c.set == "ml_energy" && c.engine == "vllm") c.engine = "vllm-mlenergy";
  c.kind = kind_of(row, c.set);
  if (!store_as(c.model, row.precision, row.model) && c.kind != CaseKind::kBenchmark) {
    return "precision not known";
  }
  const std::string precision = to_lower(row.precision);
  if (c.set == "inferencex" && precision.starts_with("fp")) c.cache_bits = 8;
  for (const auto& step : {read_deployment, read_lengths, read_speculation, read_load}) {
    if (auto fault = step(row, c)) return *fault;
  }
  read_results(row, c);
  const Measured& m = c.measured;
  const bool any = c.kind == CaseKind::kBenchmark
                       ? m.output_tokens_per_second > 0
                       : m.tpot_s > 0 || m.ttft_s > 0 || m.output_tokens_per_second > 0;
  if (!any) return "nothing measured that we predict";
  return c;
}

}  // namespace switchyard::validation
