"""Takes the bodies of functions of Python out, and tells what is a stub from what is written."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from tinytorch_ls.forms.form import Hole
from tinytorch_ls.forms.python.given import body_of, given_names, is_refusal, prologue
from tinytorch_ls.forms.python.prologue import prologue_text
from tinytorch_ls.forms.python.symbols import Function, Source, definitions, parse
from tinytorch_ls.forms.unwritten import step_of_message, stub_message

_GIVEN = "GIVEN: the checks between this text and the `raise`. Keep them, and go on below."
KEPT = "# ruff: noqa: F401 - your code will need these imports"


def stub(source: str, holes: tuple[Hole, ...], library: Path) -> str:
    """A file of the library with a scaffold in place of each body that is taken out.

    The checks at the head of a body stay. Raises SyntaxError.
    """
    return _stub(source, holes, given_names(source, library))


@lru_cache(maxsize=64)  # every failure is held against it
def _stub(source: str, holes: tuple[Hole, ...], given: frozenset[str]) -> str:
    found = definitions(source)
    bodies: list[tuple[Function, str]] = []
    for hole in holes:
        checks = prologue_text(source, prologue(found[hole.name], given))
        bodies.append((found[hole.name], _body(found[hole.name], hole, checks)))
    for definition, body in sorted(bodies, key=lambda b: b[0].whole.start, reverse=True):
        place = definition.body
        source = source[: place.start.offset] + body + source[place.end.offset :]
    return _with_kept_imports(source)


def _with_kept_imports(stub: str) -> str:
    """The stub with a line by which formatters leave the imports that it does not use yet."""
    tree = parse(stub)
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    imports = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    unused = {
        name
        for node in imports
        for alias in node.names
        if (name := (alias.asname or alias.name).partition(".")[0]) not in used | {"annotations"}
    }
    if not unused:
        return stub
    place = Source(stub).at_character(imports[0].lineno, 0).offset
    return f"{stub[:place]}{KEPT}\n{stub[place:]}"


@lru_cache(maxsize=16)
def unwritten(source: str) -> Mapping[str, str]:
    """The symbols that are still stubs, each with the id of its step. Raises SyntaxError."""
    found: dict[str, str] = {}
    for name, definition in definitions(source).items():
        if step := _step_of_stub(definition):
            found[name] = step
    return MappingProxyType(found)


def unwritten_step(statement: ast.stmt) -> str | None:
    """The id of the step whose stub has this `raise`, or None."""
    match statement:
        case ast.Raise(exc=ast.Call(args=[ast.Constant(value=str(text))])):
            return step_of_message(text)
        case _:
            return None


def _step_of_stub(definition: Function) -> str | None:
    """The id of the step whose stub a definition is, or None. Given checks may stand in it."""
    *above, last = body_of(definition) or [ast.Pass()]
    return unwritten_step(last) if all(map(_may_be_given, above)) else None


def _may_be_given(statement: ast.stmt) -> bool:
    """Whether a statement has the form of a check that a stub keeps."""
    match statement:
        case ast.Expr(value=ast.Call()):
            return True
        case _:
            return is_refusal(statement)


def _body(definition: Function, hole: Hole, checks: str) -> str:
    fact = ast.get_docstring(definition.node)
    first, _, rest = hole.scaffold.partition("\n")
    parts = [first, fact or "", rest.strip("\n"), _GIVEN if checks else ""]
    text = "\n\n".join(part for part in parts if part)
    indent = definition.indent + "    "
    lines = _escaped(text).split("\n")
    text = "\n".join([lines[0], *(indent + line if line else "" for line in lines[1:])])
    closing = f"\n{indent}" if len(lines) > 1 else ""
    break_line = f"\n{indent}" if definition.one_line else ""
    statements = [f'"""{text}{closing}"""', *([checks] if checks else [])]
    statements.append(f'raise NotImplementedError("{stub_message(hole.step)}")')
    return break_line + f"\n{indent}".join(statements)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
