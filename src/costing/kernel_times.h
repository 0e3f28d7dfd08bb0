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

#include "base/units.h"
#include "isa/program.h"
#include "neuroncore/core.h"
#include "numeric/element_type.h"

namespace switchyard::costing {

// Remembers seconds by key. Implementations are safe for one thread.
class TimeStore {
 public:
  virtual ~TimeStore() = default;
  virtual bool find(const std::string& key, double& seconds) = 0;
  virtual void put(const std::string& key, double seconds) = 0;
};

class KernelTimes {
 public:
  // `store` may be nullptr, else it must outlive this.
  KernelTimes(const catalog::NeuronCore& core, TimeStore* store);

  // [tokens, in] x [in, out]. All sizes >= 1.
  Seconds matmul(std::int64_t in, std::int64_t out, double tokens, numeric::ElementType weights);
  // One query token of `heads` heads over `context` keys of one KV head of one sequence.
  Seconds decode_attention(std::int64_t heads, std::int64_t width, double context);
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
  TimeStore* store_;
  std::string core_key_;  // of all numbers of the core: another catalog has other times
  std::map<std::string, double> known_;
  std::int64_t simulated_ = 0;
};

}  // namespace switchyard::costing
