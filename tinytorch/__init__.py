"""A small deep-learning framework, written to be read and to be rebuilt one function at a time."""

import sys
from pathlib import Path
from pkgutil import extend_path

__path__ = extend_path(__path__, __name__)


def _put_own_first() -> None:
    """Where a file of a student's own `tinytorch/` is run by itself, take their modules first.

    Python then looks beside the file, where no `tinytorch` is, and finds this one instead.
    """
    beside = Path(sys.path[0] or ".").resolve() if sys.path else Path()
    for folder in (beside, *beside.parents):
        course = folder.parent
        if folder.name == __name__ and (course / ".tinytorch").is_dir():
            sys.path[0] = str(course)
            __path__[:] = [str(folder), *(place for place in __path__ if place != str(folder))]
            print(f"tinytorch: running on your own modules in {folder}", file=sys.stderr)
            return


_put_own_first()
