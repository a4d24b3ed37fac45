"""Without the extra `deploy` everything imports, and what needs no package works."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import sys
for name in ("fastapi", "onnx", "prometheus_client", "pydantic", "safetensors", "uvicorn"):
    sys.modules[name] = None
import numpy as np
import tinytorch.compression
from tinytorch.mlops import Canary, DriftDetector, Loop, PredictionService, Registry, export_onnx
rng = np.random.default_rng(0)
assert DriftDetector(rng.normal(size=(50, 2))).check(rng.normal(size=(50, 2)) + 9).drifted
assert Canary("v2").arm("a") in ("champion", "challenger")
try:
    Registry("nowhere").save("m", {"w": np.ones(2)})
except ImportError as error:
    print(error)
"""


def test_the_module_imports_without_the_extra_and_says_what_is_missing() -> None:
    found = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True
    )
    wanted = "saving a model needs the package safetensors: pip install 'tinytorch[deploy]'"
    assert found.stdout.strip() == wanted
