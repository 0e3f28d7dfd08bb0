"""Times the command as a user meets it, runs the *_bench programs, prints medians; see ./bench.

A *_bench program prints one JSON object a line: {"name", "value", "unit", "note"}.
"""
import argparse
import glob
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

RUNS = 7


def median_ms(command):
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        times.append(1e3 * (time.perf_counter() - start))
    return statistics.median(times)


def figures(root):
    binary = os.path.join(root, "build/release/bin/switchyard")
    compare = ["compare", "gpt-oss-120b", "--samples", "256"]
    yield "startup_help_ms", "ms", "limit 50", lambda: median_ms([binary, "--help"])
    yield ("startup_help_wrapper_ms", "ms", "limit 50, through ./switchyard",
           lambda: median_ms([os.path.join(root, "switchyard"), "--help"]))
    yield ("compare_all_ms", "ms", "limit 2000: all platforms, all deployments, 256 samples",
           lambda: median_ms([binary, *compare]))
    yield ("compare_deepseek_r1_ms", "ms", "the same for deepseek-r1",
           lambda: median_ms([binary, "compare", "deepseek-r1", "--samples", "256"]))


def program_figures(root, only):
    """Of all programs, or of the one called `only`_bench where there is one."""
    programs = sorted(glob.glob(os.path.join(root, "build/bench/bin/*_bench")))
    named = [p for p in programs if os.path.basename(p) == f"{only}_bench"]
    for program in named or programs:
        runs = {}
        for _ in range(RUNS):
            out = subprocess.run([program], check=True, capture_output=True, text=True).stdout
            for line in filter(None, out.splitlines()):
                row = json.loads(line)
                runs.setdefault(row["name"], (row, []))[1].append(row["value"])
        for row, values in runs.values():
            name = os.path.basename(program).removesuffix("_bench")
            yield name, {**row, "value": statistics.median(values)}


def write(path, rows):
    directory = os.path.dirname(os.path.abspath(path))
    with tempfile.NamedTemporaryFile("w", dir=directory, delete=False) as out:
        json.dump({"runs": RUNS, "figures": rows}, out, indent=2)
    os.replace(out.name, path)


def show(row):
    print(f"{row['name']:34} {row['value']:10.3g} {row['unit']:14} {row['note']}", flush=True)


def main():
    parser = argparse.ArgumentParser(prog="bench")
    parser.add_argument("root", help=argparse.SUPPRESS)
    parser.add_argument("name", nargs="?",
                        help="only this figure, or those of one program, as in `schedule`")
    parser.add_argument("--json", metavar="FILE")
    options = parser.parse_args()
    rows = []
    for name, unit, note, measure in figures(options.root):
        if options.name in (None, name):
            rows.append({"name": name, "value": measure(), "unit": unit, "note": note})
            show(rows[-1])
    for program, row in program_figures(options.root, options.name):
        if options.name in (None, row["name"], program):
            rows.append(row)
            show(row)
    if not rows:
        sys.exit(f"bench: no figure is called {options.name}; ./bench alone prints all")
    if options.json:
        write(options.json, rows)


if __name__ == "__main__":
    main()
