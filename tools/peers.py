#!/usr/bin/env python3
"""Speed of `switchyard simulate` beside public serving simulators, on one workload.

peers.py SWITCHYARD INFERENCE_LAB_DIRECTORY

The workload is that of other comparisons: Qwen3-14B on one H100, 1,024 tokens in, 128 out, Poisson
arrivals at 5 a second. The peer is the npm package @doublewordai/inference-lab, installed by
`npm install @doublewordai/inference-lab`: its directory in node_modules is the second argument.
Prints a Markdown table; times are those of the simulation alone, medians of three runs, one thread.
"""

import json
import pathlib
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
RATE = 5
RUNS = 3
LIMIT_S = 300


def ours(switchyard, requests, *more):
    line = [switchyard, "simulate", "qwen3-14b", "--on", "h100", "--tp", "1", "--precision", "bf16",
            "--input", "1024", "--output", "128", "--prefix", "0", "--synthetic", str(requests),
            "--rate", str(RATE), "--sequences-max", "256", "--json", "-", *more]
    run = subprocess.run(line, capture_output=True, check=True, text=True)
    return json.loads(run.stdout)["wall_seconds"]


def inference_lab(directory, requests):
    line = ["node", str(HERE / "peers" / "inference_lab.mjs"), directory, str(requests), str(RATE)]
    try:
        run = subprocess.run(line, capture_output=True, check=True, text=True, timeout=LIMIT_S)
    except subprocess.TimeoutExpired:
        return None
    return json.loads(run.stdout)["seconds"]


def cell(requests, times):
    if None in times:
        return f"not done after {LIMIT_S} s"
    seconds = statistics.median(times)
    return f"{seconds:.3g} s, {requests / seconds:,.0f} requests/s"


def main():
    switchyard, directory = sys.argv[1:3]
    print("| requests | switchyard | switchyard --steps | inference-lab 0.2.1 |")
    print("| --- | --- | --- | --- |")
    for requests in (1000, 10000, 100000):
        columns = [[ours(switchyard, requests) for _ in range(RUNS)],
                   [ours(switchyard, requests, "--steps") for _ in range(RUNS)]]
        slow = requests > 10000  # one run tells that it does not end
        columns.append([inference_lab(directory, requests) for _ in range(1 if slow else RUNS)])
        print(f"| {requests:,} | " + " | ".join(cell(requests, c) for c in columns) + " |")


if __name__ == "__main__":
    main()
