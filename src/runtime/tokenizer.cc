#include "runtime/tokenizer.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/files.h"
#include "base/text.h"
#include "runtime/byte_tokenizer.h"
#include "runtime/score_tokenizer.h"

namespace switchyard::runtime {

namespace {

constexpr std::uint64_t kTokenizerBytesMax = 256ULL << 20;

Result<std::unique_ptr<Tokenizer>> parse(const std::filesystem::path& path,
                                         std::int64_t vocabulary) {
  SWITCHYARD_TRY(bytes, read_file(path, kTokenizerBytesMax));
  if (path.extension() == ".json") return parse_byte_tokenizer(bytes, path);
  if (path.extension() == ".model") return parse_sentencepiece(bytes, path);
  return parse_llama2c_tokenizer(bytes, path, vocabulary);
}

}  // namespace

Result<std::unique_ptr<Tokenizer>> open_tokenizer(const std::filesystem::path& path,
                                                  std::int64_t vocabulary) {
  SWITCHYARD_TRY(tokenizer, parse(path, vocabulary));
  // Checkpoints pad their tables, by less than a tenth.
  const std::int64_t pieces = tokenizer->vocabulary();
  if (pieces <= vocabulary && pieces >= vocabulary - vocabulary / 10) return tokenizer;
  return fail({.where = path,
               .found = fmt::format("{} pieces", pieces),
               .wanted = fmt::format("the tokenizer of a checkpoint of {} tokens", vocabulary)});
}

Result<std::unique_ptr<Tokenizer>> find_tokenizer(const std::filesystem::path& checkpoint,
                                                  std::int64_t vocabulary) {
  std::error_code error;
  const std::filesystem::path directory =
      std::filesystem::is_directory(checkpoint, error) ? checkpoint : checkpoint.parent_path();
  for (const char* name : {"tokenizer.json", "tokenizer.model", "tokenizer.bin"}) {
    if (std::filesystem::exists(directory / name, error)) {
      return open_tokenizer(directory / name, vocabulary);
    }
  }
  std::vector<std::filesystem::path> others;
  for (const auto& entry : std::filesystem::directory_iterator(
           directory.empty() ? std::filesystem::path(".") : directory, error)) {
    const std::string name = entry.path().filename();
    if (name.starts_with("tok") && (name.ends_with(".bin") || name.ends_with(".model"))) {
      others.push_back(entry.path());
    }
  }
  std::sort(others.begin(), others.end());
  for (const auto& path : others) {
    auto tokenizer = open_tokenizer(path, vocabulary);
    if (tokenizer && (*tokenizer)->vocabulary() == vocabulary) return tokenizer;
  }
  return fail({.kind = ErrorKind::kIo,
               .where = checkpoint,
               .found = fmt::format("no tokenizer of {} pieces beside it", vocabulary),
               .wanted = "tokenizer.json, tokenizer.model or a llama2.c tokenizer",
               .hint = "name it with --tokenizer FILE"});
}

}  // namespace switchyard::runtime
