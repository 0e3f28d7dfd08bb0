#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "catalog/documents.h"
#include "catalog/readers.h"

namespace switchyard::catalog {

namespace {

namespace fs = std::filesystem;

class Loader {
 public:
  Loader(const Json& tree, const FileNames& files) : tree_(tree), files_(files) {}

  Result<Catalog> run() {
    for (const auto& [id, json] : folder("cores").items()) {
      Table table = open(json, "cores/" + id);
      catalog_.cores.emplace(id, read_neuron_core(table, id));
    }
    for (const auto& [id, json] : folder("chips").items()) add_chip(id, json);
    for (const auto& [id, json] : folder("fabrics").items()) {
      Table table = open(json, "fabrics/" + id);
      catalog_.fabrics.emplace(id, read_fabric(table, id));
    }
    read_engines();
    for (const auto& [id, json] : folder("platforms").items()) add_platform(id, json);
    check_price_ids();
    std::sort(catalog_.platforms.begin(), catalog_.platforms.end(),
              [](const Platform& a, const Platform& b) { return a.id < b.id; });
    check_names();
    if (const auto found = tree_.find("economy"); found != tree_.end()) {
      Table table = open(*found, "economy");
      catalog_.economy = read_economy(table);
    } else {
      faults_.add(
          {.where = file_name("economy"), .found = "is missing", .wanted = "the economy's file"});
    }
    SWITCHYARD_TRY_STATUS(faults_.status());
    return std::move(catalog_);
  }

 private:
  const Json& folder(const char* name) const {
    static const Json kEmpty = Json::object();
    const auto found = tree_.find(name);
    return found == tree_.end() ? kEmpty : *found;
  }

  std::string file_name(const std::string& path) const {
    const auto found = files_.find(path);
    return found == files_.end() ? path + ".toml" : found->second;
  }

  Table open(const Json& json, const std::string& path) {
    return {ObjectReader(json, file_name(path), faults_), path};
  }

  // The platforms of one vendor run the same engines: if those are better than we think, all are.
  static void share_software(const std::string& vendor, Platform& platform) {
    ServingNumbers& n = platform.serving;
    n.model_error.cause = vendor + "/model_error";
    n.ttft_error.cause = vendor + "/ttft_error";
    n.power_error.cause = vendor + "/power_error";
    n.step_overhead.cause = vendor + "/step_overhead";
    n.sequence_overhead.cause = vendor + "/sequence_overhead";
  }

  void read_engines() {
    for (const auto& [id, json] : folder("engines").items()) {
      Table table = open(json, "engines/" + id);
      check_id(table, id);
      table.text("name");
      ServingNumbers numbers;
      const bool has_costs = table.fields().has("costs");
      if (has_costs) {
        table.section("costs", [&](Table& costs) { read_serving(costs, true, numbers); });
      }
      table.fields().find("scheduler");  // read by serving/
      table.fields().reject_unknown();
      if (has_costs) catalog_.engines[id] = numbers;
    }
  }

  std::optional<ServingNumbers> serving_of(const std::string& engine) const {
    const auto found = catalog_.engines.find(engine);
    if (found == catalog_.engines.end()) return {};
    return found->second;
  }

  void add_chip(const std::string& id, const Json& json) {
    Table table = open(json, "chips/" + id);
    const Chip& chip = catalog_.chips.emplace(id, read_chip(table, id)).first->second;
    if (chip.core.empty() || catalog_.cores.contains(chip.core)) return;
    std::vector<std::string> known;
    for (const auto& [name, core] : catalog_.cores) known.push_back(name);
    table.fields().fault("core", "is " + quote(chip.core), "a core of the catalog",
                         did_you_mean(chip.core, known));
  }

  void add_platform(const std::string& id, const Json& json) {
    Table table = open(json, "platforms/" + id);
    Platform platform =
        read_platform(table, id, [&](const std::string& engine) { return serving_of(engine); });
    if (table.fields().has("chip") && !catalog_.chips.contains(platform.chip)) {
      std::vector<std::string> known;
      for (const auto& [name, chip] : catalog_.chips) known.push_back(name);
      table.fields().fault("chip", "is " + quote(platform.chip), "a chip of the catalog",
                           did_you_mean(platform.chip, known));
    } else if (table.fields().has("chip")) {
      share_software(catalog_.chips.at(platform.chip).vendor, platform);
    }
    add_fabric(table, platform);
    const Json& prices = folder("prices");
    if (const auto found = prices.find(id); found != prices.end()) {
      Table price_table = open(*found, "prices/" + id);
      read_prices(price_table, platform);
    } else {
      faults_.add({.where = file_name("prices/" + id),
                   .found = "is missing",
                   .wanted = "the prices of platform " + quote(id)});
    }
    catalog_.platforms.push_back(std::move(platform));
  }

  void add_fabric(Table& table, Platform& platform) {
    if (!table.fields().has("fabric")) return;  // already a fault
    const auto found = catalog_.fabrics.find(platform.fabric.id);
    if (found == catalog_.fabrics.end()) {
      std::vector<std::string> known;
      for (const auto& [name, fabric] : catalog_.fabrics) known.push_back(name);
      table.fields().fault("fabric", "is " + quote(platform.fabric.id), "a fabric of the catalog",
                           did_you_mean(platform.fabric.id, known));
      return;
    }
    platform.fabric = found->second;
    if (platform.fabric.tiers.size() < 2) return;  // already a fault
    if (platform.domain_chips > platform.fabric.domain_chips()) {
      table.fields().fault("domain_chips", fmt::format("is {}", platform.domain_chips),
                           fmt::format("at most {}, the reach of fabric {} before scale-out",
                                       platform.fabric.domain_chips(), quote(found->first)));
    }
  }

  void check_price_ids() {
    const std::vector<std::string> known = catalog_.platform_ids();
    for (const auto& [id, json] : folder("prices").items()) {
      if (std::find(known.begin(), known.end(), id) != known.end()) continue;
      Table table = open(json, "prices/" + id);
      table.fields().fault("id", quote(id) + " is not a platform", "the id of a platform",
                           did_you_mean(id, known));
    }
  }

  // No two platforms may answer to one name, whatever its case.
  void check_names() {
    std::map<std::string, std::string> owners;
    const auto claim = [&](const Platform& p, const char* key, const std::string& name) {
      const auto [place, added] = owners.emplace(to_lower(name), p.id);
      if (added || place->second == p.id) return;
      faults_.add({.where = file_name("platforms/" + p.id) + ": " + key,
                   .found = quote(name) + " already names " + quote(place->second),
                   .wanted = "a name of its own"});
    };
    for (const Platform& p : catalog_.platforms) claim(p, "id", p.id);
    for (const Platform& p : catalog_.platforms) {
      for (const std::string& alias : p.aliases) claim(p, "aliases", alias);
    }
  }

  const Json& tree_;
  const FileNames& files_;
  Catalog catalog_;
  FaultList faults_;
};

}  // namespace

Economy read_economy(Table& table) {
  Economy e{.electricity = table.estimate("electricity", Dimension::kDollarsPerJoule),
            .pue = table.positive("pue", Dimension::kFraction),
            .carbon_intensity = table.estimate("carbon_intensity", Dimension::kCarbonPerJoule),
            .discount_rate = table.estimate("discount_rate", Dimension::kFraction),
            .it_life = table.positive("it_life", Dimension::kYears),
            .facility_life = table.positive("facility_life", Dimension::kYears),
            .facility_capex = table.estimate("facility_capex", Dimension::kDollarsPerWatt),
            .maintenance_fraction = table.estimate("maintenance_fraction", Dimension::kFraction),
            .utilisation = table.share("utilisation"),
            .availability = table.share("availability")};
  if (e.pue.well_read() && e.pue.low > 0 && e.pue.low < 1) {
    table.fields().fault("pue", "reaches down to " + format_significant(e.pue.low),
                         "at least 1: the facility draws what its IT draws");
  }
  table.fields().reject_unknown();
  return e;
}

Result<Catalog> build(const Json& tree, const FileNames& files) {
  return Loader(tree, files).run();
}

namespace {

// What only the shipped catalog may hold: laid over it, these would be ignored without a word.
Status refuse_unread(const fs::path& overlay) {
  FaultList faults;
  for (const char* name : {"models", "workloads", "claims", "engine.toml", "day.toml"}) {
    if (std::error_code code; !fs::exists(overlay / name, code)) continue;
    faults.add({.where = (overlay / name).string(),
                .found = "is not read from a directory of your own",
                .wanted = "chips/, cores/, engines/, fabrics/, platforms/, prices/ or economy.toml",
                .hint = "give a model as a path to its config.json, lengths as flags or a trace"});
  }
  return faults.status();
}

}  // namespace

Result<Catalog> load(const fs::path& directory, const std::optional<fs::path>& overlay) {
  Json tree = Json::object();
  FileNames files;
  SWITCHYARD_TRY_STATUS(lay_over(directory, tree, files));
  if (overlay) {
    SWITCHYARD_TRY_STATUS(refuse_unread(*overlay));
    SWITCHYARD_TRY_STATUS(lay_over(*overlay, tree, files));
  }
  return build(tree, files);
}

}  // namespace switchyard::catalog
