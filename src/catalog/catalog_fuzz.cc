// Any text as each kind of catalog file, alone or laid over a good one: an Error or a Catalog that
// samples to sane numbers; never a crash.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/check.h"
#include "catalog/documents.h"
#include "catalog/sample.h"
#include "catalog/small_catalog.h"

namespace {

using namespace switchyard;
using namespace switchyard::catalog;

void check_positive(double value) { SWITCHYARD_CHECK(std::isfinite(value) && value > 0); }
void check_bounded(double value) { SWITCHYARD_CHECK(std::isfinite(value) && value >= 0); }

void check_world(const Chip& chip, const Platform& platform, const Economy& economy,
                 const World& world) {
  const PlatformNumbers n = sample(chip, platform, world);
  for (const PlainFormat& format : n.formats) {
    check_positive(format.rate.value());
    check_bounded(format.energy.value());
  }
  check_positive(n.memory_capacity.value());
  check_positive(n.memory_bandwidth.value());
  check_positive(n.all_in_power.value());
  check_bounded(n.idle_power.value());
  SWITCHYARD_CHECK(n.idle_power <= n.active_power && n.active_power <= n.tdp);
  int reach = 0;
  for (const PlainTier& tier : n.fabric.tiers) {
    SWITCHYARD_CHECK(tier.chips > reach);
    reach = tier.chips;
    check_positive(tier.bandwidth.value());
    check_bounded(tier.latency.value());
  }
  const EconomyNumbers e = sample(economy, world);
  check_positive(e.it_life_years);
  check_positive(e.facility_life_years);
  SWITCHYARD_CHECK(e.pue >= 1 && e.utilisation > 0 && e.utilisation <= 1);
}

void check(const Json& tree, const FileNames& files) {
  const auto catalog = build(tree, files);
  if (!catalog) {
    SWITCHYARD_CHECK(!to_text(catalog.error()).empty());
    return;
  }
  for (const Platform& platform : catalog->platforms) {
    const Chip& chip = catalog->chip_of(platform);
    check_world(chip, platform, catalog->economy, {});
    for (int i = 0; i < 3; ++i) {
      check_world(chip, platform, catalog->economy,
                  {.base = false, .seed = 7, .index = i, .count = 3});
    }
    const auto found = catalog->platform(platform.id);
    SWITCHYARD_CHECK(found && *found == &platform);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const small::File& file : small::kFiles) {
    for (const bool alone : {false, true}) {
      Json tree = Json::object();
      FileNames files;
      small::lay(tree, files, alone ? file.key : "");
      const Status status = lay_over_text(text, file.key, "fuzz.toml", tree, files);
      if (!status) {
        SWITCHYARD_CHECK(!to_text(status.error()).empty());
        return 0;
      }
      check(tree, files);
    }
  }
  return 0;
}
