"""Outputs as a user sees them, whole, against the reviewed files in expected/.

SWITCHYARD_GOLDEN=write rewrites those files; review reads the diff. The catalog and the model of
most cases are the invented ones of inputs/, so that prices and products may change freely.
"""
import difflib
import os
import pathlib
import re
import subprocess
import unittest

HERE = pathlib.Path(__file__).resolve().parent
EXPECTED = HERE / "expected"
WRITE = os.environ.get("SWITCHYARD_GOLDEN") == "write"
REWRITE = "SWITCHYARD_GOLDEN=write ./test -R golden"
CATALOG = "--catalog catalog"
LOAD = "--input 1000 --output 200 --ttft 2 --tpot 50"
COMPARE = f"compare tiny.json {CATALOG} {LOAD}"
SERVE = f"tiny.json {CATALOG} {LOAD} --on pair-2"

OUTPUTS = {
    "compare.txt": f"{COMPARE} --on small-8,pair-2 --samples 16",
    "compare.json": f"{COMPARE} --on pair-2 --samples 8 --chips-max 1 --concurrency 16 --json -",
    "simulate.txt": f"simulate {SERVE} --synthetic 300 --rate 4 --tp 2",
    "plan.txt": f"plan tiny.json {CATALOG} {LOAD} --on small-8,pair-2 --synthetic 300 --rate 30",
    "fleet_day.txt": f"fleet-day {SERVE} --replicas 64 --cells 1 --cell 2 --rate 3",
    "model.txt": "model tiny.json",
    "model.json": "model tiny.json --json -",
    "catalog.txt": f"catalog pair-2 {CATALOG}",
    "topology.txt": f"topology small-8 {CATALOG}",
    "collective.txt": f"collective all-reduce --bytes 1KiB..64MiB --ranks 8 --on small-8 {CATALOG}",
    "fit.txt": "fit measured.csv",
    "fit.json": "fit measured.csv --json -",
}

REFUSALS = [
    "compere tiny.json",
    "compare",
    "compare tiny.json --samples 1",
    "compare gpt-oss-12b",
    "compare no/such/config.json",
    f"compare tiny.json {CATALOG} --on pair-3",
    "compare tiny.json --workload chta",
    "compare tiny.json --objective dolars",
    "compare tiny.json --drafted 3",
    f"compare tiny.json {CATALOG} --on pair-2,small-8 --tpot 0.1",
    f"compare tiny.json {CATALOG} --on pair-2 --input 40000",
    f"compare llama-3.1-405b {CATALOG} {LOAD} --on pair-2,small-8",
    "compare tiny.json --trace broken.csv",
    f"simulate tiny.json {CATALOG}",
    f"simulate {SERVE}",
    f"simulate {SERVE},small-8 --synthetic 10",
    f"simulate {SERVE} --synthetic 10 --rate 1 --concurrency 2",
    f"simulate {SERVE} --synthetic 10 --tp 3",
    f"simulate {SERVE} --synthetic 10 --engine vlm",
    f"simulate {SERVE} --synthetic 10 --policy mixt",
    f"simulate {SERVE} --synthetic 10 --routing prefix",
    f"simulate {SERVE} --synthetic 10 --autoscale 3",
    f"simulate {SERVE} --synthetic 10 --host-cache 8",
    f"simulate {SERVE} --synthetic 1000000 --rate 0.001",
    f"simulate {SERVE} --trace broken.csv",
    f"plan {SERVE} --synthetic 10",
    f"plan {SERVE} --synthetic 10 --concurrency 3",
    f"fleet-day {SERVE}",
    f"fleet-day {SERVE} --replicas 3",
    "topology trn4",
    "collective all-reduse --on trn2",
    "collective all-reduce --on trn2 --bytes 64MeB",
    "collective all-reduce --on trn2 --algorithm rign",
    "collective all-gather --on trn2 --unequal 0.5",
    "collective all-gather --on trn2 --degrade neurolink:0:0=0",
    "collective all-reduce --on trn2 --ranks 2000000",
    "compare tiny.json --evidence fited",
    "fit broken_measured.csv",
    "fit measured.csv --chip h20",
    "fit no/such/table.csv",
    "model broken.json",
    "model wrong.json",
    "catalog --catalog broken_catalog",
    "catalog --catalog no/such/directory",
    "model tiny.json --json no/such/directory/out.json",
]


def run(line):
    return subprocess.run([os.environ["SWITCHYARD"], *line.split()], cwd=HERE / "inputs",
                          capture_output=True, encoding="utf-8", timeout=120, check=False)


class Golden(unittest.TestCase):
    maxDiff = None

    def check(self, name, text):
        # How long a simulation took is no part of the answer.
        took = r'(simulated in |Base world\. |"wall_seconds": )[0-9.e+-]+'
        text = re.sub(took, r"\1TIME", text)
        path = EXPECTED / name
        if WRITE:
            path.write_text(text, encoding="utf-8")
        wanted = path.read_text(encoding="utf-8") if path.exists() else ""
        diff = difflib.unified_diff(wanted.splitlines(), text.splitlines(),
                                    f"expected/{name}", "now", lineterm="")
        self.assertTrue(wanted == text, "\n".join(["", *diff, f"if right: {REWRITE}"]))

    def test_outputs(self):
        for name, line in OUTPUTS.items():
            with self.subTest(name):
                out = run(line)
                self.assertEqual((out.returncode, out.stderr), (0, ""))
                self.check(name, out.stdout)

    def test_refusals(self):
        text = ""
        for line in REFUSALS:
            out = run(line)
            self.assertEqual(out.stdout, "", line)
            complaint = out.stderr.replace(f"{HERE.parent.parent}/", "")
            text += f"$ switchyard {line}\n{complaint}exit {out.returncode}\n\n"
        self.check("refusals.txt", text)

    def test_claims(self):
        """The verdicts on the real catalog; what is computed may move until one of them does."""
        text = run("claims --samples 64").stdout
        verdicts = re.findall(r"^(.+)\n  claimed (.+?), computed .*: (.+)$", text, re.MULTILINE)
        self.check("claims.txt", "".join(f"{claim}\n  claimed {claimed}: {verdict}\n"
                                         for claim, claimed, verdict in verdicts))

    def test_no_expected_file_is_left_over(self):
        cases = {*OUTPUTS, "refusals.txt", "claims.txt"}
        self.assertEqual({path.name for path in EXPECTED.iterdir()} - cases, set())


if __name__ == "__main__":
    unittest.main()
