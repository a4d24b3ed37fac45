"""Stubs: the library file with what is taught taken out, and nothing else changed."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from small_course import SmallCourse

from tinytorch_ls.course.locate import curriculum_folder, library_root
from tinytorch_ls.course.read import read_course
from tinytorch_ls.course.symbols import definitions
from tinytorch_ls.workspace.refused import Refused
from tinytorch_ls.workspace.stub import stub_file, unwritten

_RUFF = shutil.which("ruff", path=str(Path(sys.executable).parent)) or "ruff"
_COURSE = read_course(curriculum_folder())
_FILES = [(module.id, file) for module in _COURSE.modules for file in module.files]


def _stub(small: SmallCourse) -> str:
    source = small.box.read_text(encoding="utf-8")
    return stub_file(source, small.read().module("box"), "tinytorch/box.py")


def test_a_stub_reads_as_the_student_sees_it(small: SmallCourse) -> None:
    expected = '''\
"""Boxes."""


def grow(x, step=1):
    """TODO: Grow a number.

    `x`, larger by `step`.

    STEP-BY-STEP IMPLEMENTATION:
    1. Add `step` to `x`.

    EXAMPLE USAGE:
    >>> grow(3, 4)
    7

    IMPLEMENTATION HINTS:
    - Which operator adds?
    """
    raise NotImplementedError("box/grow is yours to write")
'''
    assert _stub(small).startswith(expected)


def test_a_stub_knows_its_step_and_given_code_does_not(small: SmallCourse) -> None:
    assert unwritten(_stub(small)) == {"grow": "box/grow", "Box.add": "box/add"}


def test_of_several_symbols_the_first_carries_the_scaffold(small: SmallCourse) -> None:
    small.change(small.lesson, "- `box.py: Box.add`", "- `box.py: Box.add`\n- `box.py: Box.sub`")
    source = small.box.read_text(encoding="utf-8") + "\n    def sub(self, other): return 1\n"
    stub = stub_file(source, small.read().module("box"), "tinytorch/box.py")
    found = definitions(stub)["Box.sub"]
    assert ast.get_docstring(found.node) == "TODO: part of Box.add, above."
    assert unwritten(stub)["Box.sub"] == "box/add"


@pytest.mark.parametrize("words", ['Say """hi"""', "C:\\new\\table", 'ends with "', "\\", "😀 σ²"])
def test_any_words_of_a_lesson_fit_into_the_docstring(small: SmallCourse, words: str) -> None:
    small.change(small.lesson, "1. Add `step` to `x`.", f"1. {words}")
    small.change(small.box, "`x`, larger by `step`.", "One line.")
    text = ast.get_docstring(definitions(_stub(small))["grow"].node)
    assert text is not None
    assert words in text


@pytest.mark.parametrize(
    "body", ["def grow(x, step=1): return 1", "def grow(x, step=1): \\\n    return 1"]
)
def test_a_body_on_the_line_of_its_signature_becomes_a_block(small: SmallCourse, body: str) -> None:
    old = 'def grow(x, step=1):\n    """`x`, larger by `step`."""\n    return x + step'
    small.change(small.box, old, body)
    assert unwritten(_stub(small))["grow"] == "box/grow"


def test_a_lesson_that_teaches_what_the_library_lacks_is_refused(small: SmallCourse) -> None:
    small.change(small.lesson, "- `box.py: grow`", "- `box.py: shrink`")
    with pytest.raises(Refused, match=r"box/grow teaches `shrink`, which tinytorch/box\.py"):
        _stub(small)


@pytest.mark.parametrize(("module_id", "file"), _FILES)
def test_every_stub_of_the_course_keeps_what_is_given(module_id: str, file: str) -> None:
    module = _COURSE.module(module_id)
    source = (library_root() / file).read_text(encoding="utf-8")
    stub = stub_file(source, module, file)
    taught = {s.name: step.id for step in module.steps for s in step.symbols if s.file == file}
    assert unwritten(stub) == taught
    before, after = definitions(source), definitions(stub)
    assert list(after) == [name for name in before if not _inside(name, taught)]
    for name, definition in before.items():
        if name in taught:
            assert after[name].signature.of(stub) == definition.signature.of(source)
            assert after[name].decorators == definition.decorators
        elif name in after:
            assert after[name].whole.of(stub) == definition.whole.of(source)


def _inside(name: str, taught: dict[str, str]) -> bool:
    return any(name.startswith(f"{other}.<locals>") for other in taught)


def test_a_stub_keeps_the_imports_that_only_the_solution_uses(small: SmallCourse) -> None:
    small.change(small.box, '"""Boxes."""\n', '"""Boxes."""\n\nimport math\n')
    small.change(small.box, "return x + step", "return x + step * math.floor(1.5)")
    assert _stub(small).startswith(
        '"""Boxes."""\n\n# ruff: noqa: F401 - your code will need these imports\nimport math\n'
    )


@pytest.mark.parametrize(("module_id", "file"), _FILES)
def test_no_import_of_a_stub_is_removed_by_fixing_it(
    tmp_path: Path, module_id: str, file: str
) -> None:
    source = (library_root() / file).read_text(encoding="utf-8")
    path = tmp_path / "stub.py"
    path.write_text(stub_file(source, _COURSE.module(module_id), file), encoding="utf-8")
    before = path.read_bytes()
    subprocess.run(
        [_RUFF, "check", "--isolated", "--fix", "--quiet", "--select=F", path],
        check=False,
        timeout=60,
    )
    assert path.read_bytes() == before
