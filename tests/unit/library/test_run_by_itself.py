"""What runs in a student's course runs on the student's own modules, wherever it lies there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import numpy as np
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


def _run(
    *arguments: str, cwd: Path, python: Path | str = sys.executable, **more: str
) -> subprocess.CompletedProcess[str]:
    """A real interpreter that has the library installed, as the editor's button starts it."""
    environment = {**os.environ, "PYTHONPATH": str(library_root()), "PYTHONDONTWRITEBYTECODE": "1"}
    environment.pop("PYTHONSAFEPATH", None)
    environment |= more
    return subprocess.run(
        [python, *arguments],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )


def _write(path: Path, text: str = ASK) -> Path:
    path.parent.mkdir(exist_ok=True, parents=True)
    path.write_text(text, encoding="utf-8")
    return path


def _is_on_own(done: subprocess.CompletedProcess[str], folder: StudentFolder) -> None:
    tensor, optim = done.stdout.splitlines()
    assert Path(tensor) == folder.path("tinytorch/tensor.py")
    assert Path(optim) == library_root() / "tinytorch/optim.py"
    own = folder.root / "tinytorch"
    assert done.stderr == f"tinytorch: running on your own modules in {own}\n"


def _is_on_installed(done: subprocess.CompletedProcess[str]) -> None:
    assert Path(done.stdout.splitlines()[0]) == library_root() / "tinytorch/tensor.py"
    assert done.stderr == ""


@pytest.mark.parametrize(
    "place",
    ["tinytorch/mine.py", "tinytorch/deeper/mine.py", "scratch/try.py", "notebooks/week 1/a.py"],
)
@pytest.mark.parametrize("from_root", [True, False])
def test_a_file_runs_on_the_students_modules_and_says_so(
    folder: StudentFolder, place: str, from_root: bool
) -> None:
    path = _write(folder.root / place)
    _is_on_own(_run(str(path), cwd=folder.root if from_root else path.parent), folder)


@pytest.mark.parametrize("program", [("-c", ASK), ("-P", "-c", ASK), ("-P", "try.py")])
def test_a_program_of_any_kind_in_a_folder_of_the_course_does(
    folder: StudentFolder, program: tuple[str, ...]
) -> None:
    scratch = _write(folder.root / "scratch" / "try.py").parent
    if "-P" in program and sys.version_info < (3, 11):
        pytest.skip("this Python looks there in any case")
    _is_on_own(_run(*program, cwd=scratch), folder)


def test_a_notebook_does(folder: StudentFolder) -> None:
    """Its kernel has the working folder late on the path, and no file."""
    scratch = _write(folder.root / "scratch" / "kernel" / "start.py").parent.parent
    kernel = (
        "import sys; sys.path.remove('')\n"  # as `ipykernel_launcher` and IPython do it
        f"sys.path.insert(sys.path.index({str(library_root())!r}), '')\n"
    )
    _is_on_own(_run("-c", kernel + ASK, cwd=scratch), folder)


def test_a_test_that_pytest_runs_does(folder: StudentFolder) -> None:
    test = _write(folder.root / "scratch" / "test_mine.py", f"def test():\n    pass\n{ASK}")
    done = _run("-m", "pytest", "-q", "-s", "-p", "no:cacheprovider", str(test), cwd=test.parent)
    assert str(folder.path("tinytorch/tensor.py")) in done.stdout.splitlines()


def test_a_course_that_version_control_brought_is_one(folder: StudentFolder) -> None:
    shutil.rmtree(folder.root / ".tinytorch")
    _is_on_own(_run(str(_write(folder.root / "scratch/try.py")), cwd=folder.root), folder)


def test_of_courses_in_each_other_the_inner_one_counts(folder: StudentFolder) -> None:
    inner = StudentFolder(folder.root / "again", folder.course)
    inner.begin("tensor")
    _is_on_own(_run(str(_write(inner.root / "scratch/try.py")), cwd=folder.root), inner)


def test_a_script_beside_the_package_needs_no_help(folder: StudentFolder) -> None:
    done = _run(str(_write(folder.root / "play.py")), cwd=folder.root)
    assert Path(done.stdout.splitlines()[0]) == folder.path("tinytorch/tensor.py")
    assert done.stderr == ""


def test_a_program_that_is_installed_in_the_course_runs_on_the_library(
    folder: StudentFolder,
) -> None:
    """As those of a virtual environment are, which is where an editor puts it."""
    venv.create(folder.root / ".venv", symlinks=os.name != "nt")
    scripts = folder.root / ".venv" / ("Scripts" if os.name == "nt" else "bin")
    program = _write(scripts / "program")
    packages = (str(library_root()), str(Path(np.__file__).parents[1]))
    path = {"PYTHONPATH": os.pathsep.join(packages)}
    _is_on_installed(_run(str(program), cwd=folder.root, python=scripts / "python", **path))


def test_a_package_for_all_of_a_users_pythons_runs_on_the_library(folder: StudentFolder) -> None:
    """Where the course is the user's own folder."""
    program = _write(folder.root / ".local" / "bin" / "program")
    base = {"PYTHONUSERBASE": str(folder.root / ".local")}
    _is_on_installed(_run(str(program), cwd=folder.root, **base))


def test_elsewhere_the_library_is_what_is_installed(tmp_path: Path) -> None:
    """Here no `.tinytorch` is beside `tinytorch/`, and it isn't as the course makes it."""
    _is_on_installed(_run(str(_write(tmp_path / "tinytorch" / "play.py")), cwd=tmp_path))


def test_a_place_that_cannot_be_looked_into_is_passed_over(folder: StudentFolder) -> None:
    look = f"import sys; sys.path.insert(0, {'x' * 5000!r})\n"
    _is_on_own(
        _run(str(_write(folder.root / "scratch/try.py", look + ASK)), cwd=folder.root), folder
    )


@pytest.mark.skipif(sys.version_info < (3, 11), reason="this Python looks there by itself")
@pytest.mark.skipif(os.name == "nt", reason="Windows keeps the folder that a process is in")
def test_a_working_folder_that_is_gone_is_no_error(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    _is_on_installed(_run("-P", "-c", f"import os; os.rmdir({str(gone)!r})\n{ASK}", cwd=gone))
