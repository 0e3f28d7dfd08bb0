// Policy kProgram: each engine's stream in program order.
#include <algorithm>
#include <array>

#include "base/text.h"
#include "neuroncore/line.h"

namespace switchyard::neuroncore {

namespace {

using isa::Engine;

constexpr std::uint32_t kEnd = std::numeric_limits<std::uint32_t>::max();

class InOrder {
 public:
  InOrder(Line& line, Semaphores& semaphores)
      : line_(line),
        semaphores_(semaphores),
        program_(line.graph().prepared().program()),
        waits_(line.graph().prepared().self_ordered()),
        next_(line.graph().size()) {
    heads_.fill({});
    std::array<std::uint32_t, isa::kEngines> following;
    following.fill(kEnd);
    for (std::uint32_t at = line.graph().size(); at-- > 0;) {
      std::uint32_t& after = following[static_cast<int>(line.engine(at))];
      next_[at] = after;
      after = at;
    }
    for (int e = 0; e < isa::kEngines; ++e) {
      heads_[e].at = following[e];
      resolve(heads_[e]);
    }
  }

  std::optional<Fault> run() {
    for (std::uint32_t left = line_.graph().size(); left > 0; --left) {
      Head* best = nullptr;
      for (Head& head : heads_) {
        if (head.resolved && (!best || head.start < best->start)) best = &head;
      }
      if (!best) return deadlock();
      const std::uint32_t at = best->at;
      line_.issue(at, best->ready);
      if (line_.stuck()) return std::nullopt;
      if (waits_) update(at);
      best->at = next_[at];
      resolve(*best);
      for (Head& head : heads_) {
        if (head.at == kEnd || &head == best) continue;
        // Its engine may hold another place in time only for itself; semaphores change for all.
        if (waits_ || (head.ready.missing && *head.ready.missing == at)) resolve(head);
      }
    }
    return std::nullopt;
  }

 private:
  struct Head {
    std::uint32_t at = kEnd;
    bool resolved = false;
    Line::Ready ready;
    std::int64_t start = 0;
    const isa::SemaphoreUse* short_of = nullptr;
  };

  void resolve(Head& head) {
    head.resolved = false;
    head.short_of = nullptr;
    if (head.at == kEnd) return;
    head.ready = line_.ready(head.at, false);
    if (head.ready.missing) return;
    if (waits_ && !wait(head)) return;
    head.start = std::max(head.ready.time,
                          line_.pipelines().free(line_.engine(head.at), line_.cost(head.at)));
    head.resolved = true;
  }

  bool wait(Head& head) {
    const isa::InstructionExtras* extras = program_.extras(line_.graph().first() + head.at);
    if (!extras) return true;
    for (const isa::SemaphoreUse& use : extras->waits) {
      const std::optional<std::int64_t> time = semaphores_.reached(use);
      if (!time) {
        head.short_of = &use;
        return false;
      }
      if (*time > head.ready.time) {
        head.ready = {.time = *time, .reason = StallReason::kSemaphore};
      }
    }
    return true;
  }

  void update(std::uint32_t at) {
    const isa::InstructionExtras* extras = program_.extras(line_.graph().first() + at);
    if (!extras) return;
    const std::int64_t told =
        line_.done(at) + nanoseconds(line_.graph().prepared().core().engine.semaphore).ps();
    for (const isa::SemaphoreUse& use : extras->updates) semaphores_.update(use, told);
  }

  std::string describe(std::uint32_t at) const {
    const isa::InstructionId id = line_.graph().first() + at;
    const std::string& source = program_.sources()[program_.source_of(id)];
    return fmt::format("{} {}{}{}", id, isa::name(program_.form(program_.form_of(id)).opcode),
                       source.empty() ? "" : ", ", source);
  }

  Fault deadlock() const {
    Fault fault{.kind = FaultKind::kDeadlock, .what = "no engine can go on"};
    bool first = true;
    for (const Head& head : heads_) {
      if (head.at == kEnd) continue;
      if (first) {
        fault.instruction = line_.graph().first() + head.at;
        fault.where = describe(head.at);
        first = false;
      }
      std::string waits_for;
      if (head.short_of) {
        const isa::SemaphoreId id = head.short_of->semaphore;
        waits_for =
            fmt::format("semaphore {} to reach {}; it stays at {}", program_.semaphores()[id],
                        head.short_of->value, semaphores_.count(id));
      } else if (head.ready.missing) {
        const std::uint32_t other = *head.ready.missing;
        waits_for = fmt::format("{} on {}", describe(other), isa::name(line_.engine(other)));
      }
      fault.details.push_back(fmt::format("{} at {} waits for {}", isa::name(line_.engine(head.at)),
                                          describe(head.at), waits_for));
    }
    return fault;
  }

  Line& line_;
  Semaphores& semaphores_;
  const isa::Program& program_;
  bool waits_;
  std::vector<std::uint32_t> next_;  // on the same engine
  std::array<Head, isa::kEngines> heads_;
};

}  // namespace

std::optional<Fault> run_in_order(Line& line, Semaphores& semaphores) {
  return InOrder(line, semaphores).run();
}

}  // namespace switchyard::neuroncore
