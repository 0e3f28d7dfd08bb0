#include "base/parallel.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <thread>
#include <vector>

namespace switchyard {

int thread_count() {
  if (const char* text = std::getenv("SWITCHYARD_THREADS")) {
    const int wanted = std::atoi(text);
    if (wanted >= 1 && wanted <= 256) return wanted;
  }
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

void parallel_for(int count, const std::function<void(int)>& work) {
  std::atomic<int> next{0};
  const auto drain = [&] {
    for (int i = next++; i < count; i = next++) work(i);
  };
  std::vector<std::jthread> helpers;
  for (int i = 1; i < std::min(thread_count(), count); ++i) helpers.emplace_back(drain);
  drain();
}

}  // namespace switchyard
