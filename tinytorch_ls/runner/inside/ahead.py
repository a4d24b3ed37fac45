"""The code of the library's files and the student's, compiled before a run: a fork finds it."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import CodeType

from tinytorch_ls.runner.job import Draft


@dataclass(frozen=True)
class _Known:
    """A file as it was compiled."""

    data: bytes
    code: CodeType
    changed: int  # when, in ns


_KNOWN: dict[str, _Known] = {}


def code_of(data: bytes, path: str) -> CodeType:
    """The code of a file's bytes; compiled now unless they were before. Raises SyntaxError."""
    known = _KNOWN.get(path)
    if known and known.data == data:
        return known.code
    return compile(data, path, "exec", dont_inherit=True)


def compile_ahead(folders: Iterable[Path], seconds: float) -> None:
    """Compile what was changed below these folders, for as long: the next call goes on.

    What can't be compiled, or not without a warning, is left to the run that imports it.
    """
    end = time.perf_counter() + seconds
    for place, changed in _changed(folders):
        with suppress(OSError):
            _compile(place.read_bytes(), str(place), changed)
        if time.perf_counter() > end:
            return


def compile_draft(draft: Draft) -> None:
    """Compile a text that is being written, where the run that imports it will look for it."""
    _compile(draft.text.encode("utf-8", "replace"), draft.place, 0)


def _compile(data: bytes, path: str, changed: int) -> None:
    with warnings.catch_warnings(), suppress(SyntaxError, ValueError, RecursionError, MemoryError):
        warnings.simplefilter("error")
        _KNOWN[path] = _Known(data, code_of(data, path), changed)


def _changed(folders: Iterable[Path]) -> Iterator[tuple[Path, int]]:
    """The files of Python below some folders that are not known as they are, and when they were
    changed, in ns."""
    for folder in folders:
        for place in folder.rglob("*.py"):
            with suppress(OSError):  # it is gone: there is nothing to compile
                changed = place.stat().st_mtime_ns
                known = _KNOWN.get(str(place))
                if known is None or known.changed != changed:
                    yield place, changed
