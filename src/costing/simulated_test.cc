#include "costing/simulated.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "costing/roofline.h"
#include "model/import.h"

namespace switchyard::costing {
namespace {

using testing::Gt;
using testing::Lt;

const catalog::Catalog& shipped() {
  static const catalog::Catalog catalog = *catalog::load(catalog::default_directory());
  return catalog;
}

struct Folder {
  std::filesystem::path path = std::filesystem::temp_directory_path() /
                               ("switchyard-times-" + std::to_string(::getpid()) + "-" +
                                testing::UnitTest::GetInstance()->current_test_info()->name());
  ~Folder() { std::filesystem::remove_all(path); }
};

TEST(CoreTimesTest, MatmulIsNeverFasterThanItsBounds) {
  TimeStore none("");
  for (const char* id : {"neuroncore-v2", "neuroncore-v3", "neuroncore-v4"}) {
    const catalog::NeuronCore& numbers = shipped().cores.at(id);
    const neuroncore::Core core = neuroncore::make_core(numbers);
    CoreTimes times(numbers, none);
    const double bytes_s = 2048.0 * 1024 * 2 / (core.hbm_rate * 1e9);
    EXPECT_THAT(times.matmul(2048, 1024, 1, numeric::ElementType::kBfloat16).value(),
                Gt(0.999 * bytes_s));
    // 128 x 128 products a cycle.
    const double cycles = 2048.0 / 128 * (1024.0 / 128) * 512 * core.tensor.column;
    const double peak_s =
        cycles / (core.gigahertz[static_cast<std::size_t>(isa::Engine::kTensor)] * 1e9);
    const double many = times.matmul(2048, 1024, 512, numeric::ElementType::kBfloat16).value();
    EXPECT_THAT(many, Gt(0.999 * peak_s));
    EXPECT_THAT(many, Lt(2 * peak_s)) << id;
  }
}

// The bars a good kernel reaches: 85 % of TensorE on a large product, 85 % of HBM on one token.
TEST(CoreTimesTest, LargeProductsReachTensorEAndSingleTokensReachHbm) {
  TimeStore none("");
  for (const char* id : {"neuroncore-v2", "neuroncore-v3", "neuroncore-v4"}) {
    const catalog::NeuronCore& numbers = shipped().cores.at(id);
    const neuroncore::Core core = neuroncore::make_core(numbers);
    const double tensor_hz = core.gigahertz[static_cast<std::size_t>(isa::Engine::kTensor)] * 1e9;
    CoreTimes times(numbers, none);
    const double peak_s = 8192.0 / 128 * (3584.0 / 128) * 512 * core.tensor.column / tensor_hz;
    const double large = times.matmul(8192, 3584, 512, numeric::ElementType::kBfloat16).value();
    EXPECT_THAT(peak_s / large, Gt(0.85)) << id;
    // What DMA can take from HBM: on NeuronCore-v2 its engines are the limit.
    const double rate = std::min(core.hbm_rate, core.dma.engines * core.dma.rate);
    const double bytes_s = 8192.0 * 3584 * 2 / (rate * 1e9);
    const double single = times.matmul(8192, 3584, 1, numeric::ElementType::kBfloat16).value();
    EXPECT_THAT(bytes_s / single, Gt(0.85)) << id;
    RecordProperty(std::string(id) + "_tensor_share", std::to_string(peak_s / large));
    RecordProperty(std::string(id) + "_hbm_share", std::to_string(bytes_s / single));
  }
}

TEST(CoreTimesTest, TimesGrowWithTokensAndContext) {
  TimeStore none("");
  CoreTimes times(shipped().cores.at("neuroncore-v3"), none);
  double last = 0;
  for (const double tokens : {1.0, 20.0, 64.0, 300.0, 512.0, 5000.0}) {
    const double now = times.matmul(1024, 512, tokens, numeric::ElementType::kBfloat16).value();
    EXPECT_THAT(now, testing::Ge(0.99 * last)) << tokens;
    last = now;
  }
  last = 0;
  for (const double context : {1.0, 300.0, 1000.0, 5000.0, 100000.0}) {
    const double now = times.decode_attention(8, 8, 128, context).value();
    EXPECT_THAT(now, testing::Ge(0.99 * last)) << context;
    last = now;
  }
}

TEST(TimeStoreTest, TimesOutliveTheProcessAndOtherCoresHaveTheirOwn) {
  const Folder folder;
  double first = 0;
  {
    TimeStore store(folder.path);
    CoreTimes times(shipped().cores.at("neuroncore-v3"), store);
    first = times.norm(1024, 8).value();
    EXPECT_THAT(times.simulated(), Gt(0));
  }
  TimeStore store(folder.path);
  CoreTimes same(shipped().cores.at("neuroncore-v3"), store);
  EXPECT_EQ(same.norm(1024, 8).value(), first);
  EXPECT_EQ(same.simulated(), 0);
  CoreTimes other(shipped().cores.at("neuroncore-v4"), store);
  other.norm(1024, 8);
  EXPECT_THAT(other.simulated(), Gt(0));
}

TEST(TimeStoreTest, ADamagedFileOrAMissingPlaceCostsOnlySpeed) {
  const Folder folder;
  std::filesystem::create_directories(folder.path);
  std::ofstream(folder.path / "kernel-times.sqlite") << std::string(8192, 'x');
  TimeStore damaged(folder.path);
  EXPECT_TRUE(damaged.load("v3").empty());
  EXPECT_FALSE(damaged.save({{"v3 a", 1.0}}));
  TimeStore nowhere("/proc/no/such/place");
  EXPECT_TRUE(nowhere.load("v3").empty());
  EXPECT_FALSE(nowhere.save({{"v3 a", 1.0}}));
}

TEST(TimeStoreTest, TwoStoresOnOneFileSeeEachOthersEntries) {
  const Folder folder;
  TimeStore a(folder.path), b(folder.path);
  EXPECT_TRUE(a.save({{"v3 a", 1.0}}));
  EXPECT_TRUE(b.save({{"v3 b", 2.0}, {"v4 c", 3.0}}));
  EXPECT_EQ(a.load("v3 ").size(), 2u);
  EXPECT_EQ(b.load("v4 ").size(), 1u);
}

TEST(SimulatedCostsTest, StepOfADenseModelIsNearTheRooflineAndNeverBeatsTheHardware) {
  const RooflineCosts roofline;
  const SimulatedCosts simulated(shipped(), std::make_unique<RooflineCosts>(), "");
  const auto model = model::find_model("llama-3.1-8b", catalog::default_directory() / "models");
  ASSERT_TRUE(model);
  for (const char* id : {"trn1", "trn2", "trn3-gen2"}) {
    const catalog::Platform& platform = **shipped().platform(id);
    const catalog::Chip& chip = shipped().chip_of(platform);
    const auto operators =
        model::step_operators(*model, {}, {.sequences = 32, .decode_context = 1000});
    const Precision precision = precisions(*model, chip, PrecisionChoice::k16, 16).front();
    const auto world = catalog::sample(chip, platform, {});
    const StepCost a = simulated.prepare(operators, precision)->cost(world);
    const StepCost b = roofline.prepare(operators, precision)->cost(world);
    EXPECT_THAT(a.seconds.value(), Gt(0.5 * b.seconds.value())) << id;
    EXPECT_THAT(a.seconds.value(), Lt(4 * b.seconds.value())) << id;
    Bytes bytes;
    for (const auto& op : operators) bytes += memory_traffic(op, precision) * op.count;
    EXPECT_THAT(a.seconds.value(), Gt(bytes.value() / chip.memory_bandwidth.si())) << id;
  }
}

}  // namespace
}  // namespace switchyard::costing
