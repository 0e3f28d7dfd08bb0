// How long operators take on one NeuronCore: programs of kernels/ timed under the `list` policy.
//
// An operator costs what it adds to a program that is already running: the time of a program with
// three of it less the time of one, halved. So loads of weights overlap the operator before, as in
// a fused layer, and the start of a kernel is not paid again and again. Times between the shapes
// simulated are interpolated; each shape is simulated once and remembered.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/units.h"
#include "costing/time_store.h"
#include "isa/program.h"
#include "neuroncore/core.h"
#include "numeric/element_type.h"

namespace switchyard::costing {

class CoreTimes {
 public:
  // Begins with what `store` remembers of this core.
  CoreTimes(const catalog::NeuronCore& core, TimeStore& store);
  // Keeps what was simulated.
  ~CoreTimes();
  CoreTimes(const CoreTimes&) = delete;
  CoreTimes& operator=(const CoreTimes&) = delete;

  // [tokens, in] x [in, out]. All sizes >= 1.
  Seconds matmul(std::int64_t in, std::int64_t out, double tokens, numeric::ElementType weights);
  // `groups` KV heads of sequences, for each of which `rows` queries (heads, drafted tokens) see
  // `context` keys.
  Seconds decode_attention(std::int64_t groups, std::int64_t rows, std::int64_t width,
                           double context);
  // `tokens` query tokens of one head over `context` keys each, on average.
  Seconds prefill_attention(std::int64_t width, double tokens, double context);
  // RMSNorm of `tokens` rows of `features`.
  Seconds norm(std::int64_t features, double tokens);

  std::int64_t simulated() const { return simulated_; }  // programs, so far

 private:
  using Write = std::function<isa::Program(std::int64_t repeats)>;
  double marginal(const std::string& key, const Write& write);
  double timed(const isa::Program& program) const;

  neuroncore::Core core_;
  TimeStore& store_;
  std::string core_key_;  // of all numbers of the core: another catalog has other times
  std::map<std::string, double> known_;
  std::vector<TimeStore::Entry> fresh_;
  std::int64_t simulated_ = 0;
};

}  // namespace switchyard::costing
