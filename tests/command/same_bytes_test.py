"""Same input and seed, same bytes: on one core and many, on CPUs without fused multiply-add (as
the C library sees them), and from the binaries of SWITCHYARD_OTHERS, separated by colons."""
import os
import subprocess
import unittest

SWITCHYARD = os.environ["SWITCHYARD"]
OTHERS = list(filter(None, os.environ.get("SWITCHYARD_OTHERS", "").split(":")))
NO_FMA = {"GLIBC_TUNABLES": "glibc.cpu.hwcaps=-FMA,-FMA4,-AVX2"}
COMMANDS = [
    "compare gpt-oss-120b --samples 32 --json -",
    "claims --samples 32 --json -",
    "topology trn3-gen2 --json -",
    "collective all-to-all --on trn3-gen2 --unequal 0.5 --bytes 1MiB..8MiB",
    "collective all-reduce --on trn2-ultra --bytes 1KiB..1GiB",
    "plan gpt-oss-120b --on trn3-gen2,h100 --synthetic 400 --rate 20 --json -",
    "run ../../examples/softmax.txt --json -",
    "run ../../examples/matmul.txt --trace /dev/stdout",
]


def one_core():
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def output(binary, line, environment=None, prepare=None):
    return subprocess.run([binary, *line.split()], check=True, stdout=subprocess.PIPE,
                          env={**os.environ, **(environment or {})}, preexec_fn=prepare,
                          timeout=300).stdout


class SameBytes(unittest.TestCase):
    def test_everywhere(self):
        for line in COMMANDS:
            usual = output(SWITCHYARD, line)
            with self.subTest(line, on="one core"):
                self.assertEqual(usual, output(SWITCHYARD, line, prepare=one_core))
            with self.subTest(line, on="a CPU without FMA"):
                self.assertEqual(usual, output(SWITCHYARD, line, environment=NO_FMA))
            for other in OTHERS:
                with self.subTest(line, binary=other):
                    self.assertEqual(usual, output(other, line))


if __name__ == "__main__":
    unittest.main()
