// A tensor as a kernel's author sees it: a shape over strided storage, before any instruction.
//
// Views of one tensor share its bytes. Each operation returns a new view or says why there is none;
// access_of turns the last one into the pattern of an operand. On chip dim 0 is the partitions:
// its stride, in elements, is what one partition holds, and no operation moves it. Sources:
// nki.language NkiTensor, nki-aps.rst (aws-neuron-sdk).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/result.h"
#include "isa/access.h"
#include "isa/program.h"

namespace switchyard::isa {

inline constexpr int kViewDims = 10;

struct View;

// A position known at run time only: an index in a tensor or a register.
struct ViewIndex {
  IndirectKind kind = IndirectKind::kNone;
  std::shared_ptr<const View> tensor;  // kScalar, kVector, kGather
  RegisterId reg = 0;                  // kRegister
  std::int64_t step = 0, limit = 0;    // as in Indirection
};

struct View {
  TensorId tensor = 0;
  Buffer buffer = Buffer::kHbm;
  numeric::ElementType type = numeric::ElementType::kFloat32;
  std::uint8_t rank = 0;
  std::int64_t row_elements = 0;     // what a partition of the tensor holds, in `type`; HBM: all
  std::int64_t start_partition = 0;  // on chip
  std::int64_t offset = 0;           // in elements: within the partition, in HBM within the tensor
  std::array<Dim, kViewDims> dims = {};
  ViewIndex index;
  // Keeps the tensor's storage alive; the owner's own.
  std::shared_ptr<void> owner;

  bool on_chip() const { return is_on_chip(buffer); }
  bool indirect() const { return index.kind != IndirectKind::kNone; }
  std::int64_t size() const;
  // From the tensor's first element, partitions counted as row_elements.
  std::int64_t flat_offset() const { return start_partition * row_elements + offset; }
  bool contiguous() const;  // row by row without gaps; on chip in each partition
  std::span<const Dim> pattern() const { return {dims.data(), rank}; }
};

// All of a tensor.
Result<View> view_of(const Tensor& tensor, TensorId id);

Result<View> slice(const View& view, int dim, std::int64_t start, std::int64_t end,
                   std::int64_t step);
// One element of a dim, which goes; the partitions of an on-chip view stay as one.
Result<View> select(const View& view, int dim, std::int64_t index);
// `count` elements from a position known at run time; 0: one, and the dim goes.
Result<View> select(const View& view, int dim, const ViewIndex& index, std::int64_t count);
// Dim 0 of an HBM view at the positions that `index`, one value a partition, holds.
Result<View> vector_select(const View& view, int dim, const ViewIndex& index);
// NeuronCore-v4: elements of each partition at the offsets that `index` holds.
Result<View> gather(const View& view, const ViewIndex& index, std::int64_t count);

Result<View> permute(const View& view, std::span<const std::int64_t> order);
Result<View> broadcast(const View& view, int dim, std::int64_t size);
Result<View> expand_dim(const View& view, int dim);
Result<View> squeeze_dim(const View& view, int dim);
Result<View> reshape_dim(const View& view, int dim, std::span<const std::int64_t> shape);
Result<View> flatten_dims(const View& view, int first, int last);
Result<View> reshape(const View& view, std::span<const std::int64_t> shape);
Result<View> reinterpret(const View& view, numeric::ElementType type);

// Any pattern over the view's storage, from `offset` elements behind the view's first; `index`
// moves along dim `indirect_dim` of the view.
Result<View> with_pattern(const View& view, std::span<const Dim> pattern, std::int64_t offset,
                          numeric::ElementType type, const ViewIndex& index, int indirect_dim);

// The pattern of an operand. An index tensor's own operand is the caller's to add.
Result<Access> access_of(const View& view);

std::string shape_text(const View& view);  // "[128, 512]"

}  // namespace switchyard::isa
