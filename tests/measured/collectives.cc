#include "measured/collectives.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>

#include "base/files.h"
#include "base/portable_math.h"
#include "base/text.h"
#include "catalog/sample.h"

namespace switchyard::measured {

namespace {

using catalog::Algorithm;
using catalog::FabricNumbers;
using fabric::Collective;

constexpr std::uint64_t kTableBytesMax = 64 << 20;
constexpr double kCustomBytesMax = 8 << 20;  // vLLM's limit of its own kernels

struct System {
  const char* name;
  const char* fabric;
};
constexpr System kSystems[] = {{"a100_sxm", "nvlink3-8"},    {"h100_sxm", "nvlink4-8"},
                               {"h200_sxm", "nvlink4-8"},    {"b200_sxm", "nvlink5-8-400g"},
                               {"gb200", "nvlink5-72-400g"}, {"l40s", "pcie4-8"}};

using Record = std::map<std::string, std::string, std::less<>>;

Result<std::vector<Record>> read_table(const std::filesystem::path& path) {
  SWITCHYARD_TRY(text, read_text_or_gzip(path, kTableBytesMax));
  std::vector<Record> out;
  std::vector<std::string> names;
  for (const std::string_view line : split(text, '\n')) {
    const std::vector<std::string_view> fields = split(trim(line), ',');
    if (names.empty()) {
      for (const std::string_view name : fields) names.emplace_back(name);
      continue;
    }
    if (fields.size() != names.size()) continue;
    Record record;
    for (std::size_t i = 0; i < names.size(); ++i) record[names[i]] = std::string(fields[i]);
    out.push_back(std::move(record));
  }
  return out;
}

Collective collective_of(const std::string& name) {
  if (name == "all_gather") return Collective::kAllGather;
  if (name == "reduce_scatter") return Collective::kReduceScatter;
  if (name == "alltoall") return Collective::kAllToAll;
  return Collective::kAllReduce;
}

double number(const Record& record, const char* key) {
  return std::strtod(record.at(key).c_str(), nullptr);
}

}  // namespace

bool CollectiveRow::fits() const {
  return std::bit_width(static_cast<std::uint64_t>(bytes)) % 2 == 0;
}

Result<std::vector<CollectiveRow>> read_collectives(const std::filesystem::path& operators) {
  std::vector<CollectiveRow> rows;
  for (const System& system : kSystems) {
    const auto base = operators / system.name;
    SWITCHYARD_TRY(nccl, read_table(base.string() + "__nccl.csv.gz"));
    for (const Record& r : nccl) {
      const double width = r.at("nccl_dtype") == "int8" ? 1 : 2;
      rows.push_back({.system = system.name,
                      .fabric = system.fabric,
                      .collective = collective_of(r.at("op_name")),
                      .ranks = static_cast<int>(number(r, "num_gpus")),
                      .bytes = number(r, "message_size") * width,
                      .seconds = number(r, "latency") * 1e-3});
    }
    SWITCHYARD_TRY(custom, read_table(base.string() + "__custom_allreduce.csv.gz"));
    for (const Record& r : custom) {
      if (r.at("backend") != "vllm_graph") continue;
      rows.push_back({.system = system.name,
                      .fabric = system.fabric,
                      .custom = true,
                      .ranks = static_cast<int>(number(r, "num_gpus")),
                      .bytes = number(r, "message_size") * 2,
                      .seconds = number(r, "latency") * 1e-3});
    }
  }
  return rows;
}

Seconds predict(const CollectiveRow& row, const FabricNumbers& fabric) {
  const fabric::Plans& plans = plans_of(fabric, row.collective, {.count = row.ranks});
  const bool pcie = fabric.id == "pcie4-8";
  const bool own = row.custom && row.bytes <= kCustomBytesMax && (!pcie || row.ranks == 2);
  Seconds best(1e9);
  for (const fabric::Plan& plan : plans.plans()) {
    const Algorithm a = plan.way.algorithm;
    const bool nccl = a == Algorithm::kRing || a == Algorithm::kInFabric || a == Algorithm::kDirect;
    if (own ? a != Algorithm::kMesh : !nccl) continue;
    best = std::min(best, closed_form(plan, fabric, Bytes(row.bytes)).total);
  }
  return best;
}

namespace {

// What is fitted: a set of numbers that move together, and where they stand.
struct Knob {
  std::vector<Constant> places;
  std::vector<double*> numbers;
  double most = 1e300;
};

double* number_of(FabricNumbers& f, Algorithm algorithm, const std::string& key) {
  catalog::PlainAlgorithm& a = f.algorithms[static_cast<std::size_t>(algorithm)];
  if (key == "efficiency") return &a.efficiency;
  // Seconds is one double.
  return reinterpret_cast<double*>(key == "launch" ? &a.launch : &a.chunk);
}

class Fitter {
 public:
  Fitter(const catalog::Fabric& fabric, const std::vector<CollectiveRow>& rows)
      : numbers_(sample(fabric, catalog::World{})) {
    for (const CollectiveRow& row : rows) {
      if (row.fabric == fabric.id) (row.fits() ? fitting_ : scoring_).push_back(row);
    }
    const bool reduces = fabric.algorithms.contains(Algorithm::kInFabric);
    const bool tiers = fabric.tiers.size() > 2;
    add("launch", {Algorithm::kRing});
    if (reduces) add("launch", {Algorithm::kInFabric});
    add("launch", {Algorithm::kMesh});
    add("launch", {Algorithm::kDirect});
    // With several tiers their bandwidths carry what the links give.
    if (!tiers) {
      add("efficiency", {Algorithm::kRing});
      add("efficiency", {Algorithm::kDirect});
    }
    if (reduces) add("efficiency", {Algorithm::kInFabric});
    add("efficiency", {Algorithm::kMesh});
    add("chunk", {Algorithm::kRing, Algorithm::kInFabric, Algorithm::kDirect});
    add("chunk", {Algorithm::kMesh});
    Knob step;
    for (std::size_t t = 0; t + 1 < numbers_.tiers.size(); ++t) {
      catalog::PlainTier& tier = numbers_.tiers[t];
      step.numbers.push_back(reinterpret_cast<double*>(&tier.latency));
      step.places.push_back({.section = fabric.tiers[t].name, .key = "latency"});
      if (!tiers) continue;
      Knob rate;
      rate.numbers = {reinterpret_cast<double*>(&tier.bandwidth)};
      rate.places = {{.section = fabric.tiers[t].name, .key = "bandwidth"}};
      knobs_.push_back(rate);
    }
    knobs_.push_back(step);
  }

  FabricFit run() {
    double best = loss(fitting_);
    for (double factor = 1.6; factor > 1.003; factor = std::sqrt(factor)) {
      for (bool moved = true; moved;) {
        moved = false;
        for (Knob& knob : knobs_) {
          for (const double by : {factor, 1 / factor}) moved = try_move(knob, by, best) || moved;
        }
      }
    }
    FabricFit out{.fabric = numbers_.id, .numbers = numbers_};
    for (const Knob& knob : knobs_) {
      for (std::size_t i = 0; i < knob.places.size(); ++i) {
        Constant c = knob.places[i];
        c.value = *knob.numbers[i];
        out.constants.push_back(c);
      }
    }
    std::vector<double> errors;
    for (const CollectiveRow& row : scoring_) errors.push_back(error(row));
    std::sort(errors.begin(), errors.end());
    if (!errors.empty()) out.spread = errors[errors.size() * 8 / 10];
    return out;
  }

 private:
  void add(const std::string& key, std::vector<Algorithm> algorithms) {
    Knob knob{.places = {}, .numbers = {}, .most = key == "efficiency" ? 1 : 1e300};
    for (const Algorithm a : algorithms) {
      if (!numbers_.algorithms[static_cast<std::size_t>(a)].known) continue;
      knob.numbers.push_back(number_of(numbers_, a, key));
      knob.places.push_back({.section = "algorithms." + catalog::to_text(a), .key = key});
    }
    knobs_.push_back(std::move(knob));
  }

  bool try_move(Knob& knob, double by, double& best) {
    for (const double* n : knob.numbers) {
      if (*n * by > knob.most) return false;
    }
    for (double* n : knob.numbers) *n *= by;
    const double now = loss(fitting_);
    if (now < best - 1e-9) {
      best = now;
      return true;
    }
    for (double* n : knob.numbers) *n /= by;
    return false;
  }

  double error(const CollectiveRow& row) const {
    return std::abs(portable_log(predict(row, numbers_).value() / row.seconds));
  }

  double loss(const std::vector<CollectiveRow>& rows) const {
    double sum = 0;
    for (const CollectiveRow& row : rows) sum += error(row);
    return sum / static_cast<double>(std::max<std::size_t>(1, rows.size()));
  }

  FabricNumbers numbers_;
  std::vector<CollectiveRow> fitting_, scoring_;
  std::vector<Knob> knobs_;
};

std::string toml_line(const Constant& c, double spread, const std::string& source) {
  const bool share = c.key == "efficiency";
  const bool rate = c.key == "bandwidth";
  const double scale = share ? 1 : rate ? 1e9 : 1e-6;
  const double base = c.value / scale;
  const double wide = portable_exp(spread);
  const double high = share ? std::min(1.0, base * wide) : base * wide;
  return fmt::format(
      "{} = {{ base = {}, low = {}, high = {}, unit = \"{}\", mark = \"fitted\", source = \"{}\" "
      "}}",
      c.key, format_significant(base), format_significant(std::min(base, base / wide)),
      format_significant(std::max(base, high)),
      share  ? "fraction"
      : rate ? "GB/s"
             : "us",
      source);
}

}  // namespace

FabricFit fit(const catalog::Fabric& fabric, const std::vector<CollectiveRow>& rows) {
  return Fitter(fabric, rows).run();
}

Status write_constants(const std::filesystem::path& file, const FabricFit& fit,
                       const std::string& source) {
  SWITCHYARD_TRY(text, read_file(file));
  for (const Constant& c : fit.constants) {
    const bool algorithm = c.section.starts_with("algorithms.");
    const std::size_t at =
        text.find(algorithm ? "[" + c.section + "]" : "name = \"" + c.section + "\"");
    const std::size_t line = text.find("\n" + c.key + " =", at);
    if (at == std::string::npos || line == std::string::npos) {
      return fail({.where = file.string(), .found = "no " + c.section + " " + c.key});
    }
    const std::size_t end = text.find('\n', line + 1);
    text.replace(line + 1, end - line - 1, toml_line(c, fit.spread, source));
  }
  return write_file_atomically(file, text);
}

}  // namespace switchyard::measured
