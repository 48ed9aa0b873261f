"""The same arithmetic on every machine, so that the same corpus gives the same weights bit for bit.

BLAS and NumPy choose kernels by the processor they find, and these add in another order: last digits differ, and a
solver that stops when it is near enough stops elsewhere. Here the kernels are chosen for them, which costs little time.
"""

from __future__ import annotations

import os
import sys

KERNELS = {
    "OPENBLAS_CORETYPE": "Nehalem",
    "OPENBLAS_NUM_THREADS": "1",
    "NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4 AVX512_ICL AVX512_SPR",
}
"""What OpenBLAS and NumPy read from the environment when they are loaded: kernels that every x86-64 has."""


def choose() -> None:
    """Choose the kernels; to be called before NumPy is imported.

    Raises:
        RuntimeError: NumPy is there already, and has chosen for itself.
    """
    if "numpy" in sys.modules:
        raise RuntimeError("too late: NumPy has chosen its kernels")
    os.environ.update(KERNELS)
