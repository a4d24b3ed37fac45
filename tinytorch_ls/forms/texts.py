"""The text of a course's file: an editor's where one is being written, else the disk's."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

BOM = "\ufeff"  # the mark that some editors begin a file with
_NONE: Mapping[Path, str] = {}
_unsaved: ContextVar[Mapping[Path, str]] = ContextVar("unsaved", default=_NONE)


def text_of(file: Path) -> str:
    """Without the mark that some editors begin a file with. Raises OSError, UnicodeDecodeError."""
    text = _unsaved.get().get(file)
    return (file.read_text(encoding="utf-8") if text is None else text).removeprefix(BOM)


def is_empty(text: str) -> bool:
    """Whether nothing is in a text; a crash may leave NULs in the place of each sign."""
    return not text.removeprefix(BOM).replace("\0", "").strip()


@contextmanager
def unsaved(texts: Mapping[Path, str]) -> Generator[None]:
    """What reads a course in here reads these texts in the place of the files'."""
    before = _unsaved.set(texts)
    try:
        yield
    finally:
        _unsaved.reset(before)
