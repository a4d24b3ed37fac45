"""Arithmetic of CUDA C on the machine, against a C++ compiler's: promotion, signs, wrapping."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from generated_expressions import HEAD, TYPES, expressions

from tinytorch.kernels.source import SourceKernel
from tinytorch_ls.simulator.simulate import in_lockstep

pytest.importorskip("clang.cindex")
LANES, COUNT = 32, 150
DTYPES: dict[str, Any] = {
    "b": "?", "c": "i1", "C": "u1", "s": "i2", "S": "u2", "i": "i4", "u": "u4", "l": "i8",
    "U": "u8", "f": "f4", "d": "f8",
}  # fmt: skip


def values() -> dict[str, Any]:
    """Of each type small numbers, and some of all sizes."""
    draw = np.random.default_rng(3)
    found: dict[str, Any] = {}
    for name, code in DTYPES.items():
        dtype = np.dtype(code)
        if dtype.kind == "f":
            scale = 10.0 ** draw.integers(-2, 4, LANES)
            found[name] = (draw.standard_normal(LANES) * scale).astype(dtype)
        elif dtype.kind == "b":
            found[name] = draw.integers(0, 2, LANES).astype(dtype)
        else:
            ends = np.iinfo(code)
            wide = draw.integers(ends.min, ends.max, LANES, dtype=dtype, endpoint=True)
            small = draw.integers(max(ends.min, -9), 10, LANES).astype(dtype)
            found[name] = np.where(draw.random(LANES) < 0.6, small, wide)
            found[name][:2] = ends.min, ends.max
    return found


def as_compiled(folder: Path, cases: list[tuple[str, str]], given: dict[str, Any]) -> Any:
    """What a C++ program makes of them: the bytes of one lane's results after another's."""
    for name, column in given.items():
        (folder / name).write_bytes(column.tobytes())
    lines = ["#include <cstdio>", HEAD.format(mark="static"), "int main() {"]
    for name, kind in TYPES.items():
        lines += [f"    static {kind} p{name}[{LANES}];"]
        lines += [f'    fread(p{name}, sizeof p{name}, 1, fopen("{folder / name}", "rb"));']
    lines.append(f"    for (int k = 0; k < {LANES}; k++) {{")
    lines += [f"        {kind} {name} = p{name}[k];" for name, kind in TYPES.items()]
    lines += [
        f"        {{ {TYPES[target]} v = {text}; fwrite(&v, sizeof v, 1, stdout); }}"
        for target, text in cases
    ]
    source, program = folder / "host.cpp", folder / "host"
    source.write_text("\n".join([*lines, "    }", "}", ""]), encoding="utf-8")
    options = ["-fwrapv", "-ffp-contract=off", "-O0", "-w", "-std=c++17"]
    subprocess.run(["g++", *options, str(source), "-o", str(program)], check=True)
    return subprocess.run([str(program)], capture_output=True, check=True).stdout


@pytest.mark.skipif(shutil.which("g++") is None, reason="not run: no g++")
@pytest.mark.parametrize("seed", [1, 2])
def test_expressions_that_nobody_wrote_come_to_what_a_compiler_makes_of_them(
    seed: int, tmp_path: Path
) -> None:
    cases, given = expressions(seed, COUNT), values()
    row = np.dtype([(f"k{n}", DTYPES[target]) for n, (target, _) in enumerate(cases)])
    wanted = np.frombuffer(as_compiled(tmp_path, cases, given), row)
    parameters = ", ".join(f"const {kind}* p{name}" for name, kind in TYPES.items())
    loads = " ".join(f"{kind} {name} = p{name}[k];" for name, kind in TYPES.items())
    file = tmp_path / "device.cu"
    kernels = [
        f"__global__ void k{n}({parameters}, {TYPES[target]}* out) {{\n"
        f"    int k = threadIdx.x; {loads}\n    out[k] = {text};\n}}\n"
        for n, (target, text) in enumerate(cases)
    ]
    file.write_text(HEAD.format(mark="__device__") + "".join(kernels), encoding="utf-8")
    for n, (target, text) in enumerate(cases):
        out = np.zeros(LANES, DTYPES[target])
        kernel = SourceKernel(file, f"k{n}")
        assert in_lockstep(kernel, 1, LANES, (*given.values(), out)).faults == (), text
        np.testing.assert_allclose(out, wanted[f"k{n}"], rtol=1e-6, err_msg=text)
