#include "workload/traffic.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace switchyard::workload {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::string faults_of(const std::string& toml, Traffic* out = nullptr) {
  const Json document = parse_toml(toml, "w.toml").value();
  FaultList faults;
  ObjectReader reader(document, "w.toml", faults);
  const Traffic traffic = read_traffic(reader, faults);
  if (out != nullptr) *out = traffic;
  return faults.empty() ? "" : to_text(faults.error());
}

TEST(Traffic, IsPlainWithoutTables) {
  Traffic traffic;
  EXPECT_EQ(faults_of("id = \"x\"", &traffic), "");
  EXPECT_EQ(traffic.input_variation, 0);
  EXPECT_EQ(traffic.burstiness, 1);
  EXPECT_FALSE(traffic.has_session);
}

TEST(Traffic, ReadsBothTables) {
  Traffic traffic;
  EXPECT_EQ(faults_of("[traffic]\ninput_variation = 0.5\nburstiness = 2\nsource = \"s\"\n"
                      "[session]\nturns = 3\nnew_input_tokens = 10\ncontext_tokens_max = 100\n"
                      "system_tokens = 90\nfan_out = 2\nfan_out_share = 0.5\nsource = \"s\"",
                      &traffic),
            "");
  EXPECT_EQ(traffic.input_variation, 0.5);
  EXPECT_EQ(traffic.burstiness, 2);
  ASSERT_TRUE(traffic.has_session);
  EXPECT_EQ(traffic.session.turns_mean, 3);
  EXPECT_EQ(traffic.session.system_tokens, 90);
  EXPECT_EQ(traffic.session.fan_out, 2);
}

TEST(Traffic, NamesEveryFault) {
  EXPECT_THAT(faults_of("[traffic]\ninput_variation = 11\nburstyness = 2\n[session]\nturns = 0.5\n"
                        "new_input_tokens = 10\ncontext_tokens_max = 99\nsystem_tokens = 90\n"),
              AllOf(HasSubstr("traffic: source: is missing"), HasSubstr("input_variation"),
                    HasSubstr("did you mean burstiness?"), HasSubstr("session: turns"),
                    HasSubstr("at least system_tokens + new_input_tokens")));
}

}  // namespace
}  // namespace switchyard::workload
