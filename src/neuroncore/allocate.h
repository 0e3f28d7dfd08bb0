// Addresses for on-chip tensors that have none.
//
// A tensor is live from the first instruction that touches it to the last; inside a hardware loop a
// tensor that lives across iterations is live for the whole loop. Tensors that are never live
// together may share bytes. Fixed addresses are kept. PSUM tensors start on a bank boundary
// (nki/migration/index.rst) and SBUF tensors on `kSbufAlignment`.
#pragma once

#include <optional>
#include <vector>

#include "isa/limits.h"
#include "isa/program.h"
#include "neuroncore/fault.h"

namespace switchyard::neuroncore {

inline constexpr std::int64_t kSbufAlignment = 32;  // bytes; an assumption, as wide as DMA likes

struct Allocation {
  std::vector<std::optional<isa::FixedAddress>> addresses;  // by TensorId; HBM tensors have none
  std::int64_t sbuf_peak_bytes = 0;                         // of a partition, the fullest
  std::int64_t psum_peak_bytes = 0;
  std::optional<Fault> fault;  // kCapacity: details list what is live at the peak
};

// First fit in the order of first use, lowest address first; where that does not fit, once more
// with the largest tensors first.
Allocation allocate(const isa::Program& program, const isa::Limits& limits);

}  // namespace switchyard::neuroncore
