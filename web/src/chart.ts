// ECharts with only the parts used, and the looks all charts share.
import { BarChart, CustomChart, LineChart } from "echarts/charts";
import { GridComponent, LegendComponent, TooltipComponent } from "echarts/components";
import * as echarts from "echarts/core";
import { SVGRenderer } from "echarts/renderers";

import { escapeMarkup, element, significant } from "./format";

echarts.use([
  BarChart, CustomChart, LineChart, GridComponent, LegendComponent, TooltipComponent, SVGRenderer,
]);

export type Chart = echarts.ECharts;
export type Option = Record<string, unknown>;

// Told apart by colour-blind readers too; the order of the ranking walks through it.
const PALETTE = [
  "#2563a8", "#d9822b", "#2f8f6b", "#b8416b", "#7a5bb5", "#8a8f2a", "#2aa5b8", "#8c5a3c",
  "#5f6b7a", "#d1495b", "#3d5a80", "#98a45b", "#e0a100", "#4f9d2f", "#a05fb0", "#006d6f",
  "#7d2e3c", "#6c8ebf",
];

export function colour(index: number): string {
  return PALETTE[index % PALETTE.length];
}

// Named, not inherited: ECharts measures text with it to lay out legends and labels.
const FONT = 'system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';
export const AXIS_TEXT = { color: "#4a5361", fontSize: 12 };
const SPLIT_LINE = { lineStyle: { color: "#e8ebef" } };

export function valueAxis(name: string, extra: object = {}): object {
  return {
    type: "value", name, nameLocation: "middle", nameGap: 30, nameTextStyle: AXIS_TEXT,
    axisLabel: { ...AXIS_TEXT, hideOverlap: true }, splitLine: SPLIT_LINE,
    axisLine: { show: true, lineStyle: { color: "#b5bcc6" } }, ...extra,
  };
}

export function draw(parent: HTMLElement, height: number, label: string, option: Option): Chart {
  const box = element("div", "chart");
  box.style.height = `${height}px`;
  box.setAttribute("role", "img");
  box.setAttribute("aria-label", label);
  parent.append(box);
  const chart = echarts.init(box, null, { renderer: "svg" });
  chart.setOption({ animation: false, textStyle: { fontFamily: FONT }, ...option });
  window.addEventListener("resize", () => chart.resize());
  return chart;
}

export interface Stack {
  name: string;
  colour: string;
  values: (number | null)[];
}

// Horizontal bars, one a category from top to bottom; several stacks pile up.
export function drawBars(
  parent: HTMLElement, label: string, categories: string[], stacks: Stack[],
  options: { axis: string; max?: number; total?: (index: number) => string; grouped?: boolean },
): Chart {
  const several = stacks.length > 1;
  const perRow = options.grouped ? 12 * stacks.length + 16 : 32;
  const series = stacks.map((stack, index) => ({
    type: "bar", name: stack.name, stack: options.grouped ? undefined : "all",
    itemStyle: { color: stack.colour }, barMaxWidth: options.grouped ? 10 : 18,
    data: stack.values,
    label: {
      show: options.total !== undefined && index === stacks.length - 1, position: "right",
      color: "#1c2430", formatter: (p: { dataIndex: number }) => options.total?.(p.dataIndex) ?? "",
    },
  }));
  return draw(parent, categories.length * perRow + (several ? 92 : 62), label, {
    grid: { left: 8, right: 76, top: several ? 36 : 8, bottom: 30, containLabel: true },
    legend: several
      ? { top: 0, left: 0, itemWidth: 14, itemGap: 18, textStyle: AXIS_TEXT }
      : undefined,
    tooltip: {
      trigger: "axis", axisPointer: { type: "shadow" }, confine: true,
      valueFormatter: (v: unknown) => significant(typeof v === "number" ? v : null),
    },
    xAxis: valueAxis(options.axis, { max: options.max }),
    yAxis: {
      type: "category", data: categories.map(escapeMarkup), inverse: true,
      axisTick: { show: false }, axisLine: { lineStyle: { color: "#b5bcc6" } },
      axisLabel: { ...AXIS_TEXT, width: 210, overflow: "truncate", interval: 0 },
    },
    series,
  });
}
