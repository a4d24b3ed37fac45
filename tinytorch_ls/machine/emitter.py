"""Writes the form: the statements of a translation so far, and numbers as another dtype."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

import numpy as np

from tinytorch_ls.machine import form
from tinytorch_ls.machine.numbers import BOOL, is_whole
from tinytorch_ls.machine.report import Place


class Statements:
    """The statements that a translation has written so far."""

    def __init__(self) -> None:
        self.out: list[form.Statement] = []
        self.temporaries = 0

    def emit(self, statement: form.Statement) -> None:
        """One more statement."""
        self.out.append(statement)

    @contextmanager
    def collected(self) -> Generator[list[form.Statement]]:
        """What is written in a `with` block, apart."""
        before, self.out = self.out, []
        try:
            yield self.out
        finally:
            self.out = before

    def computed(self, value: form.Expression, place: Place, prefix: str) -> form.Expression:
        """A value, computed here and now, in a variable of the function with this prefix."""
        if isinstance(value, form.Constant | form.Extent | form.Special):
            return value
        self.temporaries += 1
        target = form.Local(value.dtype, f"{prefix}~{self.temporaries}")
        self.emit(form.Assign(place, target, value))
        return target


def bits_as(value: form.Expression, dtype: form.DType) -> form.Expression:
    """The bits of a number, read as another dtype of its size."""
    if value.dtype == dtype:
        return value
    return form.Operation(dtype, f"as {dtype.kind}{dtype.itemsize}", (value,))


def converted(value: form.Expression, dtype: form.DType) -> form.Expression:
    """A number as another dtype."""
    if value.dtype == dtype:
        return value
    if isinstance(value, form.Constant):
        with np.errstate(all="ignore"):
            if is_whole(value.dtype) and is_whole(dtype) and dtype != BOOL:
                wrapped = np.array(int(value.value) % 2**64, np.uint64).astype(dtype)
                return form.Constant(dtype, wrapped[()])
            if not (value.dtype.kind == "f" and is_whole(dtype)):
                return form.Constant(dtype, np.array(value.value).astype(dtype)[()])
    return form.Cast(dtype, value)
