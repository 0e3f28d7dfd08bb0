"""switchyard profile SCRIPT[:KERNEL]: runs a script and says where its kernels' time goes."""
import argparse
import ast
import inspect
import json
import os
import pathlib
import re
import runpy
import sys
import traceback

import numpy as np

from . import _arrays
from ._module import core
from ._profile import Profile, time_kernels


class _Run:
    """One kernel call of the script on one target."""

    def __init__(self, name, target, profile=None, error=None):
        self.name = name
        self.target = target
        self.profile = profile
        self.error = error


def _find_kernel(path, name, given, lnc):
    """A kernel of the file, which does not run as a script."""
    from nki import _kernel
    names = runpy.run_path(path, run_name="switchyard_profile")
    if name not in names:
        known = [one for one, value in names.items() if isinstance(value, _kernel.Kernel)]
        raise WrongCall(f"{path} has no {name}; its kernels: {', '.join(known) or 'none'}")
    kernel = names[name]
    kernel = kernel if isinstance(kernel, _kernel.Kernel) else _kernel.Kernel(kernel)
    try:
        inspect.signature(kernel.func).bind(*given)
    except TypeError as error:
        raise WrongCall(f"{name}{inspect.signature(kernel.func)} with {len(given)} of --arg: "
                        f"{error}") from None
    return kernel[lnc]


class WrongCall(Exception):
    """The file has no kernel of that name, or it takes other arguments."""


def _run_script(path, arguments, target, wanted, values=None, lnc=1):
    """(the kernel calls on `target`, the names of all kernels called, what ended it early)."""
    from nki import _kernel
    runs, names = [], []
    original = _kernel.run

    def recorded(kernel, args, kwargs, **changes):
        name = getattr(kernel, "__name__", "kernel")
        names.append(name)
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
    failed = None
    try:
        if values:
            given = values()
            kernel = _find_kernel(path, wanted, given, lnc)
            runs.clear()  # calls at the file's top level
            kernel(*given)
        else:
            runpy.run_path(path, run_name="__main__")
    except SystemExit as end:
        failed = None if end.code in (None, 0) else f"the script ended with {end.code}"
    except core.ValidationError as error:
        failed = None if runs and runs[-1].error else str(error)
    except WrongCall as error:
        runs.clear()
        failed = str(error)
    except Exception:  # of the user's script, told with its own traceback
        failed = traceback.format_exc()
    finally:
        sys.path.pop(0)
        os.environ.clear()
        os.environ.update(environment)
        sys.argv = before
        _kernel.run = original
    return runs, list(dict.fromkeys(names)), failed


def _argument(text, number):
    """A value for a kernel's argument: 128x512:bfloat16 is an array, the rest Python or a word."""
    shape = re.fullmatch(r"(\d+(?:x\d+)*)(?::(\w+))?", text)
    if not shape or text.isdigit():
        try:
            return ast.literal_eval(text)
        except (ValueError, SyntaxError):
            return text
    dtype = _arrays.numpy_dtype(shape[2] or "float32")
    extents = tuple(int(one) for one in shape[1].split("x"))
    random = np.random.default_rng(number)
    if dtype.kind in "iu":
        return random.integers(0, 8, extents).astype(dtype)
    return random.standard_normal(extents).astype(np.float32).astype(dtype)


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


EPILOG = """\
The script runs once for each target; each call of a kernel is a row. Times are simulated: `list` is
the estimate, `ideal` and `program` bracket it. A row that does not run says which instruction,
type or memory that target lacks. Exit code: 0, 1 when nothing ran to its end, 2 for wrong usage.

  switchyard profile softmax.py                           all kernels that the script calls
  switchyard profile softmax.py:softmax --target trn1,trn2,trn3
  switchyard profile softmax.py:softmax --arg 512x512:bfloat16 --arg 1e-5
                                                          a kernel that the script does not call
"""


def _parser():
    parser = argparse.ArgumentParser(
        prog="switchyard profile", epilog=EPILOG,
        description="Where the time of a kernel goes, on the simulated NeuronCore.",
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("script", metavar="SCRIPT[:KERNEL]", help="a Python file; one kernel of it")
    parser.add_argument("arguments", nargs="*", metavar="ARGUMENT", help="of the script")
    parser.add_argument("--target", default=None, metavar="NAMES",
                        help="trn1, trn2, trn3 (or inf2, gen2 to gen4), several with commas; else "
                        "NEURON_PLATFORM_TARGET_OVERRIDE, else trn3")
    parser.add_argument("--arg", action="append", default=[], metavar="VALUE",
                        help="call KERNEL with this argument instead of running the script: an "
                        "array such as 128x512:bfloat16 (random values, float32 where no type is "
                        "said), a number, a tuple, a word; once for each argument")
    parser.add_argument("--lnc", type=int, choices=(1, 2), default=1,
                        help="with --arg: cores of the LNC that KERNEL runs on, as kernel[2]")
    parser.add_argument("--trace", metavar="FILE",
                        help="the timeline of the last row that ran, for ui.perfetto.dev; .json: "
                        "in Chrome's format")
    parser.add_argument("--json", metavar="FILE",
                        help="all rows with their counters; -: to standard output, without tables")
    return parser


def _targets(parser, options):
    names = options.target or os.environ.get("NEURON_PLATFORM_TARGET_OVERRIDE") or "trn3"
    for name in names.split(","):
        try:
            core.Kernel(name)
        except core.ValidationError as error:
            parser.error(str(error).replace("NEURON_PLATFORM_TARGET_OVERRIDE", "--target"))
    return names.split(",")


def _report(timed, targets):
    """The last kernel's own page, where there is one target."""
    if not timed or len(targets) != 1:
        return
    print(timed[-1].profile.text(sys.stdout.isatty()))
    others = len(timed) - 1
    if others:
        print(f"The page above is of the last of {others + 1} calls, {timed[-1].name}; "
              "SCRIPT:KERNEL chooses another kernel.\n")


def profile_command(arguments):
    parser = _parser()
    options = parser.parse_args(arguments)
    path, wanted = options.script, None
    if not pathlib.Path(path).exists() and ":" in path:
        path, _, wanted = path.rpartition(":")
    if not pathlib.Path(path).is_file():
        parser.error(f"no file {path}")
    if options.arg and not wanted:
        parser.error("--arg gives the arguments of a kernel: say which, SCRIPT:KERNEL")
    targets = _targets(parser, options)
    try:
        values = [_argument(text, i) for i, text in enumerate(options.arg)]
    except TypeError as error:
        parser.error(f"--arg: {error}")

    def fresh():  # a kernel may write to its arguments
        return [one.copy() if isinstance(one, np.ndarray) else one for one in values]
    runs, called, failed = [], [], None
    for target in targets:
        found, names, error = _run_script(path, options.arguments, target, wanted,
                                          fresh if options.arg else None, options.lnc)
        runs += found
        called += names
        failed = failed or error
    if not runs:
        calls = f"it calls {', '.join(dict.fromkeys(called))}" if called else "it calls none"
        print(failed or f"{options.script}: the script calls no such kernel: {calls}. A profile "
              "needs a call, for its arguments; --arg gives some to a kernel that is not called.",
              file=sys.stderr)
        return 2
    timed = [run for run in runs if run.profile and not run.profile.fault]
    if options.json == "-":
        print(_json(runs), end="")
    else:
        _report(timed, targets)
        print(_table(runs))
    if options.trace and timed:
        timed[-1].profile.write_trace(options.trace)
        print(f"trace of {timed[-1].name} on {timed[-1].target}: {options.trace}", file=sys.stderr)
    if options.json and options.json != "-":
        _write(options.json, _json(runs))
    if failed:
        print(failed, file=sys.stderr)
    return 1 if failed or not timed else 0


def main():
    if len(sys.argv) < 2 or sys.argv[1] != "profile":
        _parser().print_usage(sys.stderr)
        return 2
    return profile_command(sys.argv[2:])


if __name__ == "__main__":
    sys.exit(main())
