"""Where every function and method of a source text begins and ends, to the character."""

from __future__ import annotations

import ast
import re
import tokenize
import warnings
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType

from tinytorch_ls.forms.definition import Definition
from tinytorch_ls.forms.text import Position, Span, Text
from tinytorch_ls.forms.texts import BOM, is_empty

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef

_PLAIN_HEADER = re.compile(
    r"(?:async[ \t]+)?def[ \t]+(\w+)([^\"'#\\{}\r\n]*:)[ \t]*(?:\r\n|\r|\n)?"
)
"""A line that is all of a signature, if its brackets are closed."""
_CONTINUED = re.compile(r"\\(?:\r\n|\r|\n)")


@dataclass(frozen=True)
class Function(Definition):
    """A function or method of Python: the parts that stubs and transplants work with."""

    docstring: Span | None
    body: Span  # all statements, the docstring too
    code: Span | None  # the statements behind the docstring; None where there are none
    indent: str  # the blanks before `def`, behind a form feed if there is one
    decorators: tuple[str, ...]  # as written, without the @
    one_line: bool  # the body stands on the line of the colon, which a backslash may continue
    node: FunctionNode = field(compare=False, repr=False)

    @property
    def is_async(self) -> bool:
        return isinstance(self.node, ast.AsyncFunctionDef)


@lru_cache(maxsize=64)
def definitions(source: str) -> Mapping[str, Function]:
    """Every function and method by qualified name, in the order of the source.

    A name that is defined twice means its last definition, as in Python; `@overload` declarations
    are passed over. The setter of a property `T.x` is `T.x.setter`. A function inside another is
    `outer.<locals>.inner`. Raises SyntaxError.
    """
    text = Source(source)
    found: dict[str, Function] = {}
    for name, node in _functions(parse(source).body, ""):
        found.pop(name, None)
        found[name] = _definition(text, name, node)
    return MappingProxyType(dict(sorted(found.items(), key=lambda item: item[1].whole.start)))


def named_in(found: Mapping[str, Function], name: str) -> Function | None:
    """The "Tensor.x.setter", "x.setter" or "setter", the first that is there: a lesson's code may
    write a method as a plain function."""
    parts = name.split(".")
    names = (".".join(parts[start:]) for start in range(len(parts)))
    return next((found[part] for part in names if part in found), None)


@lru_cache(maxsize=8)  # who asks about a text asks several things about it
def parse(source: str) -> ast.Module:
    """The syntax tree of a source that may start with a byte order mark: to read, not to change.

    One of NULs alone is read as the empty one that a crash has left. Raises SyntaxError, also for
    what Python refuses only once it makes code of the tree: a `return` outside of a function.
    """
    tree = grammar(source)
    with _refusals(), suppress(RecursionError, MemoryError):  # a text may nest deeper than a tree
        compile(tree, "<source>", "exec", dont_inherit=True)
    return tree


def grammar(source: str) -> ast.Module:
    """The syntax tree of statements that may belong into a function. Raises SyntaxError."""
    with _refusals():
        return ast.parse("" if is_empty(source) else source.removeprefix(BOM))


@contextmanager
def _refusals() -> Generator[None]:
    """Whatever Python refuses to read is a SyntaxError; nothing is said on the way."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of "\d"; Python says it when it runs the file
            yield
    except ValueError as error:  # a null byte in Python 3.10, half of a surrogate pair
        raise SyntaxError(str(error)) from error
    except (RecursionError, MemoryError):
        raise SyntaxError("an expression nests too deeply for Python") from None


def blocks(source: str) -> dict[str, Span]:
    """Every function and class by qualified name, decorators included, in the order of the source.

    Raises SyntaxError.
    """
    text = Source(source)
    found = {name: definition.whole for name, definition in definitions(source).items()}
    for name, node in class_nodes(source).items():
        found[name] = Span(start_of(text, node), text.span(node).end)
    return dict(sorted(found.items(), key=lambda item: item[1].start))


def class_nodes(source: str) -> dict[str, ast.ClassDef]:
    """Every class by qualified name. Raises SyntaxError."""
    return dict(_classes(parse(source).body, ""))


def bound_at(source: str, name: str) -> int | None:
    """The line that gives `name` ("relu", "Tensor.add") to something else than a `def`, or None.

    Raises SyntaxError.
    """
    *classes, last = name.split(".")
    statements = parse(source).body
    for holder in classes:
        found = [s for s in _scope(statements) if isinstance(s, ast.ClassDef) and s.name == holder]
        statements = found[-1].body if found else []
    return next((s.lineno for s in _scope(statements) if last in _bound(s)), None)


def scope_bindings(source: str) -> set[str]:
    """The names that the text of a file binds for all of it: definitions, imports, assignments.

    Raises SyntaxError.
    """
    found: set[str] = set()
    for statement in _scope(parse(source).body):
        found.update(_bound(statement))
        if isinstance(statement, FunctionNode):
            found.add(statement.name)
        if isinstance(statement, ast.Import):  # `import a.b` binds `a`
            found.update(alias.name.partition(".")[0] for alias in statement.names)
    return found


def _scope(statements: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of one scope, those inside `if`, `for`, `try` and the like too."""
    for node in statements:
        yield node
        if not isinstance(node, ast.ClassDef | FunctionNode):
            yield from _scope(_nested_statements(node))


def _bound(node: ast.stmt) -> Iterator[str]:
    """The names that a statement itself binds, as an assignment, an import or a class does."""
    match node:
        case ast.ClassDef(name=name):
            yield name
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            yield from (alias.asname or alias.name for alias in names)
        case ast.Assign() | ast.AnnAssign(value=ast.expr()):
            yield from (
                inner.id
                for inner in ast.walk(node)
                if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store)
            )
        case _:
            pass


class Source(Text):
    """A text of Python: places in it by the nodes of its syntax tree."""

    def span(self, node: ast.expr | ast.stmt) -> Span:
        """What a node covers; a decorated definition without its decorators."""
        end_line = node.end_lineno or node.lineno
        end_column = node.col_offset if node.end_col_offset is None else node.end_col_offset
        return Span(self.at(node.lineno, node.col_offset), self.at(end_line, end_column))


def _functions(statements: Iterable[ast.stmt], prefix: str) -> Iterator[tuple[str, FunctionNode]]:
    for node in statements:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                suffix = _role(node)
                if suffix != "overload":
                    yield prefix + node.name + suffix, node
                    yield from _functions(node.body, f"{prefix}{node.name}.<locals>.")
            case ast.ClassDef():
                yield from _functions(node.body, f"{prefix}{node.name}.")
            case _:
                yield from _functions(_nested_statements(node), prefix)


def _classes(statements: Iterable[ast.stmt], prefix: str) -> Iterator[tuple[str, ast.ClassDef]]:
    for node in _scope(statements):
        if isinstance(node, ast.ClassDef):
            yield prefix + node.name, node
            yield from _classes(node.body, f"{prefix}{node.name}.")


def _nested_statements(node: ast.stmt) -> Iterator[ast.stmt]:
    for child in ast.iter_child_nodes(node):
        match child:
            case ast.stmt():
                yield child
            case ast.ExceptHandler() | ast.match_case():
                yield from child.body
            case _:
                pass


def _role(node: FunctionNode) -> str:
    """What tells this definition from others of its name: ".setter", "overload" or nothing."""
    for decorator in node.decorator_list:
        match decorator:
            case ast.Name(id="overload") | ast.Attribute(attr="overload"):
                return "overload"
            case ast.Attribute(attr="setter" | "deleter" as role):
                return f".{role}"
            case _:
                pass
    return ""


def _definition(text: Source, name: str, node: FunctionNode) -> Function:
    keyword = text.at(node.lineno, node.col_offset)
    identifier, colon = _header(text, keyword, node)
    start = start_of(text, node)
    documented = ast.get_docstring(node, clean=False) is not None
    statements = [Span(start_of(text, inner), text.span(inner).end) for inner in node.body]
    code = statements[1:] if documented else statements
    end = statements[-1].end
    return Function(
        name=name,
        whole=Span(start, end),
        signature=Span(keyword, colon),
        identifier=identifier,
        first_statement=(code or statements)[0].start,
        docstring=statements[0] if documented else None,
        body=Span(statements[0].start, end),
        code=Span(code[0].start, end) if code else None,
        indent=_blanks(text.lines[start.line - 1]).rpartition("\f")[2],
        decorators=tuple(text.span(d).of(text.source) for d in node.decorator_list),
        one_line=_one_line(text.source[colon.offset : statements[0].start.offset]),
        node=node,
    )


def start_of(text: Source, node: ast.stmt) -> Position:
    """Where a statement begins: at the @ of its first decorator if it has any."""
    start = text.span(node).start
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    if not decorators:
        return start
    line = text.span(decorators[0]).start.line
    while not text.lines[line - 1].lstrip(" \t\f").startswith("@"):
        line -= 1  # the @ stands above where a parenthesis opens or a backslash continues its line
    return text.at_character(line, len(_blanks(text.lines[line - 1])))


def _one_line(between: str) -> bool:
    """Whether a body stands on its signature's line, by what is between colon and body."""
    return "#" not in between and not set(_CONTINUED.sub("", between)) & {"\r", "\n"}


def _header(text: Source, keyword: Position, node: FunctionNode) -> tuple[Span, Position]:
    """The name behind `def`, and the place behind the colon that ends the signature."""
    if plain := _PLAIN_HEADER.fullmatch(text.lines[keyword.line - 1], keyword.column):
        opened, name = plain[2], plain.span(1)
        if opened.count("(") == opened.count(")") and opened.count("[") == opened.count("]"):
            places = (text.at_character(keyword.line, column) for column in (*name, plain.end(2)))
            start, end, colon = places
            return Span(start, end), colon
    return _read_header(text, keyword, node)


def _read_header(text: Source, keyword: Position, node: FunctionNode) -> tuple[Span, Position]:
    """The same of a signature that takes lines, or has texts or comments in it."""
    behind = text.span(node.returns).end if node.returns else keyword
    identifier: Span | None = None
    depth = 0
    after_def = False
    for token in _tokens(text, keyword.line):
        line = token.start[0] + keyword.line - 1
        place = text.at_character(line, token.start[1])
        if place < keyword:
            continue
        if token.type == tokenize.NAME:
            if after_def and identifier is None:
                identifier = Span(place, text.at_character(line, token.end[1]))
            after_def = after_def or token.string == "def"
        elif token.type == tokenize.OP:
            depth += (token.string in "([{") - (token.string in ")]}")
            if token.string == ":" and depth == 0 and place >= behind and identifier:
                return identifier, text.at_character(line, token.end[1])
    raise SyntaxError(f"the signature of `{node.name}` has no end")


def _tokens(text: Source, first_line: int) -> Iterator[tokenize.TokenInfo]:
    # By number, for a slice of all that follows makes a long file cost the square of its length.
    lines = (text.lines[number] for number in range(first_line - 1, len(text.lines)))
    return tokenize.generate_tokens(
        lambda: next(lines, "").replace("\r\n", "\n").replace("\r", "\n")
    )


def _blanks(line: str) -> str:
    return line[: len(line) - len(line.lstrip(" \t\f"))]
