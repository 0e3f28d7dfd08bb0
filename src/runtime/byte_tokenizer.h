// HuggingFace tokenizer.json of the byte-level kind (GPT-2, Llama 3, Qwen): a regular expression
// cuts the text, each piece becomes bytes, and neighbours are merged by rank.
#pragma once

#include <map>
#include <unordered_map>

#include "base/document.h"
#include "runtime/tokenizer.h"

namespace switchyard::runtime {

// `where` names the file in errors. Kinds other than byte-level BPE are refused.
Result<std::unique_ptr<Tokenizer>> parse_byte_tokenizer(std::string_view text,
                                                        const std::string& where);

}  // namespace switchyard::runtime
