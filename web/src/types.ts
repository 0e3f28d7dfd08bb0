// The JSON of `switchyard compare --json`; docs/schema/compare.schema.json is the full contract.

export interface Spread {
  p10: number | null;
  p50: number | null;
  p90: number | null;
  base: number | null;
}

export interface Deployment {
  chips: number;
  tp: number;
  pp: number;
  ep: number;
  dp: number;
  cp: number;
  batch: number;
  precision: string;
}

export interface FrontierPoint {
  deployment: Deployment;
  output_tokens_per_second_per_user: Spread;
  output_tokens_per_second_per_chip: Spread;
  output_tokens_per_second_per_megawatt: Spread;
  dollars_per_million_output_tokens: Spread;
  ttft_ms: number | null;
  meets_slo: boolean;
}

export interface ViewCost {
  view: string;
  dollars_per_million_output_tokens: Spread;
  dollars_per_million_input_tokens: Spread;
  dollars_per_chip_hour: Spread;
}

type Parts<K extends string> = Record<K, number | null>;

export interface Result {
  platform: string;
  name: string;
  evidence: string;
  feasible: boolean;
  why_not: string | null;
  deployment: Deployment | null;
  ttft_ms: Spread | null;
  tpot_ms: Spread | null;
  output_tokens_per_second_per_chip: Spread | null;
  output_tokens_per_second_per_megawatt: Spread | null;
  dollars_per_million_output_tokens: Spread | null;
  dollars_per_million_input_tokens: Spread | null;
  joules_per_output_token: Spread | null;
  probability_feasible: number | null;
  probability_cheapest: number | null;
  views: ViewCost[];
  frontier: FrontierPoint[];
  owner_dollars_per_chip_hour?: Parts<
    "capital" | "facility" | "maintenance" | "energy" | "total"
  >;
  memory_bytes?: Parts<"weights" | "kv_cache" | "activations" | "reserved" | "capacity">;
  decode_step?: Parts<
    "seconds" | "compute_seconds" | "memory_seconds" | "link_seconds" | "overhead_seconds"
  >;
}

export interface Driver {
  platform: string;
  estimate: string;
  mark: string;
  share: number | null;
  correlation: number | null;
}

export interface Comparison {
  model: string;
  workload: {
    name: string;
    input_tokens_mean: number | null;
    output_tokens_mean: number | null;
    prefix_share: number | null;
    note: string;
  };
  slo: { ttft_ms: number | null; tpot_ms: number | null };
  seed: number;
  samples: number;
  objective: string;
  cost_view: string;
  speculation: { drafted: number; accepted: number | null };
  kv_cache_bits: number | null;
  deployments_evaluated: number;
  results: Result[];
  drivers: Driver[];
}
