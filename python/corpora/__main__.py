"""The table of docs/nki-coverage.md: ./switchyard python -m corpora DIR."""
import contextlib
import io
import sys
import time
import warnings

from . import REPOSITORIES, autotune, commit, run, samples, scan, sdk
from . import stand_ins

MODULES = (sdk, samples, autotune)


def one_line(root, text):
    """The first line of a message, without the directory, fit for a table."""
    return text.splitlines()[0].replace(f"{root.rstrip('/')}/", "").replace("|", "/")[:240]


def row(root, case):
    """(a line of the table, whether it is as wanted)."""
    head = f"| `{case.path}` | `{case.kernel}` | {case.shapes} |"
    try:
        with contextlib.redirect_stdout(io.StringIO()):  # what the kernel prints
            error, good, profile = run(root, case)
    except Exception as failure:  # whatever a kernel does is a result
        text = one_line(root, f"{type(failure).__name__}: {failure}")
        if case.raises and case.raises in str(failure):
            return f"{head} wrong on purpose | told so | | {case.raises} |", True
        return f"{head} **no** | | | {text} |", False
    values = (f"{case.reference}: " + (f"within {error:.1g}" if error else "the same")
              if good else f"**differ** from {case.reference}")
    if profile.fault:
        return f"{head} yes | {values} | | no time: {one_line(root, profile.fault)} |", good
    times = {name: value / 1e3 for name, value in profile.duration_ns.items()}
    bracket = f"{times['list']:.4g} us [{times['ideal']:.4g}, {times['program']:.4g}]"
    return f"{head} yes | {values} | {case.target}: {bracket} | |", good


def section(root, module, progress):
    name = module.REPOSITORY
    lines = [f"### {REPOSITORIES[name]}", "", f"Commit {commit(root, name)}.", "",
             "| file | kernel | arguments | runs | values | time: list [ideal, program] | remark |",
             "| --- | --- | --- | --- | --- | --- | --- |"]
    bad = 0
    for case in module.CASES:
        progress(case.name)
        line, good = row(root, case)
        lines.append(line)
        bad += not good
    for one in module.NOT_RUN:
        lines.append(f"| `{one.path}` | `{one.kernel}` | | not tried | | | {one.reason} |")
    known = {(one.path, one.kernel) for one in [*module.CASES, *module.NOT_RUN]}
    for path, kernel in scan(root, name, module.FOLDERS):
        if (path, kernel) not in known:
            lines.append(f"| `{path}` | `{kernel}` | | **not tried** | | | no case yet |")
            bad += 1
    return [*lines, ""], len(module.CASES), bad


def table(root, progress=lambda name: None):
    """(the page's part, how many rows are not as wanted)."""
    warnings.simplefilter("ignore")
    parts, cases, bad = [], 0, 0
    with stand_ins.installed(root):
        for module in MODULES:
            lines, more, wrong = section(root, module, progress)
            parts += lines
            cases, bad = cases + more, bad + wrong
    head = ["", "## Kernels nobody here wrote", "",
            "Public kernels, unmodified, read where they are: `./switchyard python -m corpora "
            "DIR`, DIR holding a checkout of each repository.", "",
            f"{cases} cases, {bad} not as they should be. Values: the largest difference from the "
            "reference, which is numpy's where none is named. The older dialect is left out.", ""]
    return "\n".join([*head, *parts]).rstrip() + "\n", bad


def main():
    if len(sys.argv) != 2:
        print("usage: ./switchyard python -m corpora DIR   (DIR/" + ", DIR/".join(REPOSITORIES)
              + ")", file=sys.stderr)
        return 2
    start = time.monotonic()

    def progress(name):
        if sys.stderr.isatty():
            print(f"\r\033[K{time.monotonic() - start:4.0f} s  {name}", end="", file=sys.stderr)
    page, bad = table(sys.argv[1], progress)
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr)
    print(page, end="")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
