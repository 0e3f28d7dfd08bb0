#!/usr/bin/env python3
"""must_not_compile.py COMPILER SOURCE_ROOT FILE: shows that each misuse in FILE is rejected.

Case 0 must compile with -DMISUSE=0. Each line `#elif MISUSE == N  // wanted: REGEX` is a case that
must fail with an error that matches REGEX: to fail for another reason proves nothing.
"""

import re
import subprocess
import sys

CASE = re.compile(r"^#elif MISUSE == (\d+)  // wanted: (.+)$", re.MULTILINE)


def compile_case(compiler, root, name, case):
    command = [compiler, "-std=c++20", "-fsyntax-only", "-I", root, f"-DMISUSE={case}", name]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    errors = [line for line in run.stderr.split("\n") if "error:" in line]
    return run.returncode == 0, "\n".join(errors)


def main():
    compiler, root, name = sys.argv[1:]
    with open(name, encoding="utf-8") as file:
        cases = CASE.findall(file.read())
    faults = 0 if cases else 1
    accepted, errors = compile_case(compiler, root, name, 0)
    if not accepted:
        faults += 1
        print(f"case 0 must compile:\n{errors}")
    for case, wanted in cases:
        accepted, errors = compile_case(compiler, root, name, case)
        if accepted or not re.search(wanted, errors):
            faults += 1
            print(f"case {case}: wanted an error like {wanted}; got:\n{errors or 'no error'}")
    print(f"{len(cases)} misuses, {faults} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
