"""NVIDIA's assembler, which says what a kernel takes of a multiprocessor; no GPU is needed."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from tempfile import TemporaryDirectory

from tinytorch_ls.compile.result import NotRun, Resources

Program = Callable[[Sequence[str]], str]
"""Runs a program with its arguments; gives what it printed, errors too."""


def run_program(command: Sequence[str]) -> str:
    """Run a program to its end. Raises OSError where it can't be started."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def assembled(
    ptx: str, architecture: str, program: Program = run_program
) -> dict[str, Resources] | NotRun:
    """What each kernel of a PTX text takes, by its name there."""
    ptxas = assembler()
    if ptxas is None:
        return NotRun("the assembler of nvidia-cuda-nvcc is not installed")
    with TemporaryDirectory() as folder:
        source = Path(folder, "kernel.ptx")
        source.write_text(ptx, encoding="utf-8")
        made = str(source.with_suffix(".cubin"))
        return resources(program([ptxas, "-v", f"-arch={architecture}", str(source), "-o", made]))


def assembler() -> str | None:
    """Where `ptxas` is, which makes machine code of PTX."""
    return installed("nvidia-cuda-nvcc", "ptxas")


@lru_cache
def installed(package: str, program: str) -> str | None:
    """Where a program of NVIDIA's is: in its package, or where the system finds it."""
    try:
        found = files(package) or ()
    except PackageNotFoundError:
        found = ()
    for file in found:
        place = Path(str(file.locate()))
        if file.stem == program and place.is_file():
            return str(place)
    return shutil.which(program)


def resources(log: str) -> dict[str, Resources]:
    """What the assembler says of each kernel."""
    found: dict[str, Resources] = {}
    for kernel in _KERNEL.finditer(log):
        said = kernel["said"]
        registers, shared, spilled = (
            sum(int(number) for number in pattern.findall(said)) for pattern in _AMOUNTS
        )
        found[kernel["name"]] = Resources(registers, shared, spilled)
    return found


_KERNEL = re.compile(
    r"Compiling entry function '(?P<name>\w+)'(?P<said>.*?)(?=Compiling entry function|\Z)", re.S
)
_AMOUNTS = (
    re.compile(r"Used (\d+) registers"),
    re.compile(r"(\d+) bytes smem"),
    re.compile(r"(\d+) bytes spill stores"),  # what is stored is loaded again
)
