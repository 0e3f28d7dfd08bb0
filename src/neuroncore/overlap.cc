#include "neuroncore/overlap.h"

#include <algorithm>

namespace switchyard::neuroncore {

namespace {

constexpr std::size_t kPiecesMax = 1 << 20;

struct Use {
  isa::Access access;
  const TensorPlace* place;
  bool writes, indirect;
};

std::vector<Use> uses_of(const Prepared& prepared, isa::InstructionId id) {
  const isa::Program& program = prepared.program();
  const isa::Instruction& form = program.form(program.form_of(id));
  const std::span<const isa::Binding> bindings = program.bindings(id);
  std::vector<Use> uses;
  for (std::size_t k = 0; k < bindings.size(); ++k) {
    const FormBinding& binding = prepared.form_of(id).bindings[k];
    if (binding.is_register) continue;
    isa::Access access = form.operands[binding.operand].access;
    access.tensor = bindings[k].target;
    access.offset = bindings[k].offset;
    uses.push_back({access, &prepared.place(access.tensor), binding.writes, binding.indirect});
  }
  return uses;
}

// The starts of the neighbouring bytes that an access touches in a partition, sorted.
struct Pieces {
  std::vector<std::int64_t> starts;
  std::int64_t length = 0;
};

// Nothing where there are too many.
std::optional<Pieces> pieces_of(const Use& use) {
  const isa::Access simple = use.access.collapsed();
  const std::int64_t size = numeric::traits(use.access.type).storage_bytes;
  int dims = simple.rank;
  Pieces pieces{.length = size};
  if (dims > 0 && simple.dims[dims - 1].stride == 1) pieces.length *= simple.dims[--dims].count;
  pieces.starts = {use.place->byte + simple.offset * size};
  for (int i = 0; i < dims; ++i) {
    const std::size_t count = pieces.starts.size();
    if (simple.dims[i].count > static_cast<std::int64_t>(kPiecesMax / count)) return std::nullopt;
    for (std::int64_t step = 1; step < simple.dims[i].count; ++step) {
      for (std::size_t k = 0; k < count; ++k) {
        pieces.starts.push_back(pieces.starts[k] + step * simple.dims[i].stride * size);
      }
    }
  }
  std::sort(pieces.starts.begin(), pieces.starts.end());
  return pieces;
}

bool meet(const Pieces& a, const Pieces& b) {
  for (std::size_t i = 0, k = 0; i < a.starts.size() && k < b.starts.size();) {
    if (a.starts[i] + a.length <= b.starts[k]) {
      ++i;
    } else if (b.starts[k] + b.length <= a.starts[i]) {
      ++k;
    } else {
      return true;
    }
  }
  return false;
}

bool meet_by_pieces(const Use& a, const Use& b) {
  if (a.indirect || b.indirect) return true;
  const std::optional<Pieces> of_a = pieces_of(a), of_b = pieces_of(b);
  return !of_a || !of_b || meet(*of_a, *of_b);
}

bool meet(const Use& a, const Use& b) {
  const bool same_space = a.place->shared && b.place->shared && a.place->buffer == b.place->buffer;
  if (a.access.tensor != b.access.tensor && !same_space) return false;
  const int row_a = a.place->partition + a.access.start_partition;
  const int row_b = b.place->partition + b.access.start_partition;
  const bool rows = row_a < row_b + b.access.partitions && row_b < row_a + a.access.partitions;
  if (isa::is_on_chip(a.place->buffer) && !rows) return false;
  return meet_by_pieces(a, b);
}

}  // namespace

bool share_bytes(const Prepared& prepared, isa::InstructionId a, isa::InstructionId b) {
  const std::vector<Use> of_a = uses_of(prepared, a), of_b = uses_of(prepared, b);
  for (const Use& x : of_a) {
    for (const Use& y : of_b) {
      if ((x.writes || y.writes) && meet(x, y)) return true;
    }
  }
  return false;
}

bool share_bytes(const Prepared& one, isa::InstructionId a, isa::TensorId in_one,
                 const Prepared& two, isa::InstructionId b, isa::TensorId in_two) {
  const std::vector<Use> of_a = uses_of(one, a), of_b = uses_of(two, b);
  for (const Use& x : of_a) {
    if (x.access.tensor != in_one) continue;
    for (const Use& y : of_b) {
      if (y.access.tensor == in_two && (x.writes || y.writes) && meet_by_pieces(x, y)) return true;
    }
  }
  return false;
}

}  // namespace switchyard::neuroncore
