// Who waits for whom in one straight line of a program. Internal to schedule.
//
// Edges are stored in pieces, so that a line of ten million instructions never moves them.
#pragma once

#include <algorithm>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "neuroncore/hazards.h"

namespace switchyard::neuroncore {

class Graph {
 public:
  // The line of instructions [first, end): no loop markers, no barrier inside.
  Graph(const Prepared& prepared, Hazards& hazards, isa::InstructionId first,
        isa::InstructionId end);

  isa::InstructionId first() const { return first_; }
  std::uint32_t size() const { return static_cast<std::uint32_t>(counts_.size()); }
  const Prepared& prepared() const { return prepared_; }

  // What instruction first() + at waits for. Only of earlier ones, unless the program orders
  // itself.
  std::span<const Edge> edges(std::uint32_t at) const {
    return {pieces_[begins_[at] >> kPieceBits].get() + (begins_[at] & kPieceMask), counts_[at]};
  }

 private:
  static constexpr int kPieceBits = 16;
  static constexpr std::uint32_t kPieceMask = (1u << kPieceBits) - 1;

  void add(std::vector<Edge>& edges);
  void add_explicit(isa::InstructionId id, std::vector<Edge>& edges);
  void add_scope(const isa::Instruction& form, std::uint32_t at, std::vector<Edge>& edges);

  const Prepared& prepared_;
  isa::InstructionId first_;
  std::vector<std::unique_ptr<Edge[]>> pieces_;
  std::uint32_t next_ = 0;  // free place, in pieces of 2^kPieceBits
  std::vector<std::uint32_t> begins_;
  std::vector<std::uint16_t> counts_;
  std::unordered_map<std::uint32_t, std::uint32_t> scopes_;  // no_reorder: last instruction of each
};

}  // namespace switchyard::neuroncore
