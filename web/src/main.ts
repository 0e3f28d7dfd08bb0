// Draws the comparison that stands in the page as JSON, section by section.
import { colour, drawBars, type Stack } from "./chart";
import { element, percent, significant } from "./format";
import { addFrontier } from "./frontier";
import { renderService, type ServiceRun } from "./service";
import { addHeader, addInfeasible, addTable } from "./table";
import type { Comparison, Result } from "./types";

window.addEventListener("error", (event) => {
  document.getElementById("errors")?.append(`${event.message}\n`);
});

const EVIDENCE: Record<string, string> = {
  roofline: "roofline: peak rates times assumed efficiencies, no run measured",
  fitted: "fitted: efficiencies fitted to published measurements",
  simulated: "simulated: cycle-level simulation",
};

function evidenceOf(results: Result[]): string {
  const kinds = [...new Set(results.map((r) => r.evidence))];
  return kinds.map((kind) => EVIDENCE[kind] ?? kind).join("; ");
}

function addSection(page: HTMLElement, title: string, text: string, evidence: string): HTMLElement {
  const section = element("section", "", element("h2", "", title), element("p", "text", text),
    element("p", "evidence", `Evidence: ${evidence}.`));
  page.append(section);
  return section;
}

// One stack a part, each with the value of every platform.
function stacks(parts: [string, (r: Result) => number | null | undefined][], results: Result[],
                scale = 1): Stack[] {
  return parts.map(([name, of], index) => ({
    name, colour: colour(index),
    values: results.map((r) => { const v = of(r); return v == null ? null : v * scale; }),
  }));
}

function addProbability(page: HTMLElement, c: Comparison, results: Result[]): void {
  const section = addSection(page, "Probability of being best",
    `Share of the ${c.samples} worlds in which the platform wins by ${c.objective}.`,
    `${evidenceOf(results)}; spread from the catalog's ranges`);
  drawBars(section, "Probability of being best", results.map((r) => r.platform),
    [{ name: "best", colour: colour(0),
       values: results.map((r) => r.probability_cheapest === null ? null
         : 100 * r.probability_cheapest) }],
    { axis: "% of worlds", max: 100, total: (i) => percent(results[i].probability_cheapest) });
}

function addOwnerCost(page: HTMLElement, results: Result[]): void {
  const section = addSection(page, "Owner's cost",
    "Dollars a chip-hour in the base world, whatever cost view ranks the platforms. The total " +
    "counts availability, so it exceeds the sum of the parts.",
    "catalog prices and economy, each with its mark and source (switchyard catalog ID)");
  const cost = (r: Result) => r.owner_dollars_per_chip_hour;
  drawBars(section, "Owner's cost by part", results.map((r) => r.platform),
    stacks([["capital", (r) => cost(r)?.capital], ["facility", (r) => cost(r)?.facility],
            ["maintenance", (r) => cost(r)?.maintenance], ["energy", (r) => cost(r)?.energy]],
           results),
    { axis: "$ a chip-hour", total: (i) => `$${significant(cost(results[i])?.total)}` });
}

function addViews(page: HTMLElement, results: Result[]): void {
  const section = addSection(page, "Cost views",
    "Median dollars a million output tokens under each way to pay, at the same deployments.",
    `${evidenceOf(results)}; prices from the catalog`);
  const names = results[0].views.map((v) => v.view);
  drawBars(section, "Cost by view", results.map((r) => r.platform),
    stacks(names.map((name) => [name, (r: Result) => r.views.find((v) => v.view === name)
      ?.dollars_per_million_output_tokens.p50]), results),
    { axis: "$ a million output tokens", grouped: true });
}

function addMemory(page: HTMLElement, results: Result[]): void {
  const section = addSection(page, "Memory of one chip",
    "What fills it at the best deployment of the base world, GB.",
    "counted from the model's shapes; capacity from the catalog");
  const memory = (r: Result) => r.memory_bytes;
  const free = (r: Result): number | null => {
    const m = memory(r);
    if (m === undefined || m.capacity === null) return null;
    const used = (m.weights ?? 0) + (m.kv_cache ?? 0) + (m.activations ?? 0) + (m.reserved ?? 0);
    return Math.max(0, m.capacity - used);
  };
  const made = stacks([["weights", (r) => memory(r)?.weights],
    ["KV cache", (r) => memory(r)?.kv_cache],
    ["activations", (r) => memory(r)?.activations], ["reserved", (r) => memory(r)?.reserved],
    ["free", free]], results, 1e-9);
  made[4].colour = "#dfe3e8";
  drawBars(section, "Memory map", results.map((r) => r.platform), made,
    { axis: "GB", total: (i) => {
      const capacity = memory(results[i])?.capacity;
      return capacity == null ? "" : `${significant(capacity / 1e9)} GB`;
    } });
}

function addBounds(page: HTMLElement, results: Result[]): void {
  const section = addSection(page, "What bounds the decode step",
    "Time of one pipeline stage in one step by the resource that limits each operator, ms, base " +
    "world; the overhead of the host is not in it.", evidenceOf(results));
  const step = (r: Result) => r.decode_step;
  drawBars(section, "Decode step by bound", results.map((r) => r.platform),
    stacks([["compute", (r) => step(r)?.compute_seconds],
      ["memory", (r) => step(r)?.memory_seconds],
            ["link", (r) => step(r)?.link_seconds],
            ["overhead", (r) => step(r)?.overhead_seconds]], results, 1e3),
    { axis: "ms a step", total: (i) => {
      const seconds = step(results[i])?.seconds;
      return seconds == null ? "" : `${significant(seconds * 1e3)} ms`;
    } });
}

function addDrivers(page: HTMLElement, c: Comparison): void {
  const section = addSection(page, "What drives the spread",
    "Share of the rank variance of the answer that each uncertain number explains, the three " +
    "strongest of a platform. + : more of it raises the cost; \u2212 : lowers it.",
    "rank correlation over the worlds; marks of the numbers in brackets");
  const seen = new Map<string, number>();
  const shown = c.drivers.filter((d) => {
    const count = (seen.get(d.platform) ?? 0) + 1;
    seen.set(d.platform, count);
    return count <= 3;
  });
  const order = c.results.map((r) => r.platform);
  shown.sort((a, b) => order.indexOf(a.platform) - order.indexOf(b.platform));
  for (const platform of new Set(shown.map((d) => d.platform))) {
    const own = shown.filter((d) => d.platform === platform);
    section.append(element("h3", "", platform));
    const list = element("div", "drivers");
    for (const d of own) {
      const bar = element("span", "bar");
      bar.style.width = `${100 * Math.min(1, d.share ?? 0)}%`;
      list.append(
        element("span", "name", `${d.estimate} (${d.mark})`),
        element("span", "track", bar),
        element("span", "share",
          `${(d.correlation ?? 0) < 0 ? "\u2212" : "+"} ${percent(d.share)}`));
    }
    section.append(list);
  }
}

function render(c: Comparison): void {
  const page = document.getElementById("page");
  if (page === null) throw new Error("no element to draw into");
  document.title = `${c.model}, ${c.workload.name}: Switchyard comparison`;
  addHeader(page, c);
  const feasible = c.results.filter((r) => r.feasible);
  const infeasible = c.results.filter((r) => !r.feasible);
  addTable(addSection(page, "Ranking",
    "Medians over the worlds, P10 \u2013 P90 below. In each world every platform runs its best " +
    "deployment there; the one shown is that of the base world. MW is provisioned at the utility.",
    evidenceOf(c.results)), c.results);
  if (feasible.length > 0) {
    addFrontier(addSection(page, "Throughput against interactivity",
      "Median line and P10 \u2013 P90 band of each platform; a hollow point misses the targets. " +
      "Choose a name in the legend to hide or show it; the best six are shown at first.",
      evidenceOf(feasible)), feasible);
    addProbability(page, c, feasible);
    addOwnerCost(page, feasible);
    addViews(page, feasible);
    addMemory(page, feasible);
    addBounds(page, feasible);
    if (c.drivers.length > 0) addDrivers(page, c);
  }
  if (infeasible.length > 0) {
    addInfeasible(addSection(page, "Not possible",
      "What stands in the way, and what would come nearest.", evidenceOf(infeasible)), infeasible);
  }
}

const text = document.getElementById("data")?.textContent ?? "null";
const data = JSON.parse(text) as Comparison | ServiceRun;
if ("results" in data) {
  render(data);
} else {
  renderService(data);
}
