"""Loads what runs come to use, once: a fork that finds it loaded answers sooner."""

from __future__ import annotations

import contextlib
import importlib

_USED = (
    "numpy.ma",  # by np.unique
    "tinytorch_ls.lesson",  # by tests
    "subprocess",  # by the guard
    "resource",
    "fcntl",
    "locale",  # by open()
    "pkgutil",  # by the package of the student
)


def preload() -> None:
    """Import them; a system may lack one."""
    for name in _USED:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
