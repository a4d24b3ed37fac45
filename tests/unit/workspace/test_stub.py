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
from tinytorch_ls.course.model import Module, Step, Symbol
from tinytorch_ls.course.read import read_course
from tinytorch_ls.forms.known import form_of
from tinytorch_ls.forms.python.oddities import oddities
from tinytorch_ls.forms.python.stub import unwritten
from tinytorch_ls.forms.python.symbols import definitions
from tinytorch_ls.forms.python.transplant import transplant
from tinytorch_ls.forms.refused import Refused
from tinytorch_ls.workspace.stub import stub_file

_RUFF = shutil.which("ruff", path=str(Path(sys.executable).parent)) or "ruff"
_COURSE = read_course(curriculum_folder())
_FILES = [(module.id, file) for module in _COURSE.modules for file in module.files]


def _stub(small: SmallCourse) -> str:
    source = small.box.read_text(encoding="utf-8")
    return stub_file(source, small.read().module("box"), "tinytorch/box.py", small.library)


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


def test_a_title_that_asks_gets_no_full_stop(small: SmallCourse) -> None:
    small.change(small.lesson, "Grow a number", "How large is it?")
    assert '"""TODO: How large is it?\n' in _stub(small)


def test_a_stub_knows_its_step_and_given_code_does_not(small: SmallCourse) -> None:
    assert unwritten(_stub(small)) == {"grow": "box/grow", "Box.add": "box/add"}


def test_of_several_symbols_the_first_carries_the_scaffold(small: SmallCourse) -> None:
    small.change(small.lesson, "- `box.py: Box.add`", "- `box.py: Box.add`\n- `box.py: Box.sub`")
    source = small.box.read_text(encoding="utf-8") + "\n    def sub(self, other): return 1\n"
    stub = stub_file(source, small.read().module("box"), "tinytorch/box.py", small.library)
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
    stub = stub_file(source, module, file, library_root())
    taught = {s.name: step.id for step in module.steps for s in step.symbols if s.file == file}
    form = form_of(file)
    assert form.unwritten(stub) == taught
    before, after = form.definitions(source), form.definitions(stub)
    assert list(after) == [name for name in before if not _inside(name, taught)]
    for name, definition in before.items():
        if name in taught:
            assert after[name].signature.of(stub) == definition.signature.of(source)
            assert getattr(after[name], "decorators", ()) == getattr(definition, "decorators", ())
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
    stub = stub_file(source, _COURSE.module(module_id), file, library_root())
    path.write_text(stub, encoding="utf-8")
    before = path.read_bytes()
    subprocess.run(
        [_RUFF, "check", "--isolated", "--fix", "--quiet", "--select=F", path],
        check=False,
        timeout=60,
    )
    assert path.read_bytes() == before


def test_given_checks_stay_between_the_todo_and_the_raise(small: SmallCourse) -> None:
    checks = "    if step < 0:\n        raise ValueError(step)  # no way back\n"
    small.change(small.box, "    return x + step\n", f"{checks}    return x + step\n")
    stub = _stub(small)
    kept = f"""\
    GIVEN: the checks between this text and the `raise`. Keep them, and go on below.
    \"\"\"
{checks}    raise NotImplementedError("box/grow is yours to write")
"""
    assert kept in stub
    assert unwritten(stub)["grow"] == "box/grow"
    assert oddities(stub, ["grow"], stub) == ()


def test_code_below_given_checks_and_above_a_kept_raise_is_odd(small: SmallCourse) -> None:
    checks = "    if step < 0:\n        raise ValueError(step)\n"
    small.change(small.box, "    return x + step\n", f"{checks}    return x + step\n")
    stub = _stub(small)
    line = '    raise NotImplementedError("box/grow is yours to write")\n'
    written = stub.replace(line, f"    y = x + step\n{line}")
    assert "grow" not in unwritten(written)
    (odd,) = oddities(written, ["grow"], stub)
    assert odd.message.startswith("Your code runs up to this")


_LIBRARY = sorted(
    path.relative_to(library_root()).as_posix()
    for path in (library_root() / "tinytorch").rglob("*.py")
    if definitions(path.read_text(encoding="utf-8"))
)


@pytest.mark.slow
@pytest.mark.parametrize("file", _LIBRARY)
def test_whatever_the_library_teaches_is_a_stub_until_it_is_solved(file: str) -> None:
    """Every symbol that a step may teach, each as a step of its own."""
    source = (library_root() / file).read_text(encoding="utf-8")
    names = [name for name in definitions(source) if "<locals>" not in name]
    module = _teaching(file, names)
    text = stub_file(source, module, file, library_root())
    taught = zip(names, module.steps, strict=True)
    assert unwritten(text) == {name: step.id for name, step in taught}
    for name in names:
        text = transplant(text, name, source)
    kept = [line for line in text.splitlines(keepends=True) if "ruff: noqa: F401" not in line]
    assert "".join(kept) == source


def _teaching(file: str, names: list[str]) -> Module:
    steps = tuple(
        Step(f"all/{n}", name, "", (Symbol(file, name),), ("Do.",), "", ("A.",), (), "", 1)
        for n, name in enumerate(names)
    )
    return Module("all", 1, "All", library_root(), (file,), 5, (), "", steps, ())
