#include "neuroncore/graph.h"

#include "base/check.h"

namespace switchyard::neuroncore {

Graph::Graph(const Prepared& prepared, Hazards& hazards, isa::InstructionId first,
             isa::InstructionId end)
    : prepared_(prepared), first_(first) {
  SWITCHYARD_CHECK(end - first < kLineMax, "{} instructions in one line", end - first);
  hazards.clear();
  const std::uint32_t count = end - first;
  begins_.reserve(count);
  counts_.reserve(count);
  const isa::Program& program = prepared.program();
  std::vector<Edge> edges;
  for (std::uint32_t at = 0; at < count; ++at) {
    const isa::InstructionId id = first + at;
    edges.clear();
    if (program.automatic_order) hazards.add(id, at, edges);
    add_explicit(id, edges);
    add_scope(program.form(program.form_of(id)), at, edges);
    add(edges);
  }
}

void Graph::add(std::vector<Edge>& edges) {
  // More would be hazards of one instruction with this many others: the last ones bind.
  if (edges.size() > kPieceMask) edges.erase(edges.begin(), edges.end() - kPieceMask);
  const auto count = static_cast<std::uint32_t>(edges.size());
  const std::uint32_t left = (kPieceMask + 1) - (next_ & kPieceMask);
  if (pieces_.empty() || next_ >> kPieceBits >= pieces_.size() || count > left) {
    next_ = static_cast<std::uint32_t>(pieces_.size()) << kPieceBits;
    pieces_.push_back(std::make_unique<Edge[]>(kPieceMask + 1));
  }
  std::copy(edges.begin(), edges.end(), pieces_[next_ >> kPieceBits].get() + (next_ & kPieceMask));
  begins_.push_back(next_);
  counts_.push_back(static_cast<std::uint16_t>(count));
  next_ += count;
}

// Edges to instructions before the line hold anyway; those behind it cannot.
void Graph::add_explicit(isa::InstructionId id, std::vector<Edge>& edges) {
  const isa::InstructionExtras* extras = prepared_.program().extras(id);
  if (!extras) return;
  for (const isa::InstructionId on : extras->depends_on) {
    if (on < first_ || on == id) continue;
    const std::uint32_t at = on - first_;
    if (at >= begins_.capacity()) continue;
    edges.push_back(
        {.on = at & 0xfffffff, .kind = static_cast<std::uint32_t>(EdgeKind::kDependsOn) & 0xf});
  }
}

void Graph::add_scope(const isa::Instruction& form, std::uint32_t at, std::vector<Edge>& edges) {
  if (form.no_reorder_scope == 0) return;
  const auto [place, added] = scopes_.emplace(form.no_reorder_scope, at);
  if (!added) {
    edges.push_back({.on = place->second & 0xfffffff,
                     .kind = static_cast<std::uint32_t>(EdgeKind::kSequence) & 0xf});
  }
  place->second = at;
}

}  // namespace switchyard::neuroncore
