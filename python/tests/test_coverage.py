"""docs/nki-coverage.md is what the code says."""
import pathlib

from nki import coverage

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "nki-coverage.md"


def test_the_page_is_current():
    functions = PAGE.read_text().partition("\n## Kernels nobody here wrote\n")[0]
    assert functions == coverage.table(), coverage.HOW


def test_the_documented_surface_is_there():
    names = [row[0] for row in coverage.rows()]
    assert sum(name.startswith("nki.isa.") for name in names) == 52
    assert sum(name.startswith("nki.language.") for name in names) == 103
    assert not [row for row in coverage.rows()
                if row[1] == "not yet" and not row[0].startswith("nki.collectives.")]
    assert set(coverage.PARTLY) | set(coverage.REMARKS) <= set(names)
