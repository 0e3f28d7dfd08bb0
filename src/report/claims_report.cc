#include "report/claims_report.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "report/json.h"
#include "report/table.h"
#include "report/terminal.h"

namespace switchyard::report {

namespace {

std::string computed_text(const planner::Claim& c) {
  if (!std::isfinite(c.computed.base)) return "-";
  std::string text = format_grouped(c.computed.base);
  if (c.computed.p10 != c.computed.p90) {
    text += fmt::format(" [{}-{}]", format_grouped(c.computed.p10), format_grouped(c.computed.p90));
  }
  return text + " " + c.unit;
}

}  // namespace

std::string claims_text(const std::vector<planner::Claim>& claims) {
  std::string out = "The Trainium3 announcement against what the catalog and the simulation give\n";
  for (const planner::Claim& c : claims) {
    out += "\n" + wrap(c.claim, kTerminalColumns, "");
    out += fmt::format("  claimed {}, computed {}: {}\n", format_grouped(c.claimed),
                       computed_text(c), c.verdict);
    out += wrap("  " + c.why, kTerminalColumns, "  ");
  }
  return out;
}

Json claims_json(const std::vector<planner::Claim>& claims) {
  Json list = Json::array();
  for (const planner::Claim& c : claims) {
    list.push_back({{"id", c.id},
                    {"claim", c.claim},
                    {"claimed", c.claimed},
                    {"computed", spread_json(c.computed)},
                    {"unit", c.unit},
                    {"verdict", c.verdict},
                    {"why", c.why}});
  }
  return {{"claims", list}};
}

}  // namespace switchyard::report
