"""Starts a module of ours beside student code, with an import path that no folder of theirs is in.

Arguments: as JSON the folder of our packages and more folders of packages; the module; its own
arguments. Python's own folders come first, so nothing can stand before a name of Python's.
"""

import sys

# The folder of this file, where Python put it; only what is loaded already is used before.
del sys.path[0]

import importlib  # noqa: E402
import json  # noqa: E402
import os  # noqa: E402
import warnings  # noqa: E402


def set_path(ours: str, others: list[str]) -> None:
    """Our packages after Python's, before those that are installed; then what else there is."""
    installed = ("site-packages", "dist-packages")
    places = [place for place in sys.path if os.path.realpath(place) != os.path.realpath(ours)]
    first = next((i for i, place in enumerate(places) if place.endswith(installed)), len(places))
    places.insert(first, ours)
    sys.path[:] = places + [place for place in others if place not in places]


def forget_filters() -> None:
    """The filters of warnings that Python starts with, whatever a `sitecustomize` has made them."""
    warnings.resetwarnings()
    for kind in (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning):
        warnings.simplefilter("ignore", kind)
    warnings.filterwarnings("ignore", "coroutine .* was never awaited")  # the verdict says it


if __name__ == "__main__":
    set_path(*json.loads(sys.argv[1]))
    forget_filters()
    del sys.argv[:2]
    importlib.import_module(sys.argv[0]).main()
