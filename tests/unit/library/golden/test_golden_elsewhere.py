"""The golden cases once more, with arrays that are not NumPy's: what a GPU would be asked to do."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from cases import CASES
from foreign import ForeignArray
from test_golden import TinyTorch, assert_golden

from tinytorch import tensor


class Elsewhere(TinyTorch):
    """The library with every tensor on "cuda"."""

    def tensor(self, array: np.ndarray) -> Any:
        return super().tensor(array).to("cuda")

    def array(self, tensor: Any) -> np.ndarray:
        assert tensor.device == "cuda"
        return tensor.data.get()

    def filled(self, layer: Any) -> Any:
        return super().filled(layer.to("cuda"))


@pytest.fixture(autouse=True)
def _foreign_device(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tensor, "_on_gpu", lambda array: ForeignArray(array.copy()))


@pytest.mark.parametrize("name", CASES)
def test_every_output_and_gradient_is_pytorchs_elsewhere_too(name: str) -> None:
    assert_golden(name, Elsewhere())
