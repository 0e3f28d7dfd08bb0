// What operators cost, by the evidence the user asks for.
#pragma once

#include <memory>
#include <string>

#include "costing/cost_model.h"

namespace switchyard::cli {

inline constexpr const char* kEvidenceHelp =
    "What operator times rest on: simulated (kernels on NeuronCores; other chips as fitted), "
    "fitted (measured kernels, where the chip or one like it has them; else roofline), roofline, "
    "or best";

// `overlay`: the user's catalog directory, whose fits/ counts too; empty: none. `catalog` must
// outlive the result.
Result<std::unique_ptr<costing::CostModel>> make_costs(const std::string& evidence,
                                                       const catalog::Catalog& catalog,
                                                       const std::string& overlay);

}  // namespace switchyard::cli
