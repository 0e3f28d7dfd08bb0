// Our own invariants. SWITCHYARD_CHECK stays on in release: it prints what broke with the state
// given and aborts.
#pragma once

#include "base/text.h"

namespace switchyard {
[[noreturn]] void check_failed(const char* file, int line, const char* condition,
                               const std::string& state);
}

#define SWITCHYARD_CHECK(condition, ...)                                                         \
  do {                                                                                           \
    if (!(condition)) [[unlikely]]                                                               \
      ::switchyard::check_failed(__FILE__, __LINE__, #condition, ::fmt::format("" __VA_ARGS__)); \
  } while (false)
