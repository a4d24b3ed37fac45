"""What keeps a command from running that is no error of the course: a package, broken or gone."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tinytorch_ls.course.needs import Lack, broken_behind, lacking_behind

_INSTALLED = re.compile(r"[\\/](?:site|dist)-packages[\\/](\w+)")
_OURS = ("tinytorch", "tinytorch_ls")


def package_words(error: Exception) -> str:
    """Which package an error comes from, as it was imported, and what mends it; "" where none."""
    lack = _lack_behind(error)
    return f"{lack.reason}: run `{lack.command}`" if lack else ""


def _lack_behind(error: Exception) -> Lack | None:
    packages = [*_imported(error)]
    if isinstance(error, ModuleNotFoundError) and error.name:
        user = packages[0] if packages else error.name.partition(".")[0]
        return lacking_behind((error.name,), user)
    if not packages:
        return None
    said = next(iter(str(error).splitlines()), "")
    return broken_behind(packages[-1], packages[0], f"{type(error).__name__}: {said}".rstrip(": "))


def _imported(error: Exception) -> Iterator[str]:
    """The packages that were being imported, the one that the course imports first."""
    files: list[str] = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        if code.co_name == "<module>":
            files.append(code.co_filename)
        trace = trace.tb_next
    if isinstance(error, SyntaxError):
        files.append(error.filename or "")
    for file in files:
        if (found := _INSTALLED.search(file)) and found[1] not in _OURS:
            yield found[1]
