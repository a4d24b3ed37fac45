"""Which files are parts of a package: Python runs all of them where one is imported."""

from __future__ import annotations

from pathlib import PurePosixPath

_INIT = "__init__.py"


def is_part(file: str) -> bool:
    """Whether a file of the course stands in a package below `tinytorch/`.

    The package's own `__init__.py` is none: nothing of the package is there without it.
    """
    path = PurePosixPath(file)
    return len(path.parts) > 2 and path.name != _INIT
