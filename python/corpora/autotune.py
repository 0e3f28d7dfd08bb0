"""awslabs/nki-autotune: a ladder of matmuls that its transforms went through, and a fused one."""
import numpy as np

from . import Case, NotRun, normal
from .sdk import product

REPOSITORY = "nki-autotune"
FOLDERS = ["."]


def _online(_):
    lhs, rhs = normal(2048, 2048, dtype="bfloat16"), normal(2048, 2048, seed=1, dtype="bfloat16")
    wide = lhs.astype(np.float32)
    scale = 1 / np.sqrt((wide * wide).mean(axis=1, keepdims=True) + 1e-6)
    return (lhs, rhs), (wide * scale) @ rhs.astype(np.float32)


CASES = [Case(REPOSITORY, "kernel_transforms.py", f"kernel_{name}", product(2048, 2048, 2048),
              "2048x2048x2048 bf16", tolerance=(2e-2, 1.0)) for name in [*range(16), "partial"]]
CASES.append(Case(REPOSITORY, "kernel_library/rmsnorm_matmul/kernel_hand_online.py",
                  "rmsnorm_matmul_online", _online, "2048x2048x2048 bf16",
                  tolerance=(5e-2, 1.5)))
NOT_RUN = [NotRun(REPOSITORY, "kernel_library/matmul", "all kernels",
                  "not opened: its files carry measured figures, which are kept for scoring")]
