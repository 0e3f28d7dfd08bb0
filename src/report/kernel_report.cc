#include "report/kernel_report.h"

#include <algorithm>

#include "base/text.h"
#include "neuroncore/verdict.h"
#include "report/activity.h"
#include "report/table.h"
#include "report/terminal.h"
#include "report/trace_encoder.h"

namespace switchyard::report {

namespace {

using neuroncore::EngineProfile;
using neuroncore::kNoSite;
using neuroncore::PathPart;
using neuroncore::Profile;
using neuroncore::SegmentKind;
using neuroncore::Site;
using neuroncore::StallReason;

constexpr std::size_t kRows = 8;  // of a table of places
constexpr int kChartColumns = 80;
constexpr std::size_t kReports = 5;
constexpr std::size_t kPlaceColumns = 44;

std::string paint(bool colour, const char* code, const std::string& text) {
  return colour ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : text;
}

std::string percent(double share) { return fmt::format("{:.1f} %", 100 * share); }
std::string bytes(std::int64_t n) { return format_si(static_cast<double>(n), "B"); }
// Sizes of memories are powers of two.
std::string kibibytes(std::int64_t n) {
  constexpr double kKibi = 1024;
  if (n < static_cast<std::int64_t>(kKibi)) return fmt::format("{} B", n);
  return format_significant(static_cast<double>(n) / kKibi) + " KiB";
}

// At most `columns` wide; what is too long loses its middle, as its ends tell the most.
std::string shortened(const std::string& text, std::size_t columns) {
  std::string clean = printable(text);
  if (display_width(clean) <= columns || clean.size() <= columns) return clean;
  const auto is_inside = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; };
  std::size_t head = columns / 2 - 1;
  std::size_t tail = clean.size() - (columns - head - 1);
  while (head > 0 && is_inside(clean[head])) --head;
  while (tail < clean.size() && is_inside(clean[tail])) ++tail;
  return clean.substr(0, head) + "…" + clean.substr(tail);
}

std::string place(const KernelRun& run, neuroncore::SiteId site) {
  if (site == kNoSite) return "";
  return shortened(neuroncore::describe(run.profile->sites[site], *run.program), kPlaceColumns);
}

std::string header(const KernelRun& run) {
  std::string out = fmt::format("{} · NeuronCore-{} · {} instructions", shortened(run.file, 60),
                                isa::name(run.program->generation()),
                                format_integer(static_cast<std::int64_t>(run.program->size())));
  if (run.executed) {
    out += fmt::format(", {} executed",
                       format_integer(static_cast<std::int64_t>(run.instructions_executed)));
  }
  return out + "\n";
}

std::string memory_line(const KernelRun& run) {
  if (!run.allocation) return "";
  return fmt::format(
      "memory   SBUF {} of {} a partition at the peak, PSUM {} of {}\n",
      kibibytes(run.allocation->sbuf_peak_bytes), kibibytes(run.limits.sbuf_partition_bytes),
      kibibytes(run.allocation->psum_peak_bytes), kibibytes(run.limits.psum_partition_bytes));
}

std::string faults_text(const KernelRun& run, bool colour) {
  std::string out;
  const auto add = [&](const neuroncore::Fault& fault) {
    const std::string text = to_text(fault);
    for (const std::string_view line : split(text, '\n')) {
      if (!line.empty()) out += wrap(printable(line), kTerminalColumns, "    ");
    }
  };
  if (run.allocation && run.allocation->fault) add(*run.allocation->fault);
  if (run.fault) add(*run.fault);
  if (run.timeline) {
    for (std::size_t i = 0; i < std::min(run.timeline->faults.size(), kReports); ++i) {
      add(run.timeline->faults[i]);
    }
    const std::size_t more = run.timeline->faults.size();
    if (more > kReports) out += fmt::format("and {} more\n", more - kReports);
  }
  if (!out.empty()) out = paint(colour, "31", "FAULT of the simulated machine: " + out);
  if (run.reports.empty()) return out;
  std::string reports = "Reads of bytes that nothing wrote:\n";
  for (std::size_t i = 0; i < std::min(run.reports.size(), kReports); ++i) {
    reports += wrap("  " + printable(to_text(run.reports[i])), kTerminalColumns, "    ");
  }
  if (run.reports.size() > kReports) {
    reports += fmt::format("  and {} more\n", run.reports.size() - kReports);
  }
  return out + paint(colour, "33", reports);
}

std::string time_line(const KernelRun& run) {
  std::string out = fmt::format("time     {} with policy {}", time_text(run.profile->duration),
                                neuroncore::name(run.profile->policy));
  std::string others;
  for (const PolicyTime& time : run.bracket) {
    others += fmt::format("{}{} {}", others.empty() ? "" : ", ", neuroncore::name(time.policy),
                          time_text(time.duration));
  }
  out += (others.empty() ? "" : " (" + others + ")") + "\n";
  if (run.partial) {
    out +=
        fmt::format("         shares and sums are of the first {} executions only\n",
                    format_integer(static_cast<std::int64_t>(run.timeline->instructions.size())));
  }
  return out;
}

std::string utilisation_lines(const Profile& p) {
  std::string out = fmt::format("use      MFU {}, HFU {}, MBU {}; {} of useful work\n",
                                percent(p.mfu()), percent(p.hfu()), percent(p.mbu()),
                                format_si(static_cast<double>(p.flops.model()), "FLOP"));
  out += fmt::format("HBM      {} read ({} of it again), {} written; spills {} out, {} in\n",
                     bytes(p.traffic.hbm_read), bytes(p.traffic.hbm_reread),
                     bytes(p.traffic.hbm_write), bytes(p.traffic.spill_save),
                     bytes(p.traffic.spill_reload));
  out += fmt::format("on chip  SBUF {} read, {} written; PSUM {} read, {} written\n",
                     bytes(p.traffic.sbuf_read), bytes(p.traffic.sbuf_write),
                     bytes(p.traffic.psum_read), bytes(p.traffic.psum_write));
  if (p.dma.transfers == 0) return out;
  const auto count = static_cast<double>(p.dma.transfers);
  const auto descriptors = static_cast<double>(std::max<std::int64_t>(p.dma.descriptors, 1));
  out += fmt::format("DMA      {} transfers of {} on {} queue{}; {} descriptors of {}\n",
                     format_integer(p.dma.transfers),
                     format_si(static_cast<double>(p.dma.bytes) / count, "B"), p.dma.queues.size(),
                     p.dma.queues.size() == 1 ? "" : "s", format_integer(p.dma.descriptors),
                     format_si(static_cast<double>(p.dma.bytes) / descriptors, "B"));
  return out;
}

std::string engines_table(const KernelRun& run) {
  const Profile& p = *run.profile;
  std::vector<std::vector<std::string>> rows;
  for (const EngineProfile& engine : p.engines) {
    if (engine.instructions == 0) continue;
    const auto longest =
        std::max_element(engine.stalls.begin(), engine.stalls.end(),
                         [](const auto& a, const auto& b) { return a.time < b.time; });
    const auto reason = static_cast<StallReason>(longest - engine.stalls.begin());
    const bool stalls = longest->time > SimTime();
    rows.push_back({std::string(neuroncore::title(engine.engine)),
                    format_integer(engine.instructions), percent(p.share(engine.busy)),
                    percent(p.share(engine.stalled)), percent(p.share(engine.idle)),
                    stalls ? std::string(neuroncore::name(reason)) : "",
                    stalls ? place(run, longest->worst) : ""});
  }
  if (rows.empty()) return "";
  return "\n" + table({{"engine", Align::kLeft},
                       {"instr."},
                       {"busy"},
                       {"stalled"},
                       {"idle"},
                       {"mostly for", Align::kLeft},
                       {"on", Align::kLeft}},
                      rows);
}

std::string sites_table(const KernelRun& run) {
  const Profile& p = *run.profile;
  std::vector<neuroncore::SiteId> order(p.sites.size());
  for (neuroncore::SiteId i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) {
    return p.sites[a].critical != p.sites[b].critical ? p.sites[a].critical > p.sites[b].critical
                                                      : p.sites[a].work > p.sites[b].work;
  });
  std::vector<std::vector<std::string>> rows;
  for (std::size_t i = 0; i < std::min(order.size(), kRows); ++i) {
    const Site& site = p.sites[order[i]];
    rows.push_back({place(run, order[i]), format_integer(site.executions), time_text(site.work),
                    time_text(site.stalled), percent(p.share(site.critical))});
  }
  if (rows.empty()) return "";
  const std::string more =
      order.size() > kRows ? fmt::format("  and {} more places\n", order.size() - kRows) : "";
  return "\n" +
         table({{"instructions", Align::kLeft}, {"times"}, {"work"}, {"stalled"}, {"critical"}},
               rows) +
         more;
}

std::string part_text(const PathPart& part) {
  switch (part.kind) {
    case SegmentKind::kWork:
      return fmt::format("work on {}", neuroncore::title(part.engine));
    case SegmentKind::kTransfer:
      return "transfer";
    case SegmentKind::kWait:
      return fmt::format("wait ({})", neuroncore::wait_name(part));
    default:
      return std::string(neuroncore::name(part.kind));
  }
}

std::string path_table(const KernelRun& run) {
  const Profile& p = *run.profile;
  std::vector<std::vector<std::string>> rows;
  for (const PathPart& part : p.path.parts) {
    if (rows.size() == kRows) break;
    rows.push_back({percent(p.share(part.time)), time_text(part.time), part_text(part),
                    place(run, part.site)});
  }
  if (rows.empty()) return "";
  return "\nCritical path, summed by place:\n" +
         table({{"share"}, {"time"}, {"what", Align::kLeft}, {"where", Align::kLeft}}, rows);
}

std::string verdict_text(const Profile& p, bool colour) {
  std::string out =
      "\n" + paint(colour, "1", wrap(printable(p.verdict.text), kTerminalColumns, ""));
  int number = 0;
  for (const neuroncore::Recommendation& r : p.verdict.recommendations) {
    out += wrap(fmt::format("{}. {} (at most {} of the time)", ++number, printable(r.text),
                            fmt::format("{:.0f} %", 100 * r.gain)),
                kTerminalColumns, "   ");
  }
  return out;
}

std::string outputs_text(const KernelRun& run) {
  std::string out;
  for (const KernelOutput& output : run.outputs) {
    std::vector<std::string> shape;
    for (const std::int64_t n : output.shape) shape.push_back(std::to_string(n));
    out += fmt::format("{} {}[{}] digest {}\n", shortened(output.name, 40), output.type,
                       join(shape, ", "), output.digest);
    if (!output.values.empty()) {
      out += wrap("  " + join(output.values, " "), kTerminalColumns, "  ");
    }
  }
  return out.empty() ? out : "\nOutputs:\n" + out;
}

}  // namespace

bool faulted(const KernelRun& run) {
  return run.fault || (run.allocation && run.allocation->fault) ||
         (run.timeline && !run.timeline->faults.empty());
}

std::string kernel_text(const KernelRun& run, bool colour) {
  std::string out = header(run);
  out += faults_text(run, colour);
  if (run.profile) {
    out += time_line(run) + memory_line(run) + utilisation_lines(*run.profile) + "\n";
    out += activity_chart(*run.timeline, *run.profile, kChartColumns);
    out += engines_table(run) + sites_table(run) + path_table(run);
    out += verdict_text(*run.profile, colour);
  } else {
    out += memory_line(run);
  }
  return out + outputs_text(run);
}

std::vector<PolicyTime> pair_times(std::span<const KernelRun* const> cores) {
  std::vector<PolicyTime> times = cores[0]->bracket;
  for (const KernelRun* core : cores) {
    for (std::size_t i = 0; i < std::min(times.size(), core->bracket.size()); ++i) {
      times[i].duration = std::max(times[i].duration, core->bracket[i].duration);
    }
  }
  return times;
}

std::string kernels_text(std::span<const KernelRun* const> cores, bool colour) {
  if (cores.size() == 1) return kernel_text(*cores[0], colour);
  std::string out = "logical NeuronCore of two";
  for (const PolicyTime& time : pair_times(cores)) {
    out += fmt::format(" · {} {}", neuroncore::name(time.policy), time_text(time.duration));
  }
  out += "\n";
  for (std::size_t i = 0; i < cores.size(); ++i) {
    out += fmt::format("\ncore {} · {}", i, kernel_text(*cores[i], colour));
  }
  return out;
}

}  // namespace switchyard::report
