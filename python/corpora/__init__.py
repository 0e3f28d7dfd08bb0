"""Public kernels that nobody here wrote, run where they are: none of them is in this repository.

A checkout of each repository stands in one directory: aws-neuron-sdk, nki-samples, nki-autotune. A
Case says which kernel, with which arguments, and what should come out. `./switchyard python -m
corpora DIR` prints the table of docs/nki-coverage.md; tests/test_corpora.py asserts the same.
"""
import ast
import contextlib
import dataclasses
import functools
import importlib.util
import os
import pathlib
import re
import subprocess
import sys
import textwrap
import types

import numpy as np

REPOSITORIES = {"aws-neuron-sdk": "aws-neuron/aws-neuron-sdk",
                "nki-samples": "aws-neuron/nki-samples", "nki-autotune": "awslabs/nki-autotune"}


@dataclasses.dataclass(frozen=True)
class Case:
    repository: str
    path: str  # with ":n" for the n-th block of code of a page that has a kernel
    kernel: str
    arguments: object  # callable: module -> (arguments, expected); expected: an array or a tuple
    shapes: str
    reference: str = "numpy"  # or the name of the repository's own
    target: str = "trn2"
    tolerance: tuple = (1e-4, 1e-4)  # relative, absolute
    call: object = None  # kernel -> callable, for instance of kernel[2]
    raises: str = ""  # what the kernel, wrong on purpose, must be told

    @property
    def name(self):
        return f"{self.path}:{self.kernel}"


@dataclasses.dataclass(frozen=True)
class NotRun:
    """A kernel that does not run, and why."""
    repository: str
    path: str
    kernel: str
    reason: str


def normal(*shape, seed=0, dtype=np.float32):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32).astype(dtype)


def code_blocks(text):
    """The blocks of code of a page that hold a kernel, as (line, code)."""
    lines, out, at = text.split("\n"), [], 0
    while at < len(lines):
        head = re.match(r"^(\s*)\.\. code-block::", lines[at])
        at += 1
        if not head:
            continue
        first, body = at, []
        while at < len(lines) and (not lines[at].strip()
                                   or len(lines[at]) - len(lines[at].lstrip()) > len(head[1])):
            body.append(lines[at])
            at += 1
        code = textwrap.dedent("\n".join(body))
        if "nki.jit" in code:
            out.append((first, code))
    return out


@contextlib.contextmanager
def surroundings(folder):
    """Modules beside the file found; environment and modules as before afterwards."""
    environment, modules = dict(os.environ), set(sys.modules)
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        os.environ.clear()
        os.environ.update(environment)
        for name in set(sys.modules) - modules:
            found = getattr(sys.modules[name], "__file__", None)
            if found and found.startswith(str(folder)):
                del sys.modules[name]


def _load_block(file, number):
    """A block's code as a module. Pages often leave out the imports of the block before."""
    import nki
    line, code = code_blocks(file.read_text())[number]
    module = types.ModuleType(f"{file.stem}_{number}")
    vars(module).update(nki=nki, nl=nki.language, nisa=nki.isa, np=np)
    exec(compile("\n" * line + code, str(file), "exec"), vars(module))
    return module


@functools.lru_cache(maxsize=4)
def load(root, case):
    path, _, number = case.path.partition(":")
    file = pathlib.Path(root) / case.repository / path
    with surroundings(file.parent):
        if number:
            return _load_block(file, int(number))
        spec = importlib.util.spec_from_file_location(file.stem, file)
        module = importlib.util.module_from_spec(spec)
        sys.modules[file.stem] = module
        spec.loader.exec_module(module)
        return module


def _pair(expected, found):
    """Results and references as flat lists of float32 arrays."""
    listed = [one if isinstance(one, (tuple, list)) else [one] for one in (expected, found)]
    return zip(*([np.asarray(array).astype(np.float32) for array in one] for one in listed))


def run(root, case):
    """(the largest error, whether all are within the tolerance, the profile)."""
    import switchyard
    module = load(root, case)
    with surroundings((pathlib.Path(root) / case.repository / case.path).parent):
        arguments, expected = case.arguments(module)
        kernel = getattr(module, case.kernel)
        kernel = case.call(kernel) if case.call else kernel
        result, profile = switchyard.profile(kernel, target=case.target)(*arguments)
    relative, absolute = case.tolerance
    error, good = 0.0, True
    for wanted, found in _pair(expected, result):
        good &= wanted.shape == found.shape and np.allclose(found, wanted, relative, absolute)
        error = max(error, float(np.abs(wanted - found).max())) if good else np.nan
    return error, good, profile


def commit(root, repository):
    out = subprocess.run(["git", "-C", str(pathlib.Path(root) / repository), "rev-parse", "HEAD"],
                         capture_output=True, text=True, check=False)
    return out.stdout.strip() or "?"


def decorated(code):
    """The names of functions with nki.jit, of code of the new dialect; None of other code."""
    try:
        tree = ast.parse(code)
    except SyntaxError:
        return re.findall(r"@nki\.jit[^\n]*\n\s*def (\w+)", code)
    if "neuronxcc" in code:
        return None
    return [node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)
            and any("nki.jit" in ast.unparse(one) for one in node.decorator_list)]


def scan(root, repository, folders):
    """(path, kernel) of each decorated kernel of the new dialect under the folders. Files whose
    names carry measured figures are not opened."""
    base = pathlib.Path(root) / repository
    for folder in folders:
        for file in sorted((base / folder).rglob("*")):
            path = file.relative_to(base)
            if file.suffix not in (".py", ".rst") or re.search(r"\d\.\d", path.name):
                continue
            text = file.read_text()
            parts = ([(str(path), text)] if file.suffix == ".py" else
                     [(f"{path}:{i}", code) for i, (_, code) in enumerate(code_blocks(text))])
            for place, code in parts:
                for name in decorated(code) or []:
                    yield place, name
