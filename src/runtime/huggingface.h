// HuggingFace checkpoints: config.json and safetensors files, one or several with an index.
#pragma once

#include <memory>

#include "runtime/checkpoint.h"

namespace switchyard::runtime {

// Of config.json, or of the directory that holds it. Families: llama, mistral, qwen2, qwen3.
Result<CheckpointShape> read_huggingface_shape(const std::filesystem::path& path);

Result<std::unique_ptr<Checkpoint>> open_huggingface(const std::filesystem::path& directory);

}  // namespace switchyard::runtime
