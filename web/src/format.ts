// Numbers and deployments as text, and small helpers to build elements.
import type { Deployment, Spread } from "./types";

export function significant(value: number | null | undefined, digits = 3): string {
  if (value === null || value === undefined) return "\u2013";
  if (Math.abs(value) >= 10 ** digits) return Math.round(value).toLocaleString("en-US");
  return String(Number(value.toPrecision(digits)));
}

export function percent(share: number | null): string {
  return share === null ? "\u2013" : `${Math.round(100 * share)} %`;
}

export function median(spread: Spread | null, scale = 1): string {
  return spread?.p50 == null ? "\u2013" : significant(spread.p50 * scale);
}

export function interval(spread: Spread | null, scale = 1): string {
  if (spread?.p10 == null || spread.p90 === null) return "";
  return `${significant(spread.p10 * scale)} \u2013 ${significant(spread.p90 * scale)}`;
}

export function deploymentText(d: Deployment | null): string {
  if (d === null) return "\u2013";
  const parts = [d.chips === 1 ? "1 chip" : `${d.chips} chips`, `tp${d.tp}`];
  if (d.pp > 1) parts.push(`pp${d.pp}`);
  if (d.dp > 1) parts.push(`dp${d.dp}`);
  if (d.ep > 1) parts.push(`ep${d.ep}`);
  if (d.cp > 1) parts.push(`cp${d.cp}`);
  return `${parts.join(" ")}, batch ${d.batch}, ${d.precision}`;
}

// An element with a class and children; text goes in as text, so names cannot become markup.
export function element(tag: string, style = "", ...children: (Node | string)[]): HTMLElement {
  const made = document.createElement(tag);
  if (style !== "") made.className = style;
  made.append(...children);
  return made;
}

// For ECharts tooltips, which take markup.
export function escapeMarkup(text: string): string {
  const made = element("i");
  made.textContent = text;
  return made.innerHTML;
}
