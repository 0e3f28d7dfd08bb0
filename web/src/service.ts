// Draws the JSON of `switchyard simulate`: what users saw, and how full the service was over time.
import { AXIS_TEXT, colour, draw, valueAxis, type Option } from "./chart";
import { element, percent, significant } from "./format";

interface Latency {
  mean: number;
  p50: number;
  p90: number;
  p99: number;
  count: number;
}

type Points = [number, number][];

export interface ServiceRun {
  model: string;
  deployment: {
    platform: string; replicas: number; prefill_replicas: number; chips_per_replica: number;
    tp: number; pp: number; dp: number; cp: number; ep: number; precision: string; chosen: string;
  };
  engine: string;
  traffic: string;
  slo: { ttft_ms: number; tpot_ms: number };
  requests: number;
  completed: number;
  failed: number;
  simulated_seconds: number;
  ttft_ms: Latency;
  tpot_ms: Latency;
  itl_ms: Latency;
  e2e_ms: Latency;
  queue_ms: Latency;
  output_tokens_per_second: number;
  requests_per_second: number;
  goodput: number;
  slo_attainment: number;
  prefix_hit_rate: number;
  preemptions: number;
  batch_mean: number;
  busy_share: number;
  joules_per_output_token: number | null;
  cost_view: string;
  dollars_per_million_output_tokens: number | null;
  dollars_per_million_input_tokens: number | null;
  evidence: string;
  notes: string[];
  timeline: Record<string, (number | null)[]>;
  distributions: Record<string, Points>;
}

function addSection(page: HTMLElement, title: string, text: string): HTMLElement {
  const section = element("section", "", element("h2", "", title), element("p", "text", text));
  page.append(section);
  return section;
}

function deployment(run: ServiceRun): string {
  const d = run.deployment;
  const cut = (["tp", "pp", "dp", "cp", "ep"] as const).filter((k) => d[k] > 1)
    .map((k) => `${k}${d[k]}`);
  const replicas = d.prefill_replicas > 0
    ? `${d.prefill_replicas} prefill + ${d.replicas} decode replicas`
    : `${d.replicas} replica${d.replicas === 1 ? "" : "s"}`;
  return `${replicas} of ${d.chips_per_replica} chips ${cut.join(" ")} ${d.precision}`;
}

function addHeader(page: HTMLElement, run: ServiceRun): void {
  page.append(element("h1", "", `${run.model} on ${run.deployment.platform}`),
    element("p", "question", run.traffic), element("p", "note", run.deployment.chosen));
  for (const note of run.notes) page.append(element("p", "note", note));
  const facts: [string, string][] = [
    ["deployment", deployment(run)], ["engine", run.engine],
    ["completed", `${significant(run.completed)} of ${significant(run.requests)}`],
    ["output tok/s", significant(run.output_tokens_per_second)],
    ["within SLO", `${percent(run.slo_attainment)}, ${significant(run.goodput)} requests/s`],
    ["prefix hits", percent(run.prefix_hit_rate)],
    ["preemptions", significant(run.preemptions)], ["busy", percent(run.busy_share)],
    ["sequences a step", significant(run.batch_mean)],
    ["J an output token", significant(run.joules_per_output_token)],
    [`$/M out (${run.cost_view})`, significant(run.dollars_per_million_output_tokens)],
    [`$/M in (${run.cost_view})`, significant(run.dollars_per_million_input_tokens)],
  ];
  const list = element("dl", "facts");
  for (const [name, value] of facts) {
    list.append(element("div", "", element("dt", "", name), element("dd", "", value)));
  }
  page.append(list);
}

function addLatencies(page: HTMLElement, run: ServiceRun): void {
  const section = addSection(page, "Latency",
    `Milliseconds. SLO: TTFT at most ${significant(run.slo.ttft_ms)}, TPOT at most ` +
    `${significant(run.slo.tpot_ms)}.`);
  const rows: [string, Latency][] = [
    ["TTFT", run.ttft_ms], ["TPOT", run.tpot_ms], ["ITL", run.itl_ms], ["E2E", run.e2e_ms],
    ["queue", run.queue_ms],
  ];
  const head = element("tr", "", element("th", "", ""));
  for (const name of ["mean", "p50", "p90", "p99"]) head.append(element("th", "number", name));
  const body = element("tbody", "");
  for (const [name, l] of rows) {
    const row = element("tr", "", element("td", "platform", name));
    for (const value of [l.mean, l.p50, l.p90, l.p99]) {
      row.append(element("td", "number", significant(l.count > 0 ? value : null)));
    }
    body.append(row);
  }
  section.append(element("table", "", element("thead", "", head), body));
}

function lineOption(x: string, y: string, series: object[], extra: object = {}): Option {
  return {
    grid: { left: 34, right: 24, top: 40, bottom: 34, containLabel: true },
    legend: { top: 0, left: 0, itemGap: 18, textStyle: AXIS_TEXT },
    tooltip: { trigger: "axis", confine: true,
      valueFormatter: (v: unknown) => significant(typeof v === "number" ? v : null) },
    xAxis: valueAxis(x), yAxis: valueAxis(y, { nameGap: 48, min: 0 }), series, ...extra,
  };
}

function addDistributions(page: HTMLElement, run: ServiceRun): void {
  const section = addSection(page, "Distributions",
    "Share of requests (of tokens for ITL) at or below a latency. Dashed: the SLO.");
  const names: [string, string, number?][] = [
    ["ttft_ms", "TTFT", run.slo.ttft_ms], ["tpot_ms", "TPOT", run.slo.tpot_ms],
    ["itl_ms", "ITL"], ["e2e_ms", "E2E"]];
  const series: object[] = [];
  names.forEach(([key, name, target], index) => {
    // A logarithmic axis has no place for zero.
    const points = (run.distributions[key] ?? []).filter(([x]) => x > 0)
      .map(([x, p]) => [x, 100 * p]);
    if (points.length === 0) return;
    series.push({ type: "line", name, showSymbol: false, data: points, lineStyle: { width: 2 },
                  itemStyle: { color: colour(index) } });
    if (target === undefined) return;
    series.push({ type: "line", name: `${name} SLO`, showSymbol: false, silent: true,
                  data: [[target, 0], [target, 100]], tooltip: { show: false },
                  lineStyle: { width: 1.5, type: "dashed" }, itemStyle: { color: colour(index) } });
  });
  draw(section, 380, "Distributions of latency", lineOption("ms", "% of requests", series,
    { xAxis: valueAxis("ms", { type: "log" }), yAxis: valueAxis("%", { max: 100, nameGap: 40 }),
      tooltip: { trigger: "item", confine: true,
        formatter: (p: { seriesName: string; value: number[] }) =>
          `${p.seriesName}: ${significant(p.value[1])} % within ` +
          `${significant(p.value[0])} ms` } }));
}

interface Curve {
  key: string;
  name: string;
  scale?: (value: number, index: number) => number;
}

function addTimeline(page: HTMLElement, run: ServiceRun, title: string, text: string, axis: string,
                     curves: Curve[]): void {
  const times = run.timeline["start_s"] ?? [];
  if (times.length < 2) return;
  const series = curves.map((curve, index) => ({
    type: "line", name: curve.name, showSymbol: false, lineStyle: { width: 1.6 },
    itemStyle: { color: colour(index) },
    data: (run.timeline[curve.key] ?? []).map((value, i) => [times[i],
      value === null ? null : curve.scale === undefined ? value : curve.scale(value, i)]),
  }));
  draw(addSection(page, title, text), 280, title, lineOption("simulated s", axis, series));
}

export function renderService(run: ServiceRun): void {
  const page = document.getElementById("page");
  if (page === null) throw new Error("no element to draw into");
  document.title = `${run.model} on ${run.deployment.platform}: Switchyard simulation`;
  addHeader(page, run);
  addLatencies(page, run);
  addDistributions(page, run);
  const times = (run.timeline["start_s"] ?? []).map((t) => t ?? 0);
  const width = times.length > 1 ? times[1] - times[0] : 1;
  const perSecond = (value: number): number => value / width;
  addTimeline(page, run, "Requests in the service", "Means over each stretch of time.", "requests",
    [{ key: "requests_running", name: "running" }, { key: "requests_waiting", name: "waiting" }]);
  addTimeline(page, run, "Arrivals and completions", "Requests a second.", "requests/s",
    [{ key: "arrived", name: "arrived", scale: perSecond },
     { key: "completed", name: "completed", scale: perSecond }]);
  addTimeline(page, run, "KV cache", "Share of all blocks: held by running requests, and kept " +
    "for reuse only.", "%",
    [{ key: "kv_used_share", name: "in use", scale: (v) => 100 * v },
     { key: "kv_cached_share", name: "cached", scale: (v) => 100 * v }]);
  addTimeline(page, run, "Time to first token", "Of the requests that ended in each stretch.",
    "ms", [{ key: "ttft_p50_ms", name: "p50" }, { key: "ttft_p99_ms", name: "p99" }]);
  const replicas = run.timeline["replicas_up"] ?? [];
  if (replicas.some((value) => value !== replicas[0])) {
    addTimeline(page, run, "Replicas up", "Mean over each stretch.", "replicas",
      [{ key: "replicas_up", name: "up" }]);
  }
  page.append(element("p", "evidence",
    `Evidence: ${run.evidence}, base world of the catalog. Queueing is simulated request by ` +
    "request; step times are as uncertain as the evidence."));
}
