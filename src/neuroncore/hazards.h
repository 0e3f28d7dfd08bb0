// Data hazards between instructions of one straight line, found in program order.
//
// Each address space remembers what was written and read where: rectangles of rows and columns.
// Rows are partitions and columns bytes on chip; in HBM a row is as long as the tensor's own pitch.
// PSUM counts by whole banks, over all partitions. Strided accesses count as the rectangle around
// them. Internal to schedule.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "neuroncore/prepared.h"

namespace switchyard::neuroncore {

// What one instruction waits for in another, from the weakest.
enum class EdgeKind : std::uint8_t {
  kOrder,     // issue order only, for the sake of a buffer or of the user's order: not in kIdeal
  kSequence,  // issue order only, but the result depends on it
  kWar,       // its reads, on chip
  kPsumWar,
  kHbmWar,
  kWaw,  // its end, on chip
  kPsumWaw,
  kHbmWaw,
  kRaw,
  kRegister,
  kDependsOn,
};

struct Edge {
  std::uint32_t on : 28;  // counted from the first instruction of the straight line
  std::uint32_t kind : 4;
};
inline constexpr std::size_t kLineMax = std::size_t{1} << 28;

struct Rect {
  std::int64_t row, row_end, column, column_end;

  bool overlaps(const Rect& o) const {
    return row < o.row_end && o.row < row_end && column < o.column_end && o.column < column_end;
  }
  bool contains(const Rect& o) const {
    return row <= o.row && o.row_end <= row_end && column <= o.column && o.column_end <= column_end;
  }
  bool operator==(const Rect&) const = default;
};

// Who touches: an engine in its own order, or the DMA engines on behalf of one.
using Agent = std::uint8_t;
inline constexpr Agent kDmaAgent = 8;  // flag on the trigger's engine
inline Agent agent_of(isa::Engine engine, bool dma) {
  return static_cast<Agent>(static_cast<int>(engine) | (dma ? kDmaAgent : 0));
}

class Hazards {
 public:
  // `by_bank`: PSUM counts by whole banks, else by bytes.
  explicit Hazards(const Prepared& prepared, bool by_bank = true);
  ~Hazards();

  // Appends the edges of instruction `at` (its id less that of the line's first) to `out`.
  void add(isa::InstructionId id, std::uint32_t at, std::vector<Edge>& out);
  // Forgets all: the next line begins after everything before has ended.
  void clear();

 private:
  struct Touch {
    Rect rect;
    std::uint32_t at;
    Agent agent;
  };
  struct Bucket {
    std::vector<Touch> writes, reads;
    std::size_t hint = 0;  // in reads: loops read the same places in turn
  };
  struct Space {
    std::vector<Bucket> buckets;
    std::int64_t pitch = 0;  // bytes of a row, in HBM
    std::int64_t width = 1;  // of a bucket, along its axis
    bool by_column = true;   // buckets split columns, else rows
  };
  struct Registers {
    std::uint32_t writer = 0, reader = 0;  // at + 1; 0: none
  };

  Space& space_of(isa::TensorId id);
  void close(isa::TensorId id);
  void open_hbm(Space& space, const isa::Access& access, std::int64_t offset,
                isa::TensorId id) const;
  Rect rect_of(const isa::Access& access, std::int64_t offset, isa::TensorId id, Space& space,
               bool indirect) const;
  Rect hbm_rect(const isa::Access& access, std::int64_t offset, const TensorPlace& place,
                const Space& space) const;
  void read(Space& space, const Rect& rect, std::uint32_t at, Agent agent, std::vector<Edge>& out);
  void write(Space& space, const Rect& rect, isa::Buffer buffer, std::uint32_t at, Agent agent,
             bool accumulates, std::vector<Edge>& out);
  bool continues_accumulation(const Space& space, const Rect& rect) const;
  void touch_registers(isa::InstructionId id, std::uint32_t at, std::vector<Edge>& out);
  template <class Visit>
  static void for_buckets(Space& space, const Rect& rect, Visit visit);

  const Prepared& prepared_;
  bool by_bank_;
  std::vector<std::unique_ptr<Space>> own_;  // by tensor
  std::vector<isa::TensorId> open_;          // that got a space in own_
  std::vector<std::unique_ptr<Space>> unused_;
  Space sbuf_, psum_;
  std::vector<Registers> registers_;
  std::array<std::uint32_t, 16> state_ = {};  // last instruction with hidden state, by engine; + 1
};

}  // namespace switchyard::neuroncore
