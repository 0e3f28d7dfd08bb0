"""Published times of NKI kernels against ours: makes docs/timing-validation.md.

    ./switchyard python tools/timing_validation.py [--rows TEXT] [--json FILE] [--write]

Runs each kernel of tools/timing/rows.py under the three schedules. All rows take three minutes.
"""
import argparse
import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools"))

# The path comes first.
from timing import report, rows  # noqa: E402
import switchyard  # noqa: E402

POLICIES = ("ideal", "list", "program")


def times_of(row):
    """Microseconds by policy of all calls together, and the last call's profile."""
    total = dict.fromkeys(POLICIES, 0.0)
    for call in row.calls:
        counts = (0, row.repeats) if row.repeats > 1 else (None,)
        for sign, count in zip((-1, 1) if row.repeats > 1 else (1,), counts):
            arguments = [one.make() if isinstance(one, rows.Array) else one
                         for one in call.arguments]
            if count is not None:
                arguments.append(count)
            _, profile = switchyard.profile(call.kernel, target=row.target)(*arguments)
            if profile.fault:
                return None, profile
            for policy in POLICIES:
                total[policy] += sign * profile.duration_ns[policy] / 1e3 / row.repeats
    return total, profile


def show(text):
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)


def compare(wanted):
    results = []
    for row in rows.all_rows():
        if wanted not in row.key:
            continue
        show(row.key)
        times, profile = times_of(row)
        result = {"target": row.target, "kernel": row.name, "measured_us": row.measured_us,
                  "source": row.source, "held": row.held, "note": row.note}
        if times is None:
            result["fault"] = profile.fault.splitlines()[0]
        else:
            result.update({f"{policy}_us": times[policy] for policy in POLICIES})
            result["bound_by"] = profile.bound_by
        results.append(result)
    show("")
    return results


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", default="", metavar="TEXT", help="only rows whose name has it")
    parser.add_argument("--json", metavar="FILE", help="the figures as JSON, too")
    parser.add_argument("--write", action="store_true", help="docs/timing-validation.md")
    options = parser.parse_args()
    results = compare(options.rows)
    if not results:
        parser.error(f"no row's name has {options.rows!r}")
    page = report.page(results)
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(results, indent=2) + "\n")
    if options.write:
        (ROOT / "docs" / "timing-validation.md").write_text(page)
    else:
        print(report.tables(results))
    return 0


if __name__ == "__main__":
    sys.exit(main())
