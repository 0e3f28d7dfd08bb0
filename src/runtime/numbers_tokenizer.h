// A tokenizer for models without text, as random weights make them: tokens are written as their
// numbers.
#pragma once

#include "runtime/tokenizer.h"

namespace switchyard::runtime {

// Prompts are numbers in [0, vocabulary), separated by spaces; other words are skipped, an empty
// prompt is token 1.
std::unique_ptr<Tokenizer> numbers_tokenizer(std::int64_t vocabulary);

}  // namespace switchyard::runtime
