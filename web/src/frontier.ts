// Throughput or cost against interactivity: the median line of each platform in its P10-P90 band.
import { AXIS_TEXT, colour, draw, valueAxis, type Chart, type Option } from "./chart";
import { deploymentText, element, escapeMarkup, significant } from "./format";
import type { FrontierPoint, Result, Spread } from "./types";

// More lines than these hide each other; the legend brings the rest back.
const SHOWN_AT_FIRST = 6;

interface Measure {
  title: string;
  axis: string;
  scale: number;
  of: (point: FrontierPoint) => Spread;
}

const MEASURES: Measure[] = [
  { title: "tok/s/chip", axis: "output tok/s a chip", scale: 1,
    of: (p) => p.output_tokens_per_second_per_chip },
  { title: "tok/s/MW", axis: "output Mtok/s a megawatt", scale: 1e-6,
    of: (p) => p.output_tokens_per_second_per_megawatt },
  { title: "$/M out", axis: "$ a million output tokens", scale: 1,
    of: (p) => p.dollars_per_million_output_tokens },
];

interface Plotted {
  x: number;
  low: number;
  middle: number;
  high: number;
  point: FrontierPoint;
}

function plotted(result: Result, measure: Measure): Plotted[] {
  const out: Plotted[] = [];
  for (const point of result.frontier) {
    const x = point.output_tokens_per_second_per_user.p50;
    const y = measure.of(point);
    // A logarithmic axis has no place for zero, and null stands for not finite.
    if (x === null || y.p50 === null || x <= 0 || y.p50 <= 0) continue;
    const low = y.p10 !== null && y.p10 > 0 ? y.p10 : y.p50;
    out.push({ x, point, low: low * measure.scale, middle: y.p50 * measure.scale,
               high: (y.p90 ?? y.p50) * measure.scale });
  }
  return out.sort((a, b) => a.x - b.x);
}

interface RenderApi {
  coord(at: number[]): number[];
}

function band(name: string, fill: string, points: Plotted[]): object {
  const corners = [...points.map((p) => [p.x, p.high]),
                   ...[...points].reverse().map((p) => [p.x, p.low])];
  return {
    type: "custom", name, silent: true, clip: true, z: 1, itemStyle: { color: fill },
    // All corners are data so that the axes make room for the whole band.
    data: corners, encode: { x: 0, y: 1 }, tooltip: { show: false },
    renderItem: (at: { dataIndex: number }, api: RenderApi) =>
      at.dataIndex > 0 ? null : {
        type: "polygon", shape: { points: corners.map((c) => api.coord(c)) },
        style: { fill, opacity: 0.13 },
      },
  };
}

function line(name: string, stroke: string, points: Plotted[]): object {
  return {
    type: "line", name, z: 3, itemStyle: { color: stroke }, lineStyle: { width: 2 },
    symbolSize: 7,
    data: points.map((p) => ({
      value: [p.x, p.middle], plotted: p,
      symbol: p.point.meets_slo ? "circle" : "emptyCircle",
    })),
  };
}

function option(results: Result[], measure: Measure): Option {
  const series = results.flatMap((result, index) => {
    const points = plotted(result, measure);
    return [band(result.platform, colour(index), points),
            line(result.platform, colour(index), points)];
  });
  return {
    grid: { left: 34, right: 24, top: 108, bottom: 34, containLabel: true },
    legend: { top: 0, left: 0, itemGap: 14, textStyle: AXIS_TEXT,
              data: results.map((r) => ({ name: r.platform, icon: "roundRect" })) },
    tooltip: {
      trigger: "item", confine: true,
      formatter: (p: { seriesName: string; data: { plotted?: Plotted } }) => {
        const at = p.data.plotted;
        if (at === undefined) return "";
        return `<b>${escapeMarkup(p.seriesName)}</b><br>${significant(at.x)} tok/s a user<br>` +
          `${significant(at.middle)} (${significant(at.low)} \u2013 ${significant(at.high)}) ` +
          `${measure.axis}<br>${escapeMarkup(deploymentText(at.point.deployment))}<br>` +
          `TTFT ${significant(at.point.ttft_ms)} ms`;
      },
    },
    xAxis: valueAxis("output tok/s a user", { min: 0 }),
    yAxis: valueAxis(measure.axis, { type: "log", nameGap: 52 }),
    series,
  };
}

export function addFrontier(section: HTMLElement, results: Result[]): void {
  const switches = element("div", "switches");
  section.append(switches);
  let chart: Chart | undefined;
  const show = (chosen: number): void => {
    [...switches.children].forEach((button, index) =>
      button.setAttribute("aria-pressed", String(index === chosen)));
    chart?.setOption(option(results, MEASURES[chosen]), { replaceMerge: ["series"] });
  };
  MEASURES.forEach((measure, index) => {
    const button = element("button", "", measure.title);
    button.addEventListener("click", () => show(index));
    switches.append(button);
  });
  chart = draw(section, 540, "Throughput against interactivity", option(results, MEASURES[0]));
  const selected = Object.fromEntries(results.map((r, i) => [r.platform, i < SHOWN_AT_FIRST]));
  chart.setOption({ legend: { selected } });
  show(0);
}
