#include "isa/architecture.h"

#include "base/text.h"

namespace switchyard::isa {

namespace {

constexpr std::string_view kEngineNames[] = {"unknown", "tensor", "vector", "scalar",
                                             "gpsimd",  "sync",   "dma"};
static_assert(std::size(kEngineNames) == kEngines);

struct GenerationName {
  std::string_view text;
  Generation generation;
};
constexpr GenerationName kGenerationNames[] = {
    {"v2", Generation::kV2},   {"v3", Generation::kV3},   {"v4", Generation::kV4},
    {"gen2", Generation::kV2}, {"gen3", Generation::kV3}, {"gen4", Generation::kV4},
    {"trn1", Generation::kV2}, {"inf2", Generation::kV2}, {"trn2", Generation::kV3},
    {"trn3", Generation::kV4}};

}  // namespace

std::string_view name(Generation generation) {
  return kGenerationNames[static_cast<int>(generation) - 2].text;
}

Result<Generation> find_generation(std::string_view wanted, const std::string& where) {
  std::vector<std::string> known;
  for (const GenerationName& candidate : kGenerationNames) {
    if (candidate.text == wanted) return candidate.generation;
    known.emplace_back(candidate.text);
  }
  return fail({.kind = ErrorKind::kUnknown,
               .where = where,
               .found = quote(wanted),
               .wanted = "a NeuronCore generation",
               .hint = did_you_mean(wanted, known)});
}

std::string_view name(Engine engine) { return kEngineNames[static_cast<int>(engine)]; }

Result<Engine> find_engine(std::string_view wanted, const std::string& where) {
  std::vector<std::string> known;
  for (int i = 0; i < kEngines; ++i) {
    if (kEngineNames[i] == wanted) return static_cast<Engine>(i);
    known.emplace_back(kEngineNames[i]);
  }
  return fail({.kind = ErrorKind::kUnknown,
               .where = where,
               .found = quote(wanted),
               .wanted = "an engine",
               .hint = did_you_mean(wanted, known)});
}

std::string_view name(Buffer buffer) {
  constexpr std::string_view kNames[] = {"sbuf", "psum", "hbm"};
  return kNames[static_cast<int>(buffer)];
}

}  // namespace switchyard::isa
