#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace switchyard {

void check_failed(const char* file, int line, const char* condition, const std::string& state) {
  std::fprintf(stderr,
               "switchyard: internal error at %s:%d: %s does not hold\n  state: %s\n"
               "  This is a fault in Switchyard, not in your input; please report it with the "
               "command you ran.\n",
               file, line, condition, state.empty() ? "(none given)" : state.c_str());
  std::abort();
}

}  // namespace switchyard
