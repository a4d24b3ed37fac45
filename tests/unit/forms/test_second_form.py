"""A step in another language goes the same way: the interface is all that is asked of its file."""

from __future__ import annotations

from typing import Any, cast

import pytest
from lsprotocol import types
from small_course import SmallCourse
from toy import TOY

from tinytorch_ls.check.structure import structure_complaints
from tinytorch_ls.feedback.affected import changed_unseen, means_the_same
from tinytorch_ls.feedback.lesson_text import unwritten_text
from tinytorch_ls.feedback.mistakes import mistaken
from tinytorch_ls.feedback.tester import steps_to_run
from tinytorch_ls.forms.known import FORMS, form_of
from tinytorch_ls.forms.python.form import PYTHON
from tinytorch_ls.runner.client import Runner
from tinytorch_ls.server.app import TinyTorchServer
from tinytorch_ls.server.diagnostics import publish
from tinytorch_ls.server.session import Session
from tinytorch_ls.workspace.changes import reset, solve, update
from tinytorch_ls.workspace.folder import StudentFolder
from tinytorch_ls.workspace.undo import undo

FILE = "tinytorch/add.toy"
LIBRARY = """\
#include <math.h>

float twice(float x) {
    return 2 * x;
}

__global__ void add(float *a, float *b) {
    if (b) {
        a[0] = a[0] + b[0];
    }
}
"""
LESSON = """\
---
id: add
title: Add
files: [tinytorch/add.toy]
minutes: 5
outcomes: [Add]
---

# Add
Two kernels.

## Double {#twice}
Doubling.

### Write
- `add.toy: twice`

### Step-by-step
1. Double `x` and give `*/` no chance.

### Example
```python
>>> 2 * 3
6
```

### Hints
1. One.
2. Two.
3. Three.

### Mistakes
#### Triples
```c
float twice(float x) {
    return 3 * x;
}
```
It was tripled.

### When it passes
It doubles.

### In the real world
It takes 2 seconds.

## Add {#add}
Adding.

### Write
- `add.toy: add`

### Step-by-step
1. Add.

### Example
```python
>>> 1 + 1
2
```

### Hints
1. One.
2. Two.
3. Three.

### Mistakes
#### Subtracts
```c
__global__ void add(float *a, float *b) {
    a[0] = a[0] - b[0];
}
```
It was subtracted.

### When it passes
It adds.

### In the real world
It takes 2 seconds.
"""
TESTS = """\
from tinytorch_ls.lesson import step


@step("twice")
def test_twice(expect):
    expect(1).equals(1, because="one is one")


@step("add")
def test_add(expect):
    expect(1).equals(1, because="one is one")
"""
MINE = "float twice(float x) {\n    return x + x; // mine\n}"


@pytest.fixture
def folder(small: SmallCourse, monkeypatch: pytest.MonkeyPatch) -> StudentFolder:
    """A student who has begun a module of two kernels."""
    monkeypatch.setitem(FORMS, ".toy", TOY)
    small.change(small.toml, '"02_lid"', '"02_lid", "03_add"')
    place = small.folder / "03_add"
    place.mkdir()
    (place / "lesson.md").write_text(LESSON, encoding="utf-8")
    (place / "test_add.py").write_text(TESTS, encoding="utf-8")
    (small.library / FILE).write_text(LIBRARY, encoding="utf-8")
    course = small.read()
    assert not course.complaints
    folder = StudentFolder(small.root / "my-course", course)
    folder.begin("add")
    return folder


def write(folder: StudentFolder, text: str) -> None:
    folder.path(FILE).write_text(text, encoding="utf-8")


def with_mine(folder: StudentFolder) -> str:
    """The file with a `twice` of the student's own."""
    return TOY.transplant(folder.source(FILE), "twice", MINE)


def test_the_suffix_says_which_form_a_file_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FORMS, ".toy", TOY)
    assert form_of(FILE) is TOY
    assert form_of("tinytorch/tensor.py") is PYTHON


def test_its_definitions_are_found() -> None:
    found = TOY.definitions(LIBRARY)
    assert list(found) == ["twice", "add"]
    assert (found["add"].first_line, found["add"].last_line) == (7, 11)


def test_the_student_finds_its_scaffold_in_a_comment_and_a_hole_below(
    folder: StudentFolder,
) -> None:
    source = folder.source(FILE)
    assert source.startswith("#include <math.h>\n\nfloat twice(float x) {\n    /* TODO: Double.\n")
    assert "1. Double `x` and give `* /` no chance." in source
    assert ">>> 2 * 3" in source
    assert "a[0] + b[0]" not in source
    assert folder.stubs(folder.course.module("add")) == {"twice": "add/twice", "add": "add/add"}
    assert "`unwritten(...)` line" in unwritten_text(folder.course.steps["add/twice"])


def test_solve_reset_and_undo_touch_the_step_alone(folder: StudentFolder) -> None:
    mine = with_mine(folder)
    write(folder, mine)
    solve(folder, [folder.course.steps["add/add"]], "add/add")
    assert folder.source(FILE) == LIBRARY.replace(
        "float twice(float x) {\n    return 2 * x;\n}", MINE
    )
    reset(folder, folder.course.steps["add/twice"])
    assert TOY.unwritten(folder.source(FILE)) == {"twice": "add/twice"}
    undo(folder)
    undo(folder)
    assert folder.source(FILE) == mine


def test_a_step_that_cannot_be_read_is_reset_all_the_same(folder: StudentFolder) -> None:
    stub, broken = folder.source(FILE), with_mine(folder).replace("// mine\n}", "// mine")
    write(folder, broken)
    reset(folder, folder.course.steps["add/twice"])
    assert TOY.unwritten(folder.source(FILE)) == TOY.unwritten(stub)
    undo(folder)
    assert folder.source(FILE) == broken


def test_an_update_changes_what_is_not_written_alone(folder: StudentFolder) -> None:
    write(folder, with_mine(folder).replace("TODO: Add.", "TODO: Old words."))
    update(folder)
    assert "TODO: Add." in folder.source(FILE)
    assert MINE in folder.source(FILE)


def test_a_save_runs_the_steps_that_it_changed(folder: StudentFolder) -> None:
    module, stub = folder.course.module("add"), folder.source(FILE)
    assert [s.id for s in steps_to_run(module, FILE, stub, with_mine(folder))] == [
        "add/twice",
        "add/add",
    ]
    assert not steps_to_run(module, FILE, stub, stub.replace("TODO", "DONE"))
    assert means_the_same(FILE, stub, stub.replace("TODO", "DONE"))
    write(folder, with_mine(folder))
    assert [step.id for step in changed_unseen(folder, module)] == ["add/twice"]


def test_a_mistake_of_its_lesson_is_put_in_its_place(folder: StudentFolder) -> None:
    step = folder.course.steps["add/add"]
    (text,) = mistaken(step, step.mistakes[0], folder.course.library).values()
    assert "a[0] - b[0]" in text
    assert "return 2 * x" in text


def test_an_author_is_told_what_its_form_says(folder: StudentFolder, small: SmallCourse) -> None:
    module = folder.course.module("add")
    (small.library / FILE).write_text(f"{LIBRARY}int three() {{\n}}\n", encoding="utf-8")
    told = [each.message for each in structure_complaints(module, folder.course.library)]
    assert "`three` is no step's, and its docstring doesn't say Given." in told
    (small.library / FILE).write_text(LIBRARY.replace("    }\n}", "    }"), encoding="utf-8")
    (found,) = structure_complaints(module, folder.course.library)
    assert (found.line, found.message) == (7, "not C: this brace is not closed")


class Editor:
    """What a server says to its client."""

    def __init__(self) -> None:
        self.told: list[types.PublishDiagnosticsParams] = []

    def uri_of(self, session: Session, file: str) -> str:
        return session.folder.path(file).as_uri()

    def text_document_publish_diagnostics(self, told: types.PublishDiagnosticsParams) -> None:
        self.told.append(told)


def test_a_syntax_error_is_shown_on_its_line_and_the_lenses_stay(folder: StudentFolder) -> None:
    session, editor = Session(folder, Runner(folder.course)), Editor()
    path, step = folder.path(FILE), folder.course.steps["add/twice"]
    opened = session.open(path.as_uri(), path, folder.source(FILE))
    assert opened
    opened.take(with_mine(folder).replace("// mine\n}", "// mine"))
    publish(cast(TinyTorchServer, cast(Any, editor)), session, FILE)
    (found,) = editor.told[-1].diagnostics
    assert (found.range.start.line, found.code) == (2, "syntax")
    assert found.message.startswith("The compiler can't read this file: this brace is not closed.")
    definition = opened.definition(step)
    assert definition
    assert definition.first_line == 3
