"""Opens the report page in a browser: it must draw everything, fail nowhere and ask for nothing."""

import glob
import json
import os
import pathlib
import re
import shutil
import struct
import subprocess
import tempfile
import unittest
import zlib

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
MARKER = '"SWITCHYARD_DATA"'
# Frontier, probability, owner's cost, cost views, memory, decode step.
CHARTS = 6
REMOTE = re.compile(
    r"""(?:src|href|action|srcset|data)\s*=\s*["']?\s*(?:https?:)?//"""
    r"""|url\(\s*["']?\s*(?:https?:)?//|@import""",
    re.IGNORECASE)


def find_template():
    chosen = os.environ.get("SWITCHYARD_REPORT_TEMPLATE")
    if chosen:
        return pathlib.Path(chosen)
    built = glob.glob(str(ROOT / "build" / "*" / "share" / "report.html"))
    built += glob.glob(str(ROOT / "web" / "dist" / "report.html"))
    return pathlib.Path(max(built, key=os.path.getmtime)) if built else None


def pixel_rows(png):
    """The rows of an 8-bit PNG that is not interlaced, still filtered: equal rows of one colour
    become equal bytes, which is all a test for blankness needs."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    at, packed, row_bytes = 8, b"", 0
    while at < len(png):
        length, kind = struct.unpack(">I4s", png[at:at + 8])
        body = png[at + 8:at + 8 + length]
        if kind == b"IHDR":
            width, _, depth, colour_type = struct.unpack(">IIBB", body[:10])
            assert depth == 8
            row_bytes = 1 + width * {2: 3, 6: 4}[colour_type]
        elif kind == b"IDAT":
            packed += body
        at += 12 + length
    raw = zlib.decompress(packed)
    return [raw[i:i + row_bytes] for i in range(0, len(raw), row_bytes)]


class ReportPage(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.browser = shutil.which("chromium") or shutil.which("chromium-browser")
        if cls.browser is None:
            raise unittest.SkipTest("chromium is not installed")
        template = find_template()
        if template is None or not template.exists():
            raise unittest.SkipTest("no report.html: build the target web first")
        cls.scratch = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.scratch.cleanup)
        cls.sample_text = (HERE / "sample.json").read_text(encoding="utf-8")
        cls.sample = json.loads(cls.sample_text)
        cls.template = template.read_text(encoding="utf-8")
        cls.page = cls.write_page("page.html", cls.sample)
        cls.dom = cls.dump(cls.page)

    @classmethod
    def write_page(cls, name, data):
        path = pathlib.Path(cls.scratch.name) / name
        text = json.dumps(data).replace("</", "<\\/")
        path.write_text(cls.template.replace(MARKER, text), encoding="utf-8")
        return path

    @classmethod
    def run_browser(cls, *arguments):
        return subprocess.run(
            [cls.browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
             f"--user-data-dir={cls.scratch.name}/profile", *arguments],
            check=True, capture_output=True, timeout=120).stdout

    @classmethod
    def dump(cls, page):
        return cls.run_browser("--dump-dom", "--virtual-time-budget=5000",
                               page.as_uri()).decode("utf-8")

    def errors(self, dom):
        found = re.search(r'<pre id="errors">(.*?)</pre>', dom, re.DOTALL)
        self.assertIsNotNone(found)
        return found.group(1)

    def rows(self, dom):
        table = re.search(r'<table id="results">.*?<tbody>(.*?)</tbody>', dom, re.DOTALL)
        self.assertIsNotNone(table)
        return table.group(1).count("<tr")

    def test_marker_stands_once_in_the_template(self):
        self.assertEqual(self.template.count(MARKER), 1)

    def test_no_script_error(self):
        self.assertEqual(self.errors(self.dom), "")

    def test_script_errors_are_collected(self):
        dom = self.dump(self.write_page("broken.html", {"model": "x"}))
        self.assertNotEqual(self.errors(dom), "")

    def test_every_chart_is_drawn(self):
        charts = re.findall(r'<div class="chart"[^>]*>.*?<svg[^>]*>(.*?)</svg>', self.dom,
                            re.DOTALL)
        self.assertEqual(len(charts), CHARTS)
        for chart in charts:
            self.assertGreater(chart.count("<path"), 3)

    def test_table_has_a_row_for_each_result(self):
        self.assertEqual(self.rows(self.dom), len(self.sample["results"]))

    def test_infeasible_platforms_give_their_reason_as_text(self):
        reasons = [r["why_not"] for r in self.sample["results"] if not r["feasible"]]
        self.assertTrue(reasons)
        for reason in reasons:
            shown = reason.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
            self.assertIn(shown, self.dom)

    def test_each_section_states_its_evidence(self):
        self.assertEqual(self.dom.count('<p class="evidence">'), self.dom.count("<section>"))

    def test_page_without_a_feasible_platform_still_renders(self):
        data = json.loads(self.sample_text)
        data["results"] = [r for r in data["results"] if not r["feasible"]]
        data["drivers"] = []
        dom = self.dump(self.write_page("none.html", data))
        self.assertEqual(self.errors(dom), "")
        self.assertEqual(self.rows(dom), len(data["results"]))
        self.assertEqual(dom.count('<div class="chart"'), 0)

    def test_nothing_is_loaded_from_elsewhere(self):
        self.assertEqual(REMOTE.findall(self.dom), [])

    def test_screenshot_is_not_blank(self):
        shot = pathlib.Path(self.scratch.name) / "shot.png"
        self.run_browser(f"--screenshot={shot}", "--window-size=1280,2400", self.page.as_uri())
        self.assertGreater(len(set(pixel_rows(shot.read_bytes()))), 200)


if __name__ == "__main__":
    unittest.main()
