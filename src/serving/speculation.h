// Speculative decoding: a step verifies 1 + drafted tokens of a sequence and keeps some of them.
#pragma once

namespace switchyard::serving {

struct Speculation {
  int drafted = 0;  // tokens a step
  double accepted =
      1;  // mean tokens gained a step, the verified one included; 1 <= accepted <= 1 + drafted
};

}  // namespace switchyard::serving
