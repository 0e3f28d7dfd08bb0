// Any bytes as program text: an error, or a program that prints and reads back equal; validation
// says yes or no to it without harm.
#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "isa/test_programs.h"
#include "isa/text.h"
#include "isa/validate.h"

using namespace switchyard;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Result<isa::Program> program = isa::parse_program(text, "fuzz");
  if (!program) {
    SWITCHYARD_CHECK(!to_text(program.error()).empty());
    return 0;
  }
  const isa::Limits limits = isa::limits_of(program->generation());
  const Status status = isa::validate(*program, limits);
  if (!status) SWITCHYARD_CHECK(!to_text(status.error()).empty());
  isa::Validator validator(*program, limits);
  for (isa::InstructionId id = 0; id < program->size(); ++id) {
    const bool alone = isa::validate(*program, program->at(id), limits).has_value();
    SWITCHYARD_CHECK(validator.check(id).has_value() == alone, "instruction {}", id);
  }
  const std::string printed = isa::to_text(*program);
  const Result<isa::Program> again = isa::parse_program(printed, "printed");
  SWITCHYARD_CHECK(again, "{}\n{}", to_text(again.error()), printed);
  const std::string difference = isa::difference(*program, *again);
  SWITCHYARD_CHECK(difference.empty(), "{}\n{}", difference, printed);
  SWITCHYARD_CHECK(isa::to_text(*again) == printed);
  return 0;
}
