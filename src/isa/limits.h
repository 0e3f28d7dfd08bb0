// What legality depends on and differs between generations, as plain numbers. The catalog's cores/
// hold them with their sources.
#pragma once

#include <cstdint>

#include "isa/architecture.h"

namespace switchyard::isa {

struct Limits {
  Generation generation = Generation::kV3;
  std::int64_t sbuf_partition_bytes = 0;
  std::int64_t psum_partition_bytes = 0;      // in kPsumBanks banks
  std::int64_t stationary_free_max = 0;       // elements of nc_matmul's stationary free dimension
  std::int64_t moving_free_max_float32 = 0;   // of moving, by the type of dst
  std::int64_t moving_free_max_bfloat16 = 0;  // 0: bfloat16 dst not supported
  std::int64_t bn_stats_free_max = 0;

  std::int64_t psum_bank_bytes() const { return psum_partition_bytes / kPsumBanks; }
};

}  // namespace switchyard::isa
