"""The imports that a definition needs come with it, where they stand in the donor."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinytorch_ls.course.locate import curriculum_folder, library_root
from tinytorch_ls.course.read import read_course
from tinytorch_ls.forms.known import form_of
from tinytorch_ls.forms.python import imports as imports_module
from tinytorch_ls.forms.python.form import PYTHON
from tinytorch_ls.forms.python.imports import with_imports
from tinytorch_ls.forms.python.transplant import transplant
from tinytorch_ls.workspace.stub import stub_file

_RUFF = shutil.which("ruff", path=str(Path(sys.executable).parent)) or "ruff"
_COURSE = read_course(curriculum_folder())

DONOR = '''\
"""Donor."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tinytorch.tensor import Tensor, wrap


def grow(x: Any) -> Tensor:
    return wrap(np.exp(x) + math.pi)


def plain(x):
    return x
'''
HEAD, BODY = DONOR.split("\n\n\n", 1)


@pytest.mark.parametrize(
    "lost",
    [
        ("import math\n",),
        ("from typing import Any\n",),
        ("import numpy as np\n\n",),
        (", wrap",),
        ("\n\nfrom tinytorch.tensor import Tensor, wrap",),
        ("import math\n", "from typing import Any\n\n", "import numpy as np\n\n", ", wrap"),
        ("from __future__ import annotations\n\n",),
        ("\n\nimport numpy as np", "\n\nfrom tinytorch.tensor import Tensor, wrap"),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_what_a_formatter_took_comes_back_where_it_was(lost: tuple[str, ...], end: str) -> None:
    head = HEAD
    for part in lost:
        assert part in head
        head = head.replace(part, "")
    stripped = f"{head}\n\n\n{BODY}".replace("\n", end)
    assert with_imports(stripped, ["grow"], DONOR) == DONOR.replace("\n", end)


def test_what_is_not_used_is_not_added() -> None:
    bare = "def plain(x):\n    return x\n"
    assert with_imports(bare, ["plain"], DONOR) == bare


@pytest.mark.parametrize(
    "own", ["import numpy as np", "np = None", "def np(): ...", "class np: pass"]
)
def test_a_name_that_the_file_has_stays_what_it_is(own: str) -> None:
    source = f"from __future__ import annotations\n{own}\nfrom x import Any, Tensor, wrap, math\n"
    assert with_imports(source, ["grow"], DONOR) == source


def test_a_file_without_imports_gets_them_below_its_docstring() -> None:
    changed = with_imports('\ufeff"""Mine."""\n\nx = 1\n', ["grow"], DONOR)
    assert changed.startswith('\ufeff"""Mine."""\n\nfrom __future__ import annotations\n')
    compile(changed.removeprefix("\ufeff"), "mine.py", "exec")
    assert changed.endswith("\n\nx = 1\n")


def test_a_future_import_comes_before_the_students_own_code() -> None:
    changed = with_imports("x = 1\nimport math\n", ["grow"], DONOR)
    compile(changed, "mine.py", "exec")
    assert changed.index("__future__") < changed.index("x = 1")


def test_a_comment_of_an_import_stays() -> None:
    source = DONOR.replace("import Tensor, wrap", "import Tensor  # mine")
    assert "import Tensor, wrap  # mine\n" in with_imports(source, ["grow"], DONOR)


BRACKETED = '''\
"""Many names."""

from tinytorch.operation import (
    Recorder,
    check_operation,
    dispatched,
    is_recording,
    switch_recording,
)


def record():
    return Recorder, check_operation, dispatched, is_recording, switch_recording
'''


@pytest.mark.parametrize("lost", [("is_recording",), ("Recorder", "switch_recording")])
def test_a_name_in_brackets_comes_back_to_its_line(lost: tuple[str, ...]) -> None:
    source = BRACKETED
    for name in lost:
        source = source.replace(f"    {name},\n", "")
    assert with_imports(source, ["record"], BRACKETED) == BRACKETED


def test_a_comment_in_brackets_stays() -> None:
    source = BRACKETED.replace("    is_recording,\n", "").replace(
        "dispatched,", "dispatched,  # mine", 1
    )
    changed = with_imports(source, ["record"], BRACKETED)
    assert "    dispatched,  # mine\n    switch_recording,\n)" in changed
    assert "from tinytorch.operation import is_recording\n" in changed


GIVEN = '''\
"""Given."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from typing import Any

Numbers = list[Any]


@dataclass
class Box(os.PathLike):
    """A class of which all is given."""

    size: float = math.inf


def plain(x):
    return x
'''


def test_what_given_code_uses_comes_back_too() -> None:
    head, body = GIVEN.split("Numbers = ")
    docstring = head.partition("\n\n")[0]
    assert with_imports(f"{docstring}\n\nNumbers = {body}", ["plain"], GIVEN) == GIVEN


def test_what_the_students_own_code_names_by_itself_is_not_added() -> None:
    mine = "def plain(x, math):\n    os = x\n    return math + os\n"
    assert with_imports(mine, ["plain"], GIVEN) == mine


def without_imports(source: str) -> str:
    lines = source.splitlines(keepends=True)
    for node in reversed(ast.parse(source).body):
        if isinstance(node, ast.Import | ast.ImportFrom):
            del lines[node.lineno - 1 : node.end_lineno]
    return "".join(lines)


@cache
def stub_of(module_id: str, file: str) -> str:
    library = (library_root() / file).read_text(encoding="utf-8")
    return stub_file(library, _COURSE.module(module_id), file, library_root())


def ends_of_each_file() -> list[tuple[str, str]]:
    """The first and the last step of each file: what lies between brings the same imports back."""
    taught = ((w.file, s.id) for s in _COURSE.steps.values() for w in s.symbols)
    written = [each for each in taught if form_of(each[0]) is PYTHON]
    first, last = dict(reversed(written)), dict(written)
    return sorted({(step, file) for each in (first, last) for file, step in each.items()})


@pytest.mark.parametrize(("step_id", "file"), ends_of_each_file())
def test_after_every_import_was_deleted_one_step_brings_all_back(step_id: str, file: str) -> None:
    step = _COURSE.steps[step_id]
    library = (library_root() / file).read_text(encoding="utf-8")
    stub = stub_of(step.module_id, file)
    names = [symbol.name for symbol in step.symbols if symbol.file == file]
    for donor in (stub, library):
        bare, whole = without_imports(stub), stub
        for name in names:
            bare, whole = transplant(bare, name, donor), transplant(whole, name, donor)
        found = with_imports(bare, names, library)
        assert [*filter(None, found.split("\n"))] == [*filter(None, whole.split("\n"))]


@pytest.mark.parametrize(
    ("module_id", "file"),
    [
        (module.id, file)
        for module in _COURSE.modules
        for file in module.files
        if form_of(file) is PYTHON
    ],
)
def test_every_file_of_the_course_is_solved_after_a_formatter_has_stripped_its_stub(
    tmp_path: Path, module_id: str, file: str
) -> None:
    module = _COURSE.module(module_id)
    library = (library_root() / file).read_text(encoding="utf-8")
    stub = stub_of(module_id, file)
    path = tmp_path / "stub.py"
    kept = "".join(line for line in stub.splitlines(keepends=True) if "ruff: noqa" not in line)
    path.write_text(kept, encoding="utf-8")
    command = [_RUFF, "check", "--isolated", "--fix", "--quiet", "--select=F401", path]
    subprocess.run(command, check=True, timeout=60)
    solved = stripped = path.read_text(encoding="utf-8")
    names = [s.name for step in module.steps for s in step.symbols if s.file == file]
    for name in names:
        solved = transplant(solved, name, library)
    assert (solved != library) == (stripped != kept)  # given code may need every import
    assert with_imports(solved, names, library) == library


def test_what_many_imports_cost_does_not_depend_on_how_long_the_text_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = [f"name{number}" for number in range(30)]
    donor = "".join(f"import {name}\n" for name in names)
    used = "".join(f"    {name}.use()\n" for name in names)
    read: list[int] = []
    parse = imports_module.parse

    def counted(source: str) -> ast.Module:
        read.append(len(source))
        return parse(source)

    monkeypatch.setattr(imports_module, "parse", counted)

    def most_read(into: str) -> int:
        read.clear()
        assert with_imports(into, [], donor).startswith(donor)
        return sum(length > len(used) for length in read)

    all_but_one = donor[donor.index("\n") + 1 :]
    one = most_read(f"{all_but_one}def long():\n{used}")
    assert most_read(f"def long():\n{used}") == one


FILES = sorted((library_root() / "tinytorch").rglob("*.py"))


@settings(max_examples=60)
@given(st.sampled_from(FILES), st.data())
def test_imports_that_come_together_come_as_one_by_one(file: Path, data: st.DataObject) -> None:
    donor = file.read_text(encoding="utf-8")
    lines = donor.splitlines(keepends=True)
    theirs = [n for n in ast.parse(donor).body if isinstance(n, ast.Import | ast.ImportFrom)]
    gone = data.draw(st.sets(st.sampled_from(theirs)) if theirs else st.just(set[ast.stmt]()))
    lost = {line for n in gone for line in range(n.lineno, (n.end_lineno or n.lineno) + 1)}
    into = "".join(line for number, line in enumerate(lines, 1) if number not in lost)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(imports_module, "_divided", lambda text: (text, ""))
        one_by_one = with_imports(into, [], donor)
    assert with_imports(into, [], donor) == one_by_one


@pytest.mark.parametrize("into", ["import os", "import os\npass", "pass", "", "x = 1; import os"])
def test_the_end_of_a_short_text_stays(into: str) -> None:
    after = with_imports(into, ["plain"], "import math\n\n\ndef plain(x):\n    return math.pi\n")
    assert "import math" in after
    assert after.endswith(into)
