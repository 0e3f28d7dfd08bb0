// Which replica gets a request.
//
//   round robin    each in turn
//   least loaded   the fewest requests in flight; ties to the lowest number
//   prefix affine  where the longest start of the prompt was sent before, unless that replica is
//                  much busier than the idlest; as SGLang's router does with its own record of what
//                  it sent where, which may differ from what the replica still holds
// [SGLang router, cache-aware policy: balance_abs_threshold 64, balance_rel_threshold 1.5]
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "serving/id_table.h"
#include "serving/live_request.h"
#include "serving/options.h"

namespace switchyard::serving {

class Router {
 public:
  // Replicas are numbered from `first`.
  Router(Routing routing, int first, int count);

  void set_open(int replica, bool open);  // all start closed
  bool any_open() const { return open_count_ > 0; }
  void add_load(int replica, std::int64_t requests);
  std::int64_t load(int replica) const { return load_[index(replica)]; }
  // Contract: any_open().
  int choose(const LiveRequest& request);

 private:
  static constexpr std::int64_t kClosed = std::int64_t{1} << 40;  // added to its load
  std::size_t index(int replica) const { return static_cast<std::size_t>(replica - first_); }
  int least_loaded() const;
  int prefix_affine(const LiveRequest& request);

  Routing routing_;
  int first_;
  std::size_t next_ = 0;
  std::int64_t open_count_ = 0;
  std::vector<std::int64_t> load_;
  IdTable sent_;  // content hash -> index of the replica it was sent to last
};

}  // namespace switchyard::serving
