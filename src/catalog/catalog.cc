#include "catalog/catalog.h"

#include <algorithm>
#include <cstdlib>

#include "base/check.h"
#include "base/text.h"

namespace switchyard::catalog {

int Format::width() const { return bits >= 12 ? 16 : bits >= 6 ? 8 : 4; }

Result<const Platform*> Catalog::platform(const std::string& name) const {
  const std::string wanted = to_lower(name);
  std::vector<std::string> known;
  for (const Platform& p : platforms) {
    known.push_back(p.id);
    known.insert(known.end(), p.aliases.begin(), p.aliases.end());
    const auto begin = known.end() - static_cast<std::ptrdiff_t>(p.aliases.size() + 1);
    const bool named = std::any_of(begin, known.end(),
                                   [&](const std::string& own) { return to_lower(own) == wanted; });
    if (named) return &p;
  }
  return fail({.kind = ErrorKind::kUnknown,
               .where = "platform",
               .found = quote(name),
               .wanted = "a platform of the catalog",
               .hint = did_you_mean(name, known)});
}

Result<const Fabric*> Catalog::fabric(const std::string& name) const {
  const std::string wanted = to_lower(name);
  if (const auto own = fabrics.find(wanted); own != fabrics.end()) return &own->second;
  if (const auto owner = platform(name)) return &(*owner)->fabric;
  std::vector<std::string> known = platform_ids();
  for (const auto& [id, fabric] : fabrics) known.push_back(id);
  return fail({.kind = ErrorKind::kUnknown,
               .where = "fabric",
               .found = quote(name),
               .wanted = "a platform or a fabric of the catalog",
               .hint = did_you_mean(name, known)});
}

Platform Catalog::with_engine(const Platform& platform, const std::string& engine) const {
  Platform out = platform;
  const auto found = engines.find(engine);
  if (found == engines.end() || platform.engine.empty()) return out;
  const ServingNumbers own = platform.serving;
  out.engine = engine;
  out.serving = found->second;
  out.serving.model_error = own.model_error;
  out.serving.ttft_error = own.ttft_error;
  out.serving.power_error = own.power_error;
  return out;
}

const Chip& Catalog::chip_of(const Platform& platform) const {
  const auto found = chips.find(platform.chip);
  SWITCHYARD_CHECK(found != chips.end(), "chip {}", platform.chip);
  return found->second;
}

std::vector<std::string> Catalog::platform_ids() const {
  std::vector<std::string> ids;
  for (const Platform& p : platforms) ids.push_back(p.id);
  return ids;
}

std::filesystem::path default_directory() {
  if (const char* set = std::getenv("SWITCHYARD_CATALOG"); set && *set) return set;
  return std::filesystem::path(SWITCHYARD_SOURCE_DIR) / "catalog";
}

}  // namespace switchyard::catalog
