"""tinytorch against the golden file, which PyTorch made; PyTorch itself is not needed here."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cases import CASES
from observe import Library

from tinytorch import activations, autograd, cnn, layers, networks, optim, tensor, training

HERE = Path(__file__).parent
with np.load(HERE / "golden.npz") as file:
    GOLDEN = {name: file[name] for name in file.files if name != "made_with"}


class TinyTorch(Library):
    """The library of this project."""

    def __init__(self) -> None:
        super().__init__([tensor, activations, layers, networks, cnn, autograd, optim, training])

    def tensor(self, array: np.ndarray) -> Any:
        return tensor.Tensor(array)

    def array(self, tensor: Any) -> np.ndarray:
        return tensor.numpy()

    def amax(self, input: Any, dim: Any = None) -> Any:
        return input.max(dim)


def assert_golden(name: str, library: Library) -> None:
    """`library` sees in the case `name` what PyTorch saw."""
    seen = library.observe(CASES[name])
    wanted = {key: array for key, array in GOLDEN.items() if key.startswith(f"{name}: ")}
    assert {f"{name}: {what}" for what in seen} == set(wanted)
    for what, array in seen.items():
        expected = wanted[f"{name}: {what}"]
        if array.dtype.kind == "f":
            assert array.dtype == np.float64, what
            np.testing.assert_allclose(array, expected, rtol=1e-6, atol=1e-7, err_msg=what)
        else:
            np.testing.assert_array_equal(array, expected, err_msg=what)


@pytest.mark.parametrize("name", CASES)
def test_every_output_and_gradient_is_pytorchs(name: str) -> None:
    assert_golden(name, TinyTorch())


def test_the_file_holds_no_case_that_is_gone() -> None:
    assert {key.split(": ")[0] for key in GOLDEN} == set(CASES)


def test_pytorch_is_not_needed() -> None:
    program = (
        "import sys; sys.modules['torch'] = None\n"
        "import test_golden as golden\n"
        "golden.assert_golden('Sequential', golden.TinyTorch())\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=HERE, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
