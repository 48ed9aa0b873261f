"""The same weights on every machine: which arithmetic training uses is not left to the processor."""

import json
import platform
import subprocess
import sys
from pathlib import Path

import numpy as np  # noqa: F401 - it is there already, so that choosing comes too late
import pytest

from triage.learning import steady

SCRIPT = """
import json
from triage.learning import steady
steady.choose()
import sklearn.svm
from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__
from threadpoolctl import threadpool_info
blas = [one["architecture"] for one in threadpool_info() if one["user_api"] == "blas"]
print(json.dumps([blas, [name for name in __cpu_dispatch__ if __cpu_features__[name]]]))
"""


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the kernels are those of this processor family")
def test_training_takes_kernels_that_every_processor_of_its_family_has():
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True
    )
    blas, chosen_by_numpy = json.loads(done.stdout)
    assert len(blas) == 2, "NumPy and SciPy bring one each"
    assert set(blas) == {"Nehalem"}
    assert chosen_by_numpy == []


def test_choosing_too_late_is_told():
    with pytest.raises(RuntimeError, match="too late"):
        steady.choose()
