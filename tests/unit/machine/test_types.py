"""Numbers have on the machine the types that numba gives them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tinytorch_ls.machine import form
from tinytorch_ls.machine.python.translate import translated

VALUES = {
    "f": np.float32(1), "d": 1.0, "i": np.int32(1), "l": 1, "u": np.uint32(1), "v": np.uint64(1),
    "h": np.int16(1), "b": np.bool_(True),
}  # fmt: skip
EXPRESSIONS = [
    "f + f", "f * l", "f * i", "f * h", "f + d", "i + i", "i * h", "u + u", "u + l", "v + l",
    "i / i", "l // i", "i % i", "f // f", "f ** 2", "f ** 0.5", "l ** 3", "u >> 1", "v ^ 1",
    "u & 255", "i << i", "-i", "-u", "~u", "abs(i)", "math.exp(f)", "math.exp(i)", "math.floor(f)",
    "math.pow(f, 2)", "math.fabs(f)", "np.sin(f)", "np.maximum(f, f)", "float(f)", "round(f)",
    "np.float32(f) * 2.0", "np.float32(d) * f", "1 if l else 0.5", "f if f > 0 else 0",
    "l and l", "not l", "cuda.popc(l)", "cuda.clz(i)", "cuda.ffs(i)", "cuda.threadIdx.x",
    "cuda.grid(1)", "cuda.blockDim.x + 1", "cuda.laneid", "math.pi * f", "cuda.fma(f, f, f)",
]  # fmt: skip
_TEXT = """\
import math
import numpy as np
from numba import cuda


def g({names}):
    return {text}
"""


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_an_expression_has_numba_s_type(text: str, tmp_path: Path) -> None:
    import numba.cuda

    cuda: Any = numba.cuda

    names = ", ".join(VALUES)
    names_of: dict[str, Any] = {}
    exec(compile(_TEXT.format(names=names, text=text), "typed", "exec"), names_of)
    types = tuple(numba.typeof(value) for value in VALUES.values())
    _, theirs = cuda.compile_ptx(names_of["g"], types, device=True, cc=(9, 0))
    assert str(ours(text, tmp_path)) == str(theirs)


def ours(text: str, folder: Path) -> Any:
    """The dtype that a device function's result has on the machine."""
    names = ", ".join(VALUES)
    file = folder / "kernel.py"
    lines = _TEXT.format(names=names, text=text).replace("def g", "@cuda.jit(device=True)\ndef g")
    lines += f"\n@cuda.jit\ndef kernel({names}):\n    x = g({names})\n"
    file.write_text(lines, encoding="utf-8")
    found: dict[str, Any] = {}
    exec(compile(lines, str(file), "exec"), found)
    kernel = translated(found["kernel"].py_func, tuple(VALUES.values()))
    last = kernel.body[-1]
    assert isinstance(last, form.Assign)
    return last.target.dtype
