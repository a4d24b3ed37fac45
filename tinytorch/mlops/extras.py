"""Imports the packages that only deployment needs, when they are needed. Given."""

from __future__ import annotations

from importlib import import_module
from typing import Any


def extra(module: str, purpose: str) -> Any:
    """The module, or an ImportError that says what it is for and how to get it."""
    try:
        return import_module(module)
    except ImportError as error:
        package = module.partition(".")[0].replace("_", "-")
        raise ImportError(
            f"{purpose} needs the package {package}: pip install 'tinytorch[deploy]'"
        ) from error
