"""Loads what runs come to use, once: a fork that finds it loaded answers sooner."""

from __future__ import annotations

import contextlib
import importlib
import io
from collections.abc import Iterable
from functools import cache
from typing import Any

from tinytorch_ls.forms.known import form_of

_USED = (
    "numpy.ma",  # by np.unique
    "tinytorch_ls.lesson",  # by tests
    "subprocess",  # by the guard, as the next
    "sqlite3",
    "resource",
    "fcntl",
    "locale",  # by open()
    "pkgutil",  # by the package of the student
    "tinytorch_ls.gradients",  # by tests of what has slopes
    "tinytorch_ls.machine.launch",  # by tests of kernels, with the next; none imports tinytorch
    "tinytorch_ls.machine.cuda_c.translate",
    "tinytorch_ls.machine.python.translate",
    "tinytorch_ls.simulator.instrument",
    "tinytorch_ls.machine.observed",
    "tinytorch_ls.simulator.analysis",
    "tinytorch_ls.simulator.cuda",
    "tinytorch_ls.simulator.carried",
)


_USED_OF_EXTRAS = {
    "deploy": (
        "fastapi.exception_handlers",
        "onnx.reference",
        "prometheus_client",
        "safetensors.numpy",
        "uvicorn",
    )
}
"""What the lessons that need an extra import in each run, where that takes long."""


def preload() -> None:
    """Import them; a system may lack one, or have one that is broken: whoever uses it is told."""
    _load(_USED)


def preload_extras(needs: Iterable[str]) -> None:
    """Import what lessons with these needs use of them."""
    for need in needs:
        _load(_USED_OF_EXTRAS.get(need, ()))


def preload_forms(files: Iterable[str]) -> None:
    """Load the parsers of the languages that files are in."""
    for form in {form_of(file).name: form_of(file) for file in files}.values():
        with contextlib.suppress(SyntaxError):
            form.definitions("")


@cache
def preload_drawing() -> None:
    """Import what draws, and draw once what most pictures have: that reads the fonts."""
    with contextlib.suppress(Exception):
        drawing: Any = importlib.import_module("matplotlib.figure").Figure()
        axes = drawing.subplots()
        axes.set_title("0")
        axes.plot([0, 1], label="0")
        axes.legend()
        drawing.tight_layout()
        drawing.savefig(io.BytesIO(), format="png")


def _load(names: Iterable[str]) -> None:
    for name in names:
        with contextlib.suppress(Exception):
            importlib.import_module(name)
