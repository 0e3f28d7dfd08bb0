#include "isa/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <ctime>
#include <limits>

#include "base/files.h"
#include "isa/test_programs.h"
#include "isa/validate.h"

namespace switchyard::isa {
namespace {

using testing::HasSubstr;

// Every construct once, as the printer writes it.
constexpr std::string_view kSample = R"(program v4
order manual
input a: hbm float32[256, 512]
output c: hbm float32[128, 512]
inout state: hbm uint8[7]
tensor t: sbuf bfloat16[128, 512]
tensor "odd name": sbuf int32[128, 4]
tensor p: psum float32[128, 512] @ 0, 2048
register r
register n
semaphore done
register_alloc dst=r src=3
load: sync.dma_copy dst=t src=a[65536 + 512*128 + 1*512] priority=1 source="k.py:3"
tensor_scalar dst=t data=t[0:128, 511 + -1*512] operand0=-0.5 op0=multiply no_reorder=2
%3: memset dst=p[32:64, 0 + 2*8] as int32 value=-7
memset dst=p value=2.0 after=[load, %3] updates=[done + 1]
iota dst="odd name" pattern=[1, 4] waits=[done >= 1]
dma_copy dst=t src=a[0 + 512*128 + 1*512 + vector($0)*512 below 256] $0="odd name"[0:128, 0]
for n = 0 to r step 2 {
  while r {
    tensor_copy dst=t[0:1, 0 + 1*8 + register(n)*8 below 9] src=t[0:1, 0 + 1*8]
  }
}
dma_compute dst=c srcs=a[0 + 512*128 + 1*512] srcs=c reduce_op=add scales=[1, 1]
)";

TEST(Text, PrintsWhatItReads) {
  const Result<Program> program = parse_program(kSample, "sample");
  ASSERT_TRUE(program) << to_text(program.error());
  EXPECT_EQ(to_text(*program), kSample);
  EXPECT_EQ(program->size(), 13u);
  EXPECT_FALSE(program->automatic_order);
  EXPECT_EQ(program->at(4).depends_on, (std::vector<InstructionId>{1, 3}));
  EXPECT_EQ(program->at(2).no_reorder_scope, 2u);
  EXPECT_EQ(program->sources()[program->at(1).source], "k.py:3");
  const Instruction gather = program->at(6);
  EXPECT_EQ(gather.operands[1].access.indirection.operand, 2);
  EXPECT_EQ(gather.operands[2].name, OperandName::kIndirectIndex);
  EXPECT_EQ(std::get<std::int64_t>(program->at(3).attributes[0].value), -7);
  EXPECT_EQ(std::get<double>(program->at(4).attributes[0].value), 2.0);
}

TEST(Text, PrintsOneInstruction) {
  const Result<Program> program = parse_program(kSample, "sample");
  ASSERT_TRUE(program);
  EXPECT_EQ(to_text(*program, program->at(0)), "register_alloc dst=r src=3");
}

TEST(Text, TakesSpacesCommentsAndAnyOrderOfLabels) {
  const auto program = parse_program(
      "# a comment\r\n\n  program   v3 # generation\ntensor t : sbuf float32 [128,4]\n"
      "  %9 : x : memset   dst = t value=1 # fill\nmemset dst=t value=2 after=[%9]\n",
      "loose");
  ASSERT_TRUE(program) << to_text(program.error());
  EXPECT_EQ(to_text(*program),
            "program v3\ntensor t: sbuf float32[128, 4]\nx: memset dst=t value=1\n"
            "memset dst=t value=2 after=[x]\n");
}

TEST(Text, KeepsNumbersBitForBit) {
  Program program(Generation::kV3);
  program.add_tensor({.name = "t", .shape = {128, 4}});
  const double numbers[] = {0.0,
                            -0.0,
                            0.1,
                            1e300,
                            5e-324,
                            1.0 / 3,
                            -3.4028234663852886e38,
                            123456789012345678.0,
                            std::numeric_limits<double>::infinity(),
                            -std::numeric_limits<double>::infinity(),
                            std::numeric_limits<double>::quiet_NaN(),
                            -std::numeric_limits<double>::quiet_NaN(),
                            std::bit_cast<double>(0x7ff4000000000001u)};
  for (const double number : numbers) {
    program.append({.opcode = Opcode::kTensorScalar,
                    .operands = {{.name = OperandName::kOperand0,
                                  .kind = OperandKind::kNumber,
                                  .number = number}},
                    .attributes = {}});
    program.append({.opcode = Opcode::kMemset, .attributes = {{AttributeName::kValue, number}}});
    program.append({.opcode = Opcode::kDmaCompute,
                    .attributes = {{AttributeName::kScales, std::vector<double>{number, 1}}}});
  }
  for (const std::int64_t number : {std::numeric_limits<std::int64_t>::min(), std::int64_t{0},
                                    std::numeric_limits<std::int64_t>::max()}) {
    program.append({.opcode = Opcode::kMemset, .attributes = {{AttributeName::kValue, number}}});
    program.append({.opcode = Opcode::kIota,
                    .attributes = {{AttributeName::kPattern, std::vector<std::int64_t>{number}}}});
  }
  const std::string text = to_text(program);
  const Result<Program> parsed = parse_program(text, "numbers");
  ASSERT_TRUE(parsed) << to_text(parsed.error()) << text;
  EXPECT_EQ(difference(program, *parsed), "") << text;
}

TEST(Text, KeepsNamesThatAreHardToWrite) {
  Program program(Generation::kV3);
  const char* const names[] = {"same", "same",       "",    "for", "inf",
                               "a b",  "quo\"te\\n", "%t0", "1st", "t\n\x01\x7f\xff",
                               "to",   "memset",     "bits"};
  for (const char* name : names) {
    program.add_tensor({.name = name, .buffer = Buffer::kSbuf, .shape = {128, 4}});
    program.add_register(name);
    program.add_semaphore(name);
  }
  const auto count = static_cast<std::uint32_t>(std::size(names));
  for (std::uint32_t id = 0; id < count; ++id) {
    program.append({.opcode = Opcode::kTensorCopy,
                    .operands = {{.access = program.tensor(id).all(id)}},
                    .name = names[id],
                    .waits = {{id, 1}}});
    program.append({.opcode = Opcode::kRegisterMove,
                    .operands = {{.kind = OperandKind::kRegister, .reg = id}},
                    .depends_on = {2 * id, 0, 0, 2 * count - 1}});
  }
  const std::string text = to_text(program);
  const Result<Program> parsed = parse_program(text, "names");
  ASSERT_TRUE(parsed) << to_text(parsed.error()) << text;
  EXPECT_EQ(difference(program, *parsed), "") << text;
  EXPECT_EQ(to_text(*parsed), text);
}

struct Fault {
  std::string_view lines;  // after "program v3" and the declarations
  std::string_view message;
};

TEST(Text, SaysWhereAndWhatIsWrong) {
  constexpr std::string_view kHead =
      "program v3\ntensor tile: sbuf float32[128, 4]\nregister r\nsemaphore s\n";
  constexpr Fault kFaults[] = {
      {"memsett dst=tile value=0",
       "f:5:1: \"memsett\"; wanted an instruction - did you mean memset?"},
      {"vecter.memset dst=tile value=0",
       "f:5:1: \"vecter.memset\"; wanted an engine before the point - did you mean vector?"},
      {"memset dts=tile value=0",
       "f:5:8: \"dts\"; wanted an operand or attribute of memset - did you mean dst?"},
      {"memset dst=tile vlaue=0", "did you mean value?"},
      {"memset dst=tiel value=0",
       "f:5:12: \"tiel\"; wanted a tensor or register declared above - did you mean tile?"},
      {"tensor_tensor dst=tile data1=tile data2=tile op=ad",
       "f:5:49: \"ad\"; wanted an operator - did you mean add?"},
      {"memset dst=tile value=", "f:5:23: the end of the line; wanted a number"},
      {"memset dst=tile value=1e999", "a number that no double holds"},
      {"memset dst=tile value=1.2.3", "not a number, \"1.2.3\""},
      {"memset dst=tile[0:128 value=0", "f:5:23: \"value\"; wanted ,"},
      {"memset dst=tile[0:128, 0 + 1*4 as int32 value=0", "wanted ]"},
      {"memset dst=tile[0:99999, 0] value=0", "wanted the end of the partitions"},
      {"memset dst=tile[0:128, 0 + 1*1 + 1*1 + 1*1 + 1*1 + 1*1 + 1*1] value=0", "at most 5 dims"},
      {"memset dst=tile[0:128, 0 + scalar($0)*1 below 4] value=0",
       "f:5:36: $0; wanted an index that the line gives as $0=..."},
      {"memset dst=tile[0:128, 0 + sclar($0)*1 below 4] value=0", "did you mean scalar?"},
      {"memset dst=tile as floaty32 value=0",
       "\"floaty32\"; wanted an element type - did you mean float32?"},
      {"memset dst=tile value=0 after=[x]", "f:5:32: \"x\"; wanted the label of an instruction"},
      {"a: memset dst=tile value=0\na: memset dst=tile value=0\nmemset dst=tile value=0 after=[a]",
       "f:7:32: \"a\"; wanted a label that one instruction alone has"},
      {"memset dst=tile value=0 waits=[z >= 1]", "wanted a semaphore declared above"},
      {"memset dst=tile value=0 waits=[s >= 9999999999]", "wanted a count, an integer from"},
      {"memset dst=tile value=\"x", "a string without its closing quote"},
      {"memset \x01", "not printable ASCII"},
      {"for r = 0 to 4", "wanted { at the end of a loop's first line"},
      {"for tile = 0 to 4 {", "wanted a register, not a tensor"},
      {"}", "f:5:1: }; wanted a loop to close"},
      {"while r {", "f:6:1: the end of the text; wanted } of 1 open loop"},
      {"memset dst=tile value=0 {", "wanted the end of the line"},
      {"tensor u: sbuf float32[128, 0]", "wanted an extent, an integer from 1"},
      {"tensor u: sbuf float32[]", "wanted one dim or more"},
      {"tensor u: hbm int8[9999999, 9999999, 9999999]", "elements in a tensor"},
      {"tensor u: sbfu float32[128]", "\"sbfu\"; wanted a memory - did you mean sbuf?"},
      {"tensor u: sbuf float32[128, 4] @ 128, 0", "wanted a partition, an integer from 0 to 127"},
      {"order automatic", "wanted manual"},
      {"tensor tile: sbuf float32[128, 4]\nmemset dst=tile value=0",
       "f:6:12: \"tile\"; wanted a name that stands for one thing - 2 are called so: write %tN or "
       "%rN"},
      {"memset dst=%t7 value=0", "wanted %tN of a tensor or %rN of a register declared above"},
      {"iota dst=tile pattern=[1, 2, x]", "wanted an element, an integer from"},
      {"nc_matmul is_transpose=yes", "\"yes\"; wanted true or false"},
      {"memset dst=tile[99999999999999999999:2, 0] value=0",
       "wanted an offset or a first partition"},
  };
  for (const Fault& fault : kFaults) {
    const auto program = parse_program(std::string(kHead) + std::string(fault.lines) + "\n", "f");
    ASSERT_FALSE(program) << fault.lines;
    EXPECT_THAT(to_text(program.error()), HasSubstr(std::string(fault.message))) << fault.lines;
  }
  EXPECT_THAT(to_text(parse_program("", "f").error()), HasSubstr("no program"));
  EXPECT_THAT(to_text(parse_program("tensor t", "f").error()), HasSubstr("as the first line"));
  EXPECT_THAT(to_text(parse_program("program v5", "f").error()),
              HasSubstr("f:1:9: \"v5\"; wanted v2"));
}

TEST(Text, GathersFaultsUpToABound) {
  std::string text = "program v3\n";
  for (int i = 0; i < 3; ++i) text += "nothing\n";
  const auto few = parse_program(text, "f");
  ASSERT_FALSE(few);
  EXPECT_EQ(few.error().also.size(), 2u);
  for (int i = 0; i < 100000; ++i) text += "nothing\n";
  const auto many = parse_program(text, "f");
  ASSERT_FALSE(many);
  EXPECT_LE(many.error().also.size(), 200u);
  // A faulty loop line is not a second fault at its end.
  const auto loop = parse_program("program v3\nfor x = 0 to 4 {\n}\n", "f");
  ASSERT_FALSE(loop);
  EXPECT_TRUE(loop.error().also.empty()) << to_text(loop.error());
}

TEST(Text, BoundsNestingAndLines) {
  std::string nested = "program v3\nregister r\n";
  for (int i = 0; i <= kLoopNestingMax; ++i) nested += "while r {\n";
  EXPECT_THAT(to_text(parse_program(nested, "f").error()), HasSubstr("nested at most 32 deep"));
  const std::string wide = "program v3\nmemset value=" + std::string(kTextLineMax, '1') + "\n";
  EXPECT_THAT(to_text(parse_program(wide, "f").error()), HasSubstr("a line of 65549 bytes"));
  std::string list = "program v3\niota pattern=[1";
  for (std::size_t i = 0; i < kTextListMax; ++i) list += ",1";
  EXPECT_THAT(to_text(parse_program(list + "]\n", "f").error()), HasSubstr("at most 4096 values"));
}

// Ten times the text takes about ten times as long, whatever the text.
TEST(Text, TakesTimeInProportion) {
  using Make = std::string (*)(int);
  constexpr Make kMakes[] = {
      [](int n) {  // names
        std::string text = "program v3\n";
        for (int i = 0; i < n; ++i) text += fmt::format("tensor t{}: sbuf float32[128, 4]\n", i);
        for (int i = 0; i < n; ++i) text += fmt::format("memset dst=t{} value=0\n", i);
        return text;
      },
      [](int n) {  // labels, forwards
        std::string text = "program v3\n";
        for (int i = 0; i < n; ++i) text += fmt::format("%{}: loop_end after=[%{}]\n", i, n - i);
        return text;
      },
      [](int n) {  // semaphores by number
        std::string text = "program v3\n";
        for (int i = 0; i < n; ++i) text += "semaphore s\n";
        for (int i = 0; i < n; ++i) text += fmt::format("register_alloc waits=[%s{} >= 1]\n", i);
        return text;
      },
      [](int n) {  // faults with suggestions
        std::string text = "program v3\n";
        for (int i = 0; i < n; ++i) text += fmt::format("tensor t{}: sbuf float32[128, 4]\n", i);
        for (int i = 0; i < n; ++i) text += "memset dst=u value=0\n";
        return text;
      },
  };
  const auto seconds = [](const std::string& text) {
    double best = 1e9;
    for (int i = 0; i < 3; ++i) {
      const std::clock_t begin = std::clock();  // of this process: others may be busy
      const auto program = parse_program(text, "f");
      EXPECT_TRUE(program || !to_text(program.error()).empty());
      best = std::min(best, static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC);
    }
    return best;
  };
  for (const Make make : kMakes) {
    const double small = seconds(make(3000)), large = seconds(make(30000));
    EXPECT_LT(large, 50 * small + 0.02) << make(1);  // a square would be 100
  }
}

// The example of the page is a program that is legal.
TEST(Text, ThePageHoldsALegalProgram) {
  const auto page = read_file("docs/program-text.md");
  ASSERT_TRUE(page) << to_text(page.error());
  const std::size_t begin = page->find("```\nprogram ");
  ASSERT_NE(begin, std::string::npos);
  const std::size_t end = page->find("\n```", begin + 4);
  const auto program = parse_program(page->substr(begin + 4, end - begin - 3), "page");
  ASSERT_TRUE(program) << to_text(program.error());
  const Status status = validate(*program, limits_of(program->generation()));
  EXPECT_TRUE(status) << to_text(status.error());
  const auto again = parse_program(to_text(*program), "again");
  ASSERT_TRUE(again);
  EXPECT_EQ(difference(*program, *again), "");
}

}  // namespace
}  // namespace switchyard::isa
