// Tokenizers whose pieces carry scores: llama2.c files and SentencePiece BPE models.
//
// A text gets a space in front, is cut into characters, and the neighbouring pair whose union has
// the highest score is merged until no union is a piece. Characters without a piece become their
// UTF-8 bytes' pieces.
#pragma once

#include <unordered_map>

#include "runtime/tokenizer.h"

namespace switchyard::runtime {

struct Piece {
  std::string text;
  float score = 0;
};

class ScoreTokenizer : public Tokenizer {
 public:
  // Pieces 0, 1 and 2 are unknown, beginning and end; <0x00> to <0xFF> stand for bytes where
  // present.
  explicit ScoreTokenizer(std::vector<Piece> pieces);

  std::int64_t vocabulary() const override { return static_cast<std::int64_t>(pieces_.size()); }
  std::vector<int> encode(std::string_view text) const override;
  std::string decode(int previous, int token) const override;
  bool ends_text(int token) const override { return token == 1 || token == 2; }

 private:
  int find(std::string_view text) const;

  std::vector<Piece> pieces_;
  std::unordered_map<std::string, int> ids_;
  std::vector<int> byte_ids_;  // by byte; -1: no piece
};

// `where` names the file in errors.
Result<std::unique_ptr<Tokenizer>> parse_llama2c_tokenizer(std::string_view bytes,
                                                           const std::string& where,
                                                           std::int64_t vocabulary);
Result<std::unique_ptr<Tokenizer>> parse_sentencepiece(std::string_view bytes,
                                                       const std::string& where);

}  // namespace switchyard::runtime
