// The shipped NeuronCores, an overlay on one, and faults in a core file.
#include "catalog/neuron_core.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "catalog/documents.h"
#include "catalog/small_catalog.h"

namespace switchyard::catalog {
namespace {

using ::testing::HasSubstr;

class NeuronCores : public testing::Test {
 protected:
  void SetUp() override {
    small::lay(tree_, files_);
    ASSERT_TRUE(lay_over("catalog", tree_, files_));
  }
  void lay(std::string_view text) {
    const Status status = lay_over_text(text, "cores/neuroncore-v3", "mine.toml", tree_, files_);
    ASSERT_TRUE(status) << to_text(status.error());
  }
  std::string fault() const {
    const auto catalog = build(tree_, files_);
    return catalog ? "" : to_text(catalog.error(), 100);
  }

  Json tree_ = Json::object();
  FileNames files_;
};

TEST_F(NeuronCores, AreThreeWithASourceForEachNumber) {
  const auto catalog = build(tree_, files_);
  ASSERT_TRUE(catalog) << to_text(catalog.error());
  ASSERT_EQ(catalog->cores.size(), 3u);
  for (const auto& [id, core] : catalog->cores) {
    EXPECT_EQ(id, "neuroncore-" + core.generation);
    EXPECT_EQ(core.numbers.size(), catalog->cores.begin()->second.numbers.size());
    for (const auto& [key, estimate] : core.numbers) {
      EXPECT_GE(estimate.source.size(), 4u) << key;
      EXPECT_EQ(estimate.id, "cores/" + id + "/" + key);
    }
  }
  const NeuronCore& v3 = catalog->cores.at("neuroncore-v3");
  EXPECT_DOUBLE_EQ(v3.base("clock/vector"), 0.96e9);
  EXPECT_DOUBLE_EQ(v3.base("limits/sbuf_partition"), 224 * 1024);
  EXPECT_DOUBLE_EQ(v3.base("dma/rate"), 24.22e9);
}

TEST_F(NeuronCores, TakeOneNumberOfTheUser) {
  lay("id = 'neuroncore-v3'\ntensor.latency = { base = 150 }\n");
  const auto catalog = build(tree_, files_);
  ASSERT_TRUE(catalog) << to_text(catalog.error());
  const NeuronCore& core = catalog->cores.at("neuroncore-v3");
  EXPECT_EQ(core.base("tensor/latency"), 150);
  EXPECT_TRUE(core.numbers.at("tensor/latency").certain());
  EXPECT_EQ(core.numbers.at("tensor/latency").mark, Mark::kAssumption);
}

TEST_F(NeuronCores, NameWhatIsWrong) {
  lay("tensor.latency.unit = 'ns'\ntensor.latncy = 3\ngeneration = 'v9'\n"
      "dma.transpose_hbm.high = 1.5\nclock.sync = { base = 0 }\n"
      "dma.engines = { base = 17 }\ndma.rings = { base = 1.5 }\n"
      "tensor.background_transpose = { base = 2 }\nlimits.bn_stats_free = 512\n");
  const std::string text = fault();
  EXPECT_THAT(text, HasSubstr("mine.toml: tensor: latency: unit"));
  EXPECT_THAT(text, HasSubstr("cycles"));
  EXPECT_THAT(text, HasSubstr("latncy"));
  EXPECT_THAT(text, HasSubstr("v2, v3, v4"));
  EXPECT_THAT(text, HasSubstr("a share, at most 1"));
  EXPECT_THAT(text, HasSubstr("clock: sync: reaches down to 0"));
  EXPECT_THAT(text, HasSubstr("0 or 1"));
  EXPECT_THAT(text, HasSubstr("engines: is 17; wanted a whole number from 1 to 16"));
  EXPECT_THAT(text, HasSubstr("rings: is 1.5; wanted a whole number from 1 to 16"));
  EXPECT_THAT(text, HasSubstr("limits: bn_stats_free"));
}

TEST_F(NeuronCores, NeedEveryNumber) {
  tree_["cores"]["neuroncore-v3"]["dma"].erase("packet");
  tree_["cores"]["neuroncore-v3"].erase("hbm");
  const std::string text = fault();
  EXPECT_THAT(text, HasSubstr("dma: packet: is missing"));
  EXPECT_THAT(text, HasSubstr("hbm: is missing"));
}

}  // namespace
}  // namespace switchyard::catalog
