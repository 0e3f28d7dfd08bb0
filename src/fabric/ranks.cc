#include "fabric/ranks.h"

#include <algorithm>
#include <cstring>
#include <map>

#include "base/check.h"
#include "base/text.h"

namespace switchyard::fabric {

namespace {

Error broken(const Exchange& exchange, std::string found, std::string wanted) {
  return {.kind = ErrorKind::kImpossible,
          .where = exchange.place + ": " + exchange.kind,
          .found = std::move(found),
          .wanted = std::move(wanted)};
}

std::string ranks_text(const std::vector<int>& ranks) {
  std::vector<std::string> names;
  constexpr std::size_t kShown = 8;
  for (std::size_t i = 0; i < ranks.size() && i < kShown; ++i) {
    names.push_back(std::to_string(ranks[i]));
  }
  if (ranks.size() > kShown) names.push_back(fmt::format("and {} more", ranks.size() - kShown));
  return (ranks.size() == 1 ? "rank " : "ranks ") + join(names, ", ");
}

}  // namespace

RankWorld::RankWorld(int ranks)
    : states_(static_cast<std::size_t>(ranks), State::kRunning),
      waiting_(static_cast<std::size_t>(ranks), nullptr),
      outcomes_(static_cast<std::size_t>(ranks)) {}

bool RankWorld::waits_with(int rank, const Exchange& exchange) const {
  const auto r = static_cast<std::size_t>(rank);
  return states_[r] == State::kWaiting && waiting_[r]->kind == exchange.kind &&
         waiting_[r]->group == exchange.group;
}

Status RankWorld::meet(int rank, const Exchange& exchange) {
  for (const int member : exchange.group) {
    if (member < 0 || member >= ranks()) {
      return fail(broken(exchange, fmt::format("rank {} in the group", member),
                         fmt::format("ranks from 0 to {}", ranks() - 1)));
    }
  }
  if (std::find(exchange.group.begin(), exchange.group.end(), rank) == exchange.group.end()) {
    return fail(broken(exchange, fmt::format("rank {} is not in its group", rank),
                       "a replica group with every rank that calls"));
  }
  std::unique_lock lock(mutex_);
  const auto own = static_cast<std::size_t>(rank);
  states_[own] = State::kWaiting;
  waiting_[own] = &exchange;
  const bool complete = std::all_of(exchange.group.begin(), exchange.group.end(),
                                    [&](int member) { return waits_with(member, exchange); });
  if (complete) {
    const Status outcome = exchange_all(exchange.group);
    for (const int member : exchange.group) {
      outcomes_[static_cast<std::size_t>(member)] = outcome;
      states_[static_cast<std::size_t>(member)] = State::kRunning;
    }
    changed_.notify_all();
    return outcome;
  }
  fail_if_stuck();
  changed_.wait(lock, [&] { return states_[own] == State::kRunning; });
  return outcomes_[own];
}

void RankWorld::finish(int rank) {
  const std::lock_guard lock(mutex_);
  states_[static_cast<std::size_t>(rank)] = State::kEnded;
  fail_if_stuck();
}

void RankWorld::fail_if_stuck() {
  const bool running = std::any_of(states_.begin(), states_.end(),
                                   [](State state) { return state == State::kRunning; });
  const bool waiting = std::any_of(states_.begin(), states_.end(),
                                   [](State state) { return state == State::kWaiting; });
  if (running || !waiting) return;
  const Error error = deadlock();
  for (std::size_t r = 0; r < states_.size(); ++r) {
    if (states_[r] != State::kWaiting) continue;
    outcomes_[r] = fail(error);
    states_[r] = State::kRunning;
  }
  changed_.notify_all();
}

Error RankWorld::deadlock() const {
  Error error{.kind = ErrorKind::kImpossible,
              .where = "collectives",
              .found = "deadlock: all ranks wait or have ended",
              .wanted = "every member of a group at the same collective"};
  // Ranks with one story share a line.
  std::vector<std::pair<std::string, std::vector<int>>> stories;
  for (std::size_t r = 0; r < states_.size(); ++r) {
    std::string story = "ended";
    if (states_[r] == State::kWaiting) {
      const Exchange& e = *waiting_[r];
      std::vector<int> missing;
      for (const int member : e.group) {
        if (!waits_with(member, e)) missing.push_back(member);
      }
      story = fmt::format("waiting at {} ({}) for {}", e.kind, e.place, ranks_text(missing));
    }
    const auto known = std::find_if(stories.begin(), stories.end(),
                                    [&](const auto& s) { return s.first == story; });
    if (known != stories.end()) {
      known->second.push_back(static_cast<int>(r));
    } else {
      stories.push_back({story, {static_cast<int>(r)}});
    }
  }
  for (const auto& [story, ranks] : stories) {
    error.also.push_back(
        {.kind = ErrorKind::kImpossible, .where = ranks_text(ranks), .found = story});
  }
  return error;
}

Status RankWorld::exchange_all(const std::vector<int>& group) {
  const Exchange& first = *waiting_[static_cast<std::size_t>(group.front())];
  return first.reduces ? reduce_all(group) : move_pieces(group);
}

Status RankWorld::move_pieces(const std::vector<int>& group) {
  // (from, to) to what is sent, in order.
  std::map<std::pair<int, int>, std::vector<Piece>> sent;
  for (const int from : group) {
    for (const Piece& piece : waiting_[static_cast<std::size_t>(from)]->sends) {
      sent[{from, piece.peer}].push_back(piece);
    }
  }
  for (const int to : group) {
    const Exchange& receiver = *waiting_[static_cast<std::size_t>(to)];
    std::map<int, std::size_t> taken;
    for (const Piece& piece : receiver.receives) {
      const std::vector<Piece>& offers = sent[{piece.peer, to}];
      const std::size_t index = taken[piece.peer]++;
      if (index >= offers.size() || offers[index].bytes > piece.bytes) {
        return fail(
            broken(receiver,
                   index >= offers.size()
                       ? fmt::format("rank {} sends nothing to rank {}", piece.peer, to)
                       : fmt::format("rank {} sends {} bytes to rank {}, which has room for {}",
                                     piece.peer, offers[index].bytes, to, piece.bytes),
                   "as many bytes received as sent"));
      }
      const Piece& offer = offers[index];
      const Exchange& sender = *waiting_[static_cast<std::size_t>(piece.peer)];
      SWITCHYARD_CHECK(offer.offset + offer.bytes <= static_cast<std::int64_t>(sender.src.size()));
      SWITCHYARD_CHECK(piece.offset + offer.bytes <=
                       static_cast<std::int64_t>(receiver.dst.size()));
      std::memcpy(receiver.dst.data() + piece.offset, sender.src.data() + offer.offset,
                  static_cast<std::size_t>(offer.bytes));
    }
  }
  return {};
}

Status RankWorld::reduce_all(const std::vector<int>& group) {
  // Ranks that want the same part share its reduction.
  std::map<std::pair<std::int64_t, std::size_t>, std::vector<int>> wanted;
  for (const int rank : group) {
    const Exchange& e = *waiting_[static_cast<std::size_t>(rank)];
    wanted[{e.reduce_from, e.dst.size()}].push_back(rank);
  }
  for (const auto& [part, ranks] : wanted) {
    const auto& [from, bytes] = part;
    std::vector<std::span<const std::uint8_t>> sources;
    for (const int rank : group) {
      const Exchange& e = *waiting_[static_cast<std::size_t>(rank)];
      if (static_cast<std::size_t>(from) + bytes > e.src.size()) {
        return fail(
            broken(e, fmt::format("rank {} brings {} bytes", rank, e.src.size()),
                   fmt::format("{}, as the others need", static_cast<std::size_t>(from) + bytes)));
      }
      sources.push_back(e.src.subspan(static_cast<std::size_t>(from), bytes));
    }
    std::vector<std::span<std::uint8_t>> destinations;
    for (const int rank : ranks) {
      destinations.push_back(waiting_[static_cast<std::size_t>(rank)]->dst);
    }
    const Exchange& first = *waiting_[static_cast<std::size_t>(group.front())];
    reduce(first.op, first.type, sources, destinations);
  }
  return {};
}

}  // namespace switchyard::fabric
