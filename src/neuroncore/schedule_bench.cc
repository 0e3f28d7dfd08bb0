// Speed (by processor time, one core) and memory of schedule on unrolled matmul kernels. One JSON
// object a line.
#include <fmt/core.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "neuroncore/schedule_programs.h"

namespace switchyard::neuroncore {
namespace {

using Type = numeric::ElementType;

// Tiles of [128, 512] from two matrices, multiplied, rescaled and stored, as an unrolled kernel
// does: of eleven instructions three are transfers, two new tensors a tile come and go.
isa::Program kernel(std::size_t instructions) {
  ProgramBuilder b(isa::Generation::kV3);
  constexpr std::int64_t kSide = 8192, kTile = 512, kRows = 128;
  const isa::TensorId a = b.input(Type::kBfloat16, {kSide, kSide});
  const isa::TensorId w = b.sbuf(Type::kBfloat16, {kRows, 4 * kRows});
  const isa::TensorId out = b.output(Type::kBfloat16, {kSide, kSide});
  std::vector<isa::TensorId> banks;
  for (int i = 0; i < 4; ++i) banks.push_back(b.psum(Type::kFloat32, {kRows, kTile}));
  b.memset(isa::Engine::kGpSimd, b.all(w));
  for (std::int64_t tile = 0; b.program.size() < instructions; ++tile) {
    const std::int64_t row = tile % (kSide / kRows) * kRows;
    const std::int64_t column = tile / (kSide / kRows) % (kSide / kTile) * kTile;
    const isa::TensorId x = b.sbuf(Type::kBfloat16, {kRows, kTile});
    const isa::TensorId y = b.sbuf(Type::kBfloat16, {kRows, kTile});
    const isa::TensorId acc = banks[tile % banks.size()];
    b.dma(b.all(x), b.block(a, row, kRows, column, kTile));
    b.dma(b.all(y), b.block(a, column, kRows, row, kTile));
    for (std::int64_t k = 0; k < 4; ++k) {
      b.matmul(b.all(acc), b.columns(w, k * kRows, kRows), b.all(k % 2 ? x : y), k > 0);
    }
    b.copy(isa::Engine::kUnknown, b.all(x), b.all(acc));
    b.activate(b.all(y), b.all(x));
    b.tensor_tensor(b.all(x), b.all(x), b.all(y));
    b.tensor_tensor(b.all(y), b.all(x), b.all(y));
    b.dma(b.block(out, row, kRows, column, kTile), b.all(y));
  }
  return std::move(b.program);
}

double resident_bytes() {
  std::FILE* file = std::fopen("/proc/self/statm", "r");
  long total = 0, resident = 0;
  const int read = file ? std::fscanf(file, "%ld %ld", &total, &resident) : 0;
  if (file) std::fclose(file);
  return read == 2 ? static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE)) : 0;
}

double peak_bytes() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) * 1024;
}

void print(const std::string& name, double value, const char* unit, const std::string& note) {
  fmt::print(
      "{{\"name\": \"schedule {}\", \"value\": {:.4g}, \"unit\": \"{}\", \"note\": \"{}\"}}\n",
      name, value, unit, note);
}

// Of `size` thousand or million instructions, as its name says.
void bench(std::size_t instructions, Policy policy, int runs, const std::string& size = "") {
  const double before = resident_bytes();
  const isa::Program program = kernel(instructions);
  const double program_bytes = resident_bytes() - before;
  double best = 0;
  SimTime duration;
  for (int run = 0; run < runs; ++run) {
    const std::clock_t start = std::clock();
    const Timeline timeline = schedule(program, core_of(isa::Generation::kV3), {.policy = policy});
    const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    best = std::max(best, static_cast<double>(program.size()) / seconds);
    duration = timeline.duration;
  }
  const auto count = static_cast<double>(program.size());
  const std::string note = fmt::format("{} instructions, {:.1f} ms simulated, one core",
                                       program.size(), duration.ns() * 1e-6);
  const std::string what = std::string(name(policy)) + size;
  print(what, best, "instructions/s", note);
  print(what + " memory", (peak_bytes() - before) / count, "bytes/instruction",
        fmt::format("peak with program and timeline; the program alone {:.0f}",
                    program_bytes / count));
}

}  // namespace
}  // namespace switchyard::neuroncore

// schedule_bench [MILLIONS POLICY]: one measurement in a process of its own, so that its peak of
// memory is, too. Without arguments: all of them.
int main(int argc, char** argv) {
  using namespace switchyard::neuroncore;
  constexpr std::size_t kMillion = 1'000'000;
  constexpr Policy kPolicies[] = {Policy::kProgram, Policy::kList, Policy::kIdeal};
  if (argc > 2) {
    const std::size_t millions = std::strtoull(argv[1], nullptr, 10);
    for (const Policy policy : kPolicies) {
      if (name(policy) != argv[2]) continue;
      bench(millions * kMillion, policy, millions > 1 ? 1 : 3,
            millions > 1 ? fmt::format(" {}M", millions) : "");
    }
    return 0;
  }
  std::fflush(stdout);
  int failed = 0;
  for (const Policy policy : kPolicies) {
    // Ten millions show that time and memory grow no faster than the program.
    for (const int millions : {1, 10}) {
      if (policy == Policy::kIdeal && millions > 1) continue;
      failed |= std::system(fmt::format("'{}' {} {}", argv[0], millions, name(policy)).c_str());
    }
  }
  return failed ? 1 : 0;
}
