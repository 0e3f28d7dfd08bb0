"""Every test runs on one target and its own environment; kernels' warnings are errors."""
import os

import pytest


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    for name in ("NEURON_PLATFORM_TARGET_OVERRIDE", "NKI_PRECISE_FP", "NKI_SIMULATOR"):
        monkeypatch.delenv(name, raising=False)
    before = dict(os.environ)
    yield
    os.environ.clear()  # a kernel's file may set variables itself
    os.environ.update(before)
