// For tests of sources: a service of fixed speed that plays a source to its end.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <queue>
#include <vector>

#include "workload/source.h"

namespace switchyard::workload {

struct Played {
  ServingRequest request;  // blocks not valid any more
  std::vector<std::int64_t> blocks;
  SimTime finish;
};

// Every request ends `service` after its arrival; ends come in order, before arrivals of that time.
inline std::vector<Played> play(RequestSource& source, SimTime service,
                                std::int64_t count_max = 1'000'000) {
  std::vector<Played> out;
  std::queue<std::size_t> live;
  const auto end_first = [&] {
    Played& played = out[live.front()];
    live.pop();
    RequestRecord record{.id = played.request.id, .session = played.request.session};
    record.arrival = played.request.arrival;
    record.finish = played.finish;
    record.input_tokens = played.request.input_tokens;
    record.output_tokens = played.request.output_tokens;
    played.blocks.assign(played.request.blocks.begin(), played.request.blocks.end());
    played.request.blocks = {};
    source.finished(record);
  };
  while (static_cast<std::int64_t>(out.size()) < count_max) {
    const auto next = source.next_arrival();
    if (!live.empty() && (!next || out[live.front()].finish <= *next)) {
      end_first();
      continue;
    }
    if (!next) break;
    const ServingRequest request = source.take();
    live.push(out.size());
    out.push_back({request, {}, request.arrival + service});
  }
  while (!live.empty()) end_first();
  return out;
}

}  // namespace switchyard::workload
