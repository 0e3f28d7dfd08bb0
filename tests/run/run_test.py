"""`switchyard run` as a user meets it: the examples, traces read by the protobuf library, files in
and out, mistakes and faults.

SWITCHYARD_GOLDEN=write rewrites expected/; review reads the diff.
"""
import json
import math
import os
import pathlib
import struct
import subprocess
import tempfile
import unittest

import trace_reader

HERE = pathlib.Path(__file__).resolve().parent
EXAMPLES = HERE.parent.parent / "examples"
NAMES = sorted(path.name for path in EXAMPLES.glob("*.txt"))
WRITE = os.environ.get("SWITCHYARD_GOLDEN") == "write"


def run(*arguments, cwd=EXAMPLES):
    return subprocess.run([os.environ["SWITCHYARD"], "run", *arguments], cwd=cwd,
                          capture_output=True, encoding="utf-8", timeout=120, check=False)


def answer(*arguments, cwd=EXAMPLES):
    out = run(*arguments, "--json", "-", cwd=cwd)
    assert out.returncode in (0, 3), out.stderr
    return json.loads(out.stdout)


def npy(descr, shape, data):
    header = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + data


def floats_of(path):
    content = path.read_bytes()
    length = struct.unpack("<H", content[8:10])[0]
    header, data = content[10:10 + length].decode(), content[10 + length:]
    assert "'descr': '<f4'" in header, header
    return struct.unpack(f"<{len(data) // 4}f", data)


class Scratch(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.directory = pathlib.Path(holder.name)

    def program(self, text):
        (self.directory / "p.txt").write_text(text, encoding="utf-8")
        return "p.txt"


class Examples(Scratch):
    def test_each_runs_and_reads_well(self):
        self.assertEqual(len(NAMES), 4)
        for name in NAMES:
            with self.subTest(name):
                out = run(name)
                self.assertEqual((out.returncode, out.stderr), (0, ""))
                self.assertNotIn("\x1b", out.stdout)
                self.assertLessEqual(max(len(line) for line in out.stdout.splitlines()), 100)
                self.assertEqual(out.stdout, run(name).stdout)

    def test_the_ideal_is_shortest_and_program_order_longest(self):
        for name in NAMES:
            bracket = answer(name)["bracket"]
            self.assertLessEqual(bracket["ideal_ps"], bracket["list_ps"], name)
            self.assertLessEqual(bracket["list_ps"], bracket["program_ps"], name)
            for policy in ("program", "list", "ideal"):
                chosen = answer(name, "--policy", policy)
                self.assertEqual(chosen["duration_ps"], bracket[f"{policy}_ps"], name)

    def test_json_accounts_for_all_time(self):
        for name in NAMES:
            out = answer(name)
            total = out["duration_ps"] * 1e-12
            for engine in out["engines"]:
                parts = [engine[f"{kind}_seconds"] for kind in ("busy", "stalled", "idle")]
                self.assertAlmostEqual(sum(parts), total, delta=1e-12)
            path = sum(part["seconds"] for part in out["critical_path"])
            self.assertAlmostEqual(path, total, delta=1e-12)
            self.assertEqual(out["summary"]["total_time"], total)

    def test_golden(self):
        text = run("softmax.txt").stdout
        path = HERE / "expected" / "softmax.txt"
        if WRITE:
            path.write_text(text, encoding="utf-8")
        self.assertEqual(path.read_text(encoding="utf-8"), text,
                         "if right: SWITCHYARD_GOLDEN=write ./test -R run")

    def test_softmax_sums_to_one(self):
        run("softmax.txt", "--output", f"y={self.directory}/y.npy")
        values = floats_of(self.directory / "y.npy")
        for row in range(128):
            self.assertAlmostEqual(sum(values[512 * row:512 * (row + 1)]), 1, delta=1e-5)

    def test_matmul_of_stacked_identities_adds_the_blocks(self):
        a = [1.0 if k % 128 == m else 0.0 for k in range(512) for m in range(128)]
        b = [(k * 7 + n) % 11 - 5.0 for k in range(512) for n in range(1024)]
        for name, shape, values in (("a", (512, 128), a), ("b", (512, 1024), b)):
            data = struct.pack(f"<{len(values)}f", *values)
            (self.directory / f"{name}.npy").write_bytes(npy("<f4", shape, data))
        files = [f"--input={name}={self.directory}/{name}.npy" for name in "ab"]
        out = run("matmul.txt", *files, "--output", f"c={self.directory}/c.npy", "--no-time")
        self.assertEqual(out.returncode, 0, out.stderr)
        c = floats_of(self.directory / "c.npy")
        for m in (0, 1, 77, 127):
            for n in (0, 511, 512, 1023):
                wanted = sum((((q * 128 + m) * 7 + n) % 11) - 5 for q in range(4))
                self.assertEqual(c[m * 1024 + n], wanted, (m, n))


class Traces(Scratch):
    def read(self, name, policy="list"):
        path = self.directory / "trace"
        out = run(name, "--no-values", "--policy", policy, "--trace", str(path))
        self.assertEqual(out.returncode, 0, out.stderr)
        return trace_reader.Trace(path.read_bytes())

    def test_rows(self):
        trace = self.read("matmul.txt")
        self.assertEqual(trace.process, "NeuronCore-v3, policy list")
        self.assertEqual(sorted(trace.ranks, key=trace.ranks.get)[:5],
                         ["TensorE", "VectorE", "ScalarE", "GpSimdE", "SyncE"])
        self.assertTrue(any(name.startswith("DMA q") for name in trace.ranks))
        rows = {s["track"]: s["name"] for s in trace.slices}
        self.assertEqual((rows["TensorE"], rows["VectorE"]), ("nc_matmul", "tensor_copy"))
        self.assertEqual(trace.units, {"SBUF live": "B", "PSUM live": "B", "DMA rate": "MB/s"})

    def test_slices_lie_side_by_side_at_their_times(self):
        for name in NAMES:
            trace = self.read(name)
            end_of = {}
            for s in trace.slices:
                self.assertEqual(s["depth"], 0)
                exact = s["arguments"]
                self.assertEqual(s["start"], exact["start_ps"] // 1000)
                self.assertEqual(s["end"], (exact["start_ps"] + exact["duration_ps"]) // 1000)
                self.assertGreaterEqual(s["start"], end_of.get(s["track"], 0))
                end_of[s["track"]] = s["end"]
            instructions = [s for s in trace.slices if s["category"] == "instruction"]
            self.assertEqual(len(instructions), answer(name, "--no-values")["instructions"])

    def test_arrows_lead_from_a_cause_to_an_effect(self):
        trace = self.read("matmul.txt")
        out = {arrow: s for s in trace.slices for arrow in s["out"]}
        into = {arrow: s for s in trace.slices for arrow in s["in"]}
        self.assertEqual(out.keys(), into.keys())
        self.assertGreater(len(out), 20)
        for arrow, cause in out.items():
            self.assertLessEqual(cause["start"], into[arrow]["start"])
        # A multiply that waited for a load waited for its bytes.
        waits = [s for s in trace.slices
                 if s["track"] == "TensorE" and s["arguments"].get("waited_for") == "operand ready"]
        self.assertTrue(waits)
        for s in waits:
            self.assertTrue(out[s["in"][0]]["track"].startswith("DMA q"))

    def test_counters_end_at_nothing(self):
        trace = self.read("softmax.txt")
        for name in ("SBUF live", "DMA rate"):
            points = trace.counters[name]
            self.assertGreater(max(value for _, value in points), 0, name)
            self.assertEqual(points[-1][1], 0, name)
            self.assertEqual([t for t, _ in points], sorted(t for t, _ in points))
        self.assertEqual(trace.counters["PSUM live"], [])

    def test_dependent_instructions_of_scalar_engine_start_264_cycles_apart(self):
        starts = [s["arguments"]["start_ps"] for s in self.read("scalar_chain.txt").slices
                  if s["track"] == "ScalarE"]
        for before, after in zip(starts, starts[1:]):
            self.assertAlmostEqual((after - before) * 1.4e-3, 264, delta=0.01)

    def test_hostile_names_arrive_escaped(self):
        name = 'sbuf "quoted" \\\\ \u20ac </script>'
        source = name.replace('"', '\\"')
        text = ("program v3\ntensor t: sbuf float32[1, 1]\n"
                f'vector.memset dst=t value=1.0 source="{source}"\n')
        run(self.program(text), "--trace", "t.pftrace", cwd=self.directory)
        run(self.program(text), "--trace", "t.json", cwd=self.directory)
        trace = trace_reader.Trace((self.directory / "t.pftrace").read_bytes())
        chrome = json.loads((self.directory / "t.json").read_text(encoding="utf-8"))
        sources = [e["args"]["source"] for e in chrome["traceEvents"] if e["ph"] == "X"]
        self.assertEqual([s["arguments"]["source"] for s in trace.slices], sources)
        self.assertIn("\u20ac </script>", sources[0])

    def test_chrome_json_tells_the_same(self):
        run("matmul.txt", "--no-values", "--trace", f"{self.directory}/t.json")
        events = json.loads((self.directory / "t.json").read_text())["traceEvents"]
        slices = [(e["name"], round(e["ts"] * 1e6)) for e in events if e["ph"] == "X"]
        wanted = [(s["name"], s["arguments"]["start_ps"]) for s in self.read("matmul.txt").slices]
        self.assertEqual(slices, wanted)


class Files(Scratch):
    COPY = ("program v3\ninput x: hbm int32[2, 2]\noutput y: hbm int32[2, 2]\n"
            "tensor t: sbuf int32[2, 2]\nsync.dma_copy dst=t src=x\nsync.dma_copy dst=y src=t\n")

    def test_values_go_in_and_out(self):
        data = struct.pack("<4i", 1, -2, 3, 2 ** 31 - 1)
        (self.directory / "x.bin").write_bytes(data)
        (self.directory / "x.npy").write_bytes(npy("<i4", (2, 2), data))
        for file in ("x.bin", "x.npy"):
            out = answer(self.program(self.COPY), "--input", f"x={file}", "--output", "y=y.bin",
                         cwd=self.directory)
            self.assertEqual((self.directory / "y.bin").read_bytes(), data)
            self.assertEqual(out["outputs"][0]["values"], ["1", "-2", "3", "2147483647"])

    def test_seeds_choose_inputs(self):
        digests = [answer(self.program(self.COPY), "--random", seed,
                          cwd=self.directory)["outputs"][0]["digest"] for seed in ("1", "1", "2")]
        self.assertEqual(digests[0], digests[1])
        self.assertNotEqual(digests[0], digests[2])

    def test_another_target(self):
        program = self.program(self.COPY)
        for target, core in (("trn1", "v2"), ("v4", "v4"), ("", "v3")):
            out = answer(program, *(["--target", target] if target else []), cwd=self.directory)
            self.assertEqual(out["target"], f"NeuronCore-{core}")


class Mistakes(Scratch):
    def test_each_is_named_and_leaves_nothing(self):
        program = self.program(Files.COPY)
        (self.directory / "short.bin").write_bytes(b"123")
        (self.directory / "bad.txt").write_text("program v3\nnc_matmull dst=x\n")
        (self.directory / "illegal.txt").write_text(
            "program v3\ntensor t: psum float32[129, 1]\nvector.memset dst=t value=1.0\n")
        for arguments, complaint in (
                (["none.txt"], "no such file"),
                (["bad.txt"], "bad.txt:2:1"),
                (["illegal.txt"], "129"),
                ([program, "--policy", "lst"], "list"),
                ([program, "--target", "trn9"], "trn9"),
                ([program, "--input", "x"], "NAME=FILE"),
                ([program, "--input", "z=x.bin"], "is no input"),
                ([program, "--input", "y=short.bin"], "is no input"),
                ([program, "--output", "x=o.bin"], "is no output"),
                ([program, "--input", "x=short.bin"], "has 3 bytes; wanted 16"),
                ([program, "--input", "x=none.npy"], "no such file"),
                ([program, "--no-values", "--no-time"], "nothing would be left"),
                ([program, "--no-time", "--trace", "t.json"], "a schedule"),
                ([program, "--no-values", "--output", "y=o.bin"], "--no-values"),
                ([program, "--trace", "none/t.json"], "an existing directory"),
                ([program, "--catalog", "none"], "none")):
            with self.subTest(arguments):
                before = sorted(self.directory.iterdir())
                out = run(*arguments, cwd=self.directory)
                self.assertEqual((out.returncode, out.stdout), (2, ""), out.stderr)
                self.assertIn(complaint, out.stderr)
                self.assertNotIn("internal error", out.stderr)
                self.assertEqual(sorted(self.directory.iterdir()), before)

    def test_tensors_beyond_memory_are_refused_but_can_be_timed(self):
        text = ("program v3\ninput x: hbm float32[1099511627776]\ntensor t: sbuf float32[1, 8]\n"
                "sync.dma_copy dst=t src=x[0 + 1*8]\n")
        out = run(self.program(text), cwd=self.directory)
        self.assertEqual(out.returncode, 2)
        self.assertIn("--no-values", out.stderr)
        self.assertEqual(run("p.txt", "--no-values", cwd=self.directory).returncode, 0)


class TwoCores(Scratch):
    CORES = ["lnc2/core0.txt", "--core1", "lnc2/core1.txt"]

    def test_share_inputs_outputs_and_a_time(self):
        values = [0.25 * (i % 7) for i in range(256 * 64)]
        given = self.directory / "x.npy"
        given.write_bytes(npy("<f4", (256, 64), struct.pack(f"<{len(values)}f", *values)))
        wanted = self.directory / "y.npy"
        out = answer(*self.CORES, "--input", f"x={given}", "--output", f"y={wanted}")
        self.assertEqual(len(out["cores"]), 2)
        self.assertEqual([core["faults"] for core in out["cores"]], [[], []])
        got, half = floats_of(wanted), 128 * 64
        for i in (0, 77, half - 1, half, 2 * half - 1):
            other = (i + half) % (2 * half)
            self.assertAlmostEqual(got[i], values[i] + math.exp(values[other]), delta=1e-4)
        self.assertEqual([o["name"] for o in out["cores"][0]["outputs"]], ["y"])
        self.assertEqual(out["cores"][1]["outputs"], [])  # shared, told once
        times = [core["bracket"] for core in out["cores"]]
        for policy, time in out["bracket"].items():
            self.assertEqual(time, max(one[policy] for one in times))

    def test_have_rows_of_their_own_in_one_trace(self):
        trace = self.directory / "t.json"
        answer(*self.CORES, "--trace", str(trace))
        events = json.loads(trace.read_text())["traceEvents"]
        names = {e["args"]["name"] for e in events
                 if e.get("ph") == "M" and e["name"] == "thread_name"}
        self.assertLessEqual({"core 0 ScalarE", "core 1 ScalarE", "core 0 DMA q0"}, names)

    def test_that_never_meet_are_a_deadlock(self):
        text = (EXAMPLES / "lnc2" / "core1.txt").read_text()
        other = self.program(text.replace("pipe_id=0", "pipe_id=5"))
        out = answer("lnc2/core0.txt", "--core1", str(self.directory / other), "--no-values")
        for core in out["cores"]:
            self.assertEqual(core["faults"][0]["kind"], "deadlock")
            self.assertIn("core 1 waits at sendrecv with pipe_id=5",
                          " ".join(core["faults"][0]["details"]))

    def test_must_agree_on_what_they_share(self):
        text = (EXAMPLES / "lnc2" / "core1.txt").read_text()
        other = self.program(text.replace("input x: hbm float32[256, 64]",
                                          "input x: hbm float32[512, 64]"))
        done = run("lnc2/core0.txt", "--core1", str(self.directory / other))
        self.assertEqual(done.returncode, 2)
        self.assertIn("tensor \"x\"", done.stderr)


class Faults(Scratch):
    def fault(self, text, *arguments):
        program = self.program(text)
        out = run(program, *arguments, "--json", "j.json", cwd=self.directory)
        self.assertEqual(out.returncode, 3, out.stderr)
        self.assertIn("FAULT of the simulated machine", out.stdout)
        return json.loads((self.directory / "j.json").read_text())["faults"][0]

    def test_capacity(self):
        text = "program v3\n" + "".join(
            f"tensor t{i}: sbuf float32[128, 20000]\n" for i in range(4))
        text += "".join(f"vector.memset dst=t{i} value=1.0\n" for i in range(4))
        text += "vector.tensor_tensor dst=t0 data1=t1 data2=t2 op=add\n"
        text += "vector.tensor_tensor dst=t0 data1=t0 data2=t3 op=add\n"
        fault = self.fault(text)
        self.assertEqual(fault["kind"], "out of memory")
        self.assertTrue(any("t1" in line for line in fault["details"]), fault)

    def test_out_of_bounds_writes_no_output(self):
        text = ("program v3\noutput y: hbm int32[1, 8]\ntensor t: sbuf int32[1, 8]\nregister r\n"
                "vector.memset dst=t value=1.0\nregister_move dst=r src=5\n"
                "sync.dma_copy dst=y[0 + 1*4 + register(r)*1 below 5] src=t[0:1, 0 + 1*4]\n")
        fault = self.fault(text, "--output", "y=y.bin", "--trace", "t.json")
        self.assertEqual(fault["kind"], "out of bounds")
        self.assertEqual(sorted(p.name for p in self.directory.iterdir()), ["j.json", "p.txt"])

    def test_race(self):
        text = ("program v3\norder manual\ntensor t: sbuf float32[128, 512]\n"
                "tensor u: sbuf float32[128, 512]\n"
                "vector.memset dst=t value=1.0\nactivation dst=u op=exp data=t\n")
        self.assertEqual(self.fault(text)["kind"], "race")

    def test_unwritten_bytes_are_reported(self):
        text = ("program v3\ntensor t: sbuf float32[4, 4]\ntensor u: sbuf float32[4, 4]\n"
                "vector.tensor_copy dst=u src=t\n")
        out = run(self.program(text), cwd=self.directory)
        self.assertEqual(out.returncode, 0)
        self.assertIn("Reads of bytes that nothing wrote", out.stdout)


if __name__ == "__main__":
    unittest.main()
