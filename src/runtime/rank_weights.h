// One tensor-parallel rank's weights as the programs of kernels/decoder.h want them: [features in,
// features out], norms' gains folded into what reads the normalised values, rotary pairs as halves
// of a head, and the rotary tables.
//
// Ranks share KV heads where there are fewer of them than ranks.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "kernels/decoder.h"
#include "runtime/checkpoint.h"

namespace switchyard::runtime {

// Why `ranks` cannot share the model; an error for --tp.
Status check_ranks(const CheckpointShape& shape, int ranks);

// Sizes are padded to what MX formats need when `types` packs. Contract of both: check_ranks
// passed, 0 <= rank < ranks.
kernels::DecoderShape rank_shape(const CheckpointShape& shape, int ranks, std::int64_t capacity,
                                 const kernels::StepTypes& types);

// Calls `take` with each HBM tensor's name and bytes, as its programs declare it.
using TakeTensor = std::function<void(const std::string&, std::vector<std::uint8_t>)>;
Status rank_weights(const Checkpoint& checkpoint, int rank, int ranks, std::int64_t capacity,
                    const kernels::StepTypes& types, const TakeTensor& take);

}  // namespace switchyard::runtime
