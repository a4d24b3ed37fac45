"""What libclang says of a text, as a student would say it."""

from __future__ import annotations

import re

_MISSING = r"expected '([^']+)'"
_WORDS: tuple[tuple[str, str], ...] = (
    (rf"{_MISSING} after '(\w+)'", r"A `\1` is missing after `\2`"),
    (rf"{_MISSING} (?:at end of|after) (.+)", r"A `\1` is missing after the \2"),
    (rf"{_MISSING} in '?(.+?)'?(?: statement)?(?: specifier)?", r"A `\1` is missing in the `\2`"),
    (_MISSING, r"A `\1` is missing here"),
    ("expected expression", "A value is missing here, or stands in the wrong place"),
    ("expected unqualified-id", "A name is missing here"),
    ("expected statement", "A statement is missing here"),
    (r"extraneous closing brace \('}'\)", "This `}` closes nothing"),
    (r"'(.+)' file not found", r"There is no `\1` here: a kernel is compiled without headers"),
    (r"use of undeclared identifier '(\w+)'(?:; did you mean '(\w+)'\?)?", r"There is no `\1`"),
    (r"unknown type name '(\w+)'(?:; did you mean '(\w+)'\?)?", r"There is no type `\1`"),
    (r"no matching function for call to '(.+)'", r"`\1` does not take these arguments"),
    (
        "member reference base type '(.+)' is not a structure or union",
        r"A `\1` has nothing that stands behind a point",
    ),
    (r"invalid suffix '(.+)' on (\w+) constant", r"A number does not end in `\1`"),
)


def in_words(message: str) -> str:
    """One sentence, without its full stop."""
    for pattern, words in _WORDS:
        if found := re.fullmatch(pattern, message):
            meant = found[2] if found.re.groups > 1 and "did you" in pattern else None
            said = found.expand(words)
            return f"{said}; did you mean `{meant}`?" if meant else said
    said = re.sub(r"'([^']*)'", r"`\1`", message)
    return said[:1].upper() + said[1:]
