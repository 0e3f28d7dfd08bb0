// Batch normalisation: statistics of pieces of a row, and their aggregate.
#include "neuroncore/execute_scan.h"
#include "neuroncore/quiet.h"
#include "neuroncore/rows.h"

namespace switchyard::neuroncore {
namespace {

using isa::Instruction;
using isa::OperandName;

// Of every second element from `first` on: how many, their mean, and the sum of squared distances
// from it. Two passes in float32, each sequential. Of none: zeros.
void halves(const float* values, std::int64_t count, std::int64_t first, float* out) {
  std::int64_t n = 0;
  float sum = 0;
  for (std::int64_t i = first; i < count; i += 2, ++n) sum += values[i];
  const float mean = n > 0 ? sum / static_cast<float>(n) : 0.0f;
  float squares = 0;
  for (std::int64_t i = first; i < count; i += 2)
    squares += (values[i] - mean) * (values[i] - mean);
  out[0] = static_cast<float>(n);
  out[1] = quiet(mean);
  out[2] = quiet(squares);
}

// Of all groups (count, mean, variance * count).
void aggregate(const float* values, std::int64_t groups, float* out) {
  float count = 0, sum = 0;
  for (std::int64_t g = 0; g < groups; ++g) {
    count += values[3 * g];
    sum += values[3 * g] * values[3 * g + 1];
  }
  const float mean = sum / count;
  float squares = 0;
  for (std::int64_t g = 0; g < groups; ++g) {
    const float distance = values[3 * g + 1] - mean;
    squares += values[3 * g + 2] + values[3 * g] * (distance * distance);
  }
  out[0] = quiet(mean);
  out[1] = quiet(squares / count);
}

// Runs `work(values of a row, results of it)` for each partition.
template <class Work>
void each_row(Machine& machine, Work work) {
  Tile data = machine.input(OperandName::kData);
  if (machine.faulted()) return;
  const Tile dst = machine.output(OperandName::kDst);
  if (machine.faulted()) return;
  data = apart(machine, data, dst, 0);
  std::vector<float>& values = machine.values(0);
  values.resize(static_cast<std::size_t>(data.elements));
  float results[6];
  for (int p = 0; p < data.partitions; ++p) {
    read_values(data, p, 0, data.elements, values.data());
    work(values.data(), data.elements, results);
    write_block(machine, dst, {p, 1, 0, dst.elements}, results);
  }
}

}  // namespace

void execute_bn_stats(Machine& machine, const Instruction&) {
  each_row(machine, [](const float* values, std::int64_t count, float* results) {
    halves(values, count, 0, results);
    halves(values, count, 1, results + 3);
  });
}

void execute_bn_aggr(Machine& machine, const Instruction&) {
  each_row(machine, [](const float* values, std::int64_t count, float* results) {
    aggregate(values, count / 3, results);
  });
}

}  // namespace switchyard::neuroncore
