#include "neuroncore/unary_functions.h"

#include "base/check.h"
#include "neuroncore/activation_math.h"
#include "neuroncore/quiet.h"

namespace switchyard::neuroncore {
namespace {

using isa::Op;
using numeric::VectorWidth;

// Exact in float32.
template <Op kOp>
[[gnu::always_inline]] inline float simple(float x) {
  if constexpr (kOp == Op::kAbs)
    return std::bit_cast<float>(std::bit_cast<std::uint32_t>(x) << 1 >> 1);
  if constexpr (kOp == Op::kSquare) return x * x;
  if constexpr (kOp == Op::kRelu) return choose(x <= 0, 0.0f, x);
  if constexpr (kOp == Op::kReciprocal) return 1 / x;
  if constexpr (kOp == Op::kSign)
    return choose(x > 0, 1.0f, choose(x < 0, -1.0f, choose(x == 0, 0.0f, x)));
  if constexpr (kOp == Op::kLogicalNot) return choose(x == 0, 1.0f, 0.0f);
  if constexpr (kOp == Op::kExp) return math::exp_float(x);
}

// Through double.
template <Op kOp>
[[gnu::always_inline]] inline double precise(double x) {
  if constexpr (kOp == Op::kRsqrt) return math::rsqrt(x);
  if constexpr (kOp == Op::kSqrt) return math::sqrt(x);
  if constexpr (kOp == Op::kLog) return math::log(x);
  if constexpr (kOp == Op::kSigmoid) return math::sigmoid(x);
  if constexpr (kOp == Op::kGelu) return math::gelu(x);
  if constexpr (kOp == Op::kGeluDx) return math::gelu_dx(x);
  if constexpr (kOp == Op::kGeluApprxTanh) return math::gelu_apprx_tanh(x);
  if constexpr (kOp == Op::kGeluApprxSigmoid) return math::gelu_apprx_sigmoid(x);
  if constexpr (kOp == Op::kGeluApprxSigmoidDx) return math::gelu_apprx_sigmoid_dx(x);
  if constexpr (kOp == Op::kSilu) return math::silu(x);
  if constexpr (kOp == Op::kSiluDx) return math::silu_dx(x);
  if constexpr (kOp == Op::kTanh) return math::tanh(x);
  if constexpr (kOp == Op::kSoftplus) return math::softplus(x);
  if constexpr (kOp == Op::kMish) return math::mish(x);
  if constexpr (kOp == Op::kErf) return math::erf(x);
  if constexpr (kOp == Op::kErfDx) return math::erf_dx(x);
  if constexpr (kOp == Op::kSin) return math::sin(x);
  if constexpr (kOp == Op::kArctan) return math::arctan(x);
}

template <Op kOp>
struct SimpleLoop {
  [[gnu::always_inline]] static void run(float* values, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      const float result = simple<kOp>(values[i]);
      values[i] = kOp == Op::kExp ? result : quiet(result);  // exp has done it
    }
  }
};

template <Op kOp>
struct PreciseLoop {
  [[gnu::always_inline]] static void run(float* values, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i)
      values[i] = quiet(static_cast<float>(precise<kOp>(static_cast<double>(values[i]))));
  }
};

struct PreluLoop {
  [[gnu::always_inline]] static void run(float slope, float* values, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i)
      values[i] = quiet(choose(values[i] < 0, values[i] * slope, values[i]));
  }
};

// Runs the one loop whose operator is `op`; false when none is.
template <template <Op> class Loop, Op... kOps>
bool run_one(Op op, float* values, std::size_t count, VectorWidth width) {
  return ((op == kOps && (numeric::run_loop<Loop<kOps>>(width, values, count), true)) || ...);
}

}  // namespace

void apply_unary(Op op, float* values, std::size_t count, VectorWidth width) {
  using enum Op;
  if (op == kCopy || op == kBypass) return;
  const bool found =
      run_one<SimpleLoop, kAbs, kSquare, kRelu, kReciprocal, kSign, kLogicalNot, kExp>(
          op, values, count, width) ||
      run_one<PreciseLoop, kRsqrt, kSqrt, kLog, kSigmoid, kGelu, kGeluDx, kGeluApprxTanh,
              kGeluApprxSigmoid, kGeluApprxSigmoidDx, kSilu, kSiluDx, kTanh, kSoftplus, kMish, kErf,
              kErfDx, kSin, kArctan>(op, values, count, width);
  SWITCHYARD_CHECK(found, "{} is no function of one operand", isa::name(op));
}

void apply_prelu(float slope, float* values, std::size_t count, VectorWidth width) {
  numeric::run_loop<PreluLoop>(width, slope, values, count);
}

}  // namespace switchyard::neuroncore
