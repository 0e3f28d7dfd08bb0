// The decoder step against an obvious reference in double precision.
#include "kernels/decoder.h"

#include <gmock/gmock.h>

#include <cmath>
#include <cstring>
#include <map>

#include "base/random.h"
#include "isa/validate.h"
#include "kernels/decoder_reference.h"
#include "neuroncore/core.h"
#include "neuroncore/execute.h"
#include "neuroncore/schedule.h"

namespace switchyard::kernels {
namespace {

using isa::Generation;

const neuroncore::Core& core_of(Generation generation) {
  static std::map<Generation, neuroncore::Core> cores;
  const auto known = cores.find(generation);
  if (known != cores.end()) return known->second;
  return cores.emplace(generation, *neuroncore::load_core(generation)).first->second;
}

// HBM that outlives programs, by tensor name.
using Hbm = std::map<std::string, std::vector<std::uint8_t>>;

void run_program(const isa::Program& program, Hbm& hbm) {
  const neuroncore::Core& core = core_of(program.generation());
  const Status valid = isa::validate(program, core.limits);
  ASSERT_TRUE(valid) << to_text(valid.error());
  ASSERT_FALSE(neuroncore::allocate(program, core.limits).fault);
  neuroncore::Memory memory(core.limits);
  for (isa::TensorId id = 0; id < program.tensors().size(); ++id) {
    const isa::Tensor& tensor = program.tensor(id);
    ASSERT_TRUE(memory.bind(id, tensor));
    const auto known = hbm.find(tensor.name);
    if (known != hbm.end()) memory.write(id, tensor, known->second);
  }
  neuroncore::Machine machine(program, memory, core.limits, {});
  const auto result = neuroncore::run(machine);
  ASSERT_FALSE(result.fault) << result.fault->where << ": " << result.fault->what;
  for (const auto& report : machine.reports()) ADD_FAILURE() << report.where << ": " << report.what;
  for (isa::TensorId id = 0; id < program.tensors().size(); ++id) {
    const isa::Tensor& tensor = program.tensor(id);
    if (tensor.kind == isa::TensorKind::kOutput || tensor.kind == isa::TensorKind::kInputOutput) {
      hbm[tensor.name] = memory.read(id, tensor);
    }
  }
}

std::vector<std::uint8_t> bytes_of(const std::vector<float>& values) {
  std::vector<std::uint8_t> bytes(values.size() * 4);
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}
std::vector<float> floats_of(const std::vector<std::uint8_t>& bytes) {
  std::vector<float> values(bytes.size() / 4);
  std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

Hbm hbm_of(const ReferenceDecoder& reference) {
  Hbm hbm;
  for (const auto& [name, values] : reference.weights) hbm[name] = bytes_of(values);
  return hbm;
}

void set_tokens(Hbm& hbm, const std::vector<int>& tokens) {
  std::vector<std::uint8_t> bytes(tokens.size() * 4);
  std::memcpy(bytes.data(), tokens.data(), bytes.size());
  hbm[kTokens] = bytes;
}

class DecoderTest : public testing::TestWithParam<Generation> {};

TEST_P(DecoderTest, PrefillThenDecodeGivesTheReferenceLogits) {
  const DecoderShape shape{.hidden = 48,
                           .width = 172,
                           .norm_width = 48,
                           .layers = 2,
                           .heads = 6,
                           .kv_heads = 2,
                           .head_dim = 8,
                           .vocabulary = 96,
                           .embedding_rows = 96,
                           .capacity = 40};
  ReferenceDecoder reference(shape, 7);
  Hbm hbm = hbm_of(reference);
  const std::vector<int> prompt = {5, 90, 33, 2, 17};
  std::vector<double> expected;
  for (const int token : prompt) expected = reference.step(token);
  set_tokens(hbm, prompt);
  StepShape step{.tokens = static_cast<std::int64_t>(prompt.size())};
  for (int i = 0; i < 4; ++i) {
    const Step programs = decoder_step(GetParam(), shape, step, {}, {});
    ASSERT_EQ(programs.programs.size(), 1u);
    run_program(programs.programs[0], hbm);
    if (HasFatalFailure()) return;
    const std::vector<float> logits = floats_of(hbm[kLogits]);
    ASSERT_EQ(logits.size(), expected.size());
    for (std::size_t v = 0; v < logits.size(); ++v) EXPECT_NEAR(logits[v], expected[v], 2e-5) << v;
    step.position += step.tokens;
    step.tokens = 1;
    set_tokens(hbm, {i * 11});
    expected = reference.step(i * 11);
  }
}

// Several tokens' tiles, segments of keys, blocks whole and not, biases and head norms.
TEST_P(DecoderTest, LongContextsWithBiasesAndHeadNormsGiveTheReferenceLogits) {
  const DecoderShape shape{.hidden = 32,
                           .width = 48,
                           .norm_width = 32,
                           .layers = 1,
                           .heads = 2,
                           .kv_heads = 1,
                           .head_dim = 16,
                           .vocabulary = 40,
                           .embedding_rows = 40,
                           .capacity = 1500,
                           .qkv_bias = true,
                           .qk_norm = true};
  ReferenceDecoder reference(shape, 11);
  Hbm hbm = hbm_of(reference);
  Random random(3);
  StepShape step;
  for (const std::int64_t count : {300, 1, 600, 130, 1, 128, 1}) {
    std::vector<int> tokens;
    std::vector<double> expected;
    for (std::int64_t i = 0; i < count; ++i) {
      tokens.push_back(static_cast<int>(random.below(40)));
      expected = reference.step(tokens.back());
    }
    set_tokens(hbm, tokens);
    step.tokens = count;
    run_program(decoder_step(GetParam(), shape, step, {}, {}).programs[0], hbm);
    if (HasFatalFailure()) return;
    const std::vector<float> logits = floats_of(hbm[kLogits]);
    for (std::size_t v = 0; v < logits.size(); ++v) EXPECT_NEAR(logits[v], expected[v], 5e-5) << v;
    step.position += count;
  }
}

INSTANTIATE_TEST_SUITE_P(Generations, DecoderTest,
                         testing::Values(Generation::kV2, Generation::kV3, Generation::kV4));

}  // namespace
}  // namespace switchyard::kernels
