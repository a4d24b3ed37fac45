"""The library as it is taught: with PyTorch beside it if there is one, without kernels of a GPU."""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from tinytorch import operation

_BESIDE_PYTORCH = [
    str(path)
    for path in Path(__file__).parent.rglob("test_*.py")
    if "\nimport torch\n" in path.read_text(encoding="utf-8")
]
# Where PyTorch is not installed, the golden values alone are what tinytorch is held to.
collect_ignore = [] if find_spec("torch") else _BESIDE_PYTORCH


@pytest.fixture(autouse=True)
def without_kernels() -> Iterator[None]:
    """On "cuda", an operation runs what it says: other tests have imported the kernels for it."""
    kernels = {call: bodies.pop("cuda", None) for call, bodies in operation._bodies.items()}
    yield
    for call, body in kernels.items():
        if body is not None:
            operation._bodies[call]["cuda"] = body
