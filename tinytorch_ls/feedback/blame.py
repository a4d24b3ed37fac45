"""Which of a step's functions a failure is about, and which line of it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from tinytorch_ls.course.model import Step
from tinytorch_ls.course.symbols import Definition, definitions
from tinytorch_ls.runner.report import Frame, TestRun
from tinytorch_ls.workspace.stub import step_of_stub


@dataclass
class Code:
    """The student's texts of a step's files, read once."""

    root: Path
    step: Step
    files: dict[str, Mapping[str, Definition]] = field(
        default_factory=dict[str, Mapping[str, Definition]]
    )

    def definition(self, file: str, name: str) -> Definition | None:
        if file not in self.files:
            try:
                text = (self.root / file).read_bytes().decode("utf-8")
                self.files[file] = definitions(text)
            except (OSError, SyntaxError, UnicodeDecodeError):
                self.files[file] = {}
        return self.files[file].get(name)

    def unwritten(self, name: str) -> bool:
        """Whether a function of the step is a stub, or is not there."""
        symbol = next(symbol for symbol in self.step.symbols if symbol.name == name)
        found = self.definition(symbol.file, name)
        return found is None or step_of_stub(found) is not None

    def symbol_at(self, frame: Frame) -> str | None:
        """The step's own function in which a frame stands."""
        for symbol in self.step.symbols:
            if Path(frame.file) == self.root / symbol.file:
                found = self.definition(symbol.file, symbol.name)
                if found and found.first_line <= frame.line <= found.last_line:
                    return symbol.name
        return None

    def name_of(self, name: str) -> Frame | None:
        """Where a function's name stands in its `def` line."""
        for symbol in self.step.symbols:
            found = self.definition(symbol.file, symbol.name)
            if symbol.name == name and found:
                start, end = found.identifier.start, found.identifier.end
                path = str(self.root / symbol.file)
                return Frame(path, name, start.line, end.line, start.column, end.column)
        return None

    def first(self) -> Frame | None:
        """The name of the step's first function that is there."""
        found = (self.name_of(symbol.name) for symbol in self.step.symbols)
        return next(filter(None, found), None)

    def returning(self, frame: Frame, trail: Iterable[int]) -> Frame:
        """The line that gave the value: a `return` in it, else the end of the body.

        Python says that a `with` returns where a `return` inside it does, and that a function
        without one returns at its last line that ran.
        """
        name = self.symbol_at(frame)
        symbol = next((s for s in self.step.symbols if s.name == name), None)
        found = self.definition(symbol.file, symbol.name) if symbol else None
        if found is None:
            return frame
        returns = [node for node in _own(found.node) if isinstance(node, ast.Return)]
        for line in (frame.line, *reversed(list(trail))):
            for node in returns:
                if node.lineno <= line <= (node.end_lineno or node.lineno):
                    return replace(frame, line=line, end_line=line)
        if any(isinstance(node, ast.Yield | ast.YieldFrom) for node in _own(found.node)):
            return frame
        last = found.node.body[-1]
        end = last.end_lineno or last.lineno
        return replace(frame, line=end, end_line=end, column=None, end_column=None)


def _own(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterable[ast.AST]:
    """What stands in a function, without the functions inside it."""
    todo: list[ast.AST] = list(function.body)
    while todo:
        node = todo.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            todo += ast.iter_child_nodes(node)


@dataclass(frozen=True)
class Blame:
    """A place in the student's code, and the step's function that it is in, if it is in one."""

    where: Frame | None
    function: str | None


def blame(code: Code, test: TestRun) -> Blame:
    """Where a test that failed went wrong: the deepest line inside the step's own functions."""
    last = test.observations[-1] if test.observations else None
    frames = test.raised.frames if test.raised else last.frames if last else ()
    inside = [frame for frame in frames if Path(frame.file).is_relative_to(code.root)]
    for frame in reversed(inside):
        if name := code.symbol_at(frame):
            return Blame(frame, name)
    if test.raised:
        return Blame(inside[-1] if inside else None, _called(code, test))
    if test.returned_from and (name := code.symbol_at(test.returned_from)):
        return Blame(code.returning(test.returned_from, test.trail), name)
    name = _called(code, test)
    return Blame(code.name_of(name) if name else None, name)


def _called(code: Code, test: TestRun) -> str | None:
    """The function that the failing call names, else the only one that the test calls."""
    call = test.call if test.raised or not test.observations else test.observations[-1].call
    names = [symbol.name for symbol in code.step.symbols]
    spoken = [name for name in names if _names(call, name.rpartition(".")[2])]
    known = [name for name in names if name in test.called]
    for candidates in (spoken, known, names):
        if len(candidates) == 1:
            return candidates[0]
    return None


def _names(call: str, name: str) -> bool:
    try:
        tree = ast.parse(call, mode="eval")
    except SyntaxError:
        return False
    return any(
        (isinstance(node, ast.Attribute) and node.attr == name)
        or (isinstance(node, ast.Name) and node.id == name)
        for node in ast.walk(tree)
    )
