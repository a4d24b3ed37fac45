"""What is written gets the library's words in place of its TODO, and can be taken back."""

from __future__ import annotations

from pathlib import Path

import pytest

from tinytorch_ls.course.locate import curriculum_folder
from tinytorch_ls.course.model import Course
from tinytorch_ls.course.read import read_course
from tinytorch_ls.forms.known import form_of
from tinytorch_ls.workspace.changes import solve
from tinytorch_ls.workspace.folder import StudentFolder
from tinytorch_ls.workspace.tidy import tidy, tidy_change, untidy
from tinytorch_ls.workspace.undo import undo

FILE = "tinytorch/environment.py"


@pytest.fixture(scope="module")
def course() -> Course:
    return read_course(curriculum_folder())


def with_todos(folder: StudentFolder, file: str) -> str:
    """The library's file as a student has it who wrote all of it below the TODOs."""
    form, text, stub = form_of(file), folder.reference(file), folder.stub(file)
    for name in form.unwritten(stub):
        text = form.with_documentation(text, name, stub)
    return text


@pytest.fixture
def folder(tmp_path: Path, course: Course) -> StudentFolder:
    """A student who has written `greet` below its TODO, and it passes."""
    folder = StudentFolder(tmp_path / "my-course", course)
    folder.begin("setup")
    form, stub = form_of(FILE), folder.source(FILE)
    solve(folder, [course.steps["setup/greet"]], "setup/greet")
    folder.write(FILE, form.with_documentation(folder.source(FILE), "greet", stub))
    folder.progress.tested("setup/greet", "passed", "")
    return folder


@pytest.mark.slow
def test_a_file_that_is_written_below_its_todos_becomes_the_library_s(
    tmp_path: Path, course: Course
) -> None:
    """Every function of the course, from its own scaffold to its own words and back."""
    folder = StudentFolder(tmp_path / "my-course", course)
    for module in course.modules:
        for file in module.files:
            mine = with_todos(folder, file)
            steps = [step for step in module.steps if step.symbols]
            assert any(untidy(mine, file, step) for step in steps), file
            texts = {**{other: folder.reference(other) for other in module.files}, file: mine}
            change = tidy_change(folder, steps, module.id, texts.__getitem__)
            assert change.files[file].after == folder.reference(file)


def test_what_passes_is_tidied_up_and_what_is_not_written_keeps_its_todo(
    folder: StudentFolder, course: Course
) -> None:
    before = folder.source(FILE)
    assert tidy(folder, course.module("setup").steps, "setup") == [folder.path(FILE)]
    after = folder.source(FILE)
    assert "TODO: Meet the loop" not in after
    assert "TODO: Look at the machine" in after
    form = form_of(FILE)
    assert form.definitions(after)["greet"].whole.of(after) == (
        form.definitions(folder.reference(FILE))["greet"].whole.of(folder.reference(FILE))
    )
    assert tidy(folder, course.module("setup").steps, "setup") == []
    assert undo(folder).snapshot.reason == "tidy setup"
    assert folder.source(FILE) == before


def test_what_fails_keeps_its_todo(folder: StudentFolder, course: Course) -> None:
    folder.progress.tested("setup/greet", "failing", "")
    before = folder.source(FILE)
    assert tidy(folder, course.module("setup").steps, "setup") == []
    assert folder.source(FILE) == before
