"""Where the installed course lies: a student's `tinytorch` shadows ours, so `__file__` decides."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


def curriculum_folder() -> Path:
    """The folder with `course.toml`: inside the package once installed, beside it in a checkout."""
    installed = _PACKAGE / "curriculum"
    return installed if installed.is_dir() else _PACKAGE.parent / "curriculum"


def library_root() -> Path:
    """The folder that holds the installed course's reference `tinytorch/`."""
    return _PACKAGE.parent


def library_of(curriculum: Path) -> Path:
    """The folder with the `tinytorch/` that stands beside a curriculum, else the installed one."""
    beside = curriculum.parent
    return beside if (beside / "tinytorch").is_dir() else library_root()
