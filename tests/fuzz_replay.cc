// Replays a fuzz target without libFuzzer: every seed of the directories given, and seeded
// mutations of each.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/random.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

void run(const std::string& text) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
}

std::string mutate(std::string text, switchyard::Random& random) {
  for (std::uint64_t edits = 1 + random.below(4); edits > 0 && !text.empty(); --edits) {
    const std::size_t place = random.below(text.size());
    switch (random.below(4)) {
      case 0:
        text[place] = static_cast<char>(random.below(256));
        break;
      case 1:
        text.erase(place, 1 + random.below(8));
        break;
      case 2:
        text.insert(place, text.substr(random.below(text.size()), random.below(32)));
        break;
      default:
        text.resize(place);
        break;
    }
  }
  return text;
}

}  // namespace

int main(int argc, char** argv) {
  constexpr int kMutations = 500;
  int runs = 0;
  for (int i = 1; i < argc; ++i) {
    std::vector<std::filesystem::path> seeds;
    for (const auto& entry : std::filesystem::directory_iterator(argv[i])) {
      seeds.push_back(entry.path());
    }
    std::sort(seeds.begin(), seeds.end());
    for (const auto& seed : seeds) {
      const auto text = switchyard::read_file(seed);
      if (!text) continue;
      switchyard::Random random(switchyard::hash_text(seed.filename().string()));
      run(*text);
      for (int m = 0; m < kMutations; ++m) run(mutate(*text, random));
      runs += 1 + kMutations;
    }
  }
  std::printf("%d inputs\n", runs);
  return runs > 0 ? 0 : 1;
}
