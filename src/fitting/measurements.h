// Measured kernels from files, as the formulas see them.
//
// Formats, told apart by their columns: AIConfigurator's tables (gemm, attention, MLA modules, MoE,
// NCCL, custom all-reduce, DeepEP), LLMServingSim's per-layer and attention profiles, Vidur's MLP
// and network profiles.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "costing/fits.h"

namespace switchyard::fitting {

struct Measurement {
  costing::KernelShape shape;
  double seconds = 0;
  std::uint64_t group = 0;  // rows of one configuration share it: they are held out together
};

// Rows of one kernel: what one fit is made from.
struct Series {
  std::string chip;
  costing::KernelFamily family = costing::KernelFamily::kGemm;
  std::string element, cached, engine, kernel;
  std::vector<Measurement> rows;

  std::string key() const;
};

struct Measurements {
  std::vector<Series> series;          // sorted by key
  std::vector<std::string> files;      // that were read
  std::map<std::string, int> skipped;  // rows left out, by reason

  void add(Measurements other);
};

// `chip`: whose a file is that does not say; empty: by its name.
Result<Measurements> read_measurements(const std::filesystem::path& file, const std::string& chip,
                                       const std::map<std::string, costing::FitChip>& chips);
Result<Measurements> parse_measurements(std::string text, const std::string& where,
                                        const std::string& chip,
                                        const std::map<std::string, costing::FitChip>& chips);

// Files of measurements under the paths: those named, and *.csv and *.csv.gz in directories,
// sorted. Index files without measurements (MANIFEST, COVERAGE) are left out.
Result<std::vector<std::filesystem::path>> measurement_files(const std::vector<std::string>& paths);

}  // namespace switchyard::fitting
