// The question, the ranked results and the platforms that cannot do it.
import { deploymentText, element, interval, median, percent, significant } from "./format";
import type { Comparison, Result, Spread } from "./types";

export function addHeader(page: HTMLElement, c: Comparison): void {
  const w = c.workload;
  page.append(
    element("h1", "", c.model),
    element("p", "question",
      `${w.name}: ${significant(w.input_tokens_mean, 4)} tokens in ` +
      `(${percent(w.prefix_share)} cached), ${significant(w.output_tokens_mean, 4)} out. ` +
      `TTFT at most ${significant(c.slo.ttft_ms, 5)} ms, ` +
      `TPOT at most ${significant(c.slo.tpot_ms)} ms.`));
  if (w.note !== "") page.append(element("p", "note", w.note));
  const facts: [string, string][] = [
    ["ranked by", c.objective], ["cost view", c.cost_view],
    ["worlds", `${c.samples}, seed ${c.seed}`], ["KV cache", `${c.kv_cache_bits ?? "\u2013"} bits`],
    ["deployments tried", significant(c.deployments_evaluated)],
  ];
  if (c.speculation.drafted > 0) {
    facts.push(["speculation", `${c.speculation.drafted} drafted, ` +
      `${significant(c.speculation.accepted)} accepted a step`]);
  }
  page.append(element("dl", "facts", ...facts.map(([name, value]) =>
    element("div", "", element("dt", "", name), element("dd", "", value)))));
}

function spreadCell(spread: Spread | null, scale = 1): HTMLElement {
  return element("td", "number", median(spread, scale),
    element("span", "interval", interval(spread, scale)));
}

function row(r: Result, rank: number): HTMLElement {
  return element("tr", rank === 0 ? "best" : "",
    element("td", "number", r.feasible ? String(rank + 1) : "\u2013"),
    element("td", "platform", r.name, element("span", "interval",
      r.feasible ? deploymentText(r.deployment) : "cannot meet the targets")),
    spreadCell(r.dollars_per_million_output_tokens),
    spreadCell(r.dollars_per_million_input_tokens),
    spreadCell(r.output_tokens_per_second_per_chip),
    spreadCell(r.output_tokens_per_second_per_megawatt, 1e-6),
    spreadCell(r.joules_per_output_token),
    spreadCell(r.ttft_ms),
    spreadCell(r.tpot_ms),
    element("td", "number", percent(r.probability_feasible)));
}

export function addTable(section: HTMLElement, results: Result[]): void {
  const titles = ["", "platform", "$/M out", "$/M in", "tok/s/chip", "Mtok/s/MW", "J/tok",
    "TTFT ms", "TPOT ms", "meets SLO"];
  const head = element("tr", "", ...titles.map((t, i) =>
    element("th", i === 1 ? "" : "number", t)));
  const table = element("table", "", element("thead", "", head),
    element("tbody", "", ...results.map(row)));
  table.id = "results";
  section.append(element("div", "wide", table));
}

export function addInfeasible(section: HTMLElement, results: Result[]): void {
  section.append(element("ul", "infeasible", ...results.map((r) =>
    element("li", "", element("b", "", r.name), `: ${r.why_not ?? ""}`))));
}
