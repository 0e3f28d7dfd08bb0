#include "measured/rows.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <regex>

#include "base/check.h"
#include "base/text.h"
#include "model/import.h"

namespace switchyard::measured {

namespace {

using Fields = std::map<std::string, std::string>;

std::vector<std::string> split_csv(const std::string& line) {
  std::vector<std::string> out(1);
  bool quoted = false;
  for (const char c : line) {
    if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      out.emplace_back();
    } else if (c != '\r') {
      out.back() += c;
    }
  }
  return out;
}

std::vector<Fields> read_csv(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::string line;
  std::getline(in, line);
  const std::vector<std::string> names = split_csv(line);
  std::vector<Fields> out;
  while (std::getline(in, line)) {
    const std::vector<std::string> cells = split_csv(line);
    Fields& row = out.emplace_back();
    for (std::size_t i = 0; i < std::min(names.size(), cells.size()); ++i) row[names[i]] = cells[i];
  }
  return out;
}

double number(const Fields& row, const std::string& name) {
  const auto found = row.find(name);
  return found == row.end() || found->second.empty() ? 0 : std::atof(found->second.c_str());
}

std::string platform_of(const std::string& name) {
  static const std::vector<std::pair<std::string, std::string>> kNames = {
      {"H100-SXM", "h100"},
      {"H200-SXM", "h200"},
      {"B200-SXM", "b200"},
      {"B300-SXM", "b300"},
      {"GB200", "gb200-nvl72"},
      {"TPU v7", "tpu-ironwood"},
      {"TPU v6e", "tpu-v6e"},
      {"Trainium1", "trn1"},
      {"Inferentia2", "inf2"},
      {"Trainium2", "trn2"},
      {"AMD Instinct MI300X 192GB HBM3", "mi300x"},
      {"AMD Instinct MI355X", "mi355x"}};
  for (const auto& [prefix, id] : kNames) {
    if (name.starts_with(prefix)) return id;
  }
  return {};
}

// "Qwen/Qwen3-235B-A22B-Instruct-2507-FP8" is our qwen3-235b-a22b.
std::string model_of(std::string name) {
  name = to_lower(name.substr(name.find('/') + 1));
  static const std::regex kSuffix("-(fp8|nvfp4|instruct|thinking|it|0528|2507|v0\\.2|hf)(?=-|$)");
  name = std::regex_replace(name, kSuffix, "");
  if (name == "qwen3-coder-30b-a3b") return "qwen3-30b-a3b";
  if (name == "mistral-7b") return "mistral-7b";
  return name.starts_with("meta-") ? name.substr(5) : name;
}

// The row's precision as the checkpoint's storage.
void store_as(model::Model& model, const std::string& precision, const std::string& name) {
  const auto set = [&](std::initializer_list<model::WeightClass> classes, const char* format,
                       double bits) {
    for (const auto c : classes) model.stored[static_cast<std::size_t>(c)] = {format, bits};
  };
  using enum model::WeightClass;
  const bool moe = std::any_of(model.layers.begin(), model.layers.end(),
                               [](const auto& l) { return l.feed_forward.is_moe(); });
  if (model.id.starts_with("gpt-oss")) return;  // one checkpoint, MXFP4 experts
  if (precision == "fp4" && moe) {
    set({kAttention}, "fp8", 8);  // these checkpoints keep attention wider
    set({kDense, kExpert}, "nvfp4", 4.5);
  } else if (precision == "fp4") {
    set({kAttention, kDense}, "nvfp4", 4.5);
  } else if (precision == "fp8" || name.find("FP8") != std::string::npos ||
             precision.starts_with("int8")) {
    set({kAttention, kDense, kExpert}, "fp8", 8);
  } else {
    set({kAttention, kDense, kExpert}, "bf16", 16);
  }
}

bool read_parallelism(const Fields& row, Row& out) {
  const std::string& text = row.at("parallelism");
  const auto degree = [&](const char* pattern) {
    std::smatch match;
    return std::regex_search(text, match, std::regex(pattern)) ? std::stoi(match[1]) : 0;
  };
  const int chips = static_cast<int>(number(row, "chip_count"));
  const bool moe = std::any_of(out.model.layers.begin(), out.model.layers.end(),
                               [](const auto& l) { return l.feed_forward.is_moe(); });
  model::Sharding& s = out.sharding;
  s.dp = std::max(1, degree("\\bDP(\\d+)"));
  s.ep = moe ? std::max(1, degree("\\bEP(\\d+)")) : 1;
  s.tp = chips / s.dp;
  if (chips < 1 || s.chips() != chips || (s.dp > 1 && !moe)) return false;
  const int moe_tp = degree("moeTP(\\d+)");
  if (moe && moe_tp > 0 && moe_tp * s.ep != chips) return false;  // the row contradicts itself
  return model::shard_fault(out.model, s).empty();
}

void read_lengths(const Fields& row, Row& out) {
  out.input = number(row, "isl");
  out.output = number(row, "osl");
  // InferenceX draws lengths uniformly from 0.8 to 1.0 of nominal.
  const double share = out.set == "inferencex" ? 0.9 : 1;
  out.input *= share;
  out.output *= share;
  const std::string& task = row.at("workload");
  if (out.set != "ml_energy" || out.input > 0) return;
  // The prompts' lengths are not published: about 300 tokens of chat or of a question.
  out.input = task == "lm-arena-chat" || task == "gpqa" ? 300 : 0;
}

void read_results(const Fields& row, Row& out) {
  out.tpot = number(row, "tpot_ms") / 1e3;
  if (out.tpot == 0) out.tpot = number(row, "itl_ms") / 1e3;
  out.output_tokens_per_second = number(row, "output_tok_s");
  if (out.output_tokens_per_second == 0) {
    out.output_tokens_per_second = number(row, "output_tok_s_per_chip") * out.sharding.chips();
  }
  out.chip_watts = number(row, "power_w_per_chip");
  out.concurrency = number(row, "concurrency");
  if (out.set == "ml_energy") {  // the concurrency there is a cap, the mean batch is published
    out.batch = number(row, "batch_size");
    out.concurrency = 0;
    // The median between tokens leaves out steps with prompts; batch over rate does not.
    out.tpot = out.batch / out.output_tokens_per_second;
  } else if (out.output_tokens_per_second == 0 && out.tpot > 0) {
    const double ttft = number(row, "ttft_ms") / 1e3;
    out.output_tokens_per_second =
        out.concurrency * out.output / (ttft + (out.output - 1) * out.tpot);
  }
}

std::string set_of(const Fields& row) {
  const std::string& source = row.at("source_set");
  if (source.find("inferencex") != std::string::npos) return "inferencex";
  if (source.find("aic_team") != std::string::npos) return "aic_team";
  if (source.starts_with("ml_energy")) return "ml_energy";
  if (source.find("tpu") != std::string::npos) return "tpu";
  return "neuron";
}

// Rows that differ in concurrency only.
std::string curve_of(const Row& r) {
  return fmt::format("{}|{}|{}|{}|{}|{}|{}|{}|{}|{}", r.set, r.platform, r.engine, r.model.id,
                     r.model.stored_as(model::WeightClass::kExpert).name,
                     r.model.stored_as(model::WeightClass::kDense).name, r.sharding.tp,
                     r.sharding.dp * 1000 + r.sharding.ep, r.input, r.output);
}

// A curve whose time a token falls by more than a fifth as concurrency rises is not of one
// deployment, whatever the row says.
void drop_falling_curves(Rows& rows) {
  std::map<std::string, std::map<double, double>> curves;
  for (const Row& r : rows.rows) {
    if (r.concurrency > 0 && r.tpot > 0) curves[curve_of(r)][r.concurrency] = r.tpot;
  }
  const auto falls = [](const std::map<double, double>& curve) {
    double slowest = 0;
    for (const auto& [concurrency, tpot] : curve) {
      if (tpot < 0.8 * slowest) return true;
      slowest = std::max(slowest, tpot);
    }
    return false;
  };
  const std::size_t before = rows.rows.size();
  std::erase_if(rows.rows, [&](const Row& r) {
    const auto found = curves.find(curve_of(r));
    return found != curves.end() && falls(found->second);
  });
  rows.passed_over += static_cast<int>(before - rows.rows.size());
}

}  // namespace

std::filesystem::path data_directory() {
  return std::filesystem::path(SWITCHYARD_SOURCE_DIR) / "../shared/data/endtoend";
}

Rows load_rows(const std::filesystem::path& directory, const std::filesystem::path& models) {
  std::map<std::string, model::Model> known;
  const auto loaded = model::load_known_models(models);
  SWITCHYARD_CHECK(loaded.has_value(), "the known models do not load");
  for (const auto& m : *loaded) known[m.model.id] = m.model;
  Rows out;
  for (const char* file : {"inferencex_silicon_sample.csv", "ml_energy_power.csv", "google_tpu.csv",
                           "trainium_inferentia.csv"}) {
    for (const Fields& row : read_csv(directory / file)) {
      if (row.at("quality") != "ok" || row.at("mode") == "disagg") continue;
      const std::string& drafter = row.at("spec_decode");
      if (!drafter.empty() && drafter != "none") continue;
      Row r{.id = row.at("row_id"), .set = set_of(row)};
      r.platform = platform_of(row.at("platform"));
      r.engine = row.at("engine");
      const auto found = known.find(model_of(row.at("model")));
      const bool modelled = !r.platform.empty() && found != known.end();
      if (modelled) {
        r.model = found->second;
        store_as(r.model, row.at("precision"), row.at("model"));
        read_lengths(row, r);
      }
      if (modelled && read_parallelism(row, r)) {
        read_results(row, r);
        // Engines serve narrow checkpoints of this sample with an 8-bit cache.
        const std::string& precision = row.at("precision");
        if (r.set == "inferencex" && precision.starts_with("fp")) r.cache_bits = 8;
        if (r.input >= 1 && r.output >= 2 && (r.concurrency >= 1 || r.batch >= 1) &&
            r.output_tokens_per_second > 0) {
          out.rows.push_back(std::move(r));
          continue;
        }
      }
      ++out.passed_over;
    }
  }
  drop_falling_curves(out);
  return out;
}

std::vector<Envelope> load_envelopes(const std::filesystem::path& directory) {
  std::map<std::string, double> best;
  for (const Fields& row : read_csv(directory / "mlperf_inference.csv")) {
    const bool wanted = row.at("quality") == "ok" && row.at("mode") == "Offline" &&
                        row.at("model").starts_with("llama2-70b") &&
                        row.at("platform").find("(x") == std::string::npos &&  // mixed chips
                        row.at("notes").find("division open") == std::string::npos;
    const std::string platform = platform_of(row.at("platform"));
    if (!wanted || platform.empty()) continue;
    best[platform] = std::max(best[platform], number(row, "output_tok_s_per_chip"));
  }
  std::vector<Envelope> out;
  for (const auto& [platform, rate] : best) out.push_back({platform, rate});
  return out;
}

}  // namespace switchyard::measured
