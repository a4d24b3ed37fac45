"""What a compiler said of a kernel, as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class CompileError:
    """One complaint of a compiler; lines count from 1, columns from 0 and in characters."""

    file: str
    line: int
    column: int
    message: str
    severity: Literal["error", "warning"] = "error"


@dataclass(frozen=True)
class Compiled:
    """Compiled, with what came of it: PTX, the text that the driver assembles."""

    ptx: str
    warnings: tuple[CompileError, ...] = ()


@dataclass(frozen=True)
class Failed:
    """Not compiled, and why: at least one error."""

    errors: tuple[CompileError, ...]


@dataclass(frozen=True)
class NotRun:
    """The compiler is not here, so nothing was shown; never the same as passed."""

    reason: str


CompileResult = Compiled | Failed | NotRun
