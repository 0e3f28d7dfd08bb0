#include "neuroncore/races_pair.h"

#include <algorithm>
#include <compare>
#include <cstdint>
#include <map>
#include <set>

#include "base/text.h"
#include "neuroncore/overlap.h"

namespace switchyard::neuroncore {

namespace {

using isa::InstructionId;
using isa::TensorId;

constexpr std::size_t kRacesMax = 100;

// Bytes [low, high) of a shared tensor that an instruction touches between two barriers.
struct Use {
  std::int64_t low, high;
  InstructionId id;
  bool writes;
  auto operator<=>(const Use&) const = default;
};

struct Stretch {
  std::map<TensorId, std::set<Use>> uses;
  bool exchanges = false;  // holds a sendrecv
};

void add_uses(const Prepared& prepared, InstructionId id, const std::set<TensorId>& shared,
              Stretch& out) {
  const isa::Program& program = prepared.program();
  const isa::Instruction& form = program.form(program.form_of(id));
  const std::span<const isa::Binding> bindings = program.bindings(id);
  for (std::size_t k = 0; k < bindings.size(); ++k) {
    const FormBinding& binding = prepared.form_of(id).bindings[k];
    if (binding.is_register || !shared.contains(bindings[k].target)) continue;
    const isa::Access& access = form.operands[binding.operand].access;
    const isa::Access::Extent extent = access.extent();
    const std::int64_t bytes = numeric::traits(access.type).storage_bytes;
    Use use{.low = (bindings[k].offset + extent.low) * bytes,
            .high = (bindings[k].offset + extent.high + 1) * bytes,
            .id = id,
            .writes = binding.writes};
    if (binding.indirect) {
      use.low = 0;
      use.high = INT64_MAX;
    }
    out.uses[bindings[k].target].insert(use);
  }
}

std::vector<Stretch> stretches_of(const Prepared& prepared, const Timeline& timeline,
                                  const std::set<TensorId>& shared) {
  std::vector<Stretch> out(1);
  for (const TimedInstruction& timed : timeline.instructions) {
    const isa::Opcode opcode = prepared.form_of(timed.instruction).opcode;
    if (opcode == isa::Opcode::kCoreBarrier) {
      out.emplace_back();
    } else {
      out.back().exchanges |= opcode == isa::Opcode::kSendrecv;
      add_uses(prepared, timed.instruction, shared, out.back());
    }
  }
  return out;
}

std::string describe(const Prepared& prepared, int core, InstructionId id) {
  const isa::Program& program = prepared.program();
  const std::string& source = program.sources()[program.source_of(id)];
  return fmt::format("core {}'s {} (instruction {}{}{})", core,
                     isa::name(program.form(program.form_of(id)).opcode), id,
                     source.empty() ? "" : ", ", source);
}

class PairRaces {
 public:
  PairRaces(const std::array<const Prepared*, 2>& prepared, std::array<Timeline*, 2> timelines)
      : prepared_(prepared), timelines_(timelines) {}

  // Uses are sorted by where they begin.
  void compare(const std::set<Use>& ones, const std::set<Use>& twos, TensorId one, TensorId two) {
    auto from = twos.begin();
    for (const Use& a : ones) {
      while (from != twos.end() && from->high <= a.low) ++from;
      for (auto b = from; b != twos.end() && b->low < a.high; ++b) {
        if (b->high > a.low && (a.writes || b->writes)) check(a.id, b->id, one, two);
      }
    }
  }

 private:
  void check(InstructionId a, InstructionId b, TensorId one, TensorId two) {
    if (found_.size() >= kRacesMax || found_.contains({a, b}) ||
        !share_bytes(*prepared_[0], a, one, *prepared_[1], b, two)) {
      return;
    }
    found_.insert({a, b});
    const std::string texts[] = {describe(*prepared_[0], 0, a), describe(*prepared_[1], 1, b)};
    const InstructionId ids[] = {a, b};
    for (int core = 0; core < 2; ++core) {
      timelines_[core]->faults.push_back(
          {.kind = FaultKind::kRace,
           .instruction = ids[core],
           .where = texts[core],
           .what =
               fmt::format("touches bytes of {} that the other core does, one of them to write; "
                           "wanted a core_barrier between the two",
                           quote(prepared_[0]->program().tensor(one).name)),
           .details = {"the other is " + texts[1 - core]}});
    }
  }

  std::array<const Prepared*, 2> prepared_;
  std::array<Timeline*, 2> timelines_;
  std::set<std::pair<InstructionId, InstructionId>> found_;
};

}  // namespace

void add_pair_races(const std::array<const Prepared*, 2>& prepared,
                    std::span<const std::pair<TensorId, TensorId>> shared,
                    std::array<Timeline*, 2> timelines) {
  if (shared.empty()) return;
  std::array<std::set<TensorId>, 2> tensors;
  for (const auto& [one, two] : shared) {
    tensors[0].insert(one);
    tensors[1].insert(two);
  }
  std::vector<Stretch> ones = stretches_of(*prepared[0], *timelines[0], tensors[0]);
  std::vector<Stretch> twos = stretches_of(*prepared[1], *timelines[1], tensors[1]);
  PairRaces races(prepared, timelines);
  for (std::size_t i = 0; i < std::min(ones.size(), twos.size()); ++i) {
    if (ones[i].exchanges || twos[i].exchanges) continue;
    for (const auto& [one, two] : shared) {
      races.compare(ones[i].uses[one], twos[i].uses[two], one, two);
    }
  }
}

}  // namespace switchyard::neuroncore
