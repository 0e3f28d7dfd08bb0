// Chips, NeuronCores, platforms, prices and the economy around them, as estimates with sources.
//
// The data stands in the folder catalog/ (TOML; catalog/README.md has the schema). A directory of
// the user laid over it adds files or replaces single numbers. Loading reports every fault with
// file, field, found and wanted.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "catalog/estimate.h"
#include "catalog/fabric.h"
#include "catalog/neuron_core.h"

namespace switchyard::catalog {

// How weights can be stored and multiplied on a chip.
struct Format {
  std::string name;     // bf16, fp8, mxfp8, int8, mxfp4, nvfp4
  double bits = 16;     // stored bits per weight, block scales included: mxfp4 4.25
  std::string compute;  // the key in Chip::peak at whose rate its products run
  int width()
      const;  // nominal bits, 16, 8 or 4: formats of one width are taken as alike in quality
};

struct Chip {
  std::string id, name, vendor, source_note;
  std::map<std::string, Estimate> peak;  // dense FLOP/s by element type: bf16, fp8, int8, fp4
  std::vector<Format> formats;
  Estimate memory_capacity, memory_bandwidth;
  Estimate tdp, idle_power, active_power;          // active: clocks running, no work counted yet
  Estimate memory_energy;                          // J/byte moved from HBM to the compute units
  std::map<std::string, Estimate> compute_energy;  // J/FLOP by element type
  std::map<std::string, Estimate> compute_efficiency;  // share of peak of large dense products
  // Attention's products: share of the bf16 peak. Products and bytes of experts: share of what
  // dense ones reach. Bytes: share of bandwidth. And the fixed time of each kernel.
  Estimate attention_efficiency, grouped_compute, grouped_memory, memory_efficiency;
  Estimate operator_overhead;
  std::string core;    // of Catalog::cores; empty: the chip is not made of NeuronCores
  int core_count = 0;  // physical ones
};

// A number taken as certain where nobody states one.
inline Estimate taken(double value) {
  return {.base = value, .low = value, .high = value, .unit = "fraction"};
}

// What a serving engine adds to its kernels, and how far predictions with it are off. Fitted on
// served rows by `switchyard fit --endtoend`; [costs] of catalog/engines/ID.toml.
struct ServingNumbers {
  Estimate step_overhead = taken(0);  // s per engine step on the host: scheduling, sampling, launch
  Estimate sequence_overhead = taken(0);  // s per decoding sequence and step on the host: sampling,
                                          // detokenising, bookkeeping
  Estimate request_overhead = taken(0);   // s before a request reaches the scheduler, once
  Estimate poll_steps = taken(0.5);       // decode steps until the scheduler sees a new request
  Estimate wave_share = taken(0);    // 1: waiting prompts stop decodes, so the requests of a closed
                                     // loop prefill and decode in waves; 0: prompts mix in
  Estimate launch_share = taken(1);  // of kernels' launches and quantisation that is not fused into
                                     // or hidden behind other kernels
  Estimate step_factor = taken(1);   // time of the engine's decode kernels over the cost model's
  Estimate prefill_factor = taken(1);  // the same of what prompt tokens add to a step
  Estimate model_error = taken(1);  // measured step time over modelled: what the parts leave open
  Estimate ttft_error = taken(1);   // of time to first token, on top
  Estimate power_error = taken(1);  // of a chip's power
};

struct Platform {
  std::string id, name, chip, available;
  std::vector<std::string> aliases;
  Fabric fabric;                 // a copy of the catalog's that the platform names
  int domain_chips = 1;          // chips of the scale-up domain
  int host_chips = 1;            // chips per host (server or sled)
  Estimate all_in_power;         // W per chip, provisioned at the utility, everything included
  Estimate host_power_fraction;  // non-accelerator IT power / accelerator TDP
  std::string engine;            // whose ServingNumbers these are; empty: the platform's own
  ServingNumbers serving;
  // Prices, per chip.
  Estimate cloud_on_demand, cloud_committed;  // $/chip-h
  Estimate owner_capex;   // $ per chip, IT equipment with its share of network and storage
  Estimate owner_hourly;  // $/chip-h, total cost of owning as the InferenceX convention counts it
};

// Assumptions shared by all platforms.
struct Economy {
  Estimate electricity, pue, carbon_intensity;     // $/J, ratio, kg/J
  Estimate discount_rate, it_life, facility_life;  // per year, years, years
  Estimate facility_capex,
      maintenance_fraction;            // $/W of provisioned power; share of capex per year
  Estimate utilisation, availability;  // share of peak sold; share of time up
};

struct Catalog {
  std::map<std::string, Chip> chips;
  std::map<std::string, NeuronCore> cores;
  std::map<std::string, Fabric> fabrics;
  std::vector<Platform> platforms;                // sorted by id
  std::map<std::string, ServingNumbers> engines;  // by id; errors those of unmeasured platforms

  Economy economy;

  // By id or alias, in any case of letters; unknown names get a suggestion.
  Result<const Platform*> platform(const std::string& name) const;
  // By its own id, else that of a platform of this id or alias.
  Result<const Fabric*> fabric(const std::string& name) const;
  const Chip& chip_of(const Platform& platform) const;
  // The platform under another engine of `engines`, or as it is for one not known.
  Platform with_engine(const Platform& platform, const std::string& engine) const;
  std::vector<std::string> platform_ids() const;
};

// Loads `directory` with the optional `overlay` directory laid over it: its new ids are added; in
// known ones it replaces the keys it names, arrays whole. A new base alone is taken as certain.
Result<Catalog> load(const std::filesystem::path& directory,
                     const std::optional<std::filesystem::path>& overlay = std::nullopt);

// The catalog shipped with the program: SWITCHYARD_CATALOG if set, else beside the sources it was
// built from.
std::filesystem::path default_directory();

}  // namespace switchyard::catalog
