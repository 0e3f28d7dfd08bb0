#include "neuroncore/alu.h"

#include <limits>

#include "base/check.h"
#include "neuroncore/alu_ops.h"
#include "neuroncore/unary_functions.h"

namespace switchyard::neuroncore {
namespace {

using isa::Op;
using numeric::VectorWidth;

template <Op kOp>
struct Tensor {
  [[gnu::always_inline]] static void run(float* __restrict values, const float* __restrict other,
                                         std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) values[i] = quiet(binary<kOp>(values[i], other[i]));
  }
};
template <Op kOp>
struct ReversedTensor {
  [[gnu::always_inline]] static void run(float* __restrict values, const float* __restrict other,
                                         std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) values[i] = quiet(binary<kOp>(other[i], values[i]));
  }
};
template <Op kOp>
struct Scalar {
  [[gnu::always_inline]] static void run(float* values, float other, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) values[i] = quiet(binary<kOp>(values[i], other));
  }
};
template <Op kOp>
struct ReversedScalar {
  [[gnu::always_inline]] static void run(float* values, float other, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) values[i] = quiet(binary<kOp>(other, values[i]));
  }
};

struct MultiplyAdd {
  [[gnu::always_inline]] static void run(float* values, float factor, float addend,
                                         std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) values[i] = quiet(values[i] * factor + addend);
  }
};

// Eight chains at a time hide the latency of an addition; each chain keeps its order.
constexpr int kChains = 8;

template <Op kOp>
struct Reduce {
  static void run(const float* values, std::int64_t pitch, std::int64_t count, int lanes,
                  float* sums) {
    int lane = 0;
    for (; lane + kChains <= lanes; lane += kChains) {
      float chain[kChains];
      const float* v = values + lane * pitch;
      for (int k = 0; k < kChains; ++k) chain[k] = sums[lane + k];
      for (std::int64_t i = 0; i < count; ++i) {
        for (int k = 0; k < kChains; ++k) chain[k] = binary<kOp>(chain[k], v[k * pitch + i]);
      }
      for (int k = 0; k < kChains; ++k) sums[lane + k] = quiet(chain[k]);
    }
    for (; lane < lanes; ++lane) {
      float chain = sums[lane];
      for (std::int64_t i = 0; i < count; ++i) chain = binary<kOp>(chain, values[lane * pitch + i]);
      sums[lane] = quiet(chain);
    }
  }
};

// Runs the one loop whose operator is `op`; false when none is.
template <template <Op> class Loop, Op... kOps, class... Arguments>
bool run_listed(Op op, VectorWidth width, Arguments... arguments) {
  return ((op == kOps && (numeric::run_loop<Loop<kOps>>(width, arguments...), true)) || ...);
}

template <template <Op> class Loop, class... Arguments>
bool run_binary(Op op, VectorWidth width, Arguments... arguments) {
  using enum Op;
  return run_listed<Loop, kAdd, kSubtract, kMultiply, kDivide, kMaximum, kMinimum, kEqual,
                    kNotEqual, kGreaterEqual, kGreater, kLessEqual, kLess, kLogicalAnd, kLogicalOr,
                    kLogicalXor, kPower, kAbsMax, kAbsMin>(op, width, arguments...);
}

}  // namespace

void apply_tensor(Op op, bool reverse, float* values, const float* other, std::size_t count,
                  VectorWidth width) {
  const bool done = reverse ? run_binary<ReversedTensor>(op, width, values, other, count)
                            : run_binary<Tensor>(op, width, values, other, count);
  if (!done) apply_unary(op, values, count, width);
}

void apply_scalar(Op op, bool reverse, float* values, float other, std::size_t count,
                  VectorWidth width) {
  const bool done = reverse ? run_binary<ReversedScalar>(op, width, values, other, count)
                            : run_binary<Scalar>(op, width, values, other, count);
  if (!done) apply_unary(op, values, count, width);
}

void multiply_add(float* values, float factor, float addend, std::size_t count, VectorWidth width) {
  numeric::run_loop<MultiplyAdd>(width, values, factor, addend, count);
}

void reduce_lanes(Op op, const float* values, std::int64_t pitch, std::int64_t count, int lanes,
                  float* sums) {
  using enum Op;
  const bool done = run_listed<Reduce, kAdd, kSubtract, kMultiply, kMaximum, kMinimum, kLogicalAnd,
                               kLogicalOr, kLogicalXor, kAbsMax, kAbsMin>(
      op, VectorWidth::kBaseline, values, pitch, count, lanes, sums);
  SWITCHYARD_CHECK(done, "{} does not reduce", isa::name(op));
}

namespace {

template <Op kOp>
float one_pair(float a, float b) {
  return quiet(binary<kOp>(a, b));
}

template <Op kOp>
struct Find {
  static void run(BinaryFunction* found) { *found = one_pair<kOp>; }
};

}  // namespace

BinaryFunction binary_function(Op op) {
  BinaryFunction found = nullptr;
  run_binary<Find>(op, VectorWidth::kBaseline, &found);
  SWITCHYARD_CHECK(found, "{} has not two operands", isa::name(op));
  return found;
}

float reduction_identity(Op op) {
  switch (op) {
    case Op::kMultiply:
    case Op::kLogicalAnd:
      return 1;
    case Op::kMaximum:
      return -std::numeric_limits<float>::infinity();
    case Op::kMinimum:
    case Op::kAbsMin:
      return std::numeric_limits<float>::infinity();
    default:
      return 0;
  }
}

}  // namespace switchyard::neuroncore
