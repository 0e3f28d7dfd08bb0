// Policies kList and kIdeal: list scheduling in a window.
#include <algorithm>
#include <array>
#include <queue>

#include "base/check.h"
#include "neuroncore/line.h"

namespace switchyard::neuroncore {

namespace {

using isa::Engine;

constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

class List {
 public:
  List(Line& line, std::uint32_t window, bool ideal)
      : line_(line),
        graph_(line.graph()),
        ideal_(ideal),
        window_(std::min(window, graph_.size())),
        slots_(window_) {}

  void run() {
    admit();
    for (std::uint32_t left = graph_.size(); left > 0; --left) {
      Queue* best = nullptr;
      std::int64_t start = 0;
      for (Queue& queue : queues_) {
        if (queue.empty()) continue;
        const std::int64_t mine = start_of(queue);
        if (!best || mine < start) {
          best = &queue;
          start = mine;
        }
      }
      SWITCHYARD_CHECK(best, "{} instructions wait for each other", left);
      const std::uint32_t at = take(*best);
      line_.issue(at, line_.ready(at, ideal_));
      if (line_.stuck()) return;
      release(at);
      while (base_ < graph_.size() && line_.issued(base_)) ++base_;
      admit();
    }
  }

 private:
  struct Waiting {
    std::int64_t ready;
    std::uint32_t at;
    bool operator>(const Waiting& o) const {
      return ready != o.ready ? ready > o.ready : at > o.at;
    }
  };
  // Of one engine: those whose inputs will be there at a known time, and those that could start.
  struct Queue {
    std::priority_queue<Waiting, std::vector<Waiting>, std::greater<>> pending;
    std::priority_queue<std::uint32_t, std::vector<std::uint32_t>, std::greater<>> available;
    bool empty() const { return pending.empty() && available.empty(); }
  };
  // Of an instruction in the window.
  struct Slot {
    std::uint32_t missing = 0;      // instructions it waits for that are not issued
    std::uint32_t waiters = kNone;  // first in links_
  };
  struct Link {
    std::uint32_t at, next;
  };

  bool counts(const Edge& edge) const {
    return !ideal_ || is_true_dependence(static_cast<EdgeKind>(edge.kind));
  }

  Slot& slot(std::uint32_t at) { return slots_[at % window_]; }

  void admit() {
    for (; admitted_ < graph_.size() && admitted_ - base_ < window_; ++admitted_) {
      Slot& own = slot(admitted_) = {};
      for (const Edge edge : graph_.edges(admitted_)) {
        if (!counts(edge) || line_.issued(edge.on)) continue;
        ++own.missing;
        wait_on(edge.on, admitted_);
      }
      if (own.missing == 0) enqueue(admitted_);
    }
  }

  void wait_on(std::uint32_t on, std::uint32_t at) {
    std::uint32_t link = free_;
    if (link == kNone) {
      link = static_cast<std::uint32_t>(links_.size());
      links_.push_back({});
    } else {
      free_ = links_[link].next;
    }
    links_[link] = {at, slot(on).waiters};
    slot(on).waiters = link;
  }

  void release(std::uint32_t at) {
    for (std::uint32_t link = slot(at).waiters; link != kNone;) {
      const Link held = links_[link];
      links_[link].next = free_;
      free_ = link;
      if (--slot(held.at).missing == 0) enqueue(held.at);
      link = held.next;
    }
    slot(at).waiters = kNone;
  }

  void enqueue(std::uint32_t at) {
    // A compiler knows how long an engine works, but does not hide its latency behind other work:
    // mamba's four VectorE instructions a state take 100 cycles each more than they would then.
    const Line::Ready ready = line_.ready(at, ideal_);
    queues_[static_cast<int>(line_.engine(at))].pending.push(
        {ideal_ ? ready.time : ready.in_pipeline, at});
  }

  // When the engine could start its best candidate: of those whose inputs are there by the time it
  // is free, the first of the program.
  std::int64_t start_of(Queue& queue) {
    const auto free_for = [&](std::uint32_t at) {
      return line_.pipelines().free(line_.engine(at), line_.cost(at));
    };
    std::int64_t free =
        free_for(queue.available.empty() ? queue.pending.top().at : queue.available.top());
    if (queue.available.empty()) free = std::max(free, queue.pending.top().ready);
    while (!queue.pending.empty() && queue.pending.top().ready <= free) {
      const std::uint32_t at = queue.pending.top().at;
      queue.pending.pop();
      queue.available.push(at);
    }
    return free;
  }

  std::uint32_t take(Queue& queue) {
    const std::uint32_t at = queue.available.top();
    queue.available.pop();
    return at;
  }

  Line& line_;
  const Graph& graph_;
  bool ideal_;
  std::uint32_t window_;
  std::uint32_t base_ = 0, admitted_ = 0;  // first not issued; first not in the window
  std::vector<Slot> slots_;
  std::vector<Link> links_;
  std::uint32_t free_ = kNone;
  std::array<Queue, isa::kEngines> queues_;
};

}  // namespace

void run_list(Line& line, std::uint32_t window, bool ideal) {
  if (line.graph().size() > 0) List(line, window, ideal).run();
}

}  // namespace switchyard::neuroncore
