// catalog/*.toml with a user's directory laid over it, read into a Catalog.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "base/text.h"
#include "catalog/documents.h"

namespace switchyard::catalog {

namespace {

namespace fs = std::filesystem;

class Loader {
 public:
  explicit Loader(const Documents& documents) : documents_(documents) {}

  Result<Catalog> run() {
    for (const auto& [id, document] : documents_.chips) {
      catalog_.chips.emplace(id, read_chip(id, document));
    }
    for (const auto& [id, document] : documents_.platforms) {
      catalog_.platforms.push_back(read_platform(id, document));
    }
    for (const auto& [id, document] : documents_.prices) {
      if (!documents_.platforms.contains(id)) {
        faults_.add({.where = document.where,
                     .found = quote(id) + " is not a platform",
                     .hint = did_you_mean(id, catalog_.platform_ids())});
      }
    }
    catalog_.economy = read_economy(documents_.economy);
    SWITCHYARD_TRY_STATUS(faults_.status());
    return std::move(catalog_);
  }

 private:
  // Reads one sub-table through `read`; an absent one is a fault.
  template <class Read>
  void section(ObjectReader& reader, const char* key, Read read) {
    const Json* table = reader.find(key);
    if (!table) return reader.fault(key, "is missing", "a table");
    ObjectReader inner = reader.inside(key, *table);
    read(inner);
    inner.reject_unknown();
  }

  void check_id(ObjectReader& reader, const std::string& id) {
    const std::string found = reader.string("id");
    if (found != id) reader.fault("id", "is " + quote(found), "the file's name, " + quote(id));
  }

  void read_peaks(ObjectReader& reader, const std::string& prefix, Chip& chip) {
    section(reader, "peak", [&](ObjectReader& r) {
      for (const char* type : {"bf16", "fp8", "int8", "fp4"}) {
        if (!r.find(type)) continue;
        chip.peak.emplace(type,
                          read_estimate(r, type, Dimension::kFlopRate, prefix + "/peak/" + type));
      }
      if (!chip.peak.contains("bf16")) r.fault("bf16", "is missing", "the bf16 peak");
    });
    section(reader, "energy", [&](ObjectReader& r) {
      chip.memory_energy =
          read_estimate(r, "memory", Dimension::kEnergyPerByte, prefix + "/energy/memory");
      for (const auto& [type, peak] : chip.peak) {
        chip.compute_energy.emplace(
            type, read_estimate(r, type, Dimension::kEnergyPerFlop, prefix + "/energy/" + type));
      }
    });
  }

  void read_formats(ObjectReader& reader, Chip& chip) {
    const Json* list = reader.array("formats");
    if (!list || list->empty()) {
      return reader.fault("formats", "is missing", "at least one [[formats]]");
    }
    std::vector<std::string> types;
    for (const auto& [type, peak] : chip.peak) types.push_back(type);
    for (const Json& item : *list) {
      ObjectReader r = reader.inside("formats", item);
      Format format{.name = r.string("name"),
                    .bits = r.number("bits", {1, 64}),
                    .compute = r.string("compute")};
      if (!chip.peak.contains(format.compute)) {
        r.fault("compute", "is " + quote(format.compute), "a key of [peak]",
                did_you_mean(format.compute, types));
      }
      r.reject_unknown();
      chip.formats.push_back(std::move(format));
    }
    const bool wide = std::any_of(chip.formats.begin(), chip.formats.end(),
                                  [](const Format& f) { return f.width() == 16; });
    if (!wide) reader.fault("formats", "has no 16-bit format", "bf16 among them");
  }

  Chip read_chip(const std::string& id, const Document& document) {
    Chip chip{.id = id};
    const std::string prefix = "chips/" + id;
    ObjectReader reader(document.json, document.where, faults_);
    check_id(reader, id);
    chip.name = reader.string("name");
    chip.vendor = reader.string("vendor");
    chip.source_note = reader.string_or("note", "");
    read_peaks(reader, prefix, chip);
    read_formats(reader, chip);
    const auto estimate = [&](ObjectReader& r, const char* key, Dimension dimension) {
      return read_estimate(r, key, dimension, prefix + "/" + key);
    };
    section(reader, "memory", [&](ObjectReader& r) {
      chip.memory_capacity = estimate(r, "capacity", Dimension::kBytes);
      chip.memory_bandwidth = estimate(r, "bandwidth", Dimension::kByteRate);
    });
    section(reader, "power", [&](ObjectReader& r) {
      chip.tdp = estimate(r, "tdp", Dimension::kPower);
      chip.idle_power = estimate(r, "idle", Dimension::kPower);
      chip.active_power = estimate(r, "active", Dimension::kPower);
    });
    section(reader, "efficiency", [&](ObjectReader& r) {
      chip.compute_efficiency =
          read_estimate(r, "compute", Dimension::kFraction, prefix + "/efficiency/compute");
      chip.memory_efficiency =
          read_estimate(r, "memory", Dimension::kFraction, prefix + "/efficiency/memory");
      chip.operator_overhead = estimate(r, "operator_overhead", Dimension::kTime);
    });
    reader.reject_unknown();
    return chip;
  }

  Tier read_tier(ObjectReader r, const std::string& prefix) {
    Tier tier;
    tier.name = r.string("name");
    tier.chips = static_cast<int>(r.integer("chips", {1, 1e6}));
    const std::string topology = r.string("topology");
    std::vector<std::string> names;
    bool known = false;
    for (const Topology t :
         {Topology::kSwitch, Topology::kFullMesh, Topology::kTorus, Topology::kRing}) {
      names.push_back(to_text(t));
      if (topology != names.back()) continue;
      tier.topology = t;
      known = true;
    }
    if (!known && r.has("topology")) {
      r.fault("topology", "is " + quote(topology), join(names, ", "),
              did_you_mean(topology, names));
    }
    tier.dimensions = static_cast<int>(r.integer_or("dimensions", 1, {1, 6}));
    const std::string id = prefix + "/tiers/" + tier.name;
    tier.bandwidth = read_estimate(r, "bandwidth", Dimension::kByteRate, id + "/bandwidth");
    tier.latency = read_estimate(r, "latency", Dimension::kTime, id + "/latency");
    r.reject_unknown();
    return tier;
  }

  void read_tiers(ObjectReader& reader, const std::string& prefix, Platform& platform) {
    const Json* list = reader.array("tiers");
    if (!list || list->size() < 2) {
      return reader.fault("tiers", "has fewer than two entries",
                          "the scale-up tiers, then the scale-out tier");
    }
    for (const Json& item : *list) {
      platform.tiers.push_back(read_tier(reader.inside("tiers", item), prefix));
    }
    for (std::size_t i = 1; i < platform.tiers.size(); ++i) {
      if (platform.tiers[i].chips > platform.tiers[i - 1].chips) continue;
      reader.fault(
          "tiers",
          fmt::format("reach {} after {}", platform.tiers[i].chips, platform.tiers[i - 1].chips),
          "each tier to reach more chips than the one before");
    }
    const int reach = platform.tiers[platform.tiers.size() - 2].chips;
    if (platform.domain_chips != reach) {
      reader.fault("domain_chips", fmt::format("is {}", platform.domain_chips),
                   fmt::format("the reach of the last tier before scale-out, {}", reach));
    }
  }

  Platform read_platform(const std::string& id, const Document& document) {
    Platform p{.id = id};
    const std::string prefix = "platforms/" + id;
    ObjectReader reader(document.json, document.where, faults_);
    check_id(reader, id);
    p.name = reader.string("name");
    p.chip = reader.string("chip");
    if (!catalog_.chips.contains(p.chip)) {
      std::vector<std::string> known;
      for (const auto& [name, chip] : catalog_.chips) known.push_back(name);
      reader.fault("chip", "is " + quote(p.chip), "a chip of the catalog",
                   did_you_mean(p.chip, known));
    }
    p.available = reader.string_or("available", "");
    p.aliases = reader.strings_or_empty("aliases");
    p.domain_chips = static_cast<int>(reader.integer("domain_chips", {1, 1e6}));
    p.host_chips = static_cast<int>(reader.integer("host_chips", {1, 1e4}));
    read_tiers(reader, prefix, p);
    section(reader, "power", [&](ObjectReader& r) {
      p.all_in_power = read_estimate(r, "all_in", Dimension::kPower, prefix + "/power/all_in");
      p.host_power_fraction =
          read_estimate(r, "host_fraction", Dimension::kFraction, prefix + "/power/host_fraction");
    });
    section(reader, "serving", [&](ObjectReader& r) {
      p.link_efficiency =
          read_estimate(r, "link_efficiency", Dimension::kFraction, prefix + "/link_efficiency");
      p.step_overhead =
          read_estimate(r, "step_overhead", Dimension::kTime, prefix + "/step_overhead");
    });
    reader.reject_unknown();
    read_prices(id, p);
    return p;
  }

  void read_prices(const std::string& id, Platform& p) {
    const auto found = documents_.prices.find(id);
    if (found == documents_.prices.end()) {
      faults_.add({.where = "prices/" + id + ".toml",
                   .found = "is missing",
                   .wanted = "prices of the platform"});
      return;
    }
    ObjectReader r(found->second.json, found->second.where, faults_);
    check_id(r, id);
    const auto price = [&](const char* key, Dimension dimension) {
      return read_estimate(r, key, dimension, "prices/" + id + "/" + key);
    };
    p.cloud_on_demand = price("cloud_on_demand", Dimension::kDollarsPerHour);
    p.cloud_committed = price("cloud_committed", Dimension::kDollarsPerHour);
    p.owner_capex = price("owner_capex", Dimension::kDollars);
    p.owner_hourly = price("owner_hourly", Dimension::kDollarsPerHour);
    r.reject_unknown();
  }

  Economy read_economy(const Document& document) {
    ObjectReader r(document.json, document.where, faults_);
    const auto read = [&](const char* key, Dimension dimension) {
      return read_estimate(r, key, dimension, std::string("economy/") + key);
    };
    Economy e{.electricity = read("electricity", Dimension::kDollarsPerJoule),
              .pue = read("pue", Dimension::kFraction),
              .carbon_intensity = read("carbon_intensity", Dimension::kCarbonPerJoule),
              .discount_rate = read("discount_rate", Dimension::kFraction),
              .it_life = read("it_life", Dimension::kYears),
              .facility_life = read("facility_life", Dimension::kYears),
              .facility_capex = read("facility_capex", Dimension::kDollarsPerWatt),
              .maintenance_fraction = read("maintenance_fraction", Dimension::kFraction),
              .utilisation = read("utilisation", Dimension::kFraction),
              .availability = read("availability", Dimension::kFraction)};
    r.reject_unknown();
    check_positive(r, e);
    return e;
  }

  void check_positive(ObjectReader& r, const Economy& e) {
    const std::pair<const char*, const Estimate*> fields[] = {{"pue", &e.pue},
                                                              {"it_life", &e.it_life},
                                                              {"facility_life", &e.facility_life},
                                                              {"utilisation", &e.utilisation},
                                                              {"availability", &e.availability}};
    for (const auto& [key, estimate] : fields) {
      if (estimate->low <= 0) r.fault(key, "has low = 0", "more than 0: it is divided by");
    }
  }

  const Documents& documents_;
  Catalog catalog_;
  FaultList faults_;
};

}  // namespace

Result<Catalog> build(const Documents& documents) { return Loader(documents).run(); }

Result<Catalog> load(const fs::path& directory, const std::optional<fs::path>& overlay) {
  SWITCHYARD_TRY(documents, read_documents(directory));
  if (overlay) SWITCHYARD_TRY_STATUS(lay_over(documents, *overlay));
  return build(documents);
}

}  // namespace switchyard::catalog
