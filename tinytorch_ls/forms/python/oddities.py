"""Finds what is odd in a text that Python can read: a kept `raise`, code in a docstring, a second
`def`.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from functools import lru_cache
from textwrap import dedent

from tinytorch_ls.forms.form import Oddity
from tinytorch_ls.forms.python.given import body_of
from tinytorch_ls.forms.python.stub import unwritten_step
from tinytorch_ls.forms.python.symbols import Function, Source, definitions, parse
from tinytorch_ls.forms.text import Span

_KEPT = (
    "This `raise NotImplementedError` line is the stub's, and the branch in which it stands is not "
    "written. Put your code in its place."
)
_IN_TEXT = (
    "This code stands inside the docstring, so Python reads it as text. Move it below the "
    "`{quote}` that closes the docstring."
)
_CODE = (
    ast.Return, ast.Assign, ast.AugAssign, ast.For, ast.While, ast.If, ast.With, ast.Raise,
)  # fmt: skip
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def oddities(source: str, symbols: Collection[str], stub: str = "") -> tuple[Oddity, ...]:
    """What is odd about these symbols, in the order of the source. Raises SyntaxError.

    Statements that the course's `stub` of the file has above its own `raise` are not the student's.
    """
    given = definitions(stub)
    found = definitions(source)
    there = [(found[name], given.get(name)) for name in symbols if name in found]
    odd = [
        oddity
        for definition, own in there
        for look in (_kept_raise, _code_in_text)
        if (oddity := look(source, definition, own))
    ]
    odd += [*_twice(source, symbols), *_given_another_value(source, symbols)]
    written = next((own for own, _ in there if not any(map(unwritten_step, body_of(own)))), None)
    if written:
        odd += [
            Oddity(written.name, place, message)
            for place, message in _instead_of_imported(source, stub)
        ]
    return tuple(sorted(odd, key=lambda odd: odd.place.start))


def _kept_raise(source: str, definition: Function, given: Function | None) -> Oddity | None:
    """The `raise` of the stub that still stands among code of the student's."""
    statements = body_of(definition)
    places = [number for number, node in enumerate(statements) if unwritten_step(node)]
    if not places:
        kept = next(filter(unwritten_step, _inside(statements)), None)
        return Oddity(definition.name, Source(source).span(kept), _KEPT) if kept else None
    number = places[0]
    above, below = statements[:number], statements[number + 1 :]
    if given and list(map(ast.dump, above)) == list(map(ast.dump, body_of(given)[:-1])):
        above = []
    if above and isinstance(above[-1], ast.Return | ast.Raise):
        return None  # it is never reached, so it does no harm
    line = "`raise NotImplementedError` line"
    if below:
        message = f"Your code below this {line} never runs. Take the line out."
    elif above:
        message = f"Your code runs up to this {line} and stops here. Take the line out."
    else:
        return None
    return Oddity(definition.name, Source(source).span(statements[number]), message)


def _code_in_text(source: str, definition: Function, given: Function | None) -> Oddity | None:
    """Code that was written into the docstring of a function which has none of its own."""
    written = [node for node in body_of(definition) if not unwritten_step(node)]
    if written or given is None or definition.docstring is None:
        return None
    text, known = definition.docstring.of(source), ast.get_docstring(given.node, clean=False) or ""
    stub = {line.strip() for line in known.splitlines()} | {""}
    lines = text[:-3].splitlines()
    added = [
        (number, line)
        for number, line in enumerate(lines[1:], definition.docstring.start.line + 1)
        if line.strip() not in stub
    ]
    code = dedent("\n".join(line for _, line in added))
    try:
        found = any(isinstance(node, _CODE) for node in ast.parse(code).body)
    except (SyntaxError, ValueError):
        return None
    if not found:
        return None
    first, last = added[0], added[-1]
    begins = len(first[1]) - len(first[1].lstrip())
    ends = len(last[1].rstrip())
    whole = Source(source)
    place = Span(whole.at_character(first[0], begins), whole.at_character(last[0], ends))
    return Oddity(definition.name, place, _IN_TEXT.format(quote=text[-3:]))


def _inside(statements: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a body and of its blocks, without those of definitions in it."""
    for node in statements:
        yield node
        if not isinstance(node, _DEFINITIONS):
            yield from _inside([each for each in _children(node) if isinstance(each, ast.stmt)])


def _children(node: ast.stmt) -> Iterator[ast.AST]:
    """What stands directly below a statement, handlers and cases opened."""
    for each in ast.iter_child_nodes(node):
        opened = isinstance(each, ast.ExceptHandler | ast.match_case)
        yield from each.body if opened else [each]


def _twice(source: str, symbols: Collection[str]) -> Iterator[Oddity]:
    """Definitions that take the place of one of the same name in the same block above them."""
    text = Source(source)
    wanted = {*symbols, *(name.rpartition(".")[0] for name in symbols)} - {""}
    for name, first, second in _all_pairs(source):
        if name not in wanted:
            continue
        symbol = name if name in symbols else next(s for s in symbols if s.startswith(f"{name}."))
        what = f"{_keyword(second)} {second.name}"
        lost = " with all that stands in it" if isinstance(first, ast.ClassDef) else ""
        message = (
            f"This is a second `{what}`: Python forgets the one in line {first.lineno}{lost}. "
            "Keep one of the two."
        )
        yield Oddity(symbol, _named(text, second), message)


def _given_another_value(source: str, symbols: Collection[str]) -> Iterator[Oddity]:
    """Assignments below a function that give its name, or its class's attribute, something else."""
    tree, text, known = parse(source), Source(source), definitions(source)
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    blocks = [("", tree.body), *((f"{each.name}.", each.body) for each in classes)]
    for prefix, statements in blocks:
        for node in _inside(statements):
            for target in _targets(node):
                name = f"{prefix}{ast.unparse(target)}"
                first = known.get(name)
                if name not in symbols or first is None or target.lineno <= first.last_line:
                    continue
                if not _reads(node, target):
                    message = (
                        f"`{ast.unparse(target)}` is given something else here: Python forgets the "
                        f"`def` in line {first.first_line}. Keep one of the two."
                    )
                    yield Oddity(name, text.span(target), message)


@lru_cache(maxsize=16)
def _instead_of_imported(source: str, stub: str) -> tuple[tuple[Span, str], ...]:
    """Definitions that take the place of what the file, or its stub, imports from the course."""
    tree, text = parse(source), Source(source)
    theirs = {name: (module, 0) for name, module, _ in _imported(parse(stub))}
    theirs |= {name: (module, line) for name, module, line in _imported(tree)}
    own = {node.name for node in parse(stub).body if isinstance(node, _DEFINITIONS)}
    return tuple(
        (
            _named(text, node),
            f"This `{_keyword(node)} {node.name}` takes the place of the one from "
            f"`{theirs[node.name][0]}`, with which all other files work. Take it out, or give it "
            "another name.",
        )
        for node in tree.body
        if isinstance(node, _DEFINITIONS)
        and node.name in theirs
        and node.name not in own
        and theirs[node.name][1] < node.lineno
    )


def _imported(tree: ast.Module) -> Iterator[tuple[str, str, int]]:
    """Each name that a file imports from the course, from which module, and in which line."""
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("tinytorch."):
            for alias in node.names:
                yield alias.asname or alias.name, node.module or "", node.lineno


def _keyword(node: _Definition) -> str:
    return "class" if isinstance(node, ast.ClassDef) else "def"


def _targets(node: ast.stmt) -> Iterator[ast.Name | ast.Attribute]:
    """The names and attributes that an assignment gives a value."""
    match node:
        case ast.Assign(targets=targets):
            yield from (each for each in targets if isinstance(each, ast.Name | ast.Attribute))
        case ast.AnnAssign(target=ast.Name() | ast.Attribute() as target, value=ast.expr()):
            yield target
        case _:
            return


def _reads(node: ast.stmt, target: ast.Name | ast.Attribute) -> bool:
    """Whether the value is made of what the name was, as by a decorator that is called."""
    name = target.id if isinstance(target, ast.Name) else target.attr
    return any(
        (isinstance(each, ast.Name) and each.id == name and each is not target)
        or (isinstance(each, ast.Attribute) and each.attr == name and each is not target)
        for each in ast.walk(node)
    )


@lru_cache(maxsize=16)  # each step that a save breaks asks it of the same text
def _all_pairs(source: str) -> tuple[tuple[str, _Definition, _Definition], ...]:
    return tuple(_pairs(parse(source).body, ""))


def _pairs(
    statements: list[ast.stmt], prefix: str
) -> Iterator[tuple[str, _Definition, _Definition]]:
    """Each definition that another of its name follows in the same block, and that other."""
    seen: dict[str, _Definition] = {}
    for node in statements:
        if not isinstance(node, _DEFINITIONS) or _shares_its_name(node):
            continue
        name = f"{prefix}{node.name}"
        if name in seen:
            yield name, seen[name], node
        seen[name] = node
        if isinstance(node, ast.ClassDef):
            yield from _pairs(node.body, f"{name}.")


def _shares_its_name(node: _Definition) -> bool:
    """Whether a decorator makes two definitions of a name one thing, as `@x.setter` does."""
    roles = ("overload", "setter", "getter", "deleter", "register")
    return any(
        (isinstance(part, ast.Attribute) and part.attr in roles)
        or (isinstance(part, ast.Name) and part.id in roles)
        for decorator in node.decorator_list
        for part in ast.walk(decorator)
    )


def _named(text: Source, node: _Definition) -> Span:
    """The line of a definition, from its keyword to the end of its name."""
    start = text.at(node.lineno, node.col_offset)
    line = text.lines[node.lineno - 1]
    end = line.find(node.name, start.column) + len(node.name)
    return Span(start, text.at_character(node.lineno, max(end, start.column + 1)))
