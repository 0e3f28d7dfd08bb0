// Speed of dma_copy through the machine, on one core, beside memcpy of as many bytes. One JSON
// object a line.
//
// Copies from HBM to HBM move 32 MiB, more than the caches hold; tiles of SBUF are [128, 16 KiB].
// The two take turns within one run.
#include <fmt/core.h>

#include <cstring>
#include <string>
#include <vector>

#include "base/bench_timer.h"
#include "neuroncore/test_core.h"

namespace switchyard::neuroncore {
namespace {

using isa::OperandName;
using numeric::ElementType;

constexpr int kRuns = 15;
constexpr std::int64_t kLarge = 32 << 20;
constexpr std::int64_t kRow = 16 << 10;

class Copy {
 public:
  isa::Access hbm(ElementType type, std::int64_t bytes) {
    return tensor(isa::Buffer::kHbm, type, {bytes / numeric::traits(type).storage_bytes});
  }
  isa::Access sbuf(ElementType type) {
    return tensor(isa::Buffer::kSbuf, type, {128, kRow / numeric::traits(type).storage_bytes});
  }

  void bench(const std::string& name, const isa::Access& dst, const isa::Access& src,
             const char* note) {
    const isa::Instruction copy = {.opcode = isa::Opcode::kDmaCopy,
                                   .engine = isa::Engine::kSync,
                                   .operands = {{.name = OperandName::kDst, .access = dst},
                                                {.name = OperandName::kSrc, .access = src}}};
    const isa::InstructionId id = core_.program.append(copy);
    const auto work = [&] { execute(core_.machine, id, copy); };
    const auto bytes =
        static_cast<std::size_t>(src.elements() * numeric::traits(src.type).storage_bytes);
    const std::vector<std::uint8_t> from(bytes, 1);
    std::vector<std::uint8_t> to(bytes);
    work();
    std::vector<double> rates, ratios;
    for (int i = 0; i < kRuns; ++i) {
      const double ours = seconds_of(work);
      const double plain = seconds_of([&] { std::memcpy(to.data(), from.data(), bytes); });
      rates.push_back(static_cast<double>(bytes) / ours);
      ratios.push_back(plain / ours);
    }
    fmt::print(
        "{{\"name\": \"neuroncore {}\", \"value\": {:.4g}, \"unit\": \"B/s\", \"note\": \"one "
        "core, "
        "{} MiB\"}}\n",
        name, median(rates), bytes >> 20);
    fmt::print(
        "{{\"name\": \"neuroncore {} to memcpy\", \"value\": {:.3g}, \"unit\": \"1\", \"note\": "
        "\"{}\"}}\n",
        name, median(ratios), note);
  }

 private:
  isa::Access tensor(isa::Buffer buffer, ElementType type, std::vector<std::int64_t> shape) {
    const isa::TensorId id =
        core_.tensor({.name = "t" + std::to_string(core_.program.tensors().size()),
                      .buffer = buffer,
                      .type = type,
                      .shape = std::move(shape)});
    const isa::Tensor& made = core_.program.tensor(id);
    const std::vector<std::uint8_t> bytes(
        static_cast<std::size_t>(made.partitions() * made.partition_bytes()), 1);
    core_.memory.write(id, made, bytes);
    return made.all(id);
  }

  TestCore core_;
};

}  // namespace
}  // namespace switchyard::neuroncore

int main() {
  using enum switchyard::numeric::ElementType;
  namespace neuroncore = switchyard::neuroncore;
  neuroncore::Copy copy;
  copy.bench("dma_copy hbm to hbm", copy.hbm(kBfloat16, neuroncore::kLarge),
             copy.hbm(kBfloat16, neuroncore::kLarge), "limit at least 0.5");
  copy.bench("dma_copy hbm to sbuf", copy.sbuf(kBfloat16),
             copy.hbm(kBfloat16, 128 * neuroncore::kRow), "limit at least 0.5");
  copy.bench("dma_copy sbuf to hbm", copy.hbm(kBfloat16, 128 * neuroncore::kRow),
             copy.sbuf(kBfloat16), "limit at least 0.5");
  copy.bench("dma_copy hbm to sbuf, float32 to bfloat16", copy.sbuf(kBfloat16),
             copy.hbm(kFloat32, 256 * neuroncore::kRow), "with a cast; no limit");
}
