#include "fabric/flow_classes.h"

#include <algorithm>
#include <bit>
#include <unordered_map>

#include "base/random.h"

namespace switchyard::fabric {

namespace {

constexpr int kRoundsMax = 12;
// Finer than this share of single flows, folding saves nothing.
constexpr double kWorthwhile = 0.5;

std::uint64_t bits(double value) { return std::bit_cast<std::uint64_t>(value); }

// Dense numbers for hashes, in order of first appearance.
class Numbering {
 public:
  explicit Numbering(std::size_t hint) { numbers_.reserve(hint); }
  std::int32_t of(std::uint64_t hash) {
    return numbers_.emplace(hash, static_cast<std::int32_t>(numbers_.size())).first->second;
  }
  std::size_t size() const { return numbers_.size(); }

 private:
  std::unordered_map<std::uint64_t, std::int32_t> numbers_;  // never iterated
};

struct Colours {
  std::vector<std::uint64_t> flow, link;
  std::size_t count = 0;
};

Colours first_colours(std::span<const double> capacity, const FlowSet& set) {
  Colours colours;
  Numbering seen(set.flows.size());
  for (const Flow& flow : set.flows) {
    std::uint64_t h = mix(bits(flow.bytes) ^ 0x9e37);
    h = mix(h ^ static_cast<std::uint64_t>(flow.start.ps()));
    h = mix(h ^ static_cast<std::uint64_t>(flow.latency.ps()));
    h = mix(h ^ static_cast<std::uint64_t>(flow.priority));
    colours.flow.push_back(h);
    seen.of(h);
  }
  for (const double c : capacity) colours.link.push_back(mix(bits(c) ^ 0x51ed));
  colours.count = seen.size();
  return colours;
}

// One round; the sums do not depend on the order of flows.
void refine(const FlowSet& set, Colours& colours) {
  std::vector<std::uint64_t> load(colours.link.size());
  for (std::size_t f = 0; f < set.flows.size(); ++f) {
    const Flow& flow = set.flows[f];
    for (int i = 0; i < flow.count; ++i) {
      load[static_cast<std::size_t>(set.links[static_cast<std::size_t>(flow.first + i)])] +=
          mix(colours.flow[f] + 1);
    }
  }
  for (std::size_t l = 0; l < load.size(); ++l) {
    if (load[l] != 0) colours.link[l] = mix(colours.link[l] ^ mix(load[l]));
  }
  Numbering seen(colours.count * 2);
  for (std::size_t f = 0; f < set.flows.size(); ++f) {
    const Flow& flow = set.flows[f];
    std::uint64_t sum = 0;
    for (int i = 0; i < flow.count; ++i) {
      sum += mix(
          colours
              .link[static_cast<std::size_t>(set.links[static_cast<std::size_t>(flow.first + i)])] +
          7);
    }
    colours.flow[f] = mix(colours.flow[f] ^ mix(sum));
    seen.of(colours.flow[f]);
  }
  colours.count = seen.size();
}

// Every flow and every used link a class of its own.
void make_single(std::span<const double> capacity, const FlowSet& set, FlowClasses& out) {
  out.single = true;
  std::vector<std::int32_t> link_class(capacity.size(), -1);
  for (std::size_t f = 0; f < set.flows.size(); ++f) {
    out.class_of.push_back(static_cast<std::int32_t>(f));
    out.member.push_back(static_cast<std::int32_t>(f));
    out.link_begin.push_back(static_cast<std::int32_t>(out.links.size()));
    for (int i = 0; i < set.flows[f].count; ++i) {
      const auto link =
          static_cast<std::size_t>(set.links[static_cast<std::size_t>(set.flows[f].first + i)]);
      if (link_class[link] < 0) {
        link_class[link] = static_cast<std::int32_t>(out.capacity.size());
        out.capacity.push_back(capacity[link]);
      }
      out.links.push_back(link_class[link]);
      out.uses.push_back(1);
    }
  }
}

void make_folded(std::span<const double> capacity, const FlowSet& set, const Colours& colours,
                 FlowClasses& out) {
  Numbering flow_numbers(colours.count * 2);
  std::vector<double> members;
  for (std::size_t f = 0; f < set.flows.size(); ++f) {
    const std::int32_t c = flow_numbers.of(colours.flow[f]);
    if (c == static_cast<std::int32_t>(out.member.size())) {
      out.member.push_back(static_cast<std::int32_t>(f));
      members.push_back(0);
    }
    ++members[static_cast<std::size_t>(c)];
    out.class_of.push_back(c);
  }
  // Links of a class in use, to turn passes of a flow class into passes of one link.
  Numbering link_numbers(colours.count * 4);
  std::vector<double> links_of_class;
  std::vector<std::int32_t> link_class(capacity.size(), -1);
  for (const LinkIndex link : set.links) {
    std::int32_t& c = link_class[static_cast<std::size_t>(link)];
    if (c >= 0) continue;
    c = link_numbers.of(colours.link[static_cast<std::size_t>(link)]);
    if (c == static_cast<std::int32_t>(out.capacity.size())) {
      out.capacity.push_back(capacity[static_cast<std::size_t>(link)]);
      links_of_class.push_back(0);
    }
    ++links_of_class[static_cast<std::size_t>(c)];
  }
  for (std::size_t c = 0; c < out.member.size(); ++c) {
    const Flow& flow = set.flows[static_cast<std::size_t>(out.member[c])];
    out.link_begin.push_back(static_cast<std::int32_t>(out.links.size()));
    const std::size_t begin = out.links.size();
    for (int i = 0; i < flow.count; ++i) {
      const std::int32_t link =
          link_class[static_cast<std::size_t>(set.links[static_cast<std::size_t>(flow.first + i)])];
      const double passes = members[c] / links_of_class[static_cast<std::size_t>(link)];
      const auto known =
          std::find(out.links.begin() + static_cast<std::ptrdiff_t>(begin), out.links.end(), link);
      if (known != out.links.end()) {
        out.uses[static_cast<std::size_t>(known - out.links.begin())] += passes;
      } else {
        out.links.push_back(link);
        out.uses.push_back(passes);
      }
    }
  }
}

void invert(FlowClasses& out) {
  out.link_begin.push_back(static_cast<std::int32_t>(out.links.size()));
  out.flow_begin.assign(out.capacity.size() + 1, 0);
  for (const std::int32_t link : out.links) ++out.flow_begin[static_cast<std::size_t>(link) + 1];
  for (std::size_t l = 1; l < out.flow_begin.size(); ++l)
    out.flow_begin[l] += out.flow_begin[l - 1];
  out.flows.resize(out.links.size());
  std::vector<std::int32_t> next(out.flow_begin.begin(), out.flow_begin.end() - 1);
  for (std::size_t c = 0; c + 1 < out.link_begin.size(); ++c) {
    for (std::int32_t i = out.link_begin[c]; i < out.link_begin[c + 1]; ++i) {
      const auto link = static_cast<std::size_t>(out.links[static_cast<std::size_t>(i)]);
      out.flows[static_cast<std::size_t>(next[link]++)] = static_cast<std::int32_t>(c);
    }
  }
}

}  // namespace

FlowClasses classify(std::span<const double> capacity, const FlowSet& set) {
  FlowClasses out;
  Colours colours = first_colours(capacity, set);
  const auto folds = [&] {
    return static_cast<double>(colours.count) < kWorthwhile * static_cast<double>(set.flows.size());
  };
  bool settled = false;
  for (int round = 0; round < kRoundsMax && folds() && !settled; ++round) {
    const std::size_t before = colours.count;
    refine(set, colours);
    // The first rounds carry the links' capacities and loads to the flows and back.
    settled = round >= 2 && colours.count == before;
  }
  if (settled && folds()) {
    make_folded(capacity, set, colours, out);
  } else {
    make_single(capacity, set, out);
  }
  invert(out);
  return out;
}

}  // namespace switchyard::fabric
