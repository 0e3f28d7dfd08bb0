// Times the public serving simulator inference-lab (npm, WebAssembly) on the workload of peers.py.
// Arguments: directory of the installed package, requests, requests a second.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [directory, requests, rate] = process.argv.slice(2);
const peer = await import(pathToFileURL(`${directory}/inference_lab.js`).href);
peer.initSync({ module: readFileSync(`${directory}/inference_lab_bg.wasm`) });
const config = {
  hardware: {
    name: "H100", compute_flops: 989e12, memory_bandwidth: 3.35e12, memory_capacity: 80e9,
    kv_cache_capacity: 40e9, bytes_per_param: 2,
  },
  model: {
    name: "Qwen3-14B", num_parameters: 14768307200, num_layers: 40, hidden_dim: 5120,
    num_heads: 40, num_kv_heads: 8, max_seq_len: 32768,
  },
  scheduler: {
    max_num_batched_tokens: 8192, max_num_seqs: 256, policy: "fcfs",
    enable_chunked_prefill: true, block_size: 16,
  },
  workload: {
    arrival_pattern: "poisson", arrival_rate: Number(rate), num_requests: Number(requests),
    seed: 1, input_len_dist: { type: "fixed", value: 1024 },
    output_len_dist: { type: "fixed", value: 128 },
  },
  simulation: { log_interval: 1000000 },
};
const start = performance.now();
const result = peer.run_simulation(JSON.stringify(config));
const seconds = (performance.now() - start) / 1e3;
console.log(JSON.stringify({ seconds, completed: result.metrics.completed_requests,
  ttft_p50_ms: result.metrics.ttft_p50, per_token_p50_ms: result.metrics.per_token_p50 }));
