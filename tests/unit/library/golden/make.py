"""Writes golden.npz: what PyTorch gives for every case. Run it after `cases.py` has changed.

python tests/unit/library/golden/make.py
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from cases import CASES
from observe import Library
from torch import nn, optim
from torch.nn import functional as F  # noqa: N812 - PyTorch's own abbreviation
from torch.optim import lr_scheduler

FILE = Path(__file__).with_name("golden.npz")


class PyTorch(Library):
    """PyTorch, and its words for the few things that have another name there."""

    def __init__(self) -> None:
        super().__init__([F, nn, torch, optim, lr_scheduler, nn.utils])

    def tensor(self, array: np.ndarray) -> Any:
        return torch.from_numpy(array.copy())

    def array(self, tensor: Any) -> np.ndarray:
        return tensor.detach().numpy()

    def pad2d(self, input: Any, padding: tuple[int, int]) -> Any:
        p, q = padding
        return F.pad(input, (q, q, p, p))

    def im2col(self, input: Any, kernel_size: Any, stride: Any, padding: Any) -> Any:
        return F.unfold(input, kernel_size, stride=stride, padding=padding)


def golden() -> dict[str, np.ndarray]:
    """Every observation of every case, computed in float64 and kept in float32."""
    library = PyTorch()
    return {
        f"{name}: {what}": array.astype(np.float32) if array.dtype.kind == "f" else array
        for name, case in CASES.items()
        for what, array in library.observe(case).items()
    }


if __name__ == "__main__":
    values: dict[str, Any] = golden()
    np.savez_compressed(FILE, **values, made_with=np.array(torch.__version__))
    print(f"{len(CASES)} cases, {len(values)} arrays, {FILE.stat().st_size:,} bytes")
