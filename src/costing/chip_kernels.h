// Which fit answers which question about one chip, looked up once.
#pragma once

#include <array>
#include <vector>

#include "costing/fits.h"
#include "costing/precision.h"
#include "model/operators.h"

namespace switchyard::costing {

// A fit at this chip's rates. Null: none.
struct Kernel {
  const KernelFit* fit = nullptr;
  KernelRates rates;
  Coefficients without_start = {};  // neither launched nor quantising
};

// A kernel with the shape it is asked for.
class Ask {
 public:
  Kernel kernel;
  KernelShape shape;

  double seconds() const { return at(kernel.fit->coefficients); }
  // The same, neither started nor with inputs to quantise.
  double started_seconds() const { return at(kernel.without_start); }

 private:
  double at(const Coefficients& c) const {
    return kernel_seconds(kernel.fit->family, shape, kernel.rates, kernel.fit->policy, c, true);
  }
};

class ChipKernels {
 public:
  ChipKernels() = default;  // answers nothing
  ChipKernels(const FitSet& set, const catalog::Chip& chip);

  bool any() const { return fits_ != nullptr; }
  bool own() const { return own_; }
  const FitChip& chip() const { return chip_; }
  const std::string& source() const { return fits_->chip; }

  // The kernel that does `op`; its `kernel.fit` is null where the roofline must.
  Ask ask(const model::Operator& op, const Precision& precision) const;

 private:
  Kernel find(KernelFamily family, const std::string& element, const std::string& cached) const;
  std::vector<Kernel> find_experts(const std::string& element) const;
  Ask attention(const model::Operator& op, const Precision& precision) const;
  Ask experts(const model::Operator& op, const Precision& precision) const;

  const ChipFits* fits_ = nullptr;
  FitChip chip_;
  bool own_ = false;
  std::vector<Kernel> gemm_;                  // by the chip's formats
  std::vector<std::vector<Kernel>> experts_;  // the same, of which the fastest serves
  // Context, generation, latent context, latent generation; then 16 and 8 bits cached.
  std::array<std::array<Kernel, 2>, 4> attention_;
};

}  // namespace switchyard::costing
