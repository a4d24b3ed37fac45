"""Kernels that do not run: because the real compiler would not take them, or the machine can't."""

from __future__ import annotations

from typing import Literal

from tinytorch_ls.machine.report import Place

Refusal = Literal[
    "name", "function", "attribute", "call", "index", "operator", "unlike", "unsupported"
]


class RefusedError(TypeError):
    """What the compiler of the kernel's language does not compile for a GPU."""

    def __init__(self, words: str, kind: Refusal, place: Place) -> None:
        super().__init__(words)
        self.kind: Refusal = kind
        self.place = place


class UnsupportedError(TypeError):
    """What the compiler takes and the machine does not run."""


class LocatedError(Exception):
    """An error on its way out of a translation, which is to stand at a place of the kernel."""

    def __init__(self, error: Exception, place: Place) -> None:
        super().__init__(str(error))
        self.error = error
        self.place = place
