#include <gtest/gtest.h>

#include "neuroncore/test_samples.h"

namespace switchyard::neuroncore {
namespace {

TEST(ManyRandomPrograms, GiveTheSameBytesAgainAtEveryWidthAndAtTheAllocatorsAddresses) {
  each_sample(1000, 1200, [](const Sample& s) {
    const Outcome own = expect_no_fault(s);
    expect_same_at_every_width(s, own);
    expect_same_when_allocated(s, own);
  });
}

}  // namespace
}  // namespace switchyard::neuroncore
