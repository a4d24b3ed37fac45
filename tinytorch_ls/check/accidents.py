"""Tells a mistake that a student makes from an author's slip: a name that is nowhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from tinytorch_ls.runner.report import Raised, StepRun
from tinytorch_ls.runner.values import RaisedValue

_NAME_ERRORS = ("NameError", "UnboundLocalError", "ImportError", "ModuleNotFoundError")
_NO_ATTRIBUTE = re.compile(r"has no attribute '(\w+)'")
_NO_PARAMETER = re.compile(
    r"unexpected keyword argument '(\w+)'|'(\w+)' is an invalid keyword argument"
)
_WORD = re.compile(r"[A-Za-z_]\w*")
_TYPES = (list, tuple, dict, set, str, bytes, int, float, complex, object)


def accident(run: StepRun, library: Path) -> str | None:
    """The error of a wrong name that ended a test, "NameError: …", or None."""
    return next((text for text in _errors(run) if _is_accident(text, library)), None)


def _errors(run: StepRun) -> Iterator[str]:
    """Every error that a test met, as "type: message"."""
    for test in run.tests:
        if test.raised:
            yield _text(test.raised)
        for observation in test.observations:
            value = observation.value
            if isinstance(value, RaisedValue) and not observation.passed:
                yield f"{value.type}: {value.message}"


def _text(raised: Raised) -> str:
    name = "SyntaxError" if raised.syntax_error else raised.type
    if raised.fault and raised.fault.kind == "compiler: name":
        name = "NameError"  # as Python would have said it
    return f"{name}: {raised.message}"


def _is_accident(text: str, library: Path) -> bool:
    name, _, message = text.partition(": ")
    wording = {"AttributeError": _NO_ATTRIBUTE, "TypeError": _NO_PARAMETER}.get(name)
    if wording:
        missing = wording.search(message)
        return bool(missing) and missing[missing.lastindex or 1] not in _known(library)
    return name in _NAME_ERRORS or name == "SyntaxError"


@lru_cache(maxsize=4)
def _known(library: Path) -> frozenset[str]:
    """Every name that the library's files and NumPy's stubs have, and those of Python's types."""
    files = [*(library / "tinytorch").rglob("*.py"), *_stubs_of_numpy()]
    words = {word for file in files for word in _WORD.findall(file.read_text(encoding="utf-8"))}
    return frozenset(words.union(*map(dir, _TYPES)))


def _stubs_of_numpy() -> Iterator[Path]:
    """Where its names stand: it need not be loaded for them."""
    found = find_spec("numpy")
    if found and found.origin:
        yield Path(found.origin).with_name("__init__.pyi")
