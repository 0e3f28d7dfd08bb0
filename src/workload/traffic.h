// How the requests of a named workload vary and come back: what a simulation needs beyond the means
// of workload.h. Tables [traffic] and [session] of catalog/workloads/ID.toml, both optional:
// without them all requests are alike, independent, and come as a Poisson process.
//
// A session is one user or one agent: a first call on a system prompt that others share, then turns
// that each bring the whole history back with new tokens added. Between an answer and the next turn
// passes a pause (a person reading, a tool at work). A turn may fan out: it asks several calls at
// once on the same history (sub-agents, parallel samples), whose answers all join the history
// before the next turn.
#pragma once

#include "base/document.h"

namespace switchyard::workload {

struct Spread {
  double mean_tokens = 1;
  double variation = 0;  // standard deviation over mean; 0: all the same
};

struct Session {
  double turns_mean = 1;     // geometric, at least 1
  double system_tokens = 0;  // of a system prompt
  int system_prompts = 1;    // as many different ones, chosen evenly
  Spread new_input;          // tokens a turn adds
  double pause_s = 0;        // mean, log-normal
  double pause_variation = 0;
  double fan_out_share = 0;       // of turns
  int fan_out = 1;                // calls of such a turn, the main one included
  double context_tokens_max = 0;  // the history at which a session ends
};

struct Traffic {
  double input_variation = 0, output_variation = 0;  // standard deviation over mean
  double correlation = 0;                            // of their logarithms
  double burstiness = 1;                             // arrivals.h
  bool has_session = false;
  Session session;
};

// Reads both tables out of a workload's document; their absence is no fault.
Traffic read_traffic(ObjectReader& workload, FaultList& faults);

}  // namespace switchyard::workload
