// A fleet's day for the terminal and as JSON.
#pragma once

#include <string>

#include "base/document.h"
#include "planner/fleet_day.h"

namespace switchyard::report {

struct FleetDayReport {
  planner::Question question;
  planner::ServiceDeployment service;
  std::string traffic;  // for people
  int cell_replicas = 0;
  planner::FleetDay day;
  planner::AggregationError error;
};

std::string fleet_day_text(const FleetDayReport& report, bool colour);
Json fleet_day_json(const FleetDayReport& report);

}  // namespace switchyard::report
