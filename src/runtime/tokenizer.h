// Text to tokens and back.
//
// Formats: llama2.c tokenizer files (.bin) and SentencePiece models (.model, BPE), both merged by
// score; HuggingFace tokenizer.json (byte-level BPE), merged by rank.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace switchyard::runtime {

class Tokenizer {
 public:
  virtual ~Tokenizer() = default;
  virtual std::int64_t vocabulary() const = 0;
  // The prompt's tokens, with the one that begins a text where the model has one.
  virtual std::vector<int> encode(std::string_view text) const = 0;
  // What `token` adds to the text after `previous` (-1: nothing).
  virtual std::string decode(int previous, int token) const = 0;
  virtual bool ends_text(int token) const = 0;
};

// By the file's name. `vocabulary` is the checkpoint's; a tokenizer of another size is refused, but
// for up to a tenth of padding in the checkpoint.
Result<std::unique_ptr<Tokenizer>> open_tokenizer(const std::filesystem::path& path,
                                                  std::int64_t vocabulary);
// The tokenizer that lies beside a checkpoint: tokenizer.json, tokenizer.model, tokenizer.bin, or
// the one tok*.bin or tok*.model whose vocabulary is the checkpoint's.
Result<std::unique_ptr<Tokenizer>> find_tokenizer(const std::filesystem::path& checkpoint,
                                                  std::int64_t vocabulary);

}  // namespace switchyard::runtime
