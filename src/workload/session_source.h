// Conversations and agents as a source of requests (traffic.h says what a session is).
//
// A call's prompt is the session's history and new tokens; its blocks name content, so that turns
// find what earlier turns computed, calls of a fan-out find the common history, and sessions on
// one system prompt find that. When all calls of a turn have ended, new tokens and answers join
// the history, and the next turn comes after a pause. A session ends after its turns, when its
// history would outgrow the context, or when a call is shed or fails (its user gives up).
#pragma once

#include <limits>
#include <optional>
#include <queue>
#include <unordered_map>
#include <vector>

#include "workload/loop.h"
#include "workload/traffic.h"

namespace switchyard::workload {

struct SessionLoad {
  Session session;
  Spread output;
  std::int64_t requests = 0;  // calls of all sessions together, after which no more are made
  // Calls a second on average, with sessions starting at random until `end_s`; or
  std::optional<RateProfile> rate;
  double end_s = std::numeric_limits<double>::infinity();
  std::int64_t sessions = 0;  // this many sessions at all times, if > 0
  double burstiness = 1;      // of session starts
  std::uint64_t seed = 1;
};

// Calls of a session on average, counted over many drawn ones.
double calls_per_session(const SessionLoad& load);

class SessionSource : public RequestSource {
 public:
  static constexpr int kBlockTokens = 16;

  // Contract: a rate, or sessions >= 1.
  explicit SessionSource(SessionLoad load);
  std::optional<SimTime> next_arrival() override;
  ServingRequest take() override;
  void finished(const RequestRecord& record) override;
  int block_tokens() const override { return kBlockTokens; }

 private:
  struct State {
    std::uint64_t content = 0;
    std::int64_t history_tokens = 0, joining_tokens = 0;
    std::int64_t turns_left = 0;
    int calls_open = 0;
    bool given_up = false;
    std::vector<PromptPiece> pieces;   // the system prompt, then the session's own
    std::vector<std::int64_t> blocks;  // of the main line, as far as it was asked for
  };
  struct Call {  // waiting for its time
    SimTime time;
    std::int64_t number = 0;  // breaks ties
    std::int64_t session = 0;
    int branch = 0;  // 0: the main line
    std::int64_t input_tokens = 0, output_tokens = 0;
    bool operator>(const Call& other) const {
      return std::pair(time, number) > std::pair(other.time, other.number);
    }
  };
  struct Live {
    std::int64_t session = 0;
    int branch = 0;
    std::vector<std::int64_t> blocks;  // of a branch
  };

  void start_session(SimTime time);
  // Plans the calls of the next turn, or ends the session.
  void next_turn(std::int64_t id, SimTime time);
  void start_arrived();
  void draw_start();
  std::span<const std::int64_t> blocks_of(const Call& call, std::int64_t request_id);

  SessionLoad load_;
  LengthModel turns_;  // new tokens and output of a call
  Random random_;
  ArrivalClock starts_;
  std::optional<SimTime> next_start_;
  std::int64_t session_count_ = 0, planned_ = 0, taken_ = 0;
  std::priority_queue<Call, std::vector<Call>, std::greater<>> calls_;
  std::unordered_map<std::int64_t, State> sessions_;
  std::unordered_map<std::int64_t, Live> live_;  // by request
};

}  // namespace switchyard::workload
