#include "runtime/score_tokenizer.h"

#include <fmt/format.h>

#include <cstdio>
#include <cstring>

namespace switchyard::runtime {

namespace {

constexpr std::string_view kSpace = "\xe2\x96\x81";  // SentencePiece writes spaces as U+2581
constexpr int kUnknown = 0, kBegin = 1;
constexpr int kBytes = 256;
constexpr std::int64_t kPieceBytesMax = 1024;

std::string byte_name(int byte) { return fmt::format("<0x{:02X}>", byte); }

std::size_t character_bytes(char first) {
  const auto lead = static_cast<unsigned char>(first);
  return lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
}

}  // namespace

ScoreTokenizer::ScoreTokenizer(std::vector<Piece> pieces) : pieces_(std::move(pieces)) {
  for (std::size_t i = 0; i < pieces_.size(); ++i) {
    ids_.emplace(pieces_[i].text, static_cast<int>(i));
  }
  for (int byte = 0; byte < kBytes; ++byte) byte_ids_.push_back(find(byte_name(byte)));
}

int ScoreTokenizer::find(std::string_view text) const {
  const auto known = ids_.find(std::string(text));
  return known == ids_.end() ? -1 : known->second;
}

std::vector<int> ScoreTokenizer::encode(std::string_view text) const {
  std::vector<int> out = {kBegin};
  if (text.empty()) return out;
  const std::string spaced = " " + std::string(text);
  for (std::size_t i = 0; i < spaced.size();) {
    const std::size_t size = std::min(character_bytes(spaced[i]), spaced.size() - i);
    const int id = find(std::string_view(spaced).substr(i, size));
    for (std::size_t b = 0; id < 0 && b < size; ++b) {
      const int byte = byte_ids_[static_cast<unsigned char>(spaced[i + b])];
      out.push_back(byte < 0 ? kUnknown : byte);
    }
    if (id >= 0) out.push_back(id);
    i += size;
  }
  for (;;) {
    std::size_t best = 0;
    int merged = -1;
    for (std::size_t i = 1; i + 1 < out.size(); ++i) {
      const int id = find(pieces_[static_cast<std::size_t>(out[i])].text +
                          pieces_[static_cast<std::size_t>(out[i + 1])].text);
      if (id < 0) continue;
      const bool better = merged < 0 || pieces_[static_cast<std::size_t>(id)].score >
                                            pieces_[static_cast<std::size_t>(merged)].score;
      if (better) {
        best = i;
        merged = id;
      }
    }
    if (merged < 0) return out;
    out[best] = merged;
    out.erase(out.begin() + static_cast<std::ptrdiff_t>(best) + 1);
  }
}

std::string ScoreTokenizer::decode(int previous, int token) const {
  if (token <= 2 || token >= vocabulary()) return "";  // beyond: the checkpoint's padding
  const std::string& text = pieces_[static_cast<std::size_t>(token)].text;
  if (text.size() == 6 && text.starts_with("<0x")) {
    for (int byte = 0; byte < kBytes; ++byte) {
      if (byte_ids_[static_cast<std::size_t>(byte)] == token) {
        return std::string(1, static_cast<char>(byte));
      }
    }
  }
  // The space in front of a text is the tokenizer's own.
  return previous == kBegin && text.starts_with(' ') ? text.substr(1) : text;
}

Result<std::unique_ptr<Tokenizer>> parse_llama2c_tokenizer(std::string_view bytes,
                                                           const std::string& where,
                                                           std::int64_t vocabulary) {
  const auto bad = [&](std::string found) {
    return fail({.where = where,
                 .found = std::move(found),
                 .wanted = fmt::format("a llama2.c tokenizer of {} pieces", vocabulary)});
  };
  std::size_t at = sizeof(std::int32_t);  // past the longest piece's length
  std::vector<Piece> pieces;
  for (std::int64_t i = 0; i < vocabulary; ++i) {
    Piece piece;
    std::int32_t size = 0;
    if (at + sizeof piece.score + sizeof size > bytes.size()) {
      return bad(fmt::format("the file ends in piece {}", i));
    }
    std::memcpy(&piece.score, bytes.data() + at, sizeof piece.score);
    std::memcpy(&size, bytes.data() + at + sizeof piece.score, sizeof size);
    at += sizeof piece.score + sizeof size;
    if (size < 0 || size > kPieceBytesMax || at + static_cast<std::size_t>(size) > bytes.size()) {
      return bad(fmt::format("piece {} has a length of {}", i, size));
    }
    piece.text = bytes.substr(at, static_cast<std::size_t>(size));
    at += static_cast<std::size_t>(size);
    pieces.push_back(std::move(piece));
  }
  if (at != bytes.size()) return bad(fmt::format("{} bytes too many", bytes.size() - at));
  return std::make_unique<ScoreTokenizer>(std::move(pieces));
}

namespace {

// Protocol buffer fields, one after another.
class FieldReader {
 public:
  explicit FieldReader(std::string_view bytes) : bytes_(bytes) {}

  bool done() const { return at_ >= bytes_.size(); }
  bool failed() const { return failed_; }
  // Field number and content: raw bytes of lengths and 32-bit values, the number of varints.
  struct Field {
    std::uint64_t number = 0, varint = 0;
    std::string_view bytes;
  };
  Field next() {
    Field field;
    const std::uint64_t key = varint();
    field.number = key >> 3;
    switch (key & 7) {
      case 0:
        field.varint = varint();
        break;
      case 1:
        field.bytes = take(8);
        break;
      case 2:
        field.bytes = take(varint());
        break;
      case 5:
        field.bytes = take(4);
        break;
      default:
        failed_ = true;
    }
    return field;
  }

 private:
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (at_ >= bytes_.size()) break;
      const auto byte = static_cast<unsigned char>(bytes_[at_++]);
      value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return value;
    }
    failed_ = true;
    return 0;
  }
  std::string_view take(std::uint64_t size) {
    if (size > bytes_.size() - at_) {
      failed_ = true;
      return {};
    }
    const std::string_view out = bytes_.substr(at_, size);
    at_ += size;
    return out;
  }

  std::string_view bytes_;
  std::size_t at_ = 0;
  bool failed_ = false;
};

void with_spaces(std::string& text) {
  for (std::size_t at = 0; (at = text.find(kSpace, at)) != std::string::npos;) {
    text.replace(at, kSpace.size(), " ");
  }
}

}  // namespace

Result<std::unique_ptr<Tokenizer>> parse_sentencepiece(std::string_view bytes,
                                                       const std::string& where) {
  constexpr std::uint64_t kPieces = 1, kText = 1, kScore = 2;  // of ModelProto, of SentencePiece
  std::vector<Piece> pieces;
  FieldReader model(bytes);
  bool failed = false;
  while (!model.done() && !model.failed()) {
    const FieldReader::Field field = model.next();
    if (field.number != kPieces) continue;
    Piece piece;
    FieldReader reader(field.bytes);
    while (!reader.done() && !reader.failed()) {
      const FieldReader::Field part = reader.next();
      if (part.number == kText) piece.text = part.bytes;
      if (part.number == kScore && part.bytes.size() == sizeof piece.score) {
        std::memcpy(&piece.score, part.bytes.data(), sizeof piece.score);
      }
    }
    failed |= reader.failed();
    with_spaces(piece.text);
    pieces.push_back(std::move(piece));
  }
  constexpr std::size_t kPiecesMin = 4;  // the three special ones and one for text
  if (failed || model.failed() || pieces.size() < kPiecesMin) {
    return fail({.where = where,
                 .found = fmt::format("{} pieces, then no more fields", pieces.size()),
                 .wanted = "a SentencePiece model"});
  }
  return std::make_unique<ScoreTokenizer>(std::move(pieces));
}

}  // namespace switchyard::runtime
