#include "runtime/energy.h"

#include <algorithm>

#include "base/check.h"

namespace switchyard::runtime {

Joules energy_of(const Generated& generated, const catalog::Chip& chip,
                 const catalog::PlatformNumbers& numbers, int ranks) {
  SWITCHYARD_CHECK(chip.core_count > 0, "{} has no cores", chip.id);
  const double chips = (ranks + chip.core_count - 1) / chip.core_count;
  const auto bf16 = std::find_if(chip.formats.begin(), chip.formats.end(),
                                 [](const catalog::Format& f) { return f.width() == 16; });
  SWITCHYARD_CHECK(bf16 != chip.formats.end(), "{} has no 16-bit format", chip.id);
  const auto index = static_cast<std::size_t>(bf16 - chip.formats.begin());
  return numbers.active_power * (generated.ttft + generated.decode) * chips +
         numbers.memory_energy * generated.work.hbm +
         numbers.formats[index].energy * generated.work.flops;
}

}  // namespace switchyard::runtime
