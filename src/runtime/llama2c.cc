#include "runtime/llama2c.h"

#include <fmt/format.h>

#include <array>
#include <cstring>
#include <map>

#include "base/files.h"
#include "base/text.h"

namespace switchyard::runtime {

namespace {

constexpr std::uint64_t kFileBytesMax = 64ULL << 30;
constexpr std::int64_t kSizeMax = 1 << 24;  // of any dimension; the product is held to the file
constexpr std::size_t kHeaderValues = 7;

class Llama2c : public Checkpoint {
 public:
  Llama2c(const CheckpointShape& shape, std::string bytes)
      : Checkpoint(shape), bytes_(std::move(bytes)) {
    std::size_t offset = kHeaderValues * sizeof(std::int32_t);
    for (const Part part : kOrder) {
      offsets_[part] = offset;
      offset += bytes_of(part) * (in_layers(part) ? static_cast<std::size_t>(shape.layers) : 1);
      // Two tables of rotary angles stand behind the final norm.
      if (part == Part::kFinalNorm) {
        offset += static_cast<std::size_t>(shape.context_max * shape.head_dim) * sizeof(float);
      }
    }
    end_ = shape.tied_head ? offsets_[Part::kHead] : offset;
  }

  std::size_t end() const { return end_; }
  std::size_t size() const { return bytes_.size(); }

  Result<std::vector<float>> read(Part part, std::int64_t layer) const override {
    if (part == Part::kHead && shape().tied_head) part = Part::kEmbedding;
    std::vector<float> out(static_cast<std::size_t>(part_elements(shape(), part)));
    const std::size_t offset =
        offsets_.at(part) +
        (in_layers(part) ? static_cast<std::size_t>(layer) * bytes_of(part) : 0);
    std::memcpy(out.data(), bytes_.data() + offset, bytes_of(part));
    return out;
  }

 private:
  static constexpr std::array kOrder = {Part::kEmbedding, Part::kAttentionNorm, Part::kQuery,
                                        Part::kKey,       Part::kValue,         Part::kOutput,
                                        Part::kMlpNorm,   Part::kGate,          Part::kDown,
                                        Part::kUp,        Part::kFinalNorm,     Part::kHead};
  static bool in_layers(Part part) {
    return part != Part::kEmbedding && part != Part::kFinalNorm && part != Part::kHead;
  }
  std::size_t bytes_of(Part part) const {
    return static_cast<std::size_t>(part_elements(shape(), part)) * sizeof(float);
  }

  std::string bytes_;
  std::map<Part, std::size_t> offsets_;
  std::size_t end_ = 0;
};

}  // namespace

Result<std::unique_ptr<Checkpoint>> open_llama2c(const std::filesystem::path& path) {
  SWITCHYARD_TRY(bytes, read_file(path, kFileBytesMax));
  const std::string wanted = "a llama2.c checkpoint or a HuggingFace directory";
  std::array<std::int32_t, kHeaderValues> header{};
  if (bytes.size() < sizeof header) {
    return fail({.where = path, .found = fmt::format("{} bytes", bytes.size()), .wanted = wanted});
  }
  std::memcpy(header.data(), bytes.data(), sizeof header);
  const auto [hidden, width, layers, heads, kv_heads, vocabulary, context] = header;
  for (std::size_t i = 0; i < header.size(); ++i) {
    const std::int64_t value = i == 5 ? std::abs(std::int64_t{header[i]}) : header[i];
    if (value >= 1 && value <= kSizeMax) continue;
    return fail({.where = path,
                 .found = fmt::format("header value {} is {}", i + 1, header[i]),
                 .wanted = wanted});
  }
  if (hidden % heads != 0 || heads % kv_heads != 0 || hidden / heads % 2 != 0) {
    return fail({.where = path,
                 .found = fmt::format("dim {}, {} heads, {} KV heads", hidden, heads, kv_heads),
                 .wanted = "heads of an even width that KV heads divide"});
  }
  const CheckpointShape shape{.hidden = hidden,
                              .width = width,
                              .layers = layers,
                              .heads = heads,
                              .kv_heads = kv_heads,
                              .head_dim = hidden / heads,
                              .vocabulary = std::abs(std::int64_t{vocabulary}),
                              .context_max = context,
                              .tied_head = vocabulary > 0,
                              .neighbour_pairs = true};
  const double floats = static_cast<double>(shape.layers) * hidden * (2.0 * hidden + 3.0 * width) +
                        2.0 * static_cast<double>(shape.vocabulary) * hidden;
  if (floats > static_cast<double>(kFileBytesMax)) {
    return fail({.where = path, .found = "sizes beyond any file", .wanted = wanted});
  }
  auto checkpoint = std::make_unique<Llama2c>(shape, std::move(bytes));
  if (checkpoint->size() != checkpoint->end()) {
    return fail({.where = path,
                 .found = fmt::format("{} bytes", checkpoint->size()),
                 .wanted = fmt::format("{} for the sizes in its header", checkpoint->end())});
  }
  return checkpoint;
}

}  // namespace switchyard::runtime
