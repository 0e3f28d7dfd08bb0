#include "costing/collective.h"

#include "base/check.h"
#include "fabric/plan.h"

namespace switchyard::costing {

namespace {

fabric::Collective collective_of(model::OperatorKind kind) {
  switch (kind) {
    case model::OperatorKind::kAllReduce:
      return fabric::Collective::kAllReduce;
    case model::OperatorKind::kAllGather:
      return fabric::Collective::kAllGather;
    case model::OperatorKind::kReduceScatter:
      return fabric::Collective::kReduceScatter;
    case model::OperatorKind::kAllToAll:
      return fabric::Collective::kAllToAll;
    default:
      return fabric::Collective::kSendReceive;
  }
}

}  // namespace

Seconds collective_time(model::OperatorKind kind, Bytes payload, int ranks, int stride,
                        const catalog::FabricNumbers& fabric) {
  SWITCHYARD_CHECK(model::is_collective(kind) && ranks >= 1 && stride >= 1);
  if (ranks == 1) return {};
  // Of a pipeline's stages only neighbours talk.
  const int counted = kind == model::OperatorKind::kSendReceive ? 2 : ranks;
  return fabric::plans_of(fabric, collective_of(kind), {.count = counted, .stride = stride})
      .choose(fabric, payload)
      .time.total;
}

}  // namespace switchyard::costing
