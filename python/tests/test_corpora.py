"""Public kernels, unmodified, where checkouts are given: SWITCHYARD_NKI_CORPORA (see corpora/)."""
import os

import pytest

from corpora import autotune, code_blocks, decorated, run, samples, scan, sdk, stand_ins

ROOT = os.environ.get("SWITCHYARD_NKI_CORPORA")
needs_corpora = pytest.mark.skipif(not ROOT, reason="SWITCHYARD_NKI_CORPORA is not set")
MODULES = (sdk, samples, autotune)
CASES = [case for module in MODULES for case in module.CASES]


@needs_corpora
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.repository}/{case.name}")
def test_kernel(case):
    with stand_ins.installed(ROOT):
        if case.raises:
            with pytest.raises(AssertionError, match=case.raises):
                run(ROOT, case)
            return
        error, good, profile = run(ROOT, case)
    assert good, error
    assert profile.fault or profile.duration_ns["ideal"] <= profile.duration_ns["program"]


@needs_corpora
@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.REPOSITORY)
def test_every_kernel_is_listed(module):
    listed = {(one.path, one.kernel) for one in [*module.CASES, *module.NOT_RUN]}
    assert set(scan(ROOT, module.REPOSITORY, module.FOLDERS)) <= listed


def test_blocks_with_kernels_are_found_in_a_page():
    page = ("Text.\n\n.. code-block:: python\n   :linenos:\n\n   @nki.jit\n   def one(x):\n"
            "       return x\n\nMore.\n\n.. code-block::\n\n   plain = 1\n")
    (line, code), = code_blocks(page)
    assert line == 3 and decorated(code.replace(":linenos:\n", "")) == ["one"]
    assert decorated("import neuronxcc\n@nki.jit\ndef old(): pass") is None
    assert decorated("@nki.jit(mode='x')\ndef open_bracket(x):\n  f(x\n") == ["open_bracket"]
