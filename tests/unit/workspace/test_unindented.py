"""A body that stands at the wrong margin is reset and solved, and nothing around it is touched."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from tinytorch_ls.course.locate import curriculum_folder
from tinytorch_ls.course.model import Course, Step, Symbol
from tinytorch_ls.course.read import read_course
from tinytorch_ls.forms.python.stub import unwritten
from tinytorch_ls.forms.python.symbols import Function, definitions
from tinytorch_ls.workspace import changes
from tinytorch_ls.workspace.folder import StudentFolder

MODULES = ("setup", "networks", "mlops")
CLASSES = ("layers/linear", "autograd/accumulate", "optimizers/optimizer")  # other methods follow
INNER = ("benchmarking/claim-launch",)  # functions in functions
COURSE = read_course(curriculum_folder())
pytestmark = pytest.mark.slow


def _bodies(text: str, found: Function) -> Iterator[str]:
    """The lines of a function's code, further out than they belong."""
    assert found.code
    lines = text.splitlines()[found.code.start.line - 1 : found.code.end.line]
    body = dedent("\n".join(lines))
    inner = "@mine\ndef inner(x):\n    return x\n"
    yield body
    yield "\n".join(found.indent + line for line in body.splitlines())
    yield "\n".join(line.lstrip() for line in lines)
    yield f"# as I see it\n{body}\n# so far"
    yield f"{body}\n{inner}return inner"
    yield f"x = 1\n\n{inner}\n{body}"
    yield f"class Mine:\n    a = 1\n\n{body}"


def _broken(text: str, found: Function) -> Iterator[str]:
    """A file of which one function can't be read."""
    assert found.code
    start = found.code.start.offset - found.code.start.column
    for body in _bodies(text, found):
        broken = text[:start] + body + text[found.code.end.offset :]
        try:
            definitions(broken)
        except SyntaxError:
            yield broken


def _steps(course: Course) -> Iterator[tuple[Step, Symbol]]:
    steps = [step for module in MODULES for step in course.module(module).steps]
    for step in (*steps, *(course.steps[name] for name in (*CLASSES, *INNER))):
        for symbol in step.symbols[:1]:
            if symbol.file.endswith(".py"):
                yield step, symbol


@pytest.mark.parametrize(
    ("step", "symbol"), [pytest.param(*each, id=each[0].id) for each in _steps(COURSE)]
)
def test_only_the_step_changes(tmp_path: Path, step: Step, symbol: Symbol) -> None:
    folder = StudentFolder(tmp_path / "course", COURSE)
    text = folder.reference(symbol.file)
    before = definitions(text)
    own = {s.name for s in step.symbols}

    def others(source: str) -> dict[str, str]:
        found = definitions(source).items()
        return {n: each.whole.of(source) for n, each in found if n.split(".<")[0] not in own}

    for broken in _broken(text, before[symbol.name]):
        reset = changes.reset_change(folder, step, {symbol.file: broken}.__getitem__)
        after = reset.texts[symbol.file] or ""
        assert unwritten(after)[symbol.name] == step.id, broken
        assert others(after) == others(text), broken
        solved = changes.solve_change(folder, [step], "", {symbol.file: broken}.__getitem__)
        assert others(solved.texts[symbol.file] or "") == others(text), broken
