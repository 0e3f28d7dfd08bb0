// The text form of a program: one declaration or instruction a line, for golden files, fuzz seeds
// and people. docs/program-text.md describes it.
//
// to_text and parse_program are inverses: parsing what was printed gives an equal program, bit for
// bit (numbers print so that they read back to the same double). That holds for every program whose
// instructions use operands and attributes of their table rows and whose loops nest.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "isa/program.h"

namespace switchyard::isa {

// Bounds of hostile text. None is near what a real program needs.
inline constexpr std::size_t kTextBytesMax = std::size_t{1} << 32;
inline constexpr std::size_t kTextLineMax = 1 << 16;  // bytes
inline constexpr int kLoopNestingMax = 32;
inline constexpr int kTensorDimsMax = 8;
inline constexpr std::int64_t kExtentMax = std::int64_t{1} << 40;  // of counts, strides, offsets
inline constexpr std::size_t kNamesMax = 1 << 22;                  // tensors; registers; semaphores
inline constexpr std::size_t kTextListMax = 4096;                  // values of one list

std::string to_text(const Program& program);
// One instruction as its line, without indentation or line end.
std::string to_text(const Program& program, const Instruction& instruction);

// The same for many instructions: what depends on the program is found once.
class InstructionPrinter {
 public:
  explicit InstructionPrinter(const Program& program);  // which must outlive it, unchanged
  ~InstructionPrinter();
  std::string operator()(const Instruction& instruction) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// `where` is the file's name, for errors: "file:line:column". All faults are gathered, up to a
// bound. Says nothing of legality: validate.h does.
Result<Program> parse_program(std::string_view text, const std::string& where);

}  // namespace switchyard::isa
