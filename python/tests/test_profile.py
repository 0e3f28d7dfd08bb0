"""Time: profile(), and the command that profiles a script."""
import json
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest

import kernels
import nki
import nki.isa as nisa
import nki.language as nl
import switchyard

HERE = pathlib.Path(__file__).parent


def inputs(seed=0):
    random = np.random.default_rng(seed)
    return [random.standard_normal((256, n)).astype(np.float32).astype("bfloat16")
            for n in (256, 1024)]


def test_a_profile_has_three_schedules_and_a_summary():
    a_t, b = inputs()
    result, profile = switchyard.profile(kernels.matmul_blocked)(a_t, b)
    assert result.shape == (256, 1024)
    times = profile.duration_ns
    assert set(times) == {"program", "list", "ideal"}
    assert 0 < times["ideal"] <= times["list"] <= times["program"]
    assert profile.fault is None and profile.bound_by
    summary = profile.summary()
    assert summary["matmul_instruction_count"] == 2 * 2 * 2
    assert profile.engines["TensorE"]["busy_ns"] > 0
    assert "nc_matmul" in profile.text()


def test_targets_differ():
    a_t, b = inputs()
    times = {target: switchyard.profile(kernels.matmul_tiled, target=target)(a_t, b)[1]
             for target in ("trn1", "trn2", "trn3")}
    assert [one.target for one in times.values()] == ["trn1", "trn2", "trn3"]
    assert len({one.duration_ns["list"] for one in times.values()}) == 3


def test_memory_that_does_not_suffice_is_a_fault():
    def kernel():
        tiles = [nl.zeros((128, 40000), nl.float32) for _ in range(2)]
        nisa.tensor_tensor(tiles[0], tiles[0], tiles[1], nl.add)
    _, profile = switchyard.profile(kernel)()
    assert "out of memory" in profile.fault and profile.duration_ns == {}


def test_two_cores_have_one_profile():
    x = np.ones((128, 64), np.float32)
    _, profile = switchyard.profile(kernels.exchange[2])(x)
    assert profile.duration_ns["list"] > 0


def command(*arguments, cwd):
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join([str(HERE.parent), *sys.path]))
    return subprocess.run([sys.executable, "-m", "switchyard", "profile", *arguments], cwd=cwd,
                          env=environment, capture_output=True, text=True, check=False)


SCRIPT = """
import numpy as np, nki, nki.isa as nisa, nki.language as nl

@nki.jit
def shrink(x):
    out = nl.ndarray(x.shape, x.dtype, nl.shared_hbm)
    tile = nl.load(x)
    nisa.exponential(tile, tile)
    nl.store(out, tile)
    return out

@nki.jit
def grow(x):
    return nl.full(x.shape, 2.0, x.dtype, nl.shared_hbm)

x = np.ones((128, 64), np.float32)
nki.simulate(grow)(x)
shrink(x)
"""


def test_the_command_compares_targets_and_writes_files(tmp_path):
    (tmp_path / "script.py").write_text(SCRIPT)
    done = command("script.py:shrink", "--target", "trn2,trn3", "--json", "out.json", "--trace",
                   "trace.json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "does not run" in done.stdout and "exponential" in done.stdout
    rows = json.loads((tmp_path / "out.json").read_text())
    assert [row["target"] for row in rows] == ["trn2", "trn3"]
    assert "exponential" in rows[0]["error"] and rows[1]["duration_ns"]["list"] > 0
    assert json.loads((tmp_path / "trace.json").read_text())


def test_json_goes_to_standard_output_alone():
    done = command(str(HERE / "kernels.py") + ":softmax_rows", "--arg", "128x64", "--json", "-",
                   cwd=HERE)
    (row,) = json.loads(done.stdout)
    assert row["kernel"] == "softmax_rows" and row["bound_by"] and row["summary"]


def test_a_kernel_that_nobody_calls_gets_arguments(tmp_path):
    (tmp_path / "script.py").write_text(SCRIPT.replace("x = np.ones", "if __name__ == '__main__':"
                                                       " raise SystemExit(3)\nx = np.ones")
                                        .partition("x = np.ones")[0])
    done = command("script.py:shrink", "--arg", "128x64:bfloat16", "--target", "trn3,trn2",
                   cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    rows = done.stdout.splitlines()
    assert rows[1].split()[:2] == ["shrink", "trn3"] and "does not run" in rows[2]


def test_a_kernel_of_two_cores_gets_arguments():
    done = command(str(HERE / "kernels.py") + ":exchange", "--arg", "128x96", "--lnc", "2",
                   "--target", "trn1,trn2,trn3", cwd=HERE)
    assert done.returncode == 0, done.stderr
    rows = done.stdout.splitlines()
    assert "sendrecv" in rows[1] and rows[2].split()[1] == "trn2" and float(rows[3].split()[2]) > 0


def test_several_calls_on_one_target_say_whose_page_it_is(tmp_path):
    (tmp_path / "script.py").write_text(SCRIPT)
    done = command("script.py", "--trace", "out.pftrace", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "last of 2 calls, shrink" in done.stdout
    assert "trace of shrink on trn3: out.pftrace" in done.stderr
    assert (tmp_path / "out.pftrace").stat().st_size > 0


@pytest.mark.parametrize("text, shape, dtype", [
    ("128x64", (128, 64), "float32"), ("8:int32", (8,), "int32"),
    ("4x4x2:float8_e5m2", (4, 4, 2), "float8_e5m2")])
def test_arrays_as_words(text, shape, dtype):
    from switchyard.__main__ import _argument
    array = _argument(text, 0)
    assert array.shape == shape and array.dtype == np.dtype(dtype)
    np.testing.assert_array_equal(array.view(np.uint8), _argument(text, 0).view(np.uint8))


@pytest.mark.parametrize("text, value", [("3", 3), ("1e-5", 1e-5), ("(3, 4)", (3, 4)),
                                         ("relu", "relu"), ("None", None)])
def test_other_arguments_as_words(text, value):
    from switchyard.__main__ import _argument
    assert _argument(text, 0) == value


@pytest.mark.parametrize("arguments, words", [
    (["none.py"], "no file none.py"),
    (["script.py:nothing"], "calls no such kernel: it calls grow, shrink"),
    (["script.py:nothing", "--arg", "4x4"], "has no nothing; its kernels: shrink, grow"),
    (["script.py:shrink", "--arg", "4x4", "--arg", "3"], "shrink(x) with 2 of --arg: too many"),
    (["script.py", "--arg", "4x4"], "say which, SCRIPT:KERNEL"),
    (["script.py:shrink", "--arg", "4x4:float33"], "float33"),
    (["script.py", "--target", "trn3,trn9"], '--target: "trn9"; wanted a NeuronCore generation')])
def test_the_command_says_what_is_wrong(tmp_path, arguments, words):
    (tmp_path / "script.py").write_text(SCRIPT)
    done = command(*arguments, cwd=tmp_path)
    assert done.returncode == 2 and words in done.stderr


def test_two_cores_wait_for_each_other():
    @nki.jit
    def uneven(x):
        out = nl.ndarray((2, *x.shape), x.dtype, nl.shared_hbm)
        rank = nl.program_id(0)
        tile = nl.load(x)
        for _ in range(100 if rank == 0 else 1):
            nisa.activation(tile, nl.tanh, tile)
        nisa.dma_copy(out[rank], tile)
        nisa.core_barrier(out, (0, 1))
        return out
    x = np.ones((128, 64), np.float32)
    _, profile = switchyard.profile(uneven[2], target="trn2")(x)
    first, second = profile.json()["cores"]
    assert first["duration_ps"] == second["duration_ps"]
    stalls = {row["reason"]: row["seconds"] for engine in second["engines"]
              for row in engine["stalls"]}
    assert stalls["barrier"] > 20e-6
    assert second["summary"]["spill_save_bytes"] == 0
    assert profile.fault is None


def test_two_cores_that_write_the_same_bytes_race():
    @nki.jit
    def careless(x):
        out = nl.ndarray(x.shape, x.dtype, nl.shared_hbm)
        nisa.dma_copy(out, nl.load(x))
        nisa.core_barrier(out, (0, 1))
        return out
    _, profile = switchyard.profile(careless[2], target="trn2")(np.ones((128, 64), np.float32))
    assert "race" in profile.fault and "core_barrier" in profile.fault
