"""Temporary folders: of one user, gone with their runner, swept when it was killed."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tinytorch_ls.runner.scratch import Scratch, sweep

KILLED = """
import os
from tinytorch_ls.runner.scratch import Scratch
scratch = Scratch()
with scratch.folder() as folder:
    print(folder, flush=True)
    os._exit(1)
"""
posix = pytest.mark.skipif(sys.platform == "win32", reason="modes and owners of POSIX")


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The temporary folder of this test alone."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_a_closed_runner_leaves_nothing(temporary: Path) -> None:
    scratch = Scratch()
    with scratch.folder() as folder:
        Path(folder, "left").write_text("x", encoding="utf-8")
    scratch.close()
    assert list(temporary.iterdir()) == []


def test_what_a_killed_runner_left_is_swept(temporary: Path) -> None:
    killed = subprocess.run(
        [sys.executable, "-c", KILLED], capture_output=True, text=True, check=False
    )
    assert Path(killed.stdout.strip()).is_dir(), killed.stderr
    scratch = Scratch()
    with scratch.folder() as folder:
        homes = [place for place in temporary.iterdir() if place.is_dir()]
        assert homes == [Path(folder).parent]
    scratch.close()


def test_a_folder_in_use_is_not_swept() -> None:
    scratch = Scratch()
    with scratch.folder() as folder:
        sweep()
        assert Path(folder).is_dir()
    scratch.close()


def test_a_folder_that_is_not_a_runner_s_is_not_swept(temporary: Path) -> None:
    (temporary / "tinytorch-runs-mine").mkdir()
    (temporary / "tinytorch-runs-link").symlink_to(temporary / "tinytorch-runs-mine")
    sweep()
    assert len(list(temporary.iterdir())) == 2
