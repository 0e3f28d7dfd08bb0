// Where an instruction reads or writes: a typed, strided pattern over one tensor.
//
// A pattern is a loop nest. On chip the outermost loop runs over `partitions` neighbouring
// partitions from `start_partition` (counted from the tensor's first); inside each partition the
// same `dims` apply, outermost first. In HBM there are only `dims`. Strides, offsets and counts are
// in elements of `type`, which may differ from the tensor's (a reinterpreting view). Elements have
// one order, the last dim fastest: two accesses with as many elements pair up in it.
// Source: nki-aps.rst (aws-neuron-sdk).
#pragma once

#include <array>
#include <cstdint>

#include "isa/architecture.h"
#include "numeric/element_type.h"

namespace switchyard::isa {

using TensorId = std::uint32_t;
using RegisterId = std::uint32_t;

struct Dim {
  std::int64_t stride = 1;
  std::int64_t count = 1;
  bool operator==(const Dim&) const = default;
};

// A position that is known only when the instruction runs.
enum class IndirectKind : std::uint8_t {
  kNone,
  kRegister,  // a register holds one index for all partitions
  kScalar,    // so does a [1, 1] tensor
  kVector,    // a [P, 1] tensor holds one index a partition, or one a step of dims[0] when the
              // tensor indexed is in HBM (DMA gather and scatter)
  kGather,    // NeuronCore-v4 tensor indirection: element i of a partition stands at the free
              // offset index[g0 + i % G, i / G], G = 16 (TensorE: 32), g0 the group's first
};

// The index times `step` elements is added to the position. An index outside [0, limit) is out of
// bounds.
struct Indirection {
  IndirectKind kind = IndirectKind::kNone;
  std::uint8_t operand = 0;  // kScalar, kVector, kGather: the place in Instruction::operands of the
                             // index (its name is kIndex)
  std::uint8_t dim = 0;      // kVector: the dim whose steps the indices replace
  RegisterId reg = 0;        // kRegister
  std::int64_t step = 0;
  std::int64_t limit = 0;
  bool operator==(const Indirection&) const = default;
};

struct Access {
  TensorId tensor = 0;
  numeric::ElementType type = numeric::ElementType::kFloat32;
  std::uint8_t rank = 0;             // dims in use
  std::int16_t start_partition = 0;  // on chip
  std::int16_t partitions = 1;       // on chip; 1 in HBM
  std::int64_t offset = 0;           // of the first element: in the partition, or in HBM the tensor
  std::array<Dim, kPatternDims> dims = {};
  Indirection indirection;

  // In one partition, over all dims.
  std::int64_t elements_per_partition() const;
  std::int64_t elements() const { return elements_per_partition() * partitions; }
  // Offsets of the lowest and highest element of a partition, indirection aside. Contract: not
  // empty.
  struct Extent {
    std::int64_t low, high;
  };
  Extent extent() const;
  // The same elements in the same order in as few dims as possible: inner dims that continue each
  // other are one, dims of count 1 are gone.
  Access collapsed() const;
  bool contiguous() const;  // the elements of a partition are neighbours in order

  bool operator==(const Access&) const = default;
};

}  // namespace switchyard::isa
