"""The package: it imports without the extra `deploy`, and a student's own files come first."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import tinytorch

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


def test_a_students_file_stands_for_the_librarys_and_the_others_stay(tmp_path: Path) -> None:
    (tmp_path / "tinytorch" / "mlops").mkdir(parents=True)
    extend = "from pkgutil import extend_path\n__path__ = extend_path(__path__, __name__)\n"
    (tmp_path / "tinytorch" / "__init__.py").write_text(extend)
    own = tmp_path / "tinytorch" / "mlops" / "retraining.py"
    own.write_text("class Decision: ...\nclass RetrainingTrigger: mine = True\n")
    script = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from tinytorch import mlops\n"
        "from tinytorch.mlops import drift, retraining\n"
        "assert mlops.RetrainingTrigger.mine\n"
        "print(retraining.__file__, drift.__file__, sep='\\n')\n"
    )
    found = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=True
    )
    library = Path(str(tinytorch.__file__)).parent
    assert found.stdout.splitlines() == [str(own), str(library / "mlops" / "drift.py")]


def test_a_students_kernels_come_first_and_the_others_stay(tmp_path: Path) -> None:
    (tmp_path / "tinytorch" / "kernels").mkdir(parents=True)
    extend = "from pkgutil import extend_path\n__path__ = extend_path(__path__, __name__)\n"
    (tmp_path / "tinytorch" / "__init__.py").write_text(extend)
    own = tmp_path / "tinytorch" / "kernels" / "cpu.py"
    own.write_text("mine = True\n")
    script = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from tinytorch.kernels import cpu, gpu\n"
        "print(cpu.__file__, gpu.__file__, sep='\\n')\n"
    )
    found = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=True
    )
    library = Path(str(tinytorch.__file__)).parent
    assert found.stdout.splitlines() == [str(own), str(library / "kernels" / "gpu.py")]
