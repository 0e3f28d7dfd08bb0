// `switchyard validate` as a page: Markdown with tables, HTML with plots besides.
#pragma once

#include <string>

#include "catalog/catalog.h"
#include "validation/validate.h"

namespace switchyard::report {

// `plain`: the same rows by the roofline alone, for comparison. `catalog`: whose engines are
// listed.
std::string validation_markdown(const validation::Validation& result,
                                const validation::Validation& plain,
                                const catalog::Catalog& catalog);
std::string validation_html(const validation::Validation& result,
                            const validation::Validation& plain, const catalog::Catalog& catalog);

// Predicted against measured, both axes logarithmic, a colour a platform. Points outside
// [1e-9, 1e12] are left out.
std::string scatter_svg(const validation::Validation& result, validation::Quantity quantity);

}  // namespace switchyard::report
