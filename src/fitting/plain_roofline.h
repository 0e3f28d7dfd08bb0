// The slower of products and bytes at full nominal rates, no start: what needs no measurement, to
// compare fits with.
#pragma once

#include "costing/kernels.h"

namespace switchyard::fitting {

double plain_roofline(const costing::KernelShape& shape, const costing::KernelRates& rates);

}  // namespace switchyard::fitting
