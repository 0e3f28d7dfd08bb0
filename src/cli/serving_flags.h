// Flags of the commands that serve a model. Files with flags include CLI11, which is slow to
// compile; no other does.
#pragma once

#include "cli/commands.h"

namespace CLI {
class App;
}

namespace switchyard::cli {

// --json and --catalog.
void add_common(CLI::App& app, CommonOptions& common);
// What a service is asked for and how it is judged, with the common flags.
void add_question(CLI::App& app, CompareOptions& options);
void add_simulate(CLI::App& app, SimulateOptions& options);
void add_plan(CLI::App& app, PlanOptions& options);
void add_fleet_day(CLI::App& app, FleetDayCommand& options);

}  // namespace switchyard::cli
