"""The built command as a user meets it: answers, the JSON contract, bad input."""
import contextlib
import csv
import json
import os
import pathlib
import sqlite3
import subprocess
import tempfile
import unittest

SWITCHYARD = os.environ["SWITCHYARD"]
QUANTITIES = [
    "ttft_ms", "tpot_ms", "output_tokens_per_second_per_chip",
    "output_tokens_per_second_per_megawatt", "dollars_per_million_output_tokens",
    "dollars_per_million_input_tokens", "joules_per_output_token"]


def run(*arguments):
    return subprocess.run([SWITCHYARD, *arguments], capture_output=True, text=True, timeout=120)


class Answers(unittest.TestCase):
    def test_compare_keeps_its_json_contract(self):
        out = run("compare", "gpt-oss-120b", "--samples", "32", "--json", "-")
        self.assertEqual(out.returncode, 0, out.stderr)
        answer = json.loads(out.stdout)
        self.assertEqual(answer["model"], "gpt-oss-120b")
        self.assertEqual(len(answer["results"]), 17)
        self.assertAlmostEqual(sum(r["probability_cheapest"] for r in answer["results"]), 1)
        for result in answer["results"]:
            for name in QUANTITIES if result["feasible"] else []:
                q = result[name]
                self.assertLessEqual(q["p10"], q["p50"], (result["platform"], name))
                self.assertLessEqual(q["p50"], q["p90"], (result["platform"], name))

    def test_same_seed_gives_the_same_bytes(self):
        arguments = ["compare", "llama-3.1-8b", "--samples", "16", "--json", "-"]
        self.assertEqual(run(*arguments).stdout, run(*arguments).stdout)
        self.assertNotEqual(run(*arguments).stdout, run(*arguments, "--seed", "2").stdout)

    def test_table_fits_100_columns_without_colour_in_a_pipe(self):
        out = run("compare", "deepseek-r1", "--samples", "16").stdout
        self.assertNotIn("\x1b", out)
        outputs = [out] + [run(*a).stdout for a in (
            ["catalog"], ["catalog", "trn3"], ["model"], ["model", "glm-5"], ["claims"])]
        for text in outputs:
            self.assertLessEqual(max(len(line) for line in text.splitlines()), 100, text[:200])

    def test_ranking_and_probability_follow_the_same_measure(self):
        answer = json.loads(run("compare", "gpt-oss-120b", "--json", "-", "--on",
                                "h100,trn1").stdout)["results"]
        self.assertGreater(answer[0]["probability_cheapest"], answer[1]["probability_cheapest"])

    def test_platform_order_changes_nothing(self):
        def results(order):
            out = run("compare", "qwen3-32b", "--samples", "16", "--on", order, "--json", "-")
            return json.loads(out.stdout)["results"]
        self.assertEqual(results("trn3,h100,b200"), results("b200,trn3-gen2,h100"))

    def test_claims_have_verdicts(self):
        claims = json.loads(run("claims", "--samples", "16", "--json", "-").stdout)["claims"]
        self.assertEqual(len(claims), 11)
        verdicts = {"reproduced", "within range", "contradicted", "not testable"}
        self.assertTrue(all(c["verdict"] in verdicts and c["why"] for c in claims))

    def test_model_and_catalog_speak_json(self):
        model = json.loads(run("model", "gpt-oss-120b", "--json", "-").stdout)
        self.assertAlmostEqual(model["parameters"]["total"] / 116.83e9, 1, delta=0.005)
        catalog = json.loads(run("catalog", "--json", "-").stdout)
        self.assertEqual(len(catalog["platforms"]), 17)

    def test_validate_scores_a_directory_and_says_what_it_skips(self):
        rows = ("platform,chip_count,model,parallelism,engine,isl,osl,concurrency,ttft_ms,tpot_ms\n"
                "H100-SXM-80GB,1,llama-3.1-8b,TP1,vllm,1024,512,8,60,8.2\n"
                "H100-SXM-80GB,1,llama-3.1-8b,TP1,vllm,1024,512,8,60,quick\n"
                "X100,1,llama-3.1-8b,TP1,vllm,1024,512,8,60,8.2\n"
                "H100-SXM-80GB,1,llama-3.1-8b,\"TP1\n")
        with tempfile.TemporaryDirectory() as directory:
            folder = pathlib.Path(directory)
            (folder / "rows.csv").write_text(rows)
            (folder / "other.csv").write_text("a,b\n1,2\n")
            page = folder / "page.md"
            out = run("validate", directory, "--samples", "16", "--json", "-",
                      "--markdown", str(page))
            self.assertEqual(out.returncode, 0, out.stderr)
            answer = json.loads(out.stdout)
            self.assertEqual(answer["rows"], answer["scored"] + sum(answer["skipped"].values()))
            self.assertEqual(answer["scored"], 1)
            self.assertEqual(answer["skipped"]["malformed"], 2)
            self.assertEqual(answer["skipped"]["platform not in the catalog"], 1)
            self.assertIn("rows.csv:3: tpot_ms is", answer["malformed"][0])
            self.assertIn("other.csv", answer["skipped_files"])
            self.assertIn("1 of 4 rows scored", page.read_text())
            fitted = run("fit-engines", directory, "--out", str(folder / "mine"))
            self.assertEqual(fitted.returncode, 0, fitted.stderr)  # too few rows: nothing to write
        missing = run("validate", directory)
        self.assertEqual(missing.returncode, 2)
        self.assertIn("a directory of CSV tables", missing.stderr)

    def test_a_users_price_moves_the_answer(self):
        with tempfile.TemporaryDirectory() as directory:
            prices = pathlib.Path(directory) / "prices"
            prices.mkdir()
            (prices / "h100.toml").write_text(
                'id = "h100"\ncloud_committed = { base = 100, unit = "$/h", mark = "vendor", '
                'source = "a test" }\n')
            base = ["compare", "llama-3.1-8b", "--on", "h100", "--cost", "rental", "--samples", "8",
                    "--json", "-"]
            name = "dollars_per_million_output_tokens"
            plain = json.loads(run(*base).stdout)["results"][0][name]["p50"]
            dear = json.loads(run(*base, "--catalog", directory).stdout)["results"][0][name]["p50"]
            self.assertGreater(dear, 10 * plain)


SIMULATED = [
    "requests", "completed", "failed", "simulated_seconds", "wall_seconds", "ttft_ms", "tpot_ms",
    "e2e_ms", "output_tokens", "output_tokens_per_second", "goodput", "prefix_hit_rate",
    "preemptions", "joules_per_output_token", "dollars_per_million_output_tokens"]


def simulate(*arguments):
    out = run("simulate", "gpt-oss-120b", "--on", "trn3-gen2", *arguments, "--json", "-")
    assert out.returncode == 0, out.stderr
    return json.loads(out.stdout)


CONFIG = {"model_type": "qwen3", "hidden_size": 32, "intermediate_size": 48,
          "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
          "head_dim": 8, "vocab_size": 40, "max_position_embeddings": 64}


class Generation(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.config = self.folder / "config.json"
        self.config.write_text(json.dumps(CONFIG), encoding="utf-8")

    def generate(self, *arguments):
        out = run("generate", str(self.config), "--random-weights", "--prompt", "3 1 4",
                  "--steps", "6", "--json", "-", *arguments)
        self.assertEqual(out.returncode, 0, out.stderr)
        return json.loads(out.stdout)

    def test_generate_keeps_its_json_contract(self):
        answer = self.generate("--on", "trn3")
        self.assertEqual(answer["tokens"], 6)
        self.assertEqual(len(answer["text"].split()), 3 + 6)
        self.assertTrue(answer["text"].startswith("3 1 4 "))
        for name in "ttft_ms", "tpot_ms", "joules", "wall_seconds":
            self.assertGreater(answer[name], 0, name)

    def test_text_does_not_depend_on_the_ranks_but_time_does(self):
        alone, together = self.generate("--on", "trn2"), self.generate("--on", "trn2", "--tp", "2")
        self.assertEqual(alone["text"], together["text"])
        self.assertEqual((alone["collectives"], together["collectives"]), (0, 6 * 4))
        self.assertGreater(together["tpot_ms"], alone["tpot_ms"])
        self.assertGreater(together["collective_ms"], 0)

    def test_quality_compares_what_the_core_has(self):
        def formats(platform):
            rows = self.generate("--on", platform, "--quality")
            self.assertEqual(rows[0]["agreement"], 1)
            self.assertEqual(rows[0]["first_divergence"], -1)
            return [row["precision"] for row in rows]
        self.assertEqual(formats("trn1"), ["fp32", "bf16"])
        self.assertEqual(formats("trn3"), ["fp32", "bf16", "mxfp8", "mxfp4"])

    def test_mistakes_name_what_would_do(self):
        for arguments, expected in (
                (["--tp", "3"], "one of 1, 2, 4"), (["--on", "h100"], "no NeuronCores"),
                (["--precision", "fp4"], "mxfp4"), (["--prompt", "1 " * 70], "context"),
                (["--precision", "mxfp8", "--on", "trn2"], "NeuronCore-v3")):
            out = run("generate", str(self.config), "--random-weights", *arguments)
            self.assertEqual(out.returncode, 2, arguments)
            self.assertIn(expected, out.stderr)


class Simulations(unittest.TestCase):
    def test_simulate_keeps_its_json_contract(self):
        answer = simulate("--synthetic", "400", "--rate", "10")
        for name in SIMULATED:
            self.assertIn(name, answer)
        for name in "ttft_ms", "tpot_ms", "e2e_ms":
            l = answer[name]
            self.assertTrue(0 < l["p50"] <= l["p90"] <= l["p99"], l)
            self.assertGreater(l["mean"], 0)
        self.assertEqual(answer["requests"], 400)
        self.assertEqual(answer["completed"] + answer["failed"], 400)
        self.assertAlmostEqual(answer["output_tokens"] / answer["simulated_seconds"],
                               answer["output_tokens_per_second"], places=6)

    def test_same_seed_same_simulation(self):
        arguments = ["--synthetic", "300", "--rate", "10", "--seed"]
        first, again, other = (simulate(*arguments, seed) for seed in ("3", "3", "4"))
        for answer in first, again, other:
            del answer["wall_seconds"]
        self.assertEqual(first, again)
        self.assertNotEqual(first["ttft_ms"], other["ttft_ms"])

    def test_every_step_an_event_changes_nothing(self):
        arguments = ["--synthetic", "300", "--rate", "10"]
        skipped, stepped = simulate(*arguments), simulate(*arguments, "--steps")
        for name in "ttft_ms", "tpot_ms", "e2e_ms", "output_tokens", "simulated_seconds", "steps":
            self.assertEqual(skipped[name], stepped[name], name)

    def test_records_agree_with_the_summary(self):
        with tempfile.TemporaryDirectory() as directory:
            csv_file, database = directory + "/r.csv", directory + "/r.db"
            trace = directory + "/r.pftrace"
            answer = simulate("--synthetic", "300", "--rate", "10", "--csv", csv_file, "--sqlite",
                              database, "--perfetto", trace)
            with open(csv_file, encoding="utf-8") as file:
                rows = list(csv.DictReader(file))
            self.assertEqual(len(rows), 300)
            self.assertEqual(sum(int(r["output_tokens"]) for r in rows), answer["output_tokens"])
            mean = sum(float(r["ttft_ms"]) for r in rows) / 300
            self.assertAlmostEqual(mean / answer["ttft_ms"]["mean"], 1, places=6)
            with contextlib.closing(sqlite3.connect(database)) as connection:
                count, joules = connection.execute(
                    "SELECT count(*), sum(chip_joules) FROM requests").fetchone()
                (dollars,) = connection.execute("SELECT sum(dollars) FROM request_costs").fetchone()
            self.assertEqual(count, 300)
            self.assertAlmostEqual(dollars / (joules * answer["dollars_per_chip_joule"]), 1,
                                   places=6)
            self.assertGreater(os.path.getsize(trace), 1000)

    def test_a_trace_is_replayed_row_by_row(self):
        with tempfile.TemporaryDirectory() as directory:
            path = directory + "/t.csv"
            with open(path, "w", encoding="utf-8") as file:
                file.write("arrival_s,input_tokens,output_tokens\n")
                file.writelines(f"{n * 0.5},{100 + n},{10 + n % 5}\n" for n in range(100))
                file.write("nonsense,1,2\n")
            out = run("simulate", "gpt-oss-120b", "--on", "trn3-gen2", "--trace", path)
            self.assertEqual(out.returncode, 2)
            self.assertIn("t.csv:102", out.stderr)
            answer = simulate("--trace", path, "--skip-bad")
            self.assertEqual(answer["requests"], 100)
            self.assertEqual(answer["output_tokens"], sum(10 + n % 5 for n in range(100)))
            self.assertGreater(answer["simulated_seconds"], 49.5)

    def test_compare_on_a_trace_ranks_by_simulation(self):
        with tempfile.TemporaryDirectory() as directory:
            path = directory + "/t.csv"
            with open(path, "w", encoding="utf-8") as file:
                file.write("arrival_s,input_tokens,output_tokens\n")
                file.writelines(f"{n * 0.1},{300 + n},{50 + n % 50}\n" for n in range(400))
            out = run("compare", "llama-3.1-8b", "--trace", path, "--on", "h100,b200,trn2",
                      "--samples", "8", "--json", "-")
            self.assertEqual(out.returncode, 0, out.stderr)
            fleets = [r["traffic"]["fleets"][0] for r in json.loads(out.stdout)["results"]]
            self.assertEqual(len(fleets), 3)
            for fleet in fleets:
                self.assertGreaterEqual(fleet["slo_attainment"], 0.9)
            costs = [f["dollars_per_million_tokens"] for f in fleets]
            self.assertEqual(costs, sorted(costs))


class BadInput(unittest.TestCase):
    def refused(self, *arguments, says):
        out = run(*arguments)
        self.assertEqual(out.returncode, 2, out)
        self.assertIn(says, out.stderr)
        self.assertEqual(out.stdout, "")

    def test_unknown_names_get_a_suggestion(self):
        self.refused("compare", "gpt-oss-12b", says="did you mean gpt-oss-120b?")
        self.refused("compare", "llama-3.1-8b", "--on", "trn33", says="did you mean trn3?")
        self.refused("compere", "x", says="did you mean compare?")
        self.refused("compare", "llama-3.1-8b", "--workload", "chta", says="did you mean chat?")

    def test_drafting_without_a_gain_is_refused(self):
        self.refused("compare", "llama-3.1-8b", "--drafted", "3", says="--accepted")

    def test_impossible_targets_say_what_comes_nearest(self):
        self.refused("compare", "llama-3.1-405b", "--tpot", "0.01", says="nearest")

    def test_hostile_configs_are_refused(self):
        with tempfile.TemporaryDirectory() as directory:
            path = pathlib.Path(directory) / "config.json"
            hostile = ["", "{", "[" * 100000, '{"model_type": "llama"}', '{"a": 1e999}', "null",
                       '{"model_type": "nonsense"}', '{"model_type": "llama", "hidden_size": -1}']
            for text in hostile:
                path.write_text(text)
                self.refused("model", str(path), says=str(path))
            path.write_bytes(b" " * (100 << 20))
            self.refused("model", str(path), says="at most")

    def test_nothing_is_left_behind_when_output_fails(self):
        with tempfile.TemporaryDirectory() as directory:
            self.refused("model", "llama-3.1-8b", "--json", directory + "/no/such/file.json",
                         says="no directory")
            self.assertEqual(os.listdir(directory), [])


if __name__ == "__main__":
    unittest.main()
