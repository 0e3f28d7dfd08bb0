#include "runtime/numbers_tokenizer.h"

#include <charconv>

namespace switchyard::runtime {

namespace {

class NumbersTokenizer : public Tokenizer {
 public:
  explicit NumbersTokenizer(std::int64_t vocabulary) : vocabulary_(vocabulary) {}

  std::int64_t vocabulary() const override { return vocabulary_; }

  std::vector<int> encode(std::string_view text) const override {
    std::vector<int> out;
    while (!text.empty()) {
      const std::size_t space = std::min(text.find(' '), text.size());
      int token = -1;
      std::from_chars(text.data(), text.data() + space, token);
      if (token >= 0 && token < vocabulary_) out.push_back(token);
      text.remove_prefix(std::min(space + 1, text.size()));
    }
    if (out.empty()) out.push_back(static_cast<int>(std::min<std::int64_t>(1, vocabulary_ - 1)));
    return out;
  }

  std::string decode(int previous, int token) const override {
    return (previous < 0 ? "" : " ") + std::to_string(token);
  }
  bool ends_text(int) const override { return false; }

 private:
  std::int64_t vocabulary_;
};

}  // namespace

std::unique_ptr<Tokenizer> numbers_tokenizer(std::int64_t vocabulary) {
  return std::make_unique<NumbersTokenizer>(vocabulary);
}

}  // namespace switchyard::runtime
