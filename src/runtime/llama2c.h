// llama2.c checkpoints, version 0: seven int32 (dim, hidden_dim, n_layers, n_heads, n_kv_heads,
// vocab_size, seq_len; a negative vocab_size: the classifier has weights of its own), then float32
// weights part by part, each over all layers.
#pragma once

#include <memory>

#include "runtime/checkpoint.h"

namespace switchyard::runtime {

Result<std::unique_ptr<Checkpoint>> open_llama2c(const std::filesystem::path& path);

}  // namespace switchyard::runtime
