"""Times the command as a user meets it and prints medians; see ./bench."""
import argparse
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


def write(path, rows):
    directory = os.path.dirname(os.path.abspath(path))
    with tempfile.NamedTemporaryFile("w", dir=directory, delete=False) as out:
        json.dump({"runs": RUNS, "figures": rows}, out, indent=2)
    os.replace(out.name, path)


def main():
    parser = argparse.ArgumentParser(prog="bench")
    parser.add_argument("root", help=argparse.SUPPRESS)
    parser.add_argument("name", nargs="?", help="only this figure")
    parser.add_argument("--json", metavar="FILE")
    options = parser.parse_args()
    known = list(figures(options.root))
    chosen = [f for f in known if options.name in (None, f[0])]
    if not chosen:
        sys.exit(f"bench: no figure {options.name}; known: {', '.join(f[0] for f in known)}")
    rows = []
    for name, unit, note, measure in chosen:
        rows.append({"name": name, "value": measure(), "unit": unit, "note": note})
        print(f"{name:28} {rows[-1]['value']:10.1f} {unit}  {note}", flush=True)
    if options.json:
        write(options.json, rows)


if __name__ == "__main__":
    main()
