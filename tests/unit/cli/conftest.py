"""Runs the command line on the small course, in this process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from small_course import SmallCourse

from tinytorch_ls.cli import author, context, doctor, main

Run = Callable[..., "Result"]


@dataclass(frozen=True)
class Result:
    """How a command ended, and what it wrote."""

    status: int
    out: str
    err: str


@pytest.fixture
def home(small: SmallCourse, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory, and the small course installed."""
    for module in (author, context, doctor):
        monkeypatch.setattr(module, "curriculum_folder", lambda: small.folder)
    monkeypatch.setenv("LC_ALL", "C")  # the words of the tests are English ones
    place = small.root / "home"
    place.mkdir()
    monkeypatch.chdir(place)
    return place


@pytest.fixture
def run(home: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command in the working directory."""
    assert home.is_dir()

    def command(*words: str) -> Result:
        capsys.readouterr()
        try:
            status = main(words)
        except SystemExit as left:
            status = left.code if isinstance(left.code, int) else 0
        captured = capsys.readouterr()
        return Result(status, captured.out, captured.err)

    return command
