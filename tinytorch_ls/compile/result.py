"""What a compiler said of a kernel, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

ARCHITECTURE = "sm_90"  # Hopper: H100, H200


@dataclass(frozen=True)
class CompileError:
    """One complaint of a compiler; lines count from 1, columns from 0 and in characters."""

    file: str
    line: int
    column: int
    message: str
    severity: Literal["error", "warning"] = "error"
    kind: str = ""  # of an error of numba's: "name", "attribute", "call"…
    end_column: int | None = None


@dataclass(frozen=True)
class Resources:
    """What a kernel takes of a multiprocessor, and so how many of its blocks fit on one."""

    registers: int  # of each thread; a multiprocessor has 65,536
    shared_bytes: int  # of each block
    spilled_bytes: int  # that did not fit into registers: slow memory, in each thread


@dataclass(frozen=True)
class KernelCode:
    """What a compiler made of a kernel."""

    resources: Resources | None  # None where the compiler refused it
    double_lines: tuple[int, ...] = ()  # of its file, that compute in double precision
    refused: str = ""  # the compiler's first complaint


@dataclass(frozen=True)
class Compiled:
    """Compiled, with what came of it: PTX, the text that the driver assembles."""

    ptx: str
    warnings: tuple[CompileError, ...] = ()
    resources: Mapping[str, Resources] = field(default_factory=dict[str, Resources])
    """Of each kernel by name; of Python only where they were asked for."""
    double_lines: tuple[int, ...] = ()  # that compute in double precision, where that was asked


@dataclass(frozen=True)
class Failed:
    """Not compiled, and why: at least one error."""

    errors: tuple[CompileError, ...]


@dataclass(frozen=True)
class NotRun:
    """The compiler is not here, so nothing was shown; never the same as passed."""

    reason: str


CompileResult = Compiled | Failed | NotRun
