"""Makes the student's file of a lesson: the library file, with what is taught taken out."""

from __future__ import annotations

import ast
import textwrap
from functools import lru_cache
from pathlib import Path

from tinytorch_ls.course.given import body_of, given_names, is_refusal, prologue
from tinytorch_ls.course.model import Module, Step
from tinytorch_ls.course.symbols import Definition, Text, definitions, parse
from tinytorch_ls.course.unwritten import step_of_message, stub_message
from tinytorch_ls.workspace.prologue import prologue_text
from tinytorch_ls.workspace.refused import Refused

_WIDTH = 96
_GIVEN = "GIVEN: the checks between this text and the `raise`. Keep them, and go on below."
KEPT = "# ruff: noqa: F401 - your code will need these imports"


def stub_file(source: str, module: Module, file: str, library: Path) -> str:
    """The library's `source` of `file` with a scaffold in place of each body that is taught.

    The checks at the head of a body stay. Raises Refused where the lesson teaches what the library
    doesn't have.
    """
    return _stub(source, module, file, given_names(source, library))


@lru_cache(maxsize=64)  # every failure is held against it
def _stub(source: str, module: Module, file: str, given: frozenset[str]) -> str:
    found = definitions(source)
    bodies: list[tuple[Definition, str]] = []
    for step in module.steps:
        names = [symbol.name for symbol in step.symbols if symbol.file == file]
        for name in names:
            if name not in found:
                raise Refused(f"{step.id} teaches `{name}`, which {file} of the library has not")
            scaffold = _scaffold(step) if name == names[0] else f"TODO: part of {names[0]}, above."
            checks = prologue_text(source, prologue(found[name], given))
            bodies.append((found[name], _body(found[name], step, scaffold, checks)))
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
    place = Text(stub).at_character(imports[0].lineno, 0).offset
    return f"{stub[:place]}{KEPT}\n{stub[place:]}"


def unwritten(source: str) -> dict[str, str]:
    """The symbols that are still stubs, each with the id of its step. Raises SyntaxError."""
    found: dict[str, str] = {}
    for name, definition in definitions(source).items():
        if step := step_of_stub(definition):
            found[name] = step
    return found


def unwritten_step(statement: ast.stmt) -> str | None:
    """The id of the step whose stub has this `raise`, or None."""
    match statement:
        case ast.Raise(exc=ast.Call(args=[ast.Constant(value=str(text))])):
            return step_of_message(text)
        case _:
            return None


def step_of_stub(definition: Definition) -> str | None:
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


def _body(definition: Definition, step: Step, scaffold: str, checks: str) -> str:
    fact = ast.get_docstring(definition.node)
    first, _, rest = scaffold.partition("\n")
    parts = [first, fact or "", rest.strip("\n"), _GIVEN if checks else ""]
    text = "\n\n".join(part for part in parts if part)
    indent = definition.indent + "    "
    lines = _escaped(text).split("\n")
    text = "\n".join([lines[0], *(indent + line if line else "" for line in lines[1:])])
    closing = f"\n{indent}" if len(lines) > 1 else ""
    break_line = f"\n{indent}" if definition.one_line else ""
    statements = [f'"""{text}{closing}"""', *([checks] if checks else [])]
    statements.append(f'raise NotImplementedError("{stub_message(step.id)}")')
    return break_line + f"\n{indent}".join(statements)


def _scaffold(step: Step) -> str:
    parts = [f"TODO: {step.title}."]
    if step.instructions:
        steps = [_item(f"{n}. ", text) for n, text in enumerate(step.instructions, 1)]
        parts.append("\n".join(["STEP-BY-STEP IMPLEMENTATION:", *steps]))
    if step.example:
        parts.append("EXAMPLE USAGE:\n" + step.example.strip("\n"))
    if step.hints:
        parts.append("IMPLEMENTATION HINTS:\n" + _item("- ", step.hints[0]))
    return "\n\n".join(parts)


def _item(marker: str, text: str) -> str:
    return textwrap.fill(
        " ".join(text.split()),
        width=_WIDTH - 8,
        initial_indent=marker,
        subsequent_indent=" " * len(marker),
        break_long_words=False,
        break_on_hyphens=False,
    )


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
