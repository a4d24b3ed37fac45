"""Which of a step's functions a failure is about, and which line of it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from tinytorch_ls.course.locate import library_root
from tinytorch_ls.course.model import Step, Symbol
from tinytorch_ls.feedback.nones import none_in
from tinytorch_ls.feedback.slips import Slip, looked_for, not_found, slip
from tinytorch_ls.forms.definition import Definition
from tinytorch_ls.forms.form import Unreadable
from tinytorch_ls.forms.known import form_of
from tinytorch_ls.runner.report import IMPORT, MODULE, Call, Frame, Raised, TestRun
from tinytorch_ls.runner.values import Nothing

_OF_A_VJP = ("gradient", "output")  # it gives a gradient for each parameter behind these


def plain_code(text: str, frame: Frame) -> str:
    """What a frame was at: the part of its line where Python knows it, else the line."""
    column, end = frame.column, frame.end_column
    part = None if column is None or end is None else (column, frame.end_line, end)
    return form_of(frame.file).plain_line(text, frame.line, part)


@dataclass
class Code:
    """The student's texts of a step's files, read once."""

    root: Path
    step: Step
    library: Path = field(default_factory=library_root)
    files: dict[str, Mapping[str, Definition]] = field(
        default_factory=dict[str, Mapping[str, Definition]]
    )
    texts: dict[Path, str] = field(default_factory=dict[Path, str])

    def definition(self, file: str, name: str) -> Definition | None:
        if file not in self.files:
            try:
                self.files[file] = form_of(file).definitions(self.text(self.root / file))
            except SyntaxError:
                self.files[file] = {}
        return self.files[file].get(name)

    def line(self, frame: Frame) -> str:
        """The code at a frame of the student's, without what does not matter."""
        return plain_code(self.text(Path(frame.file)), frame)

    def text(self, file: Path) -> str:
        """The text of a file; "" where it can't be read."""
        if file not in self.texts:
            try:
                self.texts[file] = file.read_bytes().decode("utf-8")
            except (OSError, UnicodeDecodeError):
                self.texts[file] = ""
        return self.texts[file]

    def unreadable(self, error: Raised) -> tuple[Unreadable, Path]:
        """What keeps Python from reading a file, and which: Python does not always say."""
        line, file = 1, self.root / next((symbol.file for symbol in self.step.symbols), "")
        if self.met(error):
            line, file = error.frames[-1].line, Path(error.frames[-1].file)
        form = form_of(file)
        with suppress(OSError):
            if found := form.fault_in_bytes(file.read_bytes()):
                return found, file
        return form.unreadable(self.text(file), error.type, error.message, line), file

    def slip(self, error: Raised) -> Slip | None:
        """What the code around an error says of it."""
        if found := none_in(error, self.root) or self.gone(error):
            return found
        inside = [f for f in error.frames if Path(f.file).is_relative_to(self.root)]
        first = self.step.symbols[0].file if self.step.symbols else ""
        file = Path(inside[-1].file) if inside else self.root / first
        line = inside[-1].line if inside else 0
        own = self.root / "tinytorch"
        module = file.relative_to(own).with_suffix("") if file.is_relative_to(own) else Path()
        name = ".".join(module.parts)
        return slip(error, self.text(file), line, self.modules(), self.given(file), name)

    def gone(self, error: Raised) -> Slip | None:
        """A function of the step that a test asks a file for, and that the file has not."""
        name = not_found(error.message)
        if name is None or self.met(error):
            return None
        for symbol in self.step.symbols:
            if symbol.name == name and self.definition(symbol.file, name) is None:
                return looked_for(name)
        return None

    def given(self, file: Path) -> str:
        """A file of the student's as the course has it; "" where it has none."""
        if not file.is_relative_to(self.root):
            return ""
        return self.text(self.library / file.relative_to(self.root))

    def met(self, error: Raised) -> bool:
        """Whether an error came through the student's code, and not through a test alone."""
        return any(Path(frame.file).is_relative_to(self.root) for frame in error.frames)

    def modules(self) -> frozenset[str]:
        """The names of the modules of `tinytorch`, the student's and the library's."""
        roots = (self.root, self.library)
        files = (file for root in roots for file in (root / "tinytorch").glob("[a-z]*.py"))
        return frozenset(file.stem for file in files)

    def file_of(self, frame: Frame) -> str:
        """The course's name of the student's file in which a frame is."""
        return Path(frame.file).relative_to(self.root).as_posix()

    def unwritten(self, name: str) -> bool:
        """Whether a function of the step is a stub, or is not there."""
        symbol = next(symbol for symbol in self.step.symbols if symbol.name == name)
        if self.definition(symbol.file, name) is None:
            return True
        return name in form_of(symbol.file).unwritten(self.text(self.root / symbol.file))

    def gives_nothing(self) -> bool:
        """Whether all of the step's functions are to return nothing: by the library's `-> None`."""
        return bool(self.step.symbols) and all(map(self.to_give_nothing, self.step.symbols))

    def to_give_nothing(self, symbol: Symbol) -> bool:
        """Whether a function is to return nothing."""
        text = self.text(self.library / symbol.file)
        return form_of(symbol.file).gives_nothing(text, symbol.name)

    def part_of(self, function: str | None, at: int) -> str:
        """What an item of the tuple that a function gives is, as words behind "gave a Tensor".

        Of a function of a gradient and an output it is the gradient of an argument.
        """
        symbol = next((s for s in self.step.symbols if s.name == function), None)
        if symbol:
            text = self.text(self.library / symbol.file)
            names = form_of(symbol.file).parameters(text, symbol.name)
            if names[:2] == _OF_A_VJP and at + 2 < len(names):
                return f" for argument {at + 1}, `{names[at + 2]}`"
        return f" as part {at + 1} of its tuple"

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

    def returning(self, frame: Frame, trail: Iterable[int]) -> Frame | None:
        """The line that gave the value: one of those that ran last, or the end of the body.

        None where it came to its end, as a function that is to give nothing does.
        """
        name = self.symbol_at(frame)
        symbol = next((s for s in self.step.symbols if s.name == name), None)
        if symbol is None or self.definition(symbol.file, symbol.name) is None:
            return frame
        text, lines = self.text(self.root / symbol.file), (frame.line, *reversed(list(trail)))
        gave = form_of(symbol.file).giving(text, symbol.name, lines)
        if gave is None:
            return frame
        if gave.whole and self.to_give_nothing(symbol):
            return None
        found = replace(frame, line=gave.line, end_line=gave.line)
        return replace(found, column=None, end_column=None) if gave.whole else found


@dataclass(frozen=True)
class Blame:
    """A place in the student's code, and the step's function that it is in, if it is in one."""

    where: Frame | None
    function: str | None


def blame(code: Code, test: TestRun) -> Blame:
    """Where a test that failed went wrong: the deepest line inside the step's own functions."""
    if test.turned and (name := code.symbol_at(test.turned)):
        return Blame(test.turned, name)
    frames = _frames(test)
    inside = [frame for frame in frames if Path(frame.file).is_relative_to(code.root)]
    if (call := none_met(test)) and (place := _returned(code, call)):
        return place
    for frame in reversed(inside):
        if name := code.symbol_at(frame):
            return Blame(frame, name)
    if inside and (
        test.name == IMPORT or inside[-1].function == MODULE
    ):  # the file itself can't be imported
        return Blame(inside[-1], None)
    if test.raised and test.strayed and (place := _returned(code, test.strayed)):
        return place
    if frames or test.raised:  # an error that the step's functions had no part in
        return _at_name(code, _called(code, test))
    if test.wrote and (name := code.symbol_at(test.wrote.where)):
        return Blame(test.wrote.where, name)
    if (call := test.strayed) and (place := _miswrote(code, call)):
        return place
    last, trail = test.returned_from, test.trail
    if test.strayed:
        last, trail = test.strayed.returned_from, test.strayed.trail
    if last and (name := code.symbol_at(last)):
        if test.observations[-1].expected.kind == "raises":  # no `return` of it is at fault
            return _at_name(code, name)
        where = code.returning(last, trail)
        # of a function that is to give nothing no line is at fault for where it ends
        return _at_name(code, name) if where is None else Blame(where, name)
    return _at_name(code, _called(code, test))


def _miswrote(code: Code, call: Call) -> Blame | None:
    """Where a call wrote something wrong; its name where something else is missing."""
    if call.miswrote and (name := code.symbol_at(call.miswrote)):
        return Blame(call.miswrote, name)
    return _at_name(code, call.function) if call.left_wrong else None


def none_met(test: TestRun) -> Call | None:
    """The call that gave None, where an error came of it that the test or a later call met."""
    call, error = test.strayed, test.raised
    gave = call and error and isinstance(call.value, Nothing) and "None" in error.message
    return call if gave else None


def _returned(code: Code, call: Call) -> Blame | None:
    """Where a call gave what it gave."""
    last = call.returned_from
    name = code.symbol_at(last) if last else None
    if not (last and name):
        return None
    where = code.returning(last, call.trail)
    return Blame(where, name) if where else _at_name(code, name)


def _frames(test: TestRun) -> tuple[Frame, ...]:
    """The frames of the error with which a test ended."""
    if test.raised:
        return test.raised.frames
    return test.observations[-1].frames if test.observations else ()


def _at_name(code: Code, name: str | None) -> Blame:
    return Blame(code.name_of(name) if name else None, name)


def _called(code: Code, test: TestRun) -> str | None:
    """The function that the failing call names, else the only one that the test calls."""
    call = test.call if test.raised or not test.observations else test.observations[-1].call
    names = [symbol.name for symbol in code.step.symbols]
    known = [name for name in names if name in test.called]
    return _named_by(code, call) or _only(known) or _only(names)


def _named_by(code: Code, call: str) -> str | None:
    """The one function of the step that a call names."""
    names = (symbol.name for symbol in code.step.symbols)
    return _only([name for name in names if _names(call, name.rpartition(".")[2])])


def _only(names: list[str]) -> str | None:
    return names[0] if len(names) == 1 else None


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
