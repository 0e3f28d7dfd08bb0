// Measured collectives of GPUs held against the fabric's closed form, and the fit of its constants.
//
// Rows: the nccl and custom_allreduce tables of aiconfigurator. Sizes with an even power of two
// fit, those with an odd one score. Not compared: vllm_eager rows, which time the host's launch
// that captured graphs do not pay.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "catalog/catalog.h"
#include "fabric/plan.h"

namespace switchyard::measured {

struct CollectiveRow {
  std::string system;   // h100_sxm
  std::string fabric;   // nvlink4-8
  bool custom = false;  // vLLM's own kernels, captured; else NCCL
  fabric::Collective collective = fabric::Collective::kAllReduce;
  int ranks = 2;
  double bytes = 0, seconds = 0;

  bool fits() const;  // else it scores
};

Result<std::vector<CollectiveRow>> read_collectives(const std::filesystem::path& operators);

// What the software that was measured would take: NCCL its rings, or the switch where it reduces;
// vLLM its mesh up to 8 MiB (over PCIe between two GPUs only), else NCCL.
Seconds predict(const CollectiveRow& row, const catalog::FabricNumbers& fabric);

// A constant of a fabric that the rows set, by its place in the file.
struct Constant {
  std::string section;  // "algorithms.ring", or the name of a tier
  std::string key;      // launch, efficiency, chunk, latency, bandwidth
  double value = 0;     // SI
};
struct FabricFit {
  std::string fabric;
  std::vector<Constant> constants;
  catalog::FabricNumbers numbers;
  double spread = 0;  // 80 % of scored rows are within a factor of exp(spread)
};
FabricFit fit(const catalog::Fabric& fabric, const std::vector<CollectiveRow>& rows);

// Puts the fitted constants into the fabric's file, marked as fitted.
Status write_constants(const std::filesystem::path& file, const FabricFit& fit,
                       const std::string& source);

}  // namespace switchyard::measured
