#include "isa/validate.h"

#include "base/random.h"
#include "isa/random_program.h"
#include "isa/test_twins.h"

namespace switchyard::isa {
namespace {

using testing::HasSubstr;

TEST(Validate, HoldsAccessesInsideTheirTensors) {
  constexpr Twin kTwins[] = {
      {"v2", "memset dst=f[0:128, 500 + 1*12] value=0", "v2",
       "memset dst=f[0:128, 500 + 1*13] value=0",
       "dst (f) reaches elements 500 to 512 as float32; wanted 0 to 511, what a partition of the"},
      {"v2", "memset dst=f[0:128, 11 + -1*12] value=0", "v2",
       "memset dst=f[0:128, 10 + -1*12] value=0", "dst (f) reaches elements -1 to 10 as float32"},
      {"v2", "memset dst=f[0:128, 0 + 1*1024] as bfloat16 value=0", "v2",
       "memset dst=f[0:128, 0 + 1*1025] as bfloat16 value=0",
       "reaches elements 0 to 1024 as bfloat16; wanted 0 to 1023"},
      {"v2", "dma_copy dst=f src=a", "v2", "dma_copy dst=f src=a[512 + 512*128 + 1*512]",
       "src (a) reaches elements 512 to 66047 as float32; wanted 0 to 65535, what the tensor has"},
      {"v2", "memset dst=v[96:128, 0] value=0", "v2", "memset dst=f[0:0, 0] value=0",
       "dst (f) has 0 partitions; wanted 1 to 128"},
      {"v2", "memset dst=v[96:128, 0] value=0", "v2", "memset dst=v[96:129, 0] value=0",
       "dst (v) reaches partitions 96:129; wanted partitions within 0:128"},
      {"v2", "memset dst=f[0:128, 0 + 1*8] value=0", "v2", "memset dst=f[0:128, 0 + 1*0] value=0",
       "dst (f) has a dim of 0 elements; wanted at least 1"},
      {"v2", "memset dst=f[0:128, 0 + 0*8] value=0", "v2",
       "memset dst=f[0:128, 0 + 1099511627776*1099511627776] value=0", "a pattern within 64 bits"},
      {"v2", "dma_copy dst=f src=a[0 + 0*128 + 1*512]", "v2",
       "dma_copy dst=f src=a[0 + 0*1099511627776 + 0*1099511627776]", "a pattern within 64 bits"},
      {"v2", "dma_copy dst=f src=a", "v2", "dma_copy dst=f src=a[0:2, 0 + 512*64 + 1*512]",
       "src (a) has partitions 0:2; wanted none: its tensor is in hbm"},
  };
  expect_twins(kTwins);
}

TEST(Validate, HoldsEnginesToTheirPatterns) {
  constexpr Twin kTwins[] = {
      {"v2", "memset dst=bytes[0:128, 0 + 1*65535] value=0", "v2",
       "memset dst=bytes[0:128, 0 + 1*65536] value=0", "counts up to 65535"},
      {"v2", "memset dst=bytes[0:128, 0 + 17500*4 + 1*17500] value=0", "v2",
       "memset dst=bytes[0:128, 0 + 35000*2 + 1*34999] value=0", "strides from -32768 to 32767"},
      {"v2", "memset dst=bytes[0:128, 0 + 32767*2 + 1*4] value=0", "v2",
       "memset dst=bytes[0:128, 0 + 32768*2 + 1*4] value=0", "strides from -32768 to 32767"},
      {"v2", "memset dst=d5[0:128, 0 + 60*2 + 20*2 + 5*3 + 1*2] value=0", "v2",
       "memset dst=f[0:128, 0 + 100*2 + 40*2 + 15*2 + 6*2 + 1*2] value=0",
       "has a pattern of 5 dims in each partition; wanted at most 4"},
      {"v2", "memset dst=d5[0:128, 0 + 60*2 + 20*3 + 5*4 + 1*5] value=0", "v2",
       "dma_copy dst=f[0:1, 0 + 100*2 + 40*2 + 15*2 + 6*2 + 1*2] src=a[0 + 1*32]",
       "has a pattern of 5 dims in each partition; wanted at most 4"},
  };
  expect_twins(kTwins);
}

TEST(Validate, StartPartitionsFollowTheQuadrants) {
  for (int start = 0; start < 128; ++start) {
    for (const int count : {1, 31, 32, 33, 64, 65, 96, 128}) {
      if (start + count > 128) continue;
      const bool allowed = count > 64   ? start == 0
                           : count > 32 ? start == 0 || start == 64
                                        : start % 32 == 0;
      const std::string line = fmt::format("memset dst=f[{}:{}, 0] value=0", start, start + count);
      EXPECT_EQ(verdict("v2", line).empty(), allowed) << line;
      EXPECT_EQ(verdict("v2", fmt::format("dma_copy dst=f[{}:{}, 0] src=a[0 + 1*{}]", start,
                                          start + count, count)),
                "");
    }
  }
  // Addresses count: partition 16 of a tensor at 16 is 32.
  constexpr std::string_view kPlaced = "tensor z: sbuf float32[64, 4] @ 16, 0\n";
  EXPECT_EQ(verdict("v2", "memset dst=z[16:48, 0] value=0", kPlaced), "");
  EXPECT_THAT(verdict("v2", "memset dst=z[0:32, 0] value=0", kPlaced),
              HasSubstr("starts at partition 16 with 32 partitions; wanted start 0, 32, 64 or 96"));
}

TEST(Validate, AddressesAlign) {
  EXPECT_EQ(verdict("v2", "memset dst=z value=0", "tensor z: sbuf bfloat16[128, 4] @ 0, 6\n"), "");
  EXPECT_THAT(verdict("v2", "memset dst=z value=0", "tensor z: sbuf float32[128, 4] @ 0, 6\n"),
              HasSubstr("dst (z) is at byte 6; wanted a multiple of 4, the size of float32"));
}

TEST(Validate, HoldsTensorsToTheMemories) {
  const auto tensor = [](std::string_view generation, std::string_view line) {
    return verdict(generation, "", std::string(line) + "\n");
  };
  EXPECT_EQ(tensor("v2", "tensor z: sbuf uint8[128, 196608]"), "");
  EXPECT_THAT(
      tensor("v2", "tensor z: sbuf uint8[128, 196609]"),
      HasSubstr("tensor z: takes 196609 bytes of a partition; wanted at most 196608 of sbuf"));
  EXPECT_EQ(tensor("v3", "tensor z: sbuf uint8[128, 229376]"), "");
  EXPECT_EQ(tensor("v4", "tensor z: sbuf uint8[128, 262144]"), "");
  EXPECT_EQ(tensor("v2", "tensor z: psum float32[128, 4096]"), "");
  EXPECT_THAT(tensor("v2", "tensor z: psum float32[128, 4097]"),
              HasSubstr("at most 16384 of psum"));
  EXPECT_THAT(tensor("v2", "tensor z: sbuf uint8[129, 1]"), HasSubstr("has 129 partitions"));
  EXPECT_EQ(tensor("v2", "tensor z: sbuf uint8[64, 1] @ 64, 196607"), "");
  EXPECT_THAT(tensor("v2", "tensor z: sbuf uint8[64, 1] @ 65, 0"),
              HasSubstr("lies in partitions 65:129; wanted 0:128"));
  EXPECT_THAT(tensor("v2", "tensor z: sbuf uint8[64, 2] @ 64, 196607"),
              HasSubstr("lies in bytes 196607 to 196608 of a partition; wanted 0 to 196607"));
  EXPECT_THAT(tensor("v2", "input z: sbuf uint8[64, 2]"),
              HasSubstr("is an input in sbuf; wanted hbm"));
  EXPECT_THAT(tensor("v2", "tensor z: hbm uint8[64, 2] @ 0, 0"), HasSubstr("has an address"));
  EXPECT_EQ(tensor("v2", "input z: hbm uint8[1000, 1000, 1000]"), "");
}

TEST(Validate, HoldsInstructionsToTheTable) {
  Program program(Generation::kV3);
  const TensorId id = program.add_tensor({.name = "t", .shape = {128, 4}});
  const Limits limits = limits_of(Generation::kV3);
  const Operand dst{.name = OperandName::kDst, .access = program.tensor(id).all(id)};
  const Operand src{.name = OperandName::kSrc, .access = program.tensor(id).all(id)};
  const Operand data{.name = OperandName::kData, .access = program.tensor(id).all(id)};
  const auto message = [&](Instruction instruction) {
    const Status status = validate(program, instruction, limits);
    return status ? "" : to_text(status.error());
  };
  EXPECT_EQ(message({.opcode = Opcode::kTensorCopy, .operands = {dst, src}}), "");
  EXPECT_THAT(message({.opcode = Opcode::kTensorCopy, .operands = {src, dst}}),
              HasSubstr("dst (t) is out of order"));
  EXPECT_THAT(message({.opcode = Opcode::kTensorCopy, .operands = {dst, src, src}}),
              HasSubstr("src (t) is given twice"));
  EXPECT_THAT(message({.opcode = Opcode::kTensorCopy, .operands = {dst, src, data}}),
              HasSubstr("data (t) is not an operand of it"));
  EXPECT_THAT(message({.opcode = Opcode::kMemset,
                       .operands = {dst},
                       .attributes = {{AttributeName::kValue, true}}}),
              HasSubstr("value is of another kind; wanted a number"));
  EXPECT_THAT(
      message({.opcode = Opcode::kMemset,
               .operands = {dst},
               .attributes = {{AttributeName::kValue, 1.0}, {AttributeName::kOp, Op::kAdd}}}),
      HasSubstr("op is not an attribute of it"));
  Operand lost = dst;
  lost.access.tensor = 9;
  EXPECT_THAT(message({.opcode = Opcode::kTensorCopy, .operands = {lost, src}}),
              HasSubstr("dst is of tensor 9; wanted one that the program has"));
  Operand wild = src;
  wild.access.indirection = {.kind = IndirectKind::kScalar, .operand = 1, .step = 1, .limit = 1};
  EXPECT_THAT(message({.opcode = Opcode::kTensorCopy, .operands = {dst, wild}}),
              HasSubstr("src (t) is indexed by operand 1"));
  EXPECT_THAT(to_text(validate(program, {.opcode = Opcode::kTensorCopy, .operands = {dst, src}},
                               limits_of(Generation::kV4))
                          .error()),
              HasSubstr("is of a program for v3; wanted one for v4"));
}

TEST(Validate, NamesTheKernelsLine) {
  EXPECT_THAT(verdict("v2", "tensor_copy dst=f src=v source=\"kernel.py:12\""),
              testing::StartsWith("kernel.py:12: tensor_copy: dst (f) has"));
  EXPECT_THAT(verdict("v2", "fill: tensor_copy dst=f src=v"),
              testing::StartsWith("instruction 1 (\"fill\"): tensor_copy: dst"));
}

TEST(Validate, GathersTheFaultsOfAProgram) {
  const std::string text =
      verdict("v2", "tensor_copy dst=f src=v\nmemset dst=f\nmax8 dst=f src=v\n");
  EXPECT_THAT(text, HasSubstr("instruction 1: tensor_copy"));
  EXPECT_THAT(text, HasSubstr("instruction 2: memset: value is missing"));
  EXPECT_THAT(text, HasSubstr("instruction 3: max8"));
}

TEST(Validate, HoldsWhatIsBetweenInstructions) {
  constexpr Twin kTwins[] = {
      {"v2", "x: memset dst=f value=0\nmemset dst=g value=0 after=[x]", "v2",
       "%7: memset dst=f value=0 after=[%7]", "waits for itself"},
      {"v2", "x: memset dst=f value=0\nfor n = 0 to 2 {\nmemset dst=g value=0 after=[x]\n}", "v2",
       "for n = 0 to 2 {\nx: memset dst=f value=0\n}\nmemset dst=g value=0 after=[x]",
       "waits for instruction 2 inside a loop; wanted an instruction at the same loop nesting"},
      {"v2", "for n = 0 to 2 {\nx: memset dst=f value=0\nmemset dst=g value=0 after=[x]\n}", "v2",
       "for n = 0 to 2 {\nx: memset dst=f value=0\n}\nfor n = 0 to 2 {\nmemset dst=g value=0 "
       "after=[x]\n}",
       "inside a loop"},
      {"v2", "for n = 0 to 2 {\nregister_move dst=r src=n\n}", "v2",
       "for n = 0 to 2 {\nregister_move dst=n src=r\n}",
       "writes n, the counter of the loop at instruction 1; wanted another register"},
      {"v2", "register_alloc dst=n\nregister_move dst=n src=1\nregister_move dst=r src=n", "v2",
       "register_alloc dst=n\nregister_move dst=r src=n", "reads register n, which nothing wrote"},
      {"v2", "dma_copy dst=f[0:1, 0] src=a[0 + register(r)*1 below 9]", "v2",
       "dma_copy dst=f[0:1, 0] src=a[0 + register(n)*1 below 9]",
       "reads register n, which nothing wrote"},
  };
  expect_twins(kTwins);
  Program open(Generation::kV2);
  open.append({.opcode = Opcode::kLoopEnd});
  EXPECT_THAT(to_text(validate(open, limits_of(Generation::kV2)).error()),
              HasSubstr("closes no loop"));
  Program endless(Generation::kV2);
  endless.add_register("r");
  Operand dst{.name = OperandName::kDst, .kind = OperandKind::kRegister};
  Operand lower{.name = OperandName::kLower, .kind = OperandKind::kNumber};
  Operand upper{.name = OperandName::kUpper, .kind = OperandKind::kNumber};
  endless.append({.opcode = Opcode::kForBegin, .operands = {dst, lower, upper}});
  EXPECT_THAT(to_text(validate(endless, limits_of(Generation::kV2)).error()),
              HasSubstr("is not closed; wanted a loop_end"));
  Program lost(Generation::kV2);
  lost.append({.opcode = Opcode::kRegisterAlloc, .depends_on = {5}, .waits = {{3, 1}}});
  const std::string text = to_text(validate(lost, limits_of(Generation::kV2)).error());
  EXPECT_THAT(text, HasSubstr("waits for instruction 5; wanted one of the 1 instructions"));
  EXPECT_THAT(text, HasSubstr("uses semaphore 3; wanted one that the program has"));
}

TEST(Validate, GatherIndexStartsWithItsTile) {
  constexpr Twin kTwins[] = {
      {"v4",
       "tensor_copy dst=f[32:64, 0 + 1*8] src=g[32:64, 0 + 1*8 + gather($0)*1 below 512] "
       "$0=idx[32:64, 0 + 1*1]",
       "v4",
       "tensor_copy dst=f[32:64, 0 + 1*8] src=g[32:64, 0 + 1*8 + gather($0)*1 below 512] "
       "$0=idx[0:32, 0 + 1*1]",
       "src (g) starts at partition 32; wanted 0, where its index starts"},
      {"v4",
       "tensor_copy dst=f[0:32, 0 + 1*8 + gather($0)*1 below 512] src=g[32:64, 0 + 1*8] "
       "$0=idx[32:64, 0 + 1*1]",
       "v4",
       "tensor_copy dst=f[0:32, 0 + 1*8 + gather($0)*1 below 512] src=g[32:64, 0 + 1*8] "
       "$0=idx[0:32, 0 + 1*1]",
       "dst (f) has an index at partition 0; wanted 32, as src starts"},
      {"v4",
       "tensor_copy dst=f[0:32, 0 + 1*8 + gather($0)*1 below 512] src=p[32:64, 0 + 1*8] "
       "$0=idx[0:32, 0 + 1*1]",
       "v3",
       "tensor_copy dst=f[0:32, 0 + 1*8 + gather($0)*1 below 512] src=p[32:64, 0 + 1*8] "
       "$0=idx[0:32, 0 + 1*1]",
       "tensor indirection on NeuronCore-v3; wanted NeuronCore-v4 or newer"},
      {"v4",
       "tensor_copy dst=f[0:32, 0 + 1*16] src=g[0:32, 0 + 1*16 + gather($0)*1 below 512] "
       "$0=idx[0:32, 0 + 1*1]",
       "v4",
       "tensor_copy dst=f[0:32, 0 + 1*17] src=g[0:32, 0 + 1*17 + gather($0)*1 below 512] "
       "$0=idx[0:32, 0 + 1*1]",
       "src (g) has 17 elements a partition; wanted at most 16, the offsets in its index"},
      {"v4",
       "tensor_copy dst=f[0:32, 0 + 1*16] src=g[0:32, 0 + 1*16 + gather($0)*1 below 512] "
       "$0=idx[0:32, 0 + 1*1]",
       "v4",
       "tensor_copy dst=f[0:24, 0 + 1*16] src=g[0:24, 0 + 1*16 + gather($0)*1 below 512] "
       "$0=idx[0:24, 0 + 1*1]",
       "src (g) has 24 partitions; wanted a multiple of 16"},
      {"v4", "reciprocal dst=f[0:32, 0 + 1*16] data=g[0:32, 0 + 1*16]", "v4",
       "reciprocal dst=f[0:32, 0 + 1*16] data=g[0:32, 0 + 1*16 + gather($0)*1 below 512] "
       "$0=idx[0:32, 0 + 1*1]",
       "data (g) has tensor indirection; wanted a plain pattern"},
      {"v4", "tensor_copy dst=f[0:32, 0 + 1*8] src=g[0:32, 0 + 1*8 + register(r)*8 below 4]", "v4",
       "tensor_copy dst=f[0:32, 0 + 1*8] src=g[0:32, 0 + 1*8 + vector($0)*8 below 4] "
       "$0=idx[0:8, 0 + 1*1]",
       "src (g) has a vector of offsets; wanted no vector of offsets"},
  };
  expect_twins(kTwins);
}

// The quick path gives the verdict of the full check.
TEST(Validator, AgreesWithTheFullCheck) {
  for (const Generation generation : kGenerations) {
    const Limits limits = limits_of(generation);
    int faulty = 0;
    for (std::uint64_t seed = 0; seed < 60; ++seed) {
      Program program = random_program(seed, limits, {.core_pair = true});
      Random random(seed);
      // The same forms at random places, many of them illegal, and in other tensors.
      const auto count = static_cast<InstructionId>(program.size());
      for (InstructionId id = 0; id < count; ++id) {
        Instruction moved = program.at(id);
        for (Operand& operand : moved.operands) {
          if (operand.kind != OperandKind::kAccess) continue;
          if (random.below(2) == 0)
            operand.access.offset += static_cast<std::int64_t>(random.below(40)) - 20;
          if (random.below(3) == 0) {
            operand.access.tensor =
                static_cast<TensorId>(random.below(program.tensors().size() + 1));
          }
        }
        program.append(moved);
      }
      Validator validator(program, limits);
      for (InstructionId id = 0; id < program.size(); ++id) {
        const bool quick = validator.check(id).has_value();
        EXPECT_EQ(quick, validate(program, program.at(id), limits).has_value())
            << to_text(program, program.at(id));
        EXPECT_TRUE(quick || id >= count);
        faulty += !quick;
      }
    }
    EXPECT_GT(faulty, 500);
  }
}

TEST(Validator, SeesAnInstructionThatIsTakenBack) {
  Program program(Generation::kV3);
  const TensorId id = program.add_tensor({.name = "t", .shape = {128, 4}});
  Validator validator(program, limits_of(Generation::kV3));
  Instruction fill{.opcode = Opcode::kMemset,
                   .operands = {{.access = program.tensor(id).all(id)}},
                   .attributes = {{AttributeName::kValue, 0.0}}};
  EXPECT_TRUE(validator.check(program.append(fill)));
  fill.operands[0].access.offset = 1;
  const InstructionId bad = program.append(fill);
  EXPECT_FALSE(validator.check(bad));
  program.remove_last();
  EXPECT_EQ(program.size(), 1u);
  EXPECT_EQ(program.bindings(0).size(), 1u);
  fill.operands[0].access.offset = 0;
  EXPECT_TRUE(validator.check(program.append(fill)));
}

}  // namespace
}  // namespace switchyard::isa
