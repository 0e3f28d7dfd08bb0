// Which PSUM locations hold a sum that the next matmul goes on with.
//
// accumulate=None lets the compiler choose: the first matmul that writes a location overwrites,
// later ones accumulate [nc_matmul]. Here, element by element, a matmul accumulates onto a location
// that the last writer, a matmul too, wrote as part of the same tensor. A tensor whose uses all lie
// in one hardware loop is a new one in each iteration, as the kernel's allocation in the loop body
// is (docs/numerics.md).
#pragma once

#include <unordered_map>
#include <utility>
#include <vector>

#include "neuroncore/bit_rows.h"
#include "neuroncore/memory.h"
#include "neuroncore/tile.h"

namespace switchyard::neuroncore {

class Accumulations {
 public:
  // Both must outlive this; the program may grow.
  Accumulations(const isa::Program& program, const Memory& memory);

  // How much of the tile, which is `access` resolved, holds a sum to go on with.
  Coverage coverage(const isa::Access& access, const Tile& tile) const;
  bool holds_sum(const isa::Access& access, const Tile& tile, int partition,
                 std::int64_t element) const;
  // How much of it a matmul wrote last, whatever the tensor.
  static Coverage by_matmul(const Tile& tile);
  // A matmul wrote the tile: marks its bytes written, and as such.
  void note(const isa::Access& access, const Tile& tile);

  // An iteration of the loop from instruction `begin` to `end` starts.
  void start_iteration(isa::InstructionId begin, isa::InstructionId end);

 private:
  struct Record {
    bool whole = false;  // all of the tensor; `bits` is not used then
    BitRows bits{0, 0};
  };
  struct Uses {
    isa::InstructionId first, last;
  };

  void find_uses();

  const isa::Program& program_;
  const Memory& memory_;
  std::unordered_map<isa::TensorId, Record> records_;
  std::unordered_map<isa::TensorId, Uses> uses_;  // of PSUM tensors
  std::size_t instructions_seen_ = 0;             // by find_uses
};

}  // namespace switchyard::neuroncore
