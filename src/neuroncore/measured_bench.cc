// Predicted times of kernels measured on hardware, under the three policies. One JSON object a
// line: the value is list's, the note has the bracket and the measurement.
#include <fmt/core.h>

#include "neuroncore/measured_kernels.h"

namespace switchyard::neuroncore {
namespace {

void row(const char* name, double measured_us, const isa::Program& program) {
  const double list = microseconds(program, Policy::kList);
  fmt::print(
      "{{\"name\": \"{}\", \"value\": {:.5g}, \"unit\": \"us\", \"note\": \"ideal {:.5g}, program "
      "{:.5g}, measured {:.5g}: list {:+.0f} %\"}}\n",
      name, list, microseconds(program, Policy::kIdeal), microseconds(program, Policy::kProgram),
      measured_us, (list / measured_us - 1) * 100);
}

constexpr isa::Generation kTrn1 = isa::Generation::kV2, kTrn2 = isa::Generation::kV3;

}  // namespace
}  // namespace switchyard::neuroncore

int main() {
  using namespace switchyard::neuroncore;
  row("trn1 vector add 25600 chunk 1", 27404, vector_add_chunks(kTrn1, 25600, 1));
  row("trn1 vector add 25600 chunk 128", 206, vector_add_chunks(kTrn1, 25600, 128));
  row("trn1 vector add 25600 free 2", 53, vector_add_stream(kTrn1, 200, 2));
  row("trn1 vector add 25600 free 200", 19, vector_add_stream(kTrn1, 200, 200));
  row("trn1 vector add 256000 free 2000", 34, vector_add_stream(kTrn1, 2000, 2000));
  row("trn1 vector add 256000 free 1000", 29.5, vector_add_stream(kTrn1, 2000, 1000));
  row("trn2 vector add 25600 chunk 1", 37308, vector_add_chunks(kTrn2, 25600, 1));
  row("trn2 vector add 25600 chunk 128", 378, vector_add_chunks(kTrn2, 25600, 128));
  row("trn2 vector add 25600 free 2", 186, vector_add_stream(kTrn2, 200, 2));
  row("trn2 vector add 25600 free 200", 15, vector_add_stream(kTrn2, 200, 200));
  row("trn2 vector add 256000 free 2000", 28, vector_add_stream(kTrn2, 2000, 2000));
  row("trn2 vector add 256000 free 1000", 26, vector_add_stream(kTrn2, 2000, 1000));
  const MatmulSize cube;
  row("trn2 matmul 2048 tiled", 218.6 / 0.16, MatmulKernel(kTrn2, cube).tiled());
  row("trn2 matmul 2048 one PSUM tile", 366, MatmulKernel(kTrn2, cube).resident(1));
  row("trn2 matmul 2048 two PSUM tiles", 262, MatmulKernel(kTrn2, cube).resident(2));
  const MatmulSize large{.m = 4096, .k = 8192, .n = 8192};
  row("trn1 matmul 4096x8192x8192 tiled", 51800, MatmulKernel(kTrn1, large).tiled());
  row("trn1 matmul 4096x8192x8192 hoisted load", 42960, MatmulKernel(kTrn1, large).hoisted());
  row("trn1 matmul 4096x8192x8192 block free", 22070, MatmulKernel(kTrn1, large).blocked());
  row("trn1 matmul 4096x8192x8192 fully blocked", 6970, MatmulKernel(kTrn1, large).fully_blocked());
  return 0;
}
