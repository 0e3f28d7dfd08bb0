// Speed of nc_matmul and nc_matmul_mx through the machine, on one core, beside OpenBLAS's sgemm on
// one thread. One JSON object a line.
//
// The programs are matmul-bound: [K, 128] by [K, 512] tiles from SBUF into one PSUM tile, 16 of
// them accumulated. sgemm gets one square problem large enough for its own best. The two take turns
// within one run. OPENBLAS_CORETYPE and OPENBLAS_L2_SIZE must not be set: they choose other kernels
// than OpenBLAS would.
#include <fmt/core.h>

#include <cstdlib>
#include <string>
#include <vector>

#ifdef SWITCHYARD_OPENBLAS
#include <cblas.h>
#endif

#include "base/bench_timer.h"
#include "base/random.h"
#include "neuroncore/test_core.h"
#include "numeric/convert.h"

namespace switchyard::neuroncore {
namespace {

using isa::OperandName;
using numeric::ElementType;

constexpr int kRuns = 15;
constexpr int kTiles = 16;

// kTiles tile pairs and their instructions.
class MatmulProgram {
 public:
  explicit MatmulProgram(bool mx) : core_(isa::Generation::kV4), mx_(mx) {
    const isa::TensorId dst = core_.tensor({.name = "dst",
                                            .buffer = isa::Buffer::kPsum,
                                            .type = ElementType::kFloat32,
                                            .shape = {128, 512}});
    for (int i = 0; i < kTiles; ++i) {
      isa::Instruction matmul = {.opcode = mx ? isa::Opcode::kNcMatmulMx : isa::Opcode::kNcMatmul,
                                 .engine = isa::Engine::kTensor,
                                 .operands = {core_.whole(OperandName::kDst, dst)},
                                 .attributes = {{isa::AttributeName::kAccumulate, i > 0}}};
      const ElementType type = mx ? ElementType::kFloat8E4m3fnX4 : ElementType::kBfloat16;
      add(matmul, OperandName::kStationary, type, 128);
      add(matmul, OperandName::kMoving, type, 512);
      if (mx) {
        add(matmul, OperandName::kStationaryScale, ElementType::kFloat8E8m0fnu, 128);
        add(matmul, OperandName::kMovingScale, ElementType::kFloat8E8m0fnu, 512);
      }
      core_.program.append(matmul);
    }
  }

  // 2 GFLOP, about as sgemm below.
  double flop() const { return 2.0 * 128 * 512 * 128 * kTiles * 8; }

  void run() {
    for (int i = 0; i < repeats(); ++i) {
      const RunResult result = neuroncore::run(core_.machine);
      SWITCHYARD_CHECK(!result.fault, "{}", to_text(*result.fault));
    }
  }

 private:
  int repeats() const { return mx_ ? 2 : 8; }  // an MX tile has four times the depth

  void add(isa::Instruction& matmul, OperandName name, ElementType type, std::int64_t columns) {
    const isa::TensorId id = core_.sbuf(type, {128, columns});
    const isa::Tensor& tensor = core_.program.tensor(id);
    std::vector<std::uint8_t> bytes(static_cast<std::size_t>(128 * tensor.partition_bytes()));
    if (type == ElementType::kBfloat16) {
      std::vector<float> values(bytes.size() / 2);
      for (float& value : values) value = static_cast<float>(random_.normal());
      numeric::convert(ElementType::kFloat32, values.data(), type, bytes.data(), values.size());
    } else {
      // Finite codes; scales near 1.
      const bool scale = type == ElementType::kFloat8E8m0fnu;
      for (auto& byte : bytes) {
        byte = static_cast<std::uint8_t>(scale ? 120 + random_.below(8) : random_.below(0x7e));
      }
    }
    core_.memory.write(id, tensor, bytes);
    matmul.operands.push_back(core_.whole(name, id));
  }

  TestCore core_;
  bool mx_;
  Random random_{1};
};

#ifdef SWITCHYARD_OPENBLAS
class Sgemm {
 public:
  Sgemm() : a_(kSize * kSize, 0.5f), b_(kSize * kSize, 0.25f), c_(kSize * kSize) {
    openblas_set_num_threads(1);
  }
  static double flop() { return 2.0 * kSize * kSize * kSize; }
  void run() {
    constexpr int n = kSize;
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, n, n, 1, a_.data(), n, b_.data(), n,
                0, c_.data(), n);
  }

 private:
  static constexpr int kSize = 1024;
  std::vector<float> a_, b_, c_;
};
#endif

void print(const std::string& name, double value, const char* unit, const std::string& note) {
  fmt::print(
      "{{\"name\": \"neuroncore {}\", \"value\": {:.4g}, \"unit\": \"{}\", \"note\": \"{}\"}}\n",
      name, value, unit, note);
}

void bench(const std::string& name, bool mx) {
  MatmulProgram program(mx);
  program.run();
  std::vector<double> rates;
#ifdef SWITCHYARD_OPENBLAS
  Sgemm sgemm;
  sgemm.run();
  std::vector<double> blas_rates, ratios;
  for (int i = 0; i < kRuns; ++i) {
    rates.push_back(program.flop() / seconds_of([&] { program.run(); }));
    blas_rates.push_back(Sgemm::flop() / seconds_of([&] { sgemm.run(); }));
    ratios.push_back(rates.back() / blas_rates.back());
  }
  print(name, median(rates), "FLOP/s", "one core, 128x128x512 tiles, 16 accumulated");
  const bool forced = std::getenv("OPENBLAS_CORETYPE") || std::getenv("OPENBLAS_L2_SIZE");
  print(name + ": sgemm", median(blas_rates), "FLOP/s",
        fmt::format("OpenBLAS, one thread, kernels of {}{}", openblas_get_corename(),
                    forced ? "; FORCED by the environment" : ""));
  print(name + " to sgemm", median(ratios), "1", "limit at least 0.7");
#else
  for (int i = 0; i < kRuns; ++i) {
    rates.push_back(program.flop() / seconds_of([&] { program.run(); }));
  }
  print(name, median(rates), "FLOP/s",
        "one core, 128x128x512 tiles, 16 accumulated; no OpenBLAS found, so no ratio: install "
        "libopenblas-dev");
#endif
}

}  // namespace
}  // namespace switchyard::neuroncore

int main() {
  switchyard::neuroncore::bench("matmul bfloat16", false);
  switchyard::neuroncore::bench("matmul_mx float8_e4m3fn", true);
}
