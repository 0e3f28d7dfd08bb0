#!/usr/bin/env python3
"""Holds the tree to the house rules. Prints `file:line: fault`; exits 1 when there is one.

tidy.py [ROOT]. The rules are the functions named check_*; tidy_test.py shows each of them fire.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

COLUMNS_MAX = 100
FILE_LINES_MAX = 500
FUNCTION_LINES_MAX = 80
LINE_LIMITED = {".h", ".cc", ".py", ".ts", ".sh"}
TEXT = LINE_LIMITED | {".cmake", ".css", ".html", ".md", ".mjs", ".toml", ".txt"}
CPP = {".h", ".cc"}
NOT_OURS = {".git", "build", "node_modules", "dist", "fuzz_seeds", "__pycache__"}
HEADINGS = [
    "What it models",
    "What it ignores",
    "Main types",
    "May include",
    "How it is tested",
    "Sources",
]
UNFINISHED = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")
FORMATTER = "clang-format-19"
# Comments, raw strings, strings and characters, in this order; a ' between digits separates them.
NOT_CODE = re.compile(
    r"//[^\n]*|/\*.*?\*/"
    r'|R"([^(\s]*)\(.*?\)\1"'
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'",
    re.DOTALL,
)
# glibc has these in variants by CPU; the last bit differs.
BY_CPU = re.compile(r"\bstd::(a?(sin|cos|tan)h?|atan2|exp2?|expm1|log(2|1p)?|pow)\(")
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"')


def files(root):
    """Files of ours that are text, and scripts without an ending, sorted."""
    found = []
    for path in sorted(root.iterdir()):
        if path.name in NOT_OURS or path.name.startswith("build"):
            continue
        if path.is_dir():
            found += files(path)
        elif path.suffix in TEXT or (path.suffix == "" and path.read_bytes()[:2] == b"#!"):
            found.append(path)
    return found


def blank_out(match):
    return re.sub(r"[^\n]", " ", match.group())


def code_of(text):
    """The C++ text with comments, strings and preprocessor lines blanked; lines stay in place."""
    text = NOT_CODE.sub(blank_out, text)
    return re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", blank_out, text, flags=re.MULTILINE)


def check_text(path, text):
    lines = text.split("\n")
    if text and not text.endswith("\n"):
        yield len(lines), "the file does not end with a newline"
    script = path.suffix in LINE_LIMITED or path.suffix == ""
    for number, line in enumerate(lines, 1):
        if script and len(line) > COLUMNS_MAX:
            yield number, f"{len(line)} columns, at most {COLUMNS_MAX}"
        if line != line.rstrip():
            yield number, "trailing whitespace"
        if "\t" in line:
            yield number, "a tab"
        if UNFINISHED.search(line):
            yield number, "unfinished work is marked here; finish it or file it"
    if script and len(lines) - 1 > FILE_LINES_MAX:
        yield 1, f"{len(lines) - 1} lines, at most {FILE_LINES_MAX}"


def check_functions(text):
    """Finds function bodies by their braces: a block whose head holds a parenthesis."""
    code = code_of(text)
    head_start = 0
    blocks = []  # of each open brace: its place, and whether it opens a value, function or scope
    for match in re.finditer(r"[{};]", code):
        at, sign = match.start(), match.group()
        if sign == "{":
            head = re.sub(r"template\s*<.*?>(?=\s*\n|\s*\w)", "", code[head_start:at], flags=re.S)
            scope = re.match(r"\s*(inline\s+)?(class|struct|union|enum|namespace|extern)\b", head)
            if re.match(r"\w", code[at - 1 : at]):
                kind = "value"
            else:
                kind = "function" if "(" in head and not scope else "scope"
            blocks.append((at, kind))
        elif sign == "}" and blocks:
            start, kind = blocks.pop()
            length = code.count("\n", start, at) + 1
            inside = any(outer == "function" for _, outer in blocks)
            if kind == "function" and not inside and length > FUNCTION_LINES_MAX:
                line = code.count("\n", 0, start) + 1
                yield line, f"a function of {length} lines, at most {FUNCTION_LINES_MAX}"
        else:
            kind = "statement"
        if kind != "value":
            head_start = at + 1


def check_cpp(path, text, source, order):
    """Includes, exceptions and header guards of one C++ file under src/."""
    folder = path.relative_to(source).parts[0]
    for number, line in enumerate(text.split("\n"), 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        target = match.group(1)
        if not (source / target).is_file():
            yield number, f'"{target}" is not a file under src/'
            continue
        other = target.split("/")[0]
        if folder in order and other in order and order.index(other) > order.index(folder):
            yield number, f"{folder}/ may not include {other}/: it stands below in the house"
    if folder != "cli":
        for number, line in enumerate(code_of(text).split("\n"), 1):
            if re.search(r"\bthrow\b", line):
                yield number, "throw below cli/; return a Result"
    if not path.stem.endswith(("_test", "_reference")):  # what tests compare with
        for number, line in enumerate(code_of(text).split("\n"), 1):
            if match := BY_CPU.search(line):
                yield number, f"{match.group()}): its bits differ by CPU; base/portable_math.h"
    if path.suffix == ".h" and "\n#pragma once\n" not in "\n" + text:
        yield 1, "a header without #pragma once"


def folder_order(source):
    lists = source / "CMakeLists.txt"
    return re.findall(r"^switchyard_library\((\w+)", lists.read_text(), re.MULTILINE)


def check_folders(source, order):
    """Each folder is in the list of src/CMakeLists.txt and says what it is."""
    for folder in sorted(p for p in source.iterdir() if p.is_dir() and any(p.iterdir())):
        if folder.name not in order:
            yield folder, "is not in src/CMakeLists.txt"
        readme = folder / "README.md"
        if not readme.is_file():
            yield readme, "is missing"
            continue
        headings = re.findall(r"^#+ (.*)$", readme.read_text(), re.MULTILINE)
        for wanted in HEADINGS:
            if wanted not in headings:
                yield readme, f'has no heading "{wanted}"'


def check_format(paths):
    command = [FORMATTER, "--dry-run", *map(str, paths)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    for name in sorted(set(re.findall(r"^(.+?):\d+:\d+: warning", run.stderr, re.MULTILINE))):
        yield Path(name), f"is not formatted: {FORMATTER} -i {name}"


def check_tree(root):
    """All faults of the tree as `file:line: fault`."""
    source = root / "src"
    order = folder_order(source)
    faults = []
    cpp = []
    for path in files(root):
        name = path.relative_to(root)
        text = path.read_text(encoding="utf-8")
        found = list(check_text(path, text))
        if path.suffix in CPP:
            cpp.append(path)
            found += check_functions(text)
            if source in path.parents:
                found += check_cpp(path, text, source, order)
        faults += [f"{name}:{line}: {fault}" for line, fault in sorted(found)]
    whole = list(check_folders(source, order))
    if shutil.which(FORMATTER):
        whole += check_format(cpp)
    else:
        print(f"skipped: the check of the format, {FORMATTER} is not installed")
    return faults + [f"{path.relative_to(root)}: {fault}" for path, fault in whole]


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent.parent).resolve()
    faults = check_tree(root)
    print("\n".join(faults))
    print(f"tidy: {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
