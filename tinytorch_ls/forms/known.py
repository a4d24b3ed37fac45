"""Which form a file has: its suffix says it, here and nowhere else."""

from __future__ import annotations

from functools import lru_cache
from pathlib import PurePath

from tinytorch_ls.forms.cuda_c.form import CUDA_C
from tinytorch_ls.forms.form import Form
from tinytorch_ls.forms.python.form import PYTHON

FORMS: dict[str, Form] = {".py": PYTHON, ".cu": CUDA_C}
"""By the suffix of a file."""


@lru_cache(maxsize=512)  # a tree of lessons asks for each step
def form_of(file: str | PurePath) -> Form:
    """The form of a step's file; what has no suffix that is known is read as Python."""
    return FORMS.get(PurePath(file).suffix, PYTHON)


def has_form(file: str | PurePath) -> bool:
    """Whether a file is of a language that steps may be written in."""
    return PurePath(file).suffix in FORMS
