#include "cli/costs.h"

#include <algorithm>

#include "base/text.h"
#include "costing/fitted.h"
#include "costing/roofline.h"
#include "costing/simulated.h"

namespace switchyard::cli {

Result<std::unique_ptr<costing::CostModel>> make_costs(const std::string& evidence,
                                                       const catalog::Catalog& catalog,
                                                       const std::string& overlay) {
  static const std::vector<std::string> kKnown = {"best", "simulated", "fitted", "roofline"};
  if (evidence == "roofline") return std::make_unique<costing::RooflineCosts>();
  if (std::find(kKnown.begin(), kKnown.end(), evidence) == kKnown.end()) {
    return fail({.kind = ErrorKind::kUsage,
                 .where = "--evidence",
                 .found = "is " + quote(evidence),
                 .wanted = join(kKnown, ", "),
                 .hint = did_you_mean(evidence, kKnown)});
  }
  SWITCHYARD_TRY(fits, costing::load_fits(catalog::default_directory() / "fits"));
  if (!overlay.empty()) {
    SWITCHYARD_TRY_STATUS(costing::lay_over(fits, std::filesystem::path(overlay) / "fits"));
  }
  auto fitted = std::make_unique<costing::FittedCosts>(std::move(fits), catalog);
  if (evidence != "simulated") return fitted;
  return std::make_unique<costing::SimulatedCosts>(catalog, std::move(fitted),
                                                   costing::TimeStore::default_directory());
}

}  // namespace switchyard::cli
