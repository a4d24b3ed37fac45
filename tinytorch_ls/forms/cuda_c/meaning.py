"""What a text of CUDA C means, and what is said in it that means nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from functools import lru_cache

from tinytorch_ls.forms.cuda_c.comments import said
from tinytorch_ls.forms.cuda_c.symbols import definitions, holders
from tinytorch_ls.forms.cuda_c.tokens import code_tokens, tokens
from tinytorch_ls.forms.form import Import
from tinytorch_ls.forms.text import Span


def is_class(source: str, name: str) -> bool:
    """Whether a name is that of a struct. Raises SyntaxError."""
    return name in holders(source)


def has_no_code(source: str) -> bool:
    """Whether nothing is in a text but comments. Raises SyntaxError."""
    definitions(source)
    return not code_tokens(source)


def imports(source: str, package: str) -> tuple[Import, ...]:  # noqa: ARG001 - the interface
    """Nothing: a `.cu` file has no modules."""
    return ()


def meaning(source: str, without: Collection[str] = ()) -> str:
    """The tokens of a text without the definitions of these names. Raises SyntaxError."""
    found = definitions(source)
    left = [found[name].whole for name in without if name in found]
    return " ".join(
        token.text
        for token in code_tokens(source)
        if not any(_covers(place, token.start) for place in left)
    )


@lru_cache(maxsize=1024)
def symbol_digest(source: str, name: str) -> str:
    """A digest of what a function does: comments and blanks don't count. Raises SyntaxError."""
    found = definitions(source).get(name)
    if found is None:
        return ""
    meant = " ".join(token.text for token in code_tokens(found.whole.of(source)))
    return hashlib.sha256(meant.encode()).hexdigest()[:16]


def words(source: str, name: str) -> tuple[str | None, list[str]]:
    """The comment with which a body begins, and all others in it. Raises SyntaxError."""
    found = definitions(source).get(name)
    if found is None:
        return None, []
    first = found.words
    others = [
        token.text
        for token in tokens(source)
        if token.kind == "comment"
        and _covers(found.whole, token.start)
        and not (first and _covers(first, token.start))
    ]
    return said(first.of(source)) if first else None, others


def _covers(place: Span, offset: int) -> bool:
    return place.start.offset <= offset < place.end.offset
