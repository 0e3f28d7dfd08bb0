"""docs/timing-validation.md: its tool works, and the estimate of a few quick rows stays close."""
import pathlib
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

import timing_validation  # noqa: E402
from timing import report, rows  # noqa: E402

CLOSE = {  # row: largest error of list
    "trn1 dependent activations of one element, each": 0.01,
    "trn1 mamba v2, 4096 channels, 512 steps": 0.05,
    "trn1 vector add of 256,000, free 1000": 0.1,
    "trn2 matmul 2048, 2 PSUM tiles": 0.05,
    "trn2 gemm and gelu 512x1024x2048, fused, lookup": 0.05,
    "trn2 attention float32, 512, fused": 0.05,
}


@pytest.mark.parametrize("key", CLOSE)
def test_rows_stay_close(key):
    [result] = timing_validation.compare(key)
    assert abs(report.error(result)) <= CLOSE[key]
    assert report.inside(result)


def test_each_row_has_a_name_of_its_own():
    keys = [row.key for row in rows.all_rows()]
    assert len(keys) == len(set(keys)) > 60


def result(ideal, list_, program, measured=100.0):
    return {"target": "trn2", "kernel": "k", "measured_us": measured, "ideal_us": ideal,
            "list_us": list_, "program_us": program, "source": "", "held": False, "note": ""}


def test_a_measurement_lies_inside_give_or_take_three_percent():
    assert report.inside(result(102.9, 110, 120)) and not report.inside(result(103.1, 110, 120))
    assert report.inside(result(50, 60, 97.1)) and not report.inside(result(50, 60, 96.9))


def test_the_page_has_every_row_and_the_kept_one_is_of_today():
    page = report.page([result(50, 90, 120), dict(result(1, 1, 1), fault="out of memory")])
    assert "| trn2 | k | 100 | 50 | 90 | 120 | -10 % |  |" in page and "out of memory" in page
    kept = (ROOT / "docs" / "timing-validation.md").read_text()
    for row in rows.all_rows():
        assert f"| {row.target} | {row.name}" in kept, row.key
