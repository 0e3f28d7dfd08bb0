#include "runtime/byte_tokenizer.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <fmt/format.h>
#include <pcre2.h>

#include <algorithm>
#include <array>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/text.h"

namespace switchyard::runtime {

namespace {

// What ByteLevel with use_regex cuts by: the expression of GPT-2's vocabulary.
constexpr const char* kDefaultPattern =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";
constexpr std::int64_t kTokensMax = 1 << 22;

void append_utf8(std::string& out, std::uint32_t code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else {  // never more than two bytes here
    out += static_cast<char>(0xC0 | (code >> 6));
    out += static_cast<char>(0x80 | (code & 0x3F));
  }
}

// The printable character that stands for each byte in a byte-level vocabulary.
std::array<std::string, 256> byte_characters() {
  std::array<std::string, 256> out;
  std::uint32_t next = 256;
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    const bool printable = (byte >= '!' && byte <= '~') || (byte >= 0xA1 && byte != 0xAD);
    append_utf8(out[byte], printable ? byte : next++);
  }
  return out;
}

class Pattern {
 public:
  static Result<Pattern> compile(const std::string& text, const std::string& where) {
    int code = 0;
    PCRE2_SIZE at = 0;
    Pattern out;
    out.code_.reset(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(),
                                  PCRE2_UTF | PCRE2_UCP | PCRE2_MATCH_INVALID_UTF, &code, &at,
                                  nullptr));
    if (out.code_) return out;
    return fail({.where = where + ": pre_tokenizer",
                 .found = fmt::format("an expression with an error at {}", at),
                 .wanted = "a regular expression"});
  }

  // Matches and what lies between them, in order.
  std::vector<std::string_view> cut(std::string_view text) const {
    std::vector<std::string_view> out;
    const std::unique_ptr<pcre2_match_data, FreeMatch> match(
        pcre2_match_data_create_from_pattern(code_.get(), nullptr));
    std::size_t at = 0;
    while (at < text.size()) {
      const int found = pcre2_match(code_.get(), reinterpret_cast<PCRE2_SPTR>(text.data()),
                                    text.size(), at, 0, match.get(), nullptr);
      const PCRE2_SIZE* ends = pcre2_get_ovector_pointer(match.get());
      if (found <= 0 || ends[1] <= at) break;
      if (ends[0] > at) out.push_back(text.substr(at, ends[0] - at));
      if (ends[1] > ends[0]) out.push_back(text.substr(ends[0], ends[1] - ends[0]));
      at = ends[1];
    }
    if (at < text.size()) out.push_back(text.substr(at));
    return out;
  }

 private:
  struct FreeCode {
    void operator()(pcre2_code* code) const { pcre2_code_free(code); }
  };
  struct FreeMatch {
    void operator()(pcre2_match_data* match) const { pcre2_match_data_free(match); }
  };
  std::unique_ptr<pcre2_code, FreeCode> code_;
};

struct Vocabulary {
  std::unordered_map<std::string, int> ids;
  std::vector<std::string> texts;                    // by id
  std::unordered_map<std::string, int> ranks;        // of merges, "left right"
  std::map<std::string, int, std::greater<>> added;  // whole tokens, longer ones first
  std::vector<bool> special;                         // by id
  int begin = -1;                                    // what a text starts with
};

class ByteTokenizer : public Tokenizer {
 public:
  ByteTokenizer(Vocabulary vocabulary, Pattern pattern)
      : v_(std::move(vocabulary)), pattern_(std::move(pattern)), characters_(byte_characters()) {
    for (int byte = 0; byte < 256; ++byte) {
      bytes_.emplace(characters_[static_cast<std::size_t>(byte)], static_cast<char>(byte));
    }
  }

  std::int64_t vocabulary() const override { return static_cast<std::int64_t>(v_.texts.size()); }

  std::vector<int> encode(std::string_view text) const override {
    std::vector<int> out;
    if (v_.begin >= 0) out.push_back(v_.begin);
    while (!text.empty()) {
      std::size_t at = text.size();
      const std::pair<const std::string, int>* token = nullptr;
      for (const auto& entry : v_.added) {
        const std::size_t found = text.find(entry.first);
        if (found < at) {
          at = found;
          token = &entry;
        }
      }
      for (const std::string_view piece : pattern_.cut(text.substr(0, at))) merge(piece, out);
      if (!token) break;
      out.push_back(token->second);
      text.remove_prefix(at + token->first.size());
    }
    return out;
  }

  std::string decode(int, int token) const override {
    const auto index = static_cast<std::size_t>(token);
    if (index >= v_.texts.size() || v_.special[index]) return "";
    const std::string& text = v_.texts[index];
    if (v_.added.contains(text)) return text;
    std::string out;
    for (std::size_t i = 0; i < text.size();) {
      const std::size_t size = static_cast<unsigned char>(text[i]) < 0x80 ? 1 : 2;
      const auto byte = bytes_.find(text.substr(i, size));
      if (byte != bytes_.end()) out += byte->second;
      i += size;
    }
    return out;
  }

  bool ends_text(int token) const override {
    const auto index = static_cast<std::size_t>(token);
    if (index >= v_.texts.size() || !v_.special[index]) return false;
    const std::string& text = v_.texts[index];
    return text.find("end") != std::string::npos || text.find("eot") != std::string::npos ||
           text == "</s>";
  }

 private:
  void merge(std::string_view piece, std::vector<int>& out) const {
    std::vector<std::string> parts;
    for (const char byte : piece) {
      parts.push_back(characters_[static_cast<unsigned char>(byte)]);
    }
    for (;;) {
      int best = std::numeric_limits<int>::max();
      std::size_t at = 0;
      for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
        const auto rank = v_.ranks.find(parts[i] + " " + parts[i + 1]);
        if (rank != v_.ranks.end() && rank->second < best) {
          best = rank->second;
          at = i;
        }
      }
      if (best == std::numeric_limits<int>::max()) break;
      parts[at] += parts[at + 1];
      parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(at) + 1);
    }
    for (const std::string& part : parts) {
      const auto id = v_.ids.find(part);
      if (id != v_.ids.end()) out.push_back(id->second);
    }
  }

  Vocabulary v_;
  Pattern pattern_;
  std::array<std::string, 256> characters_;
  std::unordered_map<std::string, char> bytes_;
};

class Parser {
 public:
  Parser(const Json& json, const std::string& where) : where_(where), root_(json, where, faults_) {}

  Result<std::unique_ptr<Tokenizer>> run() {
    read_model();
    read_added();
    const std::string text = pattern();
    read_begin();
    SWITCHYARD_TRY_STATUS(faults_.status());
    SWITCHYARD_TRY(compiled, Pattern::compile(text, where_));
    return std::make_unique<ByteTokenizer>(std::move(v_), std::move(compiled));
  }

 private:
  void add(const std::string& text, const Json& id, ObjectReader& reader) {
    const bool good = id.is_number_unsigned() && id.get<std::uint64_t>() < kTokensMax;
    if (!good) return reader.fault(text, describe(id), "a token's number");
    const auto index = id.get<std::size_t>();
    if (index >= v_.texts.size()) {
      v_.texts.resize(index + 1);
      v_.special.resize(index + 1);
    }
    v_.texts[index] = text;
    v_.ids[text] = static_cast<int>(index);
  }

  void read_model() {
    const Json* member = root_.object("model");
    if (!member) return;
    ObjectReader model = root_.inside("model", *member);
    if (const std::string type = model.string("type"); type != "BPE") {
      return model.fault("type", quote(type), "BPE");
    }
    const Json* vocab = model.object("vocab");
    const Json* merges = model.array("merges");
    if (!vocab || !merges) return;
    ObjectReader tokens = model.inside("vocab", *vocab);
    for (const auto& [text, id] : vocab->items()) add(text, id, tokens);
    int rank = 0;
    for (const Json& merge : *merges) {
      const bool pair =
          merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string();
      if (!pair && !merge.is_string()) {
        return model.fault("merges", describe(merge), "two pieces");
      }
      v_.ranks.emplace(pair ? merge[0].get<std::string>() + " " + merge[1].get<std::string>()
                            : merge.get<std::string>(),
                       rank++);
    }
  }

  void read_added() {
    const Json* tokens = root_.array("added_tokens");
    if (!tokens) return;
    for (const Json& token : *tokens) {
      ObjectReader reader = root_.inside("added_tokens", token);
      const std::string text = reader.string("content");
      const Json* id = reader.find("id");
      if (text.empty() || !id) continue;
      add(text, *id, reader);
      const auto known = v_.ids.find(text);
      if (known == v_.ids.end()) continue;
      v_.added.emplace(text, known->second);
      v_.special[static_cast<std::size_t>(known->second)] = reader.boolean_or("special", false);
    }
  }

  // Of the Split among the pre-tokenizers, if there is one.
  std::string pattern() {
    const Json* member = root_.object("pre_tokenizer");
    if (!member) return kDefaultPattern;
    bool byte_level = false;
    std::string found = kDefaultPattern;
    const auto look = [&](const Json& step) {
      if (!step.is_object() || !step.contains("type")) return;
      byte_level |= step["type"] == "ByteLevel";
      if (step["type"] != "Split") return;
      const Json regex = step.value("pattern", Json::object());
      if (regex.is_object() && regex.contains("Regex") && regex["Regex"].is_string()) {
        found = regex["Regex"].get<std::string>();
      }
    };
    look(*member);
    const Json steps = member->value("pretokenizers", Json::array());
    for (const Json& step : steps) look(step);
    if (!byte_level) {
      root_.fault("pre_tokenizer", "is not byte-level", "ByteLevel among its steps",
                  "SentencePiece models come as tokenizer.model");
    }
    return found;
  }

  // The special token in front of "A" in the template, if it has one.
  void read_begin() {
    const Json* post = root_.find("post_processor");
    if (!post || !post->is_object()) return;
    const auto look = [&](const Json& step) {
      const Json single = step.is_object() ? step.value("single", Json::array()) : Json::array();
      if (!single.is_array() || single.empty() || !single[0].is_object()) return;
      const Json special = single[0].value("SpecialToken", Json::object());
      const auto known = special.is_object() && special.contains("id") && special["id"].is_string()
                             ? v_.ids.find(special["id"].get<std::string>())
                             : v_.ids.end();
      if (known != v_.ids.end()) v_.begin = known->second;
    };
    look(*post);
    const Json steps = post->value("processors", Json::array());
    for (const Json& step : steps) look(step);
  }

  std::string where_;
  FaultList faults_;
  ObjectReader root_;
  Vocabulary v_;
};

}  // namespace

Result<std::unique_ptr<Tokenizer>> parse_byte_tokenizer(std::string_view text,
                                                        const std::string& where) {
  SWITCHYARD_TRY(json, parse_json(text, where));
  return Parser(json, where).run();
}

}  // namespace switchyard::runtime
