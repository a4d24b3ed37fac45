"""What a text of Python means, and what is said in it that means nothing: words and comments."""

from __future__ import annotations

import ast
import copy
import hashlib
import io
import tokenize
from collections.abc import Collection
from functools import lru_cache

from tinytorch_ls.forms.python.symbols import class_nodes, definitions, parse
from tinytorch_ls.forms.texts import BOM


def is_class(source: str, name: str) -> bool:
    """Whether a name is that of a class. Raises SyntaxError."""
    return name in class_nodes(source)


def has_no_code(source: str) -> bool:
    """Whether nothing is in a text but comments. Raises SyntaxError."""
    return not parse(source).body


def meaning(source: str, without: Collection[str] = ()) -> str:
    """What a text means to Python without the definitions of these names. Raises SyntaxError."""
    return _meaning(source, tuple(without))


@lru_cache(maxsize=16)  # a save compares with the one before it
def _meaning(source: str, without: tuple[str, ...]) -> str:
    found = definitions(source)
    places = {found[name].whole for name in without if name in found}
    for place in sorted(places, key=lambda span: span.start, reverse=True):
        source = f"{source[: place.start.offset]}pass{source[place.end.offset :]}"
    try:
        return ast.dump(parse(source))
    except (RecursionError, SyntaxError):
        return source


@lru_cache(maxsize=1024)
def symbol_digest(source: str, name: str) -> str:
    """A digest of what the definition does: comments, blanks and its docstring don't count."""
    found = definitions(source).get(name)
    if found is None:
        return ""
    node = copy.copy(found.node)
    node.body = node.body[1:] if found.docstring else node.body
    try:
        meaning = ast.dump(node)
    except RecursionError:  # an expression of a thousand terms
        meaning = found.whole.of(source)
    return hashlib.sha256(meaning.encode()).hexdigest()[:16]


def words(source: str, name: str) -> tuple[str | None, list[str]]:
    """The docstring and the comments of a definition. Raises SyntaxError."""
    found = definitions(source).get(name)
    if found is None:
        return None, []
    first, last = found.first_line, (found.whole.end.line, found.whole.end.column)
    tokens = tokenize.generate_tokens(io.StringIO(source.removeprefix(BOM)).readline)
    try:
        comments = [
            token.string.strip()
            for token in tokens
            if token.type == tokenize.COMMENT and first <= token.start[0] and token.start < last
        ]
    except tokenize.TokenError as error:
        raise SyntaxError(str(error)) from None
    return ast.get_docstring(found.node), comments
