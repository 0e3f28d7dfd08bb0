// Values of the random instructions: rng, rand2, dropout, set_rng_seed, rand_set_state,
// rand_get_state.
//
// A partition draws from the lane of its number, counted from the tensor's first partition, one
// word an element. A word w as a fraction is floor(w / 2^8) / 2^24, in [0, 1).
#include <cstring>

#include "neuroncore/execute_table.h"
#include "neuroncore/quiet.h"

namespace switchyard::neuroncore {

namespace {

using isa::OperandName;

// The generator of the instruction's engine.
RandomEngine& generator(Machine& machine, const isa::Instruction& instruction) {
  const bool chosen = instruction.engine != isa::Engine::kUnknown;
  return machine.random(chosen ? instruction.engine : instruction.info().engines.front());
}

int first_lane(const isa::Instruction& instruction, OperandName name) {
  return instruction.access(name).start_partition;
}

float fraction(std::uint32_t word) { return static_cast<float>(word >> 8) * 0x1p-24f; }

void execute_rng(Machine& machine, const isa::Instruction& instruction) {
  const Tile dst = machine.output(OperandName::kDst);
  if (machine.faulted()) return;
  RandomEngine& engine = generator(machine, instruction);
  const int lane = first_lane(instruction, OperandName::kDst);
  std::vector<std::uint32_t>& words = machine.words(0);
  words.resize(static_cast<std::size_t>(dst.elements));
  for (int p = 0; p < dst.partitions; ++p) {
    engine.fill(lane + p, words);
    write_words(dst, p, 0, dst.elements, words.data());
  }
}

void execute_rand2(Machine& machine, const isa::Instruction& instruction) {
  const int partitions = instruction.access(OperandName::kDst).partitions;
  const std::span<const float> low = machine.partition_values(OperandName::kMin, partitions, 0.0f);
  const std::span<const float> high = machine.partition_values(OperandName::kMax, partitions, 1.0f);
  const Tile dst = machine.output(OperandName::kDst);
  if (machine.faulted()) return;
  RandomEngine& engine = generator(machine, instruction);
  const int lane = first_lane(instruction, OperandName::kDst);
  const auto count = static_cast<std::size_t>(dst.elements);
  std::vector<std::uint32_t>& words = machine.words(0);
  std::vector<float>& values = machine.values(0);
  words.resize(count);
  values.resize(count);
  for (int p = 0; p < dst.partitions; ++p) {
    engine.fill(lane + p, words);
    const auto row = static_cast<std::size_t>(p);
    const float range = high[row] - low[row];
    for (std::size_t i = 0; i < count; ++i)
      values[i] = quiet(low[row] + fraction(words[i]) * range);
    write_values(dst, p, 0, dst.elements, values.data(), machine.rounding(row * count));
  }
}

// Zeroes the elements whose fraction is below `prob`.
template <class T>
void drop(std::span<const std::uint32_t> words, float prob, std::uint8_t* bytes) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    T element;
    std::memcpy(&element, bytes + i * sizeof element, sizeof element);
    element = fraction(words[i]) < prob ? T{0} : element;
    std::memcpy(bytes + i * sizeof element, &element, sizeof element);
  }
}

void execute_dropout(Machine& machine, const isa::Instruction& instruction) {
  const Tile data = machine.input(OperandName::kData);
  const std::span<const float> prob =
      machine.partition_values(OperandName::kProb, data.partitions, 0.0f);
  const Tile dst = machine.output(OperandName::kDst);
  if (machine.faulted()) return;
  RandomEngine& engine = generator(machine, instruction);
  const int lane = first_lane(instruction, OperandName::kDst);
  const auto count = static_cast<std::size_t>(data.elements);
  std::vector<std::uint32_t>& words = machine.words(0);
  std::vector<std::uint8_t>& bytes = machine.bytes(0);
  words.resize(count);
  bytes.resize(count * static_cast<std::size_t>(data.element_bytes));
  for (int p = 0; p < data.partitions; ++p) {
    engine.fill(lane + p, words);
    read_bytes(data, p, 0, data.elements, bytes.data());
    const float chance = prob[static_cast<std::size_t>(p)];
    if (data.element_bytes == 4) drop<std::uint32_t>(words, chance, bytes.data());
    if (data.element_bytes == 2) drop<std::uint16_t>(words, chance, bytes.data());
    if (data.element_bytes == 1) drop<std::uint8_t>(words, chance, bytes.data());
    write_bytes(dst, p, 0, data.elements, bytes.data());
  }
}

void execute_set_rng_seed(Machine& machine, const isa::Instruction& instruction) {
  const Tile seeds = machine.input(OperandName::kSrcSeeds);
  if (machine.faulted()) return;
  std::uint32_t seed = 0;
  read_words(seeds, 0, 0, 1, &seed);
  RandomEngine& engine = generator(machine, instruction);
  for (int partition = 0; partition < isa::kPartitions; ++partition) engine.seed(partition, seed);
}

void execute_rand_set_state(Machine& machine, const isa::Instruction& instruction) {
  const Tile seeds = machine.input(OperandName::kSrcSeeds);
  if (machine.faulted()) return;
  RandomEngine& engine = generator(machine, instruction);
  const int lane = first_lane(instruction, OperandName::kSrcSeeds);
  std::array<std::uint32_t, RandomEngine::kStateWordsMax> words = {};
  for (int p = 0; p < seeds.partitions; ++p) {
    read_words(seeds, p, 0, engine.state_words(), words.data());
    for (int i = 0; i < engine.state_words(); ++i)
      engine.set_state(lane + p, i, words[static_cast<std::size_t>(i)]);
  }
}

void execute_rand_get_state(Machine& machine, const isa::Instruction& instruction) {
  const Tile dst = machine.output(OperandName::kDst);
  if (machine.faulted()) return;
  const RandomEngine& engine = generator(machine, instruction);
  const int lane = first_lane(instruction, OperandName::kDst);
  std::array<std::uint32_t, RandomEngine::kStateWordsMax> words = {};
  for (int p = 0; p < dst.partitions; ++p) {
    for (int i = 0; i < engine.state_words(); ++i)
      words[static_cast<std::size_t>(i)] = engine.state(lane + p, i);
    write_words(dst, p, 0, engine.state_words(), words.data());
  }
}

constexpr HandlerRow kRows[] = {
    {isa::Opcode::kRng, execute_rng},
    {isa::Opcode::kRand2, execute_rand2},
    {isa::Opcode::kDropout, execute_dropout},
    {isa::Opcode::kSetRngSeed, execute_set_rng_seed},
    {isa::Opcode::kRandSetState, execute_rand_set_state},
    {isa::Opcode::kRandGetState, execute_rand_get_state},
};

}  // namespace

std::span<const HandlerRow> random_handlers() { return kRows; }

}  // namespace switchyard::neuroncore
