// Reads program text line by line. Internal to isa/: text.h has the function to call.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/document.h"
#include "base/text.h"
#include "isa/program.h"
#include "isa/text.h"
#include "isa/text_lexer.h"

namespace switchyard::isa {

// Methods that return bool report a fault themselves before they return false; the rest of the line
// is then skipped.
class Parser {
 public:
  Parser(std::string_view text, std::string where) : text_(text), where_(std::move(where)) {}
  Result<Program> run();

 private:
  struct Named {  // what a name stands for; ids of the first of each kind
    std::optional<TensorId> tensor;
    std::optional<RegisterId> reg;
    int uses = 0;
  };
  struct Label {
    InstructionId id = 0;
    int uses = 0;
  };
  struct Reference {  // in after=[...]
    std::string key;  // =name or %N
    std::size_t line, column;
  };
  struct Pending {  // an instruction that waits for a later one
    InstructionId id;
    std::vector<Reference> references;
  };
  struct Range {
    std::int64_t low, high;
  };

  // text_parser.cc: lines and declarations.
  bool next_line(std::string_view& line);
  void parse_line();
  bool parse_header(std::string_view line);
  bool parse_tensor(TensorKind kind);
  bool parse_order();
  bool parse_declared_name(std::string& name, std::size_t count);
  bool parse_extents(Tensor& tensor);
  void resolve_pending();

  // text_parse_instruction.cc
  bool parse_instruction_line();
  bool parse_items();
  bool parse_labels();
  bool parse_head();
  bool parse_for();
  bool parse_item();
  bool parse_dependencies();
  bool parse_semaphores(std::string_view sign, std::vector<SemaphoreUse>& uses);
  bool parse_attribute(const AttributeInfo& row);
  bool parse_attribute_value(const AttributeInfo& row, AttributeValue& value);
  bool unknown_item(const Token& token);
  bool finish_instruction();
  bool bind_indices();
  std::optional<std::vector<InstructionId>> find_all(const std::vector<Reference>& references);

  // text_parse_operand.cc
  bool parse_operand_value(Operand& operand);
  bool parse_access(TensorId tensor, std::size_t column, Access& access);
  bool parse_pattern(Access& access);
  bool parse_indirection(Access& access);
  bool parse_element_type(numeric::ElementType& type);
  bool parse_register(RegisterId& reg, std::string_view what);
  bool parse_named(Named& named, std::string_view what);
  bool parse_numbered(Named& named);
  bool parse_semaphore(SemaphoreId& semaphore);
  bool parse_real(double& value);
  bool parse_integer(std::int64_t& value, Range range, std::string_view what);
  // [item, item, ...] after the bracket; `item` parses one.
  template <class Item>
  bool parse_list(Item item) {
    if (skip_sign("]")) return true;
    for (std::size_t count = 0;; ++count) {
      if (count == kTextListMax) {
        return fault(lexer_.peek(), fmt::format("at most {} values in a list", kTextListMax));
      }
      if (!item()) return false;
      if (skip_sign("]")) return true;
      if (!take_sign(",")) return false;
    }
  }
  // The place in `names` of the next word.
  bool parse_word(std::span<const std::string_view> names, std::string_view what, int& place);
  bool parse_name(std::string& name, std::string_view what);
  bool take_sign(std::string_view sign);
  bool skip_sign(std::string_view sign);  // if it is there

  bool fault(const Token& token, std::string wanted, std::string hint = "");
  bool fault_at(std::size_t line, std::size_t column, std::string found, std::string wanted,
                std::string hint = "");
  std::vector<std::string> known_names() const;

  std::string_view text_;
  std::string where_;
  std::size_t place_ = 0;
  std::size_t line_number_ = 0;
  Lexer lexer_{""};
  FaultList faults_;
  int fault_count_ = 0;

  std::optional<Program> program_;
  std::unordered_map<std::string, Named> names_;
  std::unordered_map<std::string, Label> semaphores_;
  std::unordered_map<std::string, Label> labels_;
  std::vector<Pending> pending_;
  int depth_ = 0;  // of loops

  // Of the line.
  Instruction instruction_;
  std::vector<Reference> references_;
  std::vector<std::string> line_labels_;
  std::vector<std::size_t> index_columns_;  // where $k is used, by place in index_uses_
  std::vector<std::uint32_t> index_uses_;
  std::string scratch_;
};

}  // namespace switchyard::isa
