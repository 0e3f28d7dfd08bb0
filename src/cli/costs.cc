#include "cli/costs.h"

#include "base/text.h"
#include "costing/fitted.h"
#include "costing/roofline.h"

namespace switchyard::cli {

Result<std::unique_ptr<costing::CostModel>> make_costs(const std::string& evidence,
                                                       const catalog::Catalog& catalog,
                                                       const std::string& overlay) {
  static const std::vector<std::string> kKnown = {"best", "fitted", "roofline"};
  if (evidence == "roofline") return std::make_unique<costing::RooflineCosts>();
  if (evidence != "best" && evidence != "fitted") {
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
  return std::make_unique<costing::FittedCosts>(std::move(fits), catalog);
}

}  // namespace switchyard::cli
