// Must not compile, but for case 0: tools/must_not_compile.py builds each case and matches the
// compiler's message.
#include "base/units.h"

namespace switchyard {

#if MISUSE == 0
Bytes right() { return Bytes(1.5) + gibibytes(1); }
#elif MISUSE == 1  // wanted: no match for .operator\+|invalid operands to binary expression
auto adds_time_to_size() { return Bytes(1) + Seconds(1); }
#elif MISUSE == 2  // wanted: could not convert|no viable conversion
Bytes takes_a_plain_number() { return 1.5; }
#elif MISUSE == 3  // wanted: cannot convert|no viable conversion
double gives_a_plain_number() { return Bytes(1); }
#elif MISUSE == 4  // wanted: no match for .operator<|invalid operands to binary expression
bool compares_power_to_energy() { return Watts(1) < Joules(1); }
#elif MISUSE == 5  // wanted: no match for .operator\*|invalid operands to binary expression
auto squares_a_size() { return Bytes(1) * Bytes(1); }
#elif MISUSE == 6  // wanted: no match for .operator/|invalid operands to binary expression
auto divides_work_by_bandwidth() { return Flops(1) / BytesPerSecond(1); }
#elif MISUSE == 7  // wanted: no matching function for call|no matching conversion
Flops takes_another_quantity() { return Flops(Bytes(1)); }
#endif

}  // namespace switchyard
