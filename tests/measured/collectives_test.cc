#include "measured/collectives.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "catalog/sample.h"

namespace switchyard::measured {
namespace {

constexpr const char* kOperators = "../shared/data/operators";

// The page docs/validation-collectives.md says how well the constants predict; this holds them to
// it on the sizes that did not set them.
TEST(Collectives, AreNearWhatWasMeasured) {
  if (!std::filesystem::exists(kOperators)) GTEST_SKIP() << "no " << kOperators;
  const auto rows = read_collectives(kOperators);
  ASSERT_TRUE(rows) << to_text(rows.error());
  const auto catalog = catalog::load(catalog::default_directory());
  ASSERT_TRUE(catalog);
  std::vector<double> errors;
  for (const CollectiveRow& row : *rows) {
    if (row.fits()) continue;
    const auto numbers = sample(catalog->fabrics.at(row.fabric), catalog::World{});
    errors.push_back(std::abs(predict(row, numbers).value() / row.seconds - 1));
  }
  ASSERT_GT(errors.size(), 1000u);
  std::sort(errors.begin(), errors.end());
  EXPECT_LT(errors[errors.size() / 2], 0.15);
  EXPECT_LT(errors[errors.size() * 9 / 10], 0.5);
}

}  // namespace
}  // namespace switchyard::measured
