"""aws-neuron/nki-samples. Most of it is in the older dialect, which is not in this list."""
from .sdk import matmuls, mx_cases

REPOSITORY = "nki-samples"
FOLDERS = ["src", "contributed"]
_TUTORIALS = "src/nki_samples/tutorials/"

CASES = [
    *matmuls(REPOSITORY,
             _TUTORIALS + "matrix_multiplication/matrix_multiplication_nki_kernels.py",
             ["nki_matmul_basic_", "nki_matmul_tiled_", "nki_matmul_hoist_load_",
              "nki_matmul_block_free_dimension_", "nki_matmul_fully_optimized_"]),
    *mx_cases(REPOSITORY, _TUTORIALS + "mxfp-matmul/mx_kernels.py", packed=False)]
NOT_RUN = []
