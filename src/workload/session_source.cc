#include "workload/session_source.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/check.h"
#include "base/portable_math.h"

namespace switchyard::workload {

namespace {

// Geometric with this mean, at least 1.
std::int64_t draw_turns(double mean, Random& random) {
  if (mean <= 1) return 1;
  const double u = 1 - random.uniform();
  return 1 + static_cast<std::int64_t>(portable_log(u) / portable_log1p(-1 / mean));
}

double draw_pause_s(const Session& session, Random& random) {
  if (session.pause_s <= 0) return 0;
  const double square = portable_log1p(session.pause_variation * session.pause_variation);
  return session.pause_s * portable_exp(std::sqrt(square) * random.normal() - square / 2);
}

int draw_calls(const Session& session, Random& random) {
  return random.uniform() < session.fan_out_share ? session.fan_out : 1;
}

constexpr double kPauseMax_s = 86400;

}  // namespace

double calls_per_session(const SessionLoad& load) {
  constexpr int kSessions = 4000;
  const Session& session = load.session;
  const LengthModel turns = LengthModel::log_normal(session.new_input, load.output, 0);
  Random random(mix(load.seed));
  std::int64_t calls = 0;
  for (int n = 0; n < kSessions; ++n) {
    auto history = static_cast<std::int64_t>(session.system_tokens);
    for (std::int64_t left = draw_turns(session.turns_mean, random); left > 0; --left) {
      const int width = draw_calls(session, random);
      std::int64_t joining = 0;
      bool fits = true;
      for (int branch = 0; branch < width; ++branch) {
        const LengthPair drawn = turns.draw(random);
        joining += drawn.output_tokens + (branch == 0 ? drawn.input_tokens : 0);
        fits = fits && static_cast<double>(history + drawn.input_tokens + drawn.output_tokens) <=
                           session.context_tokens_max;
      }
      if (!fits) break;
      calls += width;
      history += joining;
    }
  }
  return std::max(1.0, static_cast<double>(calls) / kSessions);
}

SessionSource::SessionSource(SessionLoad load)
    : load_(std::move(load)),
      turns_(LengthModel::log_normal(load_.session.new_input, load_.output, 0)),
      random_(load_.seed) {
  SWITCHYARD_CHECK(load_.rate || load_.sessions >= 1);
  if (load_.sessions > 0) {
    for (std::int64_t n = 0; n < load_.sessions; ++n) start_session(SimTime());
    return;
  }
  starts_ = random_clock(load_.rate->scaled(1 / calls_per_session(load_)), load_.burstiness,
                         mix(load_.seed + 1), load_.end_s);
  draw_start();
}

void SessionSource::draw_start() {
  const double at_s = starts_();
  if (std::isinf(at_s)) {
    next_start_.reset();
  } else {
    next_start_ = to_sim_time(at_s);
  }
}

void SessionSource::start_session(SimTime time) {
  if (planned_ >= load_.requests) return;
  const std::int64_t id = session_count_++;
  State& state = sessions_[id];
  state.content = mix(load_.seed ^ mix(static_cast<std::uint64_t>(id) + 1));
  state.turns_left = draw_turns(load_.session.turns_mean, random_);
  state.history_tokens = static_cast<std::int64_t>(load_.session.system_tokens);
  const auto prompts = static_cast<std::uint64_t>(load_.session.system_prompts);
  const std::uint64_t prompt = random_.below(prompts);
  if (state.history_tokens > 0) {
    state.pieces.push_back({mix(load_.seed + (prompt << 32)), state.history_tokens});
  }
  state.pieces.push_back({state.content, state.history_tokens});
  next_turn(id, time);
}

void SessionSource::next_turn(std::int64_t id, SimTime time) {
  State& state = sessions_.at(id);
  const int width = draw_calls(load_.session, random_);
  std::vector<Call> calls;
  for (int branch = 0; branch < width; ++branch) {
    const LengthPair drawn = turns_.draw(random_);
    calls.push_back({.time = time,
                     .session = id,
                     .branch = branch,
                     .input_tokens = state.history_tokens + drawn.input_tokens,
                     .output_tokens = drawn.output_tokens});
  }
  const bool fits = std::all_of(calls.begin(), calls.end(), [&](const Call& call) {
    return static_cast<double>(call.input_tokens + call.output_tokens) <=
           load_.session.context_tokens_max;
  });
  // A first turn that is too long would leave a session without any call, and a closed loop
  // without an end: it is cut instead.
  const bool first = state.history_tokens == static_cast<std::int64_t>(load_.session.system_tokens);
  if (state.turns_left == 0 || state.given_up || (!fits && !first)) {
    sessions_.erase(id);
    if (load_.sessions > 0) start_session(time);
    return;
  }
  --state.turns_left;
  state.joining_tokens = 0;
  for (Call& call : calls) {
    if (planned_ >= load_.requests) break;
    const auto context = static_cast<std::int64_t>(load_.session.context_tokens_max);
    call.input_tokens = std::min(call.input_tokens, context - 1);
    call.output_tokens = std::min(call.output_tokens, context - call.input_tokens);
    call.number = planned_++;
    ++state.calls_open;
    if (call.branch == 0) state.joining_tokens += call.input_tokens - state.history_tokens;
    calls_.push(call);
  }
  if (state.calls_open == 0) sessions_.erase(id);
}

void SessionSource::start_arrived() {
  while (next_start_ && planned_ < load_.requests &&
         (calls_.empty() || *next_start_ <= calls_.top().time)) {
    start_session(*next_start_);
    draw_start();
  }
  if (planned_ >= load_.requests) next_start_.reset();
}

std::optional<SimTime> SessionSource::next_arrival() {
  start_arrived();
  if (calls_.empty()) return std::nullopt;
  return calls_.top().time;
}

std::span<const std::int64_t> SessionSource::blocks_of(const Call& call, std::int64_t request_id) {
  State& state = sessions_.at(call.session);
  const std::int64_t end = call.input_tokens + call.output_tokens;
  const std::int64_t whole = end / kBlockTokens * kBlockTokens;  // what a later turn can find
  Live& live = live_[request_id];
  live.session = call.session;
  live.branch = call.branch;
  std::vector<PromptPiece> pieces = state.pieces;
  if (call.branch == 0) {
    pieces.back().end_token = whole;
    append_blocks(pieces, kBlockTokens, state.blocks);
    return state.blocks;
  }
  pieces.back().end_token = state.history_tokens;
  const std::uint64_t own = mix(state.content ^ mix(static_cast<std::uint64_t>(request_id) << 1));
  pieces.push_back({own, std::max(whole, state.history_tokens)});
  append_blocks(pieces, kBlockTokens, live.blocks);
  return live.blocks;
}

ServingRequest SessionSource::take() {
  start_arrived();
  SWITCHYARD_CHECK(!calls_.empty());
  const Call call = calls_.top();
  calls_.pop();
  ServingRequest request{.id = taken_++,
                         .arrival = call.time,
                         .input_tokens = call.input_tokens,
                         .output_tokens = call.output_tokens,
                         .session = call.session};
  request.blocks = blocks_of(call, request.id);
  return request;
}

void SessionSource::finished(const RequestRecord& record) {
  const auto at = live_.find(record.id);
  SWITCHYARD_CHECK(at != live_.end(), "request {}", record.id);
  const std::int64_t id = at->second.session;
  live_.erase(at);
  State& state = sessions_.at(id);
  state.joining_tokens += record.output_tokens;
  if (record.outcome != RequestOutcome::kCompleted) state.given_up = true;
  if (--state.calls_open > 0) return;
  state.history_tokens += state.joining_tokens;
  const double pause_s = std::min(draw_pause_s(load_.session, random_), kPauseMax_s);
  next_turn(id, record.finish + to_sim_time(pause_s));
}

}  // namespace switchyard::workload
