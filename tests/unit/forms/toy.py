"""A second form, for tests: functions of C, found by a regular expression and their braces."""

# ruff: noqa: ARG002 - what the interface hands over, whether it is needed or not

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from pathlib import Path

from tinytorch_ls.forms.definition import Definition
from tinytorch_ls.forms.form import Bound, Form, Giving, Hole, Import, Mended, Mutant, Oddity, Part
from tinytorch_ls.forms.form import Unreadable as Fault
from tinytorch_ls.forms.refused import Refused, unreadable
from tinytorch_ls.forms.text import Position, Span, Text
from tinytorch_ls.forms.unwritten import step_of_message, stub_message

_HEAD = re.compile(r"^(?:__global__ |static )*(?:void|float|int) (\w+)\([^)]*\) \{", re.M)
_COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.S)
_INCLUDE = re.compile(r"^#include .*$", re.M)
_STUB = re.compile(r'unwritten\("([^"]*)"\);')


def _blanked(source: str) -> str:
    """The text without comments, each character where it was."""
    return _COMMENT.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), source)


def _close(source: str, opened: int) -> int:
    """The place behind the brace that closes the one at `opened`."""
    steps = ((c == "{") - (c == "}") for c in _blanked(source)[opened:])
    for place, depth in enumerate(accumulate(steps), opened + 1):
        if depth == 0:
            return place
    place = Text(source).at_offset(opened)
    raise SyntaxError("this brace is not closed", (None, place.line, place.column + 1, None))


class Toy:
    """Functions of C; what a course of these tests does not need is answered with nothing."""

    name, fence, head, placeholder = "C", "c", "first line", "`unwritten(...)` line"
    debugs = False
    packages: tuple[str, ...] = ()
    extra = ""

    def definitions(self, source: str) -> Mapping[str, Definition]:
        text, found = Text(source), dict[str, Definition]()
        for match in _HEAD.finditer(_blanked(source)):
            start, opened, end = match.start(), match.end() - 1, _close(source, match.end() - 1)
            at = text.at_offset
            name = Span(at(match.start(1)), at(match.end(1)))
            code = at(opened + 1 + len(source[opened + 1 :]) - len(source[opened + 1 :].lstrip()))
            whole = Span(at(start), at(end))
            found[match[1]] = Definition(match[1], whole, Span(at(start), at(opened)), name, code)
        return found

    def is_class(self, source: str, name: str) -> bool:
        return f"struct {name} " in source

    def has_no_code(self, source: str) -> bool:
        return not _blanked(source).strip()

    def imports(self, source: str, package: str) -> tuple[Import, ...]:
        return ()

    def meaning(self, source: str, without: Collection[str] = ()) -> str:
        for name, found in reversed(list(self.definitions(source).items())):
            if name in without:
                source = source[: found.whole.start.offset] + source[found.whole.end.offset :]
        return " ".join(_blanked(source).split())

    def symbol_digest(self, source: str, name: str) -> str:
        found = self.definitions(source).get(name)
        return self.meaning(found.whole.of(source)) if found else ""

    def words(self, source: str, name: str) -> tuple[str | None, list[str]]:
        found = self.definitions(source).get(name)
        return None, _COMMENT.findall(found.whole.of(source)) if found else []

    def documentation(self, source: str, name: str) -> Span | None:
        return None

    def writing_place(self, source: str, name: str) -> Position | None:
        found = self.definitions(source).get(name)
        return found.first_statement if found else None

    def plain_line(self, source: str, line: int, part: Part | None = None) -> str:
        return "".join(source.splitlines()[line - 1].split())

    def spot(self, source: str, line: int, part: Part | None = None) -> tuple[str, str, str]:
        return "", str(line), self.plain_line(source, line)

    def bound(self, source: str, name: str) -> Iterator[Bound]:
        return iter(())

    def reads(self, source: str, name: str) -> frozenset[str]:
        return frozenset()

    def giving(self, source: str, name: str, lines: Sequence[int]) -> Giving | None:
        return None

    def gives_nothing(self, source: str, name: str) -> bool:
        return False

    def unwritten(self, source: str) -> Mapping[str, str]:
        stubs = {
            name: _STUB.search(found.whole.of(source))
            for name, found in self.definitions(source).items()
        }
        steps = {name: step_of_message(found[1]) for name, found in stubs.items() if found}
        return {name: step for name, step in steps.items() if step}

    def oddities(
        self,
        source: str,
        symbols: Collection[str],
        stub: str = "",
    ) -> tuple[Oddity, ...]:
        return ()

    def lost_checks(
        self,
        source: str,
        symbols: Collection[str],
        stub: str,
    ) -> tuple[Oddity, ...]:
        return ()

    def fault_in(self, source: str) -> Fault | None:
        try:
            self.definitions(source)
        except SyntaxError as error:
            return self.unreadable(source, "SyntaxError", error.msg, error.lineno or 1)
        return None

    def fault_in_bytes(self, data: bytes) -> Fault | None:
        return None

    def unreadable(self, source: str, kind: str, message: str, line: int) -> Fault:
        return Fault(line, f"The compiler can't read this file: {message}", "Close it.")

    def stub(self, source: str, holes: tuple[Hole, ...], library: Path) -> str:
        found = self.definitions(source)
        for hole in sorted(holes, key=lambda hole: found[hole.name].whole.start, reverse=True):
            place = found[hole.name]
            scaffold = hole.scaffold.replace("*/", "* /")
            body = f'{{\n    /* {scaffold}\n    */\n    unwritten("{stub_message(hole.step)}");\n}}'
            rest = source[place.whole.end.offset :]
            source = source[: place.signature.end.offset] + body + rest
        return source

    def transplant(
        self,
        into: str,
        name: str,
        donor: str,
        *,
        as_it_was: bool = False,
    ) -> str:
        try:
            ours, theirs = self.definitions(into), self.definitions(donor)
        except SyntaxError as error:
            raise unreadable("your file", error) from None
        if name not in ours or name not in theirs:
            raise Refused(f"`{name}` is gone")
        place, new = ours[name].whole, theirs[name].whole.of(donor)
        return into[: place.start.offset] + new + into[place.end.offset :]

    def lost(self, source: str, stub: str) -> tuple[str, ...]:
        return tuple(self.definitions(stub).keys() - self.definitions(source).keys())

    def with_lost(self, source: str, stub: str) -> str:
        known = self.definitions(stub)
        return "\n".join([source, *(known[n].whole.of(stub) for n in self.lost(source, stub))])

    def with_imports(self, into: str, names: Iterable[str], donor: str) -> str:
        missing = [line for line in _INCLUDE.findall(donor) if line not in into]
        return "".join(f"{line}\n" for line in missing) + into

    def with_prologue(
        self,
        code: str,
        name: str,
        reference: str,
        library: Path,
    ) -> str:
        return code

    def with_documentation(self, into: str, name: str, donor: str) -> str:
        return into

    def mended(self, source: str, names: Iterable[str], whose: str = "your file") -> Mended:
        try:
            self.definitions(source)
        except SyntaxError as error:
            for head in _HEAD.finditer(_blanked(source)):
                following = _HEAD.search(_blanked(source), head.end())
                end = following.start() if following else len(source)
                filled = f"{source[: head.start()]}void {head[1]}() {{ }}\n{source[end:]}"
                if head[1] in names and not self.fault_in(filled):
                    return Mended(filled, {head[1]: source[head.start() : end]})
            raise unreadable(whose, error) from None
        return Mended(source)

    def given_functions(self, source: str) -> frozenset[str]:
        return frozenset(self.definitions(source)) if "Given." in source else frozenset()

    def taught_lines(self, source: str, name: str, library: Path) -> int:
        whole = self.definitions(source)[name].whole
        return whole.end.line - whole.start.line

    def taught_work(self, source: str, name: str, library: Path) -> frozenset[str]:
        return self.work_in(self.definitions(source)[name].whole.of(source))

    def work_in(self, code: str) -> frozenset[str]:
        return frozenset(re.findall(r"\w+ [-+*/] \w+", code))

    def loose_lines(self, code: str) -> tuple[int, ...]:
        return (1,) if self.meaning(code, list(self.definitions(code))) else ()

    def lambdas(self, source: str) -> Mapping[str, int]:
        return {}

    def parameters(self, source: str, name: str) -> tuple[str, ...]:
        return tuple(part.split()[-1] for part in self.signature(source, name))

    def signature(self, source: str, name: str) -> tuple[str, ...]:
        place = self.definitions(source)[name]
        inside = source[place.identifier.end.offset + 1 : place.signature.end.offset]
        return tuple(part.strip() for part in inside.rpartition(")")[0].split(","))

    def delegate(self, source: str, name: str, other: str) -> str:
        return ""

    def mutants(self, source: str, name: str, library: Path) -> tuple[Mutant, ...]:
        whole = self.definitions(source)[name].whole
        code = whole.of(source)
        return (Mutant(code.replace("+", "-"), whole.start.line, "+", "-"),)


TOY: Form = Toy()
