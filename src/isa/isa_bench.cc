// Speed of appending, checking, printing and parsing. Prints {"name","value","unit","note"} a line.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <vector>

#include "base/check.h"
#include "isa/test_programs.h"
#include "isa/text.h"
#include "isa/validate.h"

namespace switchyard::isa {
namespace {

constexpr int kInstructions = 1'000'000;
constexpr int kRuns = 5;

// An unrolled kernel: few forms, many offsets and tensors.
constexpr std::string_view kBody = R"(program v3
input a: hbm bfloat16[1024, 4096]
tensor x: sbuf bfloat16[128, 4096]
tensor y: sbuf bfloat16[128, 4096]
tensor z: sbuf float32[128, 4096]
tensor p: psum float32[128, 4096]
dma_copy dst=x[0:128, 0 + 1*512] src=a[0 + 4096*128 + 1*512]
nc_matmul dst=p[0:128, 0 + 1*512] stationary=y[0:128, 0 + 1*128] moving=x[0:128, 0 + 1*512]
tensor_scalar dst=z[0:128, 0 + 1*512] data=p[0:128, 0 + 1*512] operand0=2 op0=multiply
activation dst=y[0:128, 0 + 1*512] data=z[0:128, 0 + 1*512] op=exp
)";

Program unrolled() {
  Program program = *parse_program(kBody, "bench");
  const auto forms = static_cast<InstructionId>(program.size());
  Instruction scratch;
  for (int i = static_cast<int>(forms); i < kInstructions; ++i) {
    program.read(static_cast<InstructionId>(i) % forms, scratch);
    for (Operand& operand : scratch.operands) {
      if (operand.kind == OperandKind::kAccess) operand.access.offset = 512 * (i / 4 % 7);
    }
    program.append(scratch);
  }
  return program;
}

template <class Work>
double median_seconds(Work work) {
  std::vector<double> times;
  for (int i = 0; i < kRuns; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    work();
    times.push_back(
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  }
  std::sort(times.begin(), times.end());
  return times[kRuns / 2];
}

void print(const char* name, double value, const char* unit, const char* note) {
  std::printf(R"({"name": "%s", "value": %.4g, "unit": "%s", "note": "%s"})"
              "\n",
              name, value, unit, note);
}

void run() {
  const Limits limits = limits_of(Generation::kV3);
  const Program program = unrolled();
  const double check = median_seconds([&] {
    Validator validator(program, limits);
    for (InstructionId id = 0; id < program.size(); ++id) {
      SWITCHYARD_CHECK(validator.check(id));
    }
  });
  print("isa_check", check / kInstructions * 1e9, "ns", "an instruction of a form seen before");
  const double whole = median_seconds([&] { SWITCHYARD_CHECK(validate(program, limits)); });
  print("isa_validate", whole / kInstructions * 1e9, "ns", "an instruction of a whole program");
  const Instruction one = program.at(2);
  const double full = median_seconds([&] {
    for (int i = 0; i < kInstructions / 10; ++i) {
      SWITCHYARD_CHECK(validate(program, one, limits));
    }
  });
  print("isa_validate_uncached", full / kInstructions * 1e10, "ns", "an instruction in full");
  std::string text;
  const double printing = median_seconds([&] { text = to_text(program); });
  const double megabytes = static_cast<double>(text.size()) / 1e6;
  print("isa_print", megabytes / printing, "MB/s", "");
  const double parsing =
      median_seconds([&] { SWITCHYARD_CHECK(parse_program(text, "bench").has_value()); });
  print("isa_parse", megabytes / parsing, "MB/s", "");
}

}  // namespace
}  // namespace switchyard::isa

int main() { switchyard::isa::run(); }
