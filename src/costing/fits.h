// Fitted coefficients of measured kernels, and the chips they were measured on (catalog/fits/).
//
// chips.toml holds what the formulas need of a chip beyond catalog/chips: processors, cache, link,
// and for a chip without measurements the one its fits are carried from. CHIP.toml holds fits,
// written by `switchyard fit`. catalog/README.md has both schemas.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "catalog/estimate.h"
#include "costing/kernels.h"

namespace switchyard::costing {

// The chip as the formulas see it.
struct FitChip {
  std::string id, name;
  std::string device;                             // as measurement files call it: "NVIDIA H200"
  std::vector<std::string> files;                 // prefixes of file names that mean this chip
  std::map<std::string, catalog::Estimate> peak;  // FLOP/s by bf16, fp8, int8, fp4
  catalog::Estimate bandwidth, link, processors, cache;
  std::vector<std::string> leave;  // operators whose measured kernels are outdated: not asked
  std::string like;                // chip whose fits are carried over; empty: none
  double widening = 1;             // of intervals then: exponent on their factors
};

struct FitBand {
  double seconds_max = 0;  // predicted; the last band has no end
  int rows = 0;
  double low = 1, high = 1;  // measured over predicted: 10 % and 90 % quantiles, held out
};

struct FitError {
  double median = 0, p90 = 0;  // of |predicted / measured - 1|
  double bias = 0;             // median of predicted / measured - 1
};

struct KernelFit {
  KernelFamily family = KernelFamily::kGemm;
  std::string element;     // of the weights: bf16, fp8 ...; attention: of the products
  std::string cached;      // element of the KV cache; empty where none
  std::string engine;      // "vllm 0.24.0"
  std::string kernel;      // distinguishes kernels of one engine; empty: all its kernels
  bool preferred = false;  // asked when nobody names an engine
  int policy = 0;
  Coefficients coefficients = {};
  int rows = 0, groups = 0;
  FitError fitted, held_out;
  double coverage = 0;  // of the 80 % interval on rows held out of fit and quantiles
  std::vector<FitBand> bands;
};

struct ChipFits {
  std::string chip, origin, date;
  std::vector<KernelFit> fits;
};

// Bytes of an element and the peak its products run at.
struct FitElement {
  const char* name;
  double weight_bytes, activation_bytes;
  const char* peak;
};
const FitElement* find_fit_element(const std::string& name);
std::vector<std::string> fit_element_names();

struct FitSet {
  std::map<std::string, FitChip> chips;
  std::map<std::string, ChipFits> fits;

  // The chip whose fits answer for `chip`: itself, or the one it is like; null: none.
  const ChipFits* answering(const std::string& chip) const;
};

// Rates of `chip` for a fit's element; nullopt where the chip has no such peak.
std::optional<KernelRates> rates_of(const FitChip& chip, const std::string& element,
                                    const std::string& cached);

Result<std::map<std::string, FitChip>> load_fit_chips(const std::filesystem::path& file);
// All of catalog/fits. A missing directory is an empty set.
Result<FitSet> load_fits(const std::filesystem::path& directory);
// Adds what `directory` has: chips of its chips.toml replace those of one name, preferred fits of
// its CHIP.toml files answer before those that did.
Status lay_over(FitSet& set, const std::filesystem::path& directory);
Result<ChipFits> parse_chip_fits(std::string_view text, const std::string& where);
std::string to_toml(const ChipFits& fits);

}  // namespace switchyard::costing
