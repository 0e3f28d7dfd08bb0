"""switchyard profile SCRIPT[:KERNEL]: runs a script and says where its kernels' time goes."""
import argparse
import json
import os
import pathlib
import runpy
import sys
import traceback

from ._module import core
from ._profile import Profile, time_kernels


class _Run:
    """One kernel call of the script on one target."""

    def __init__(self, name, target, profile=None, error=None):
        self.name = name
        self.target = target
        self.profile = profile
        self.error = error


def _run_script(path, arguments, target, wanted):
    """The kernel calls of the script on `target`, and what ended it early, if anything."""
    from nki import _kernel
    runs = []
    original = _kernel.run

    def recorded(kernel, args, kwargs, **changes):
        name = getattr(kernel, "__name__", "kernel")
        changes["target"] = target
        if wanted and name != wanted:
            return original(kernel, args, kwargs, **changes)
        try:
            result, kernels = original(kernel, args, kwargs, **changes)
        except core.ValidationError as error:
            runs.append(_Run(name, target, error=str(error)))
            raise
        timed = time_kernels(kernels, f"{path}:{name}")
        runs.append(_Run(name, target, Profile(target, timed)))
        return result, kernels

    _kernel.run = recorded
    before, sys.argv = sys.argv, [path, *arguments]
    environment = dict(os.environ)
    os.environ["NEURON_PLATFORM_TARGET_OVERRIDE"] = target
    sys.path.insert(0, str(pathlib.Path(path).resolve().parent))
    try:
        runpy.run_path(path, run_name="__main__")
        return runs, None
    except SystemExit as end:
        return runs, None if end.code in (None, 0) else f"the script ended with {end.code}"
    except core.ValidationError as error:
        return runs, None if runs and runs[-1].error else str(error)
    except Exception:  # of the user's script, told with its own traceback
        return runs, traceback.format_exc()
    finally:
        sys.path.pop(0)
        os.environ.clear()
        os.environ.update(environment)
        sys.argv = before
        _kernel.run = original


def _microseconds(value):
    return f"{value / 1e3:.2f}"


def _table(runs):
    rows = [("kernel", "target", "list us", "ideal us", "program us", "bound by")]
    for run in runs:
        if run.error or run.profile.fault:
            why = (run.error or run.profile.fault).splitlines()[0]
            rows.append((run.name, run.target, "does not run", "", "", why))
            continue
        times = run.profile.duration_ns
        rows.append((run.name, run.target, _microseconds(times["list"]),
                     _microseconds(times["ideal"]), _microseconds(times["program"]),
                     run.profile.bound_by))
    widths = [max(len(row[i]) for row in rows) for i in range(5)]
    lines = []
    for row in rows:
        cells = [cell.ljust(width) if i < 2 else cell.rjust(width)
                 for i, (cell, width) in enumerate(zip(row, widths))]
        lines.append("  ".join([*cells, row[5]]).rstrip())
    return "\n".join(lines)


def _json(runs):
    out = []
    for run in runs:
        row = {"kernel": run.name, "target": run.target}
        if run.error or run.profile.fault:
            row["error"] = run.error or run.profile.fault
        else:
            row.update(duration_ns=run.profile.duration_ns, bound_by=run.profile.bound_by,
                       verdict=run.profile.verdict, summary=run.profile.summary(),
                       recommendations=run.profile.recommendations)
        out.append(row)
    return json.dumps(out, indent=2) + "\n"


def _write(path, text):
    partial = pathlib.Path(path + ".partial")
    partial.write_text(text)
    partial.replace(path)


def profile_command(arguments):
    parser = argparse.ArgumentParser(prog="switchyard profile", description=__doc__)
    parser.add_argument("script", metavar="SCRIPT[:KERNEL]")
    parser.add_argument("arguments", nargs="*", help="of the script")
    parser.add_argument("--target", default=None, help="trn1, trn2, trn3, or several with commas")
    parser.add_argument("--trace", metavar="FILE", help="of the last call, for ui.perfetto.dev")
    parser.add_argument("--json", metavar="FILE")
    options = parser.parse_args(arguments)
    path, wanted = options.script, None
    if not pathlib.Path(path).exists() and ":" in path:
        path, _, wanted = path.rpartition(":")
    if not pathlib.Path(path).is_file():
        parser.error(f"no file {path}")
    targets = (options.target or os.environ.get("NEURON_PLATFORM_TARGET_OVERRIDE")
               or "trn3").split(",")
    runs, failed = [], None
    for target in targets:
        found, error = _run_script(path, options.arguments, target, wanted)
        runs += found
        failed = failed or error
    if not runs:
        print(failed or f"{options.script}: the script calls no such kernel; a profile needs a "
              "call, for its arguments", file=sys.stderr)
        return 2
    timed = [run for run in runs if run.profile and not run.profile.fault]
    if timed and len(targets) == 1:
        print(timed[-1].profile.text(sys.stdout.isatty()))
    print(_table(runs))
    if options.trace and timed:
        timed[-1].profile.write_trace(options.trace)
    if options.json:
        _write(options.json, _json(runs))
    if failed:
        print(failed, file=sys.stderr)
    return 1 if failed or not timed else 0


def main():
    if len(sys.argv) < 2 or sys.argv[1] != "profile":
        print("usage: switchyard profile SCRIPT[:KERNEL] [--target trn1,trn2,trn3] [--trace FILE] "
              "[--json FILE]", file=sys.stderr)
        return 2
    return profile_command(sys.argv[2:])


if __name__ == "__main__":
    sys.exit(main())
