// How a checkpoint stores its weights, from dtype and quantization_config. Private to import*.cc.
//
// Quantisation methods read: fp8 (DeepSeek's blocks of 128x128 or one scale a tensor), mxfp4,
// compressed-tensors, modelopt, awq, gptq. Bits include the scales. Embeddings and small weights
// are never quantised by any of these. Which other weights are is told by the config's lists of
// modules; they are tried on the names of the middle layer, so that exceptions for a few first or
// last layers do not count for all.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/document.h"
#include "model/model.h"

namespace switchyard::model {

// bf16, fp16 or fp32; bf16 when absent, as nearly every checkpoint is.
StoredFormat read_dtype(ObjectReader& config, std::string_view key);

// Sets model.stored. `plain` is the format of weights that are not quantised. Needs model.layers.
void read_storage(ObjectReader& config, const StoredFormat& plain, FaultList& faults, Model& model,
                  std::vector<std::string>& notes);

}  // namespace switchyard::model
