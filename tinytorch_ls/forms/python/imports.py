"""Gives a file the imports that its code needs once a definition was put into it, no others."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from tinytorch_ls.forms.line_ends import line_end, line_ending
from tinytorch_ls.forms.python.stub import KEPT, unwritten
from tinytorch_ls.forms.python.symbols import (
    Source,
    definitions,
    parse,
    scope_bindings,
    start_of,
)
from tinytorch_ls.forms.texts import BOM

_REST = "pass"  # stands for the code below the imports
_WIDTH = 88  # as long as formatters let a line be; the donor's own may be longer

Import = ast.Import | ast.ImportFrom


@dataclass(frozen=True)
class _Needed:
    """A name that an import of the donor gives, and where that import stands among the others."""

    alias: ast.alias
    place: int


def with_imports(into: str, names: Iterable[str], donor: str) -> str:
    """`into` with those of the donor's imports that it uses, or will use once it is written.

    Its own text uses them, and the donor's definitions of `names` and of what is not written yet.
    A name that the file has in any way stays what it is. Each import comes where it stands in the
    donor. Both texts can be read by Python.
    """
    found = definitions(donor)
    wanted = (name for name in {*names, *unwritten(into)} if name in found)
    statements = [*parse(into).body, *(found[name].node for name in wanted)]
    used = {read for statement in statements for read in _reads(statement)}
    if any(map(_is_annotated, statements)):
        used.add("annotations")  # of `from __future__`: they name what is defined further down
    ours = scope_bindings(into)
    theirs = _imports(donor)
    needed = [
        _Needed(alias, place)
        for place, statement in enumerate(theirs)
        for alias in statement.names
        if (name := (alias.asname or alias.name).partition(".")[0]) in used and name not in ours
    ]
    top, rest = _divided(into)
    if needed and rest:
        changed = _with_all(top + _REST, donor, theirs, needed).removesuffix(_REST) + rest
        if _reads_as(changed, into):
            return changed
    return _with_all(into, donor, theirs, needed)


def _with_all(into: str, donor: str, theirs: list[Import], needed: Iterable[_Needed]) -> str:
    for each in needed:
        into = _added(into, donor, theirs, each)
    return into


def _divided(into: str) -> tuple[str, str]:
    """A text down to its last import, and the rest: each new import changes the first part alone,
    so that what it costs does not depend on how long the text is."""
    body = parse(into).body
    last = max((number for number, node in enumerate(body) if isinstance(node, Import)), default=-1)
    below = (node for node in body[last + 1 :] if last >= 0 or not isinstance(node, ast.Expr))
    text = Source(into)
    place = next((start_of(text, node) for node in below), None)
    end = len(into) if place is None or place.column else place.offset
    return into[:end], into[end:]


def reads(source: str, name: str) -> frozenset[str]:
    """The names that a definition reads and does not bind itself. Raises SyntaxError."""
    found = definitions(source).get(name)
    return frozenset(_reads(found.node)) if found else frozenset()


def _reads(statement: ast.AST) -> set[str]:
    """The names that a statement reads and does not bind itself; of a class, those of each part."""
    if isinstance(statement, ast.ClassDef):
        return {read for part in ast.iter_child_nodes(statement) for read in _reads(part)}
    read: set[str] = set()
    bound: set[str] = set()
    for node in ast.walk(statement):
        match node:
            case ast.Name(id=text, ctx=ast.Load()):
                read.add(text)
            case ast.Name(id=text) | ast.arg(arg=text):
                bound.add(text)
            case _:
                pass
    return read - bound


def _is_annotated(statement: ast.stmt) -> bool:
    return any(
        getattr(node, "annotation", None) or getattr(node, "returns", None)
        for node in ast.walk(statement)
    )


def _imports(source: str) -> list[Import]:
    """The imports that stand alone at the margin, in their order."""
    return [node for node in parse(source).body if isinstance(node, Import)]


def _added(into: str, donor: str, theirs: list[Import], needed: _Needed) -> str:
    """The text with one more import; as it is where that would break it."""
    joined = _joined(into, theirs[needed.place], needed.alias)
    if joined and _reads_as(joined, into):
        return joined
    inserted = _inserted(into, donor, theirs, needed)
    return inserted if _reads_as(inserted, into) else into


def _joined(into: str, wanted: Import, alias: ast.alias) -> str | None:
    """The name among those that the file imports from the same module, if there is room.

    On its line; where the donor has them in brackets, a name a line, in such brackets too.
    """
    if not isinstance(wanted, ast.ImportFrom):
        return None
    order = [each.name for each in wanted.names]
    in_brackets = wanted.lineno != wanted.end_lineno
    width = _WIDTH if in_brackets else max(_WIDTH, wanted.end_col_offset or 0)
    text = Source(into)
    for ours in _imports(into):
        if not isinstance(ours, ast.ImportFrom) or _source(ours) != _source(wanted):
            continue
        span = text.span(ours)
        before = span.of(into)
        names = sorted(
            [*ours.names, alias],
            key=lambda each: order.index(each.name) if each.name in order else len(order),
        )
        head, end = before.partition(" import ")[0], line_ending(into)
        if before == _bracketed(head, ours.names, end):
            after = _bracketed(head, names, end)
        elif ours.lineno != ours.end_lineno or "(" in before or "\\" in before:
            continue
        else:
            after = f"{head} import {', '.join(map(_written, names))}"
            line = text.lines[ours.lineno - 1].rstrip()
            if len(line) + len(after) - len(before) > width:
                if not in_brackets or line != before:  # a comment behind it has to stay there
                    continue
                after = _bracketed(head, names, end)
        return into[: span.start.offset] + after + into[span.end.offset :]
    return None


def _bracketed(head: str, names: Iterable[ast.alias], end: str) -> str:
    """An import of many names as formatters write it: each on a line of its own."""
    lines = "".join(f"    {_written(name)},{end}" for name in names)
    return f"{head} import ({end}{lines})"


def _inserted(into: str, donor: str, theirs: list[Import], needed: _Needed) -> str:
    """The name in an import of its own: next to a neighbour of the donor's import, else on top."""
    wanted = theirs[needed.place]
    line = _statement(wanted, needed.alias)
    end = line_ending(into)
    ours = {_source(statement): statement for statement in reversed(_imports(into))}
    text = Source(into)
    for other, behind, gap in _neighbours(donor, theirs, needed.place):
        if (near := ours.get(_source(other))) is None:
            continue
        span = text.span(near)
        if behind:
            place = line_end(into, span.end.offset)
            return into[:place] + end * (1 + gap) + line + into[place:]
        place = text.at_character(span.start.line, 0).offset
        return into[:place] + line + end * (1 + gap) + into[place:]
    if (kept := into.find(KEPT)) >= 0 and kept < _first_code(into):
        place = line_end(into, kept)
        return into[:place] + end + line + into[place:]
    place = _top(into)
    if place == 0 or into[:place] == BOM:
        return into[:place] + line + end * 2 + into[place:]
    return into[:place] + end * 2 + line + into[place:]


def _neighbours(
    donor: str, theirs: list[Import], place: int
) -> Iterator[tuple[Import, bool, bool]]:
    """Imports to stand beside, whether behind them, and whether a blank line comes between.

    The import itself first, then its block, then the blocks around it.
    """
    wanted = theirs[place]
    if isinstance(wanted, ast.ImportFrom) and wanted.module == "__future__":
        return  # it has to come before all others
    yield wanted, True, False
    blocks = _blocks(donor, theirs)
    before, after = list(reversed(theirs[:place])), theirs[place + 1 :]
    block = blocks[place]
    near = {id(statement): blocks[number] == block for number, statement in enumerate(theirs)}
    yield from ((each, True, False) for each in before if near[id(each)])
    yield from ((each, False, False) for each in after if near[id(each)])
    yield from ((each, True, True) for each in before if not near[id(each)])
    yield from ((each, False, True) for each in after if not near[id(each)])


def _blocks(donor: str, theirs: list[Import]) -> list[int]:
    """The number of the block, between blank lines, of each import."""
    lines = Source(donor).lines
    numbers: list[int] = []
    for statement in theirs:
        above = lines[: statement.lineno - 1]
        numbers.append(sum(not line.strip() for line in above))
    return numbers


def _top(source: str) -> int:
    """The end of the docstring or of the comments that a file opens with; 0 for neither."""
    body = parse(source).body
    text = Source(source)
    match body:
        case [ast.Expr(value=ast.Constant(value=str())) as docstring, *_]:
            return line_end(source, text.span(docstring).end.offset)
        case _:
            return text.at_character(1, 0).offset


def _first_code(source: str) -> int:
    """Where the first statement behind the docstring begins."""
    text = Source(source)
    code = [node for node in parse(source).body if not isinstance(node, ast.Expr)]
    return text.span(code[0]).start.offset if code else len(source)


def _source(statement: Import) -> str:
    """What two imports have in common that belong together."""
    if isinstance(statement, ast.ImportFrom):
        return f"from {'.' * statement.level}{statement.module or ''}"
    return "import " + ", ".join(map(_written, statement.names))


def _statement(wanted: Import, alias: ast.alias) -> str:
    if isinstance(wanted, ast.ImportFrom):
        return f"{_source(wanted)} import {_written(alias)}"
    return f"import {_written(alias)}"


def _written(alias: ast.alias) -> str:
    return f"{alias.name} as {alias.asname}" if alias.asname else alias.name


def _reads_as(changed: str, old: str) -> bool:
    """Whether Python reads both as the same code, but for imports."""
    try:
        return _without_imports(changed) == _without_imports(old)
    except (SyntaxError, RecursionError):
        return False


@lru_cache(maxsize=4)  # a text that got one import is compared again when it gets the next
def _without_imports(source: str) -> list[str]:
    return [ast.dump(node) for node in parse(source).body if not isinstance(node, Import)]
