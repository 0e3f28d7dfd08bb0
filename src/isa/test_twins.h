// Tables of twins: a legal line of program text and one just over a limit, with its message.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "isa/test_programs.h"
#include "isa/text.h"
#include "isa/validate.h"

namespace switchyard::isa {

// Tensors named after their type; p... are in psum, a... in hbm.
inline constexpr std::string_view kDeclarations = R"(
tensor f: sbuf float32[128, 512]
tensor g: sbuf float32[128, 512]
tensor t: sbuf tfloat32[128, 512]
tensor b: sbuf bfloat16[128, 512]
tensor h: sbuf float16[128, 512]
tensor e: sbuf float8_e4m3[128, 512]
tensor en: sbuf float8_e4m3fn[128, 512]
tensor e5: sbuf float8_e5m2[128, 512]
tensor x: sbuf float8_e4m3fn_x4[128, 512]
tensor x5: sbuf float8_e5m2_x4[128, 512]
tensor x2: sbuf float4_e2m1fn_x4[128, 512]
tensor m: sbuf float8_e8m0fnu[128, 512]
tensor i: sbuf int32[128, 512]
tensor u: sbuf uint32[128, 512]
tensor s: sbuf int16[128, 512]
tensor us: sbuf uint16[128, 512]
tensor c: sbuf int8[128, 512]
tensor uc: sbuf uint8[128, 512]
tensor v: sbuf float32[128, 1]
tensor vb: sbuf bfloat16[128, 1]
tensor vt: sbuf tfloat32[128, 1]
tensor vi: sbuf int32[128, 1]
tensor p: psum float32[128, 512]
tensor q: psum float32[128, 512]
tensor pb: psum bfloat16[128, 512]
tensor pw: psum float32[128, 4096]
tensor pbw: psum bfloat16[128, 8192]
tensor w: sbuf bfloat16[128, 16384]
tensor bytes: sbuf uint8[128, 70000]
tensor d4: sbuf float32[128, 2, 3, 4]
tensor d5: sbuf float32[128, 2, 3, 4, 5]
tensor h4: hbm bfloat16[16, 4, 8, 64]
tensor a: hbm float32[128, 512]
tensor ab: hbm bfloat16[128, 512]
tensor ai: hbm int32[1]
tensor idx: sbuf uint32[128, 4]
register r
register n
register_alloc dst=r src=1
)";

struct Twin {
  std::string_view valid_on;
  std::string_view valid;
  std::string_view invalid_on;
  std::string_view invalid;
  std::string_view message;  // part of it
};

inline Generation generation_of(std::string_view name) { return *find_generation(name, "a test"); }

// Parses declarations and lines, and validates. Empty: legal.
inline std::string verdict(std::string_view generation, std::string_view lines,
                           std::string_view declarations = kDeclarations) {
  const std::string text =
      "program " + std::string(generation) + "\n" + std::string(declarations) + std::string(lines);
  const Result<Program> program = parse_program(text, "twin");
  if (!program) return "does not parse: " + to_text(program.error());
  const Status status = validate(*program, limits_of(generation_of(generation)));
  return status ? "" : to_text(status.error());
}

template <std::size_t kCount>
void expect_twins(const Twin (&twins)[kCount]) {
  for (const Twin& twin : twins) {
    EXPECT_EQ(verdict(twin.valid_on, twin.valid), "") << twin.valid_on << ": " << twin.valid;
    EXPECT_THAT(verdict(twin.invalid_on, twin.invalid), testing::HasSubstr(twin.message))
        << twin.invalid_on << ": " << twin.invalid;
  }
}

}  // namespace switchyard::isa
