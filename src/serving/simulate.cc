#include "serving/simulate.h"

#include "serving/cluster.h"

namespace switchyard::serving {

Result<SimulationResult> simulate(const StepModel& steps, workload::RequestSource& source,
                                  const ServiceOptions& options, RecordSink& sink) {
  return Cluster(steps, source, options, sink).run();
}

}  // namespace switchyard::serving
