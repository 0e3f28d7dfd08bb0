#include "report/kernel_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "neuroncore/hand_made.h"
#include "report/activity.h"

namespace switchyard::report {
namespace {

using neuroncore::HandMade;
using neuroncore::small_matmul;
using ::testing::HasSubstr;

KernelRun run_of(const HandMade& m) {
  KernelRun run{.file = "small.txt", .program = &m.program};
  run.timeline = m.timeline;
  run.profile = neuroncore::make_profile(m.program, m.timeline, neuroncore::round_peaks());
  run.bracket = {{neuroncore::Policy::kProgram, m.timeline.duration}};
  return run;
}

TEST(Activity, DrawsBusyStalledAndIdle) {
  const HandMade m = small_matmul();
  const auto profile = neuroncore::make_profile(m.program, m.timeline, neuroncore::round_peaks());
  EXPECT_EQ(activity_chart(m.timeline, profile, 10),
            "TensorE   ···▇█▂      20 %\n"
            "VectorE   ·····▅       5 %\n"
            "SyncE     ▂·····▁      3 %\n"
            "DMA        ██▁   █    31 %\n"
            "         0    10 us\n");
}

TEST(Activity, TimesHaveTheUnitThatFits) {
  EXPECT_EQ(time_text(SimTime(12)), "12 ps");
  EXPECT_EQ(time_text(SimTime(366200000)), "366.2 us");
  EXPECT_EQ(time_text(SimTime(2500000000000)), "2.5 s");
}

TEST(KernelReport, FitsAHundredColumnsAndHidesControlCharacters) {
  HandMade m = small_matmul();
  const auto x = m.tensor("x\n\x1b[31m", isa::Buffer::kSbuf, {1, 1});
  const auto id =
      m.add(isa::Opcode::kTensorCopy, {{isa::OperandName::kDst, x}, {isa::OperandName::kSrc, x}},
            std::string(300, 'w') + "\x1b[2J.py:1");
  m.run(id, isa::Engine::kScalar, 100, 900, 2000, neuroncore::StallReason::kSemaphore, 0);
  KernelRun run = run_of(m);
  run.file = std::string(200, 'p') + "\x1b";
  run.fault = neuroncore::Fault{.what = std::string(250, 'f') + " \x1b[0m end"};
  run.outputs = {
      {.name = "o\x1b", .type = "float32", .shape = {2}, .digest = "0", .values = {"1"}}};
  const std::string text = kernel_text(run, false);
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  for (const std::string_view line : split(text, '\n')) {
    if (line.find("ffff") != std::string_view::npos) continue;  // one word has no place to break
    EXPECT_LE(display_width(line), 100u) << line;
  }
}

TEST(KernelReport, JsonHoldsWhatTheTextSays) {
  const HandMade m = small_matmul();
  const Json json = kernel_json(run_of(m));
  EXPECT_EQ(json["duration_ps"], 10000000);
  EXPECT_EQ(json["bracket"]["program_ps"], 10000000);
  EXPECT_EQ(json["summary"]["dma_transfer_count"], 3);
  EXPECT_EQ(json["engines"].size(), 5u);
  double seconds = 0;
  for (const Json& part : json["critical_path"]) seconds += part["seconds"].get<double>();
  EXPECT_NEAR(seconds, 10e-6, 1e-15);
  EXPECT_EQ(json["verdict"]["bound_by"], "waiting");
  EXPECT_TRUE(json["faults"].empty());
}

TEST(KernelReport, FaultsComeFirst) {
  const HandMade m = small_matmul();
  KernelRun run = run_of(m);
  EXPECT_FALSE(faulted(run));
  run.timeline->faults = {{.kind = neuroncore::FaultKind::kRace, .where = "here", .what = "who"}};
  EXPECT_TRUE(faulted(run));
  EXPECT_THAT(kernel_text(run, false), HasSubstr("FAULT of the simulated machine: race"));
  EXPECT_EQ(kernel_json(run)["faults"][0]["kind"], "race");
}

}  // namespace
}  // namespace switchyard::report
