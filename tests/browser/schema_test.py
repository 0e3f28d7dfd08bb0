"""The samples that the browser tests show follow the published schemas."""

import copy
import json
import pathlib
import unittest

try:
    import jsonschema
except ImportError:
    jsonschema = None

HERE = pathlib.Path(__file__).resolve().parent
SCHEMA = HERE.parent.parent / "docs" / "schema" / "compare.schema.json"


@unittest.skipIf(jsonschema is None, "python3-jsonschema is not installed")
class CompareSchema(unittest.TestCase):
    def setUp(self):
        schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
        jsonschema.Draft202012Validator.check_schema(schema)
        self.validator = jsonschema.Draft202012Validator(schema)
        self.sample = json.loads((HERE / "sample.json").read_text(encoding="utf-8"))

    def test_sample_is_valid(self):
        self.assertEqual([e.message for e in self.validator.iter_errors(self.sample)], [])

    def test_each_missing_member_is_found(self):
        for key in self.sample:
            with self.subTest(key=key):
                broken = {k: v for k, v in self.sample.items() if k != key}
                self.assertFalse(self.validator.is_valid(broken))
        for result in self.sample["results"]:
            for key in result:
                with self.subTest(platform=result["platform"], key=key):
                    broken = copy.deepcopy(self.sample)
                    broken["results"] = [{k: v for k, v in result.items() if k != key}]
                    self.assertFalse(self.validator.is_valid(broken))

    def test_unknown_members_are_found(self):
        self.sample["results"][0]["extra"] = 1
        self.assertFalse(self.validator.is_valid(self.sample))

    def test_probabilities_end_at_one(self):
        self.sample["results"][0]["probability_cheapest"] = 1
        self.assertTrue(self.validator.is_valid(self.sample))
        self.sample["results"][0]["probability_cheapest"] = 1.001
        self.assertFalse(self.validator.is_valid(self.sample))


@unittest.skipIf(jsonschema is None, "python3-jsonschema is not installed")
class SimulateSchema(unittest.TestCase):
    def setUp(self):
        schema = json.loads((SCHEMA.parent / "simulate.schema.json").read_text(encoding="utf-8"))
        jsonschema.Draft202012Validator.check_schema(schema)
        self.validator = jsonschema.Draft202012Validator(schema)
        self.sample = json.loads((HERE / "service_sample.json").read_text(encoding="utf-8"))

    def test_sample_is_valid(self):
        self.assertEqual([e.message for e in self.validator.iter_errors(self.sample)], [])

    def test_each_missing_member_is_found(self):
        for key in self.sample:
            with self.subTest(key=key):
                broken = {k: v for k, v in self.sample.items() if k != key}
                self.assertFalse(self.validator.is_valid(broken))


if __name__ == "__main__":
    unittest.main()
