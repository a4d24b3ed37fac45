"""A file of a student's `tinytorch/` that is run by itself runs on the student's own modules."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tinytorch_ls.course.locate import curriculum_folder, library_root
from tinytorch_ls.course.read import read_course
from tinytorch_ls.workspace.folder import StudentFolder

ASK = (
    "import tinytorch.tensor, tinytorch.optim\n"
    "from tinytorch.tensor import Tensor\n"
    "print(tinytorch.tensor.__file__)\n"
    "print(tinytorch.optim.__file__)\n"
)


@pytest.fixture
def folder(tmp_path: Path) -> StudentFolder:
    folder = StudentFolder(tmp_path / "my-course", read_course(curriculum_folder()))
    folder.begin("tensor")
    return folder


def _run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """A real interpreter with the course's library installed, as the editor's button starts it."""
    environment = {**os.environ, "PYTHONPATH": str(library_root()), "PYTHONDONTWRITEBYTECODE": "1"}
    environment.pop("PYTHONSAFEPATH", None)
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )


@pytest.mark.parametrize("place", ["tinytorch/mine.py", "tinytorch/deeper/mine.py"])
def test_it_runs_on_the_students_modules_and_says_so(folder: StudentFolder, place: str) -> None:
    path = folder.root / place
    path.parent.mkdir(exist_ok=True)
    path.write_text(ASK, encoding="utf-8")
    done = _run(str(path), cwd=folder.root)
    tensor, optim = done.stdout.splitlines()
    assert Path(tensor) == folder.path("tinytorch/tensor.py")
    assert Path(optim) == library_root() / "tinytorch/optim.py"
    own = folder.root / "tinytorch"
    assert done.stderr == f"tinytorch: running on your own modules in {own}\n"


def test_a_script_beside_the_package_needs_no_help(folder: StudentFolder) -> None:
    path = folder.root / "play.py"
    path.write_text(ASK, encoding="utf-8")
    done = _run(str(path), cwd=folder.root)
    assert Path(done.stdout.splitlines()[0]) == folder.path("tinytorch/tensor.py")
    assert done.stderr == ""


def test_elsewhere_the_library_is_what_is_installed(tmp_path: Path) -> None:
    path = tmp_path / "tinytorch" / "play.py"  # no course: no `.tinytorch` beside it
    path.parent.mkdir()
    path.write_text(ASK, encoding="utf-8")
    done = _run(str(path), cwd=tmp_path)
    assert Path(done.stdout.splitlines()[0]) == library_root() / "tinytorch/tensor.py"
    assert done.stderr == ""
