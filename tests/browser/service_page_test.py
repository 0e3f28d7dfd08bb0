"""Opens the page of `switchyard simulate --html` in a browser: all is drawn, nothing fails."""

import json
import pathlib
import re
import unittest

import report_page_test as compare_page

HERE = pathlib.Path(__file__).resolve().parent
# Distributions, requests, arrivals, KV cache, time to first token.
CHARTS = 5


class ServicePage(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        compare_page.ReportPage.setUpClass.__func__(cls)
        cls.data = json.loads((HERE / "service_sample.json").read_text(encoding="utf-8"))
        cls.dom = cls.dump(cls.write_page("service.html", cls.data))

    run_browser = classmethod(compare_page.ReportPage.run_browser.__func__)
    write_page = classmethod(compare_page.ReportPage.write_page.__func__)
    dump = classmethod(compare_page.ReportPage.dump.__func__)
    errors = compare_page.ReportPage.errors

    def test_no_script_error(self):
        self.assertEqual(self.errors(self.dom), "")

    def test_every_chart_is_drawn(self):
        charts = re.findall(r'<div class="chart"[^>]*>.*?<svg[^>]*>(.*?)</svg>', self.dom,
                            re.DOTALL)
        self.assertEqual(len(charts), CHARTS)
        for chart in charts:
            self.assertGreater(chart.count("<path"), 3)

    def test_says_what_was_simulated_and_notes_it(self):
        for text in [self.data["model"], self.data["deployment"]["platform"], *self.data["notes"]]:
            self.assertIn(text.replace("&", "&amp;").replace("<", "&lt;"), self.dom)

    def test_replicas_that_come_and_go_get_a_chart(self):
        data = json.loads(json.dumps(self.data))
        data["timeline"]["replicas_up"][0] += 1
        dom = self.dump(self.write_page("scaled.html", data))
        self.assertEqual(dom.count('<div class="chart"'), CHARTS + 1)

    def test_nothing_is_loaded_from_elsewhere(self):
        self.assertEqual(compare_page.REMOTE.findall(self.dom), [])


if __name__ == "__main__":
    unittest.main()
