// Ranks that run their programs side by side and exchange real data in collectives.
//
// Each rank is a thread of the caller's. A rank that comes to a collective waits until every member
// of its group has come to the same one; the last to come moves the data, so results do not depend
// on the host. When all ranks wait or have ended and no group is complete, that is a deadlock, and
// every waiting rank is told who waits for whom.
//
// Reductions add in the order of the group, in float32 for floats (one rounding at the end), in
// the type itself for integers (sums wrap). The device's own order depends on its algorithm and is
// not published; DMA compute is float32 inside [nki.isa dma_compute].
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "numeric/element_type.h"

namespace switchyard::fabric {

enum class ReduceOp { kAdd, kMin, kMax };

// dst = op over the sources, which are of dst's size. Contract: a whole number of elements; one
// source at least; they may be dst itself.
void reduce(ReduceOp op, numeric::ElementType type,
            std::span<const std::span<const std::uint8_t>> sources,
            std::span<const std::span<std::uint8_t>> destinations);
bool can_reduce(numeric::ElementType type);

// Bytes between two ranks: `offset` in the sender's source, or in the receiver's destination.
struct Piece {
  int peer = 0;
  std::int64_t offset = 0;
  std::int64_t bytes = 0;
};

// What a rank brings to a collective. Either pieces, or a reduction of `src` from `reduce_from` on
// into all of `dst`, over all members.
struct Exchange {
  std::string kind;   // members must agree on it: all_reduce of float32 ...
  std::string place;  // in the user's program
  std::vector<int> group;
  std::span<const std::uint8_t> src;
  std::span<std::uint8_t> dst;
  std::vector<Piece> sends, receives;
  bool reduces = false;
  ReduceOp op = ReduceOp::kAdd;
  numeric::ElementType type = numeric::ElementType::kFloat32;
  std::int64_t reduce_from = 0;
};

class RankWorld {
 public:
  explicit RankWorld(int ranks);

  int ranks() const { return static_cast<int>(states_.size()); }
  // On the rank's thread. `meet` returns when the data were exchanged, or why they never will be.
  Status meet(int rank, const Exchange& exchange);
  void finish(int rank);

 private:
  enum class State : std::uint8_t { kRunning, kWaiting, kEnded };

  bool waits_with(int rank, const Exchange& exchange) const;
  Status exchange_all(const std::vector<int>& group);
  Status move_pieces(const std::vector<int>& group);
  Status reduce_all(const std::vector<int>& group);
  void fail_if_stuck();
  Error deadlock() const;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<State> states_;
  std::vector<const Exchange*> waiting_;
  std::vector<Status> outcomes_;
};

}  // namespace switchyard::fabric
