#include "neuroncore/cost.h"

#include <algorithm>
#include <cmath>

namespace switchyard::neuroncore {

namespace {

using isa::AttributeName;
using isa::Buffer;
using isa::Engine;
using isa::Opcode;
using isa::Operand;
using isa::OperandKind;
using isa::OperandName;
using numeric::ElementType;

// An instruction on one of the engines that stream elements.
class Stream {
 public:
  Stream(const Core& core, const isa::Instruction& form, std::span<const Buffer> buffers)
      : core_(core), form_(form), buffers_(buffers) {
    for (std::size_t i = 0; i < form.operands.size(); ++i) note(form.operands[i]);
  }

  EngineCost on(Engine engine) const {
    switch (engine) {
      case Engine::kVector:
        return vector();
      case Engine::kScalar:
        return scalar();
      case Engine::kGpSimd:
        return gpsimd();
      default:
        return {};
    }
  }

 private:
  void note(const Operand& operand) {
    if (operand.kind != OperandKind::kAccess || operand.name == OperandName::kIndirectIndex) return;
    const isa::Access& access = operand.access;
    elements_ = std::max(elements_, static_cast<double>(access.elements_per_partition()));
    const isa::IndirectKind kind = access.indirection.kind;
    dynamic_ |= kind == isa::IndirectKind::kScalar || kind == isa::IndirectKind::kVector;
    const isa::Access simple = access.collapsed();
    if (simple.rank == 0) return;
    const double stride = static_cast<double>(std::abs(simple.dims[simple.rank - 1].stride)) *
                          numeric::traits(access.type).storage_bytes;
    wide_ |= stride > core_.engine.wide_stride;
  }

  Buffer buffer(OperandName name) const {
    for (std::size_t i = 0; i < form_.operands.size(); ++i) {
      if (form_.operands[i].name == name) return buffers_[i];
    }
    return Buffer::kSbuf;
  }
  const isa::Access* access(OperandName name) const {
    const Operand* operand = form_.find(name);
    return operand && operand->kind == OperandKind::kAccess ? &operand->access : nullptr;
  }
  static bool is_16_bit_float(ElementType type) {
    return type == ElementType::kBfloat16 || type == ElementType::kFloat16;
  }
  bool takes_fast_mode(const isa::Access& operand) const {
    const numeric::ElementTraits& traits = numeric::traits(operand.type);
    return is_16_bit_float(operand.type) ||
           (core_.vector.mode_takes_float8 && traits.storage_bytes == 1 &&
            traits.kind == numeric::ElementKind::kFloat);
  }
  static bool inner_contiguous(const isa::Access& operand) {
    const isa::Access simple = operand.collapsed();
    return simple.rank == 0 || simple.dims[simple.rank - 1].stride == 1;
  }

  EngineCost make(Engine engine, double element, double extra, double latency, double floor) const {
    const double wide = wide_ ? core_.engine.wide_stride_factor : 1;
    const double cycles = std::max(floor, elements_ * element * wide) + extra;
    return {.interval = core_.cycles(engine, cycles).ps(),
            .latency = core_.cycles(engine, latency).ps(),
            .possible = true};
  }
  double floor() const {
    return dynamic_ ? core_.engine.dynamic_interval_min : core_.engine.interval_min;
  }
  double accumulator_read() const {
    const bool always =
        form_.opcode == Opcode::kActivationReduce || form_.opcode == Opcode::kTensorScalarReduce;
    const bool given = (form_.opcode == Opcode::kActivation || form_.opcode == Opcode::kActivate2 ||
                        form_.opcode == Opcode::kExponential) &&
                       form_.find(OperandName::kReduceRes);
    return always || given ? core_.engine.accumulator_read : 0;
  }

  // Two tensors read as streams: twice the cycles unless they come through different ports.
  double two_streams(OperandName a, OperandName b, double cycles) const {
    if (!access(a) || !access(b)) return 1;
    return buffer(a) == buffer(b) ? cycles : 1;
  }

  double tensor_tensor(bool& fast) const {
    const double element =
        two_streams(OperandName::kData1, OperandName::kData2, core_.vector.two_streams);
    const isa::Access &a = form_.access(OperandName::kData1),
                      &b = form_.access(OperandName::kData2),
                      &dst = form_.access(OperandName::kDst);
    if (buffer(OperandName::kData1) != Buffer::kSbuf ||
        buffer(OperandName::kData2) != Buffer::kSbuf)
      return element;
    const auto all = [&](auto holds) { return holds(a) && holds(b) && holds(dst); };
    const isa::Op op = form_.op(AttributeName::kOp);
    const bool plain_op =
        op == isa::Op::kAdd || op == isa::Op::kMultiply || op == isa::Op::kSubtract;
    if (core_.vector.tensor_tensor_mode > 1 &&
        all([&](const isa::Access& x) { return takes_fast_mode(x); })) {
      fast = true;
      return element / core_.vector.tensor_tensor_mode;
    }
    const bool bfloat16 =
        all([](const isa::Access& x) { return x.type == ElementType::kBfloat16; });
    return bfloat16 && plain_op && a.contiguous() && b.contiguous() ? 1 : element;
  }

  double copy(OperandName source, bool& fast) const {
    const isa::Access* src = access(source);
    const isa::Access* dst = access(OperandName::kDst);
    if (!src || !dst || !takes_fast_mode(*src) || !takes_fast_mode(*dst)) return 1;
    const bool contiguous = inner_contiguous(*src) && inner_contiguous(*dst);
    const int in_psum =
        (buffer(source) == Buffer::kPsum) + (buffer(OperandName::kDst) == Buffer::kPsum);
    double mode = 1;
    if (in_psum == 0) {
      mode = contiguous ? core_.vector.copy_mode_contiguous : core_.vector.copy_mode_other;
    } else if (in_psum == 1 && contiguous) {
      mode = core_.vector.copy_mode_other;
    }
    fast = mode > 1;
    return 1 / mode;
  }

  double scalar_tensor_tensor() const {
    const isa::Access* data = access(OperandName::kData);
    const isa::Access* other = access(OperandName::kOperand1);
    const bool quick = data && other && data->type == ElementType::kBfloat16 &&
                       other->type == ElementType::kBfloat16 &&
                       form_.op(AttributeName::kOp0) == isa::Op::kSubtract &&
                       form_.op(AttributeName::kOp1) == isa::Op::kMultiply &&
                       std::fmod(elements_, 2) == 0;
    return quick ? 1 : core_.vector.two_streams;
  }

  double tensor_reduce() const {
    const isa::Op op = form_.op(AttributeName::kOp);
    const bool narrow = form_.access(OperandName::kData).type == ElementType::kBfloat16 &&
                        form_.access(OperandName::kDst).type == ElementType::kBfloat16 &&
                        (op == isa::Op::kAdd || op == isa::Op::kMaximum);
    return narrow ? core_.vector.narrow_reduce : 1;
  }

  double memset() const {
    return is_16_bit_float(form_.access(OperandName::kDst).type) &&
                   form_.number(AttributeName::kValue) == 0
               ? core_.vector.narrow_memset
               : 1;
  }

  double vector_element(bool& fast) const {
    const VectorCosts& v = core_.vector;
    switch (form_.opcode) {
      case Opcode::kTensorCopy:
        return copy(OperandName::kSrc, fast);
      case Opcode::kTensorScalar:
        return copy(OperandName::kData, fast);
      case Opcode::kTensorTensor:
        return tensor_tensor(fast);
      case Opcode::kScalarTensorTensor:
        return scalar_tensor_tensor();
      case Opcode::kTensorCopyPredicated:
        return two_streams(OperandName::kSrc, OperandName::kPredicate, v.two_streams);
      case Opcode::kSelectReduce:
        return two_streams(OperandName::kOnTrue, OperandName::kPredicate, v.two_streams);
      case Opcode::kTensorReduce:
        return tensor_reduce();
      case Opcode::kMemset:
        return memset();
      case Opcode::kTensorTensorScan:
        return v.scan;
      case Opcode::kTensorScalarCumulative:
        return v.cumulative;
      case Opcode::kReciprocal:
        return v.reciprocal;
      case Opcode::kBnAggr:
        return v.bn_aggr;
      case Opcode::kExponential:
        return v.exponential;
      case Opcode::kQuantizeMx:
        return v.quantize;
      case Opcode::kRng:
      case Opcode::kRand2:
      case Opcode::kDropout:
        return form_.opcode == Opcode::kRand2 ? v.random : 1;
      default:
        return 1;
    }
  }

  EngineCost vector() const {
    bool fast = false;
    const double element = vector_element(fast);
    EngineCost cost =
        make(Engine::kVector, element, accumulator_read(), core_.vector.latency, floor());
    cost.fast_mode = fast;
    return cost;
  }

  EngineCost scalar() const {
    double element = 1;
    const isa::Access* dst = access(OperandName::kDst);
    const isa::Access* src =
        access(form_.opcode == Opcode::kTensorScalar ? OperandName::kData : OperandName::kSrc);
    const bool copies =
        form_.opcode == Opcode::kTensorCopy || form_.opcode == Opcode::kTensorScalar;
    if (copies && src && dst && takes_fast_mode(*src) && takes_fast_mode(*dst)) {
      element = 1 / core_.scalar.mode;
    }
    return make(Engine::kScalar, element, accumulator_read(), core_.scalar.latency, floor());
  }

  double local_gather() const {
    const isa::Access& index = form_.access(OperandName::kIndex);
    const auto each = static_cast<double>(form_.integer(AttributeName::kNumElemPerIdx));
    constexpr double kPartitionsACore = 16;
    const double indices = form_.find(AttributeName::kNumValidIndices)
                               ? static_cast<double>(form_.integer(AttributeName::kNumValidIndices))
                               : static_cast<double>(index.elements()) /
                                     std::max(1.0, index.partitions / kPartitionsACore);
    const double unit = core_.gpsimd.gather_unit * each;
    const int bytes = numeric::traits(form_.access(OperandName::kSrcBuffer).type).storage_bytes;
    const double rate = (core_.gpsimd.gather_fixed + unit) / unit / std::min(4.0 / bytes, each);
    return indices * each / rate;
  }

  double gpsimd_cycles() const {
    const GpSimdCosts& g = core_.gpsimd;
    switch (form_.opcode) {
      case Opcode::kLocalGather:
        return local_gather();
      case Opcode::kTopk:
        return g.topk * static_cast<double>(form_.integer(AttributeName::kN)) +
               static_cast<double>(form_.access(OperandName::kValDst).elements_per_partition());
      case Opcode::kNonzeroWithCount:
        return g.nonzero * elements_;
      case Opcode::kTensorPartitionReduce:
        return g.partition_reduce * elements_;
      case Opcode::kNcNGather:
        return g.n_gather * elements_;
      case Opcode::kTensorTensor:
        return g.two_streams * elements_;
      default:
        break;
    }
    const auto is_rsqrt = [&](AttributeName name) {
      const isa::AttributeValue* value = form_.find(name);
      const isa::Op* op = value ? std::get_if<isa::Op>(value) : nullptr;
      return op && *op == isa::Op::kRsqrt;
    };
    return is_rsqrt(AttributeName::kOp0) || is_rsqrt(AttributeName::kOp1) ? g.rsqrt * elements_
                                                                          : elements_;
  }

  EngineCost gpsimd() const {
    // topk's page gives its whole cost.
    const double start = form_.opcode == Opcode::kTopk ? 0 : core_.gpsimd.start;
    const double wide = wide_ ? core_.engine.wide_stride_factor : 1;
    return {.interval = core_.cycles(Engine::kGpSimd, start + gpsimd_cycles() * wide).ps(),
            .latency = core_.cycles(Engine::kGpSimd, core_.gpsimd.latency).ps(),
            .possible = true};
  }

  const Core& core_;
  const isa::Instruction& form_;
  std::span<const Buffer> buffers_;
  double elements_ = 1;  // of a partition, in the largest operand
  bool dynamic_ = false, wide_ = false;
};

// Cycles of an instruction that only a sequencer works on; 0 for others.
double sequencer_cycles(const Core& core, Opcode opcode) {
  switch (opcode) {
    case Opcode::kRegisterAlloc:
    case Opcode::kRegisterMove:
      return core.engine.sequencer;
    case Opcode::kRegisterLoad:
    case Opcode::kRegisterStore:
      return core.engine.register_memory;
    default:
      return 0;
  }
}

constexpr Engine kStreamEngines[] = {Engine::kVector, Engine::kScalar, Engine::kGpSimd};
constexpr Engine kAllEngines[] = {Engine::kTensor, Engine::kVector, Engine::kScalar,
                                  Engine::kGpSimd, Engine::kSync};

void add_sequencer_cost(const Core& core, const isa::Instruction& form, Cost& cost) {
  for (const Engine engine : kAllEngines) {
    const std::int64_t interval =
        form.opcode == Opcode::kCoreBarrier
            ? nanoseconds(core.kernel.barrier).ps()
            : core.cycles(engine, sequencer_cycles(core, form.opcode)).ps();
    cost.on[static_cast<int>(engine)] = {.interval = interval, .possible = true};
  }
}

}  // namespace

Cost cost_of(const Core& core, const isa::Instruction& form, std::span<const Buffer> buffers) {
  Cost cost;
  for (std::size_t i = 0; i < form.operands.size(); ++i) {
    if (form.operands[i].kind != OperandKind::kAccess) continue;
    cost.uses_sbuf |= buffers[i] == Buffer::kSbuf;
    cost.uses_psum |= buffers[i] == Buffer::kPsum;
  }
  if (form.info().dma) {
    add_dma_cost(core, form, buffers, cost);
    return cost;
  }
  if (form.opcode == Opcode::kCoreBarrier || sequencer_cycles(core, form.opcode) > 0) {
    add_sequencer_cost(core, form, cost);
    return cost;
  }
  const isa::EngineList engines = form.info().engines;
  const auto may_run_on = [&](Engine engine) {
    return std::find(engines.begin(), engines.end(), engine) != engines.end();
  };
  // The Tensor engine writes to PSUM only; a transpose elsewhere is VectorE's.
  if (may_run_on(Engine::kTensor) && cost.uses_psum) add_tensor_cost(core, form, cost);
  const Stream stream(core, form, buffers);
  for (const Engine engine : kStreamEngines) {
    const bool no_path = engine == Engine::kGpSimd && cost.uses_psum;
    if (may_run_on(engine) && !no_path) cost.on[static_cast<int>(engine)] = stream.on(engine);
  }
  return cost;
}

}  // namespace switchyard::neuroncore
