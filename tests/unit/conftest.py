"""What the unit tests share; its folder is on the path because this file stands in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import kept
import pytest
from small_course import SmallCourse

from tinytorch_ls.workspace.folder import StudentFolder


@pytest.fixture(autouse=True, scope="session")
def _ended_processes() -> Iterator[None]:
    yield
    kept.end()


@pytest.fixture
def small(tmp_path: Path) -> SmallCourse:
    """A sound course of two modules, with its library."""
    course = SmallCourse(tmp_path)
    course.write()
    return course


@pytest.fixture
def student(small: SmallCourse) -> StudentFolder:
    """A student of the small course who has begun its first module."""
    folder = StudentFolder(small.root / "my-course", small.read())
    folder.begin("box")
    return folder
