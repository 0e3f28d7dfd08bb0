#include "neuroncore/core.h"

#include <gtest/gtest.h>

namespace switchyard::neuroncore {
namespace {

TEST(Core, OfEachGenerationHasThePublishedNumbers) {
  struct Row {
    isa::Generation generation;
    std::int64_t sbuf_kib;
    double tensor, vector, scalar;
  };
  for (const Row& row : {Row{isa::Generation::kV2, 192, 2.8, 1.12, 1.4},
                         Row{isa::Generation::kV3, 224, 2.4, 0.96, 1.2},
                         Row{isa::Generation::kV4, 256, 2.4, 1.2, 1.2}}) {
    const auto core = load_core(row.generation);
    ASSERT_TRUE(core) << to_text(core.error());
    EXPECT_EQ(core->limits.generation, row.generation);
    EXPECT_EQ(core->limits.sbuf_partition_bytes, row.sbuf_kib * 1024);
    EXPECT_EQ(core->limits.psum_bank_bytes(), 2048);
    EXPECT_DOUBLE_EQ(core->gigahertz[static_cast<int>(isa::Engine::kTensor)], row.tensor);
    EXPECT_DOUBLE_EQ(core->gigahertz[static_cast<int>(isa::Engine::kVector)], row.vector);
    EXPECT_DOUBLE_EQ(core->gigahertz[static_cast<int>(isa::Engine::kScalar)], row.scalar);
    const auto limits = load_limits(row.generation);
    ASSERT_TRUE(limits);
    EXPECT_EQ(limits->sbuf_partition_bytes, core->limits.sbuf_partition_bytes);
  }
}

TEST(Core, CountsCyclesInPicoseconds) {
  const Core core = load_core(isa::Generation::kV2).value();
  EXPECT_EQ(core.cycles(isa::Engine::kScalar, 264).ps(), 188571);
  EXPECT_EQ(core.cycles(isa::Engine::kTensor, 28).ps(), 10000);
}

TEST(Core, SaysWhenTheUsersDirectoryIsWrong) {
  const auto core = load_core(isa::Generation::kV2, "no/such/directory");
  ASSERT_FALSE(core);
  EXPECT_NE(to_text(core.error()).find("no/such/directory"), std::string::npos);
}

}  // namespace
}  // namespace switchyard::neuroncore
