#include "neuroncore/fault.h"

#include "base/text.h"

namespace switchyard::neuroncore {

std::string_view name(FaultKind kind) {
  constexpr std::string_view kNames[] = {"out of bounds", "uninitialised read", "out of memory",
                                         "race",          "deadlock",           "undefined"};
  return kNames[static_cast<int>(kind)];
}

std::string to_text(const Fault& fault) {
  std::string text = fmt::format("{} at instruction {} ({}): {}", name(fault.kind),
                                 fault.instruction, fault.where, fault.what);
  for (const std::string& detail : fault.details) text += "\n  " + detail;
  return text;
}

}  // namespace switchyard::neuroncore
