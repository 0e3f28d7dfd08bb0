// A whole program under one policy: straight lines one after another, loops turned. Internal to
// schedule.
//
// Lines end at loop markers and at core_barrier; there all engines and transfers come to rest. A
// loop's turn therefore takes the same time whenever its lines do, and is worked out once where
// nothing tells turns apart (semaphores, meetings with another core, or inner loops with counts of
// their own).
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "neuroncore/line.h"
#include "neuroncore/schedule.h"

namespace switchyard::neuroncore {

class Regions {
 public:
  Regions(const Prepared& prepared, const ScheduleOptions& options);
  ~Regions();

  struct Outcome {
    std::int64_t duration = 0;  // ps, prologue and epilogue included
    std::optional<Fault> fault;
  };
  // `timeline`: written to when given. `partner`: the other core of an LNC. `progress`: told the
  // share of the program that is behind, in order.
  Outcome run(Policy policy, Timeline* timeline, Partner* partner = nullptr,
              const ProgressHook& progress = {});

 private:
  struct Walk;
  void find_ends();
  const Graph& graph_for(isa::InstructionId first, isa::InstructionId end);
  void run_range(Walk& walk, isa::InstructionId first, isa::InstructionId end);
  void run_line(Walk& walk, isa::InstructionId first, isa::InstructionId end);
  void run_loop(Walk& walk, isa::InstructionId begin);
  void turn_again(Walk& walk, isa::InstructionId begin, std::size_t first_record,
                  std::size_t first_transfer, std::int64_t turn, std::int64_t times);
  void mark(Walk& walk, isa::InstructionId id, std::int64_t start, std::int64_t time);
  void meet(Walk& walk, isa::InstructionId barrier);
  std::int64_t trips_of(Walk& walk, isa::InstructionId begin);

  const Prepared& prepared_;
  const isa::Program& program_;
  const ScheduleOptions& options_;
  Hazards hazards_;
  std::vector<std::unique_ptr<Graph>> graphs_;
  std::vector<std::uint32_t> graph_at_;      // by first instruction; index in graphs_ + 1
  std::vector<isa::InstructionId> ends_;     // of the loop that begins there
  std::vector<isa::InstructionId> loop_of_;  // the innermost loop around, + 1; 0: none
  std::vector<bool> holds_loop_;             // the loop that begins there has another inside
  std::vector<bool> holds_meeting_;          // or waits for another core
};

}  // namespace switchyard::neuroncore
