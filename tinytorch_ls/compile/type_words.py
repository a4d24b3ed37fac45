"""numba's names of types as a student would say them."""

from __future__ import annotations

import re
from collections.abc import Sequence

_ARRAY = re.compile(r"array\((?P<dtype>[\w\[\]()<> ]+), (?P<dims>\d)d, \w+.*\)")
_LITERAL = re.compile(r"Literal\[(?P<kind>\w+)\]")
_KEYWORD = re.compile(r"(?P<name>[A-Za-z_]\w*)=(?P<type>.+)")
_FUNCTION = re.compile(r".*<function (?P<name>\w+) at ")
_CLASS = re.compile(r"class\((?P<name>\w+)\)")
_NAMED = {"str": "text", "unicode_type": "text", "none": "None", "bool": "a bool"}
_STARTS = (
    (re.compile(r"(Uni)?Tuple\("), "a tuple"),
    (re.compile(r"(reflected )?list\(|ListType"), "a list"),
    (re.compile(r"DictType"), "a dict"),
    (re.compile(r"slice"), "a slice"),
)
_LONGEST = 40


def type_words(name: str) -> str:
    """`array(float64, 1d, C)` as "a 1-d array of float64"."""
    name = name.strip()
    if keyword := _KEYWORD.fullmatch(name):
        return f"{keyword['name']}={_bare(type_words(keyword['type']))}"
    if array := _ARRAY.match(name):
        return f"a {array['dims']}-d array of {array['dtype']}"
    if literal := _LITERAL.match(name):
        name = literal["kind"]
    if function := _FUNCTION.match(name):
        return f"`{function['name']}`"
    if kind := _CLASS.fullmatch(name):
        return f"`{kind['name']}`"
    told = _NAMED.get(name) or next((words for start, words in _STARTS if start.match(name)), "")
    return told or _with_article(name if len(name) <= _LONGEST else f"{name[:_LONGEST]}…")


def types_in(signature: str) -> list[str]:
    """The types of a call, which may have commas inside."""
    found, depth = [""], 0
    for letter in signature:
        depth += (letter in "([<") - (letter in ")]>")
        if letter == "," and depth == 0:
            found.append("")
        else:
            found[-1] += letter
    return [each.strip() for each in found if each.strip()]


def listed(words: Sequence[str]) -> str:
    """Words in a row: "a, b and c"."""
    *rest, last = words or ("nothing",)
    return f"{', '.join(rest)} and {last}" if rest else last


def _with_article(name: str) -> str:
    return f"an {name}" if name[:1].lower() in tuple("aeio") else f"a {name}"


def _bare(words: str) -> str:
    return words.removeprefix("a ").removeprefix("an ")
