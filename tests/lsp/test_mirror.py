"""`protocol.ts` says the same as `protocol.py`: messages, their fields and types, and names."""

from __future__ import annotations

import re
import types
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import lsprotocol.types
import pytest

from tinytorch_ls.feedback.verdict import State
from tinytorch_ls.server import protocol

MIRROR = Path(__file__).parents[2].joinpath("vscode-extension/src/protocol.ts")
SOURCE = re.sub(r"/\*.*?\*/", "", MIRROR.read_text(encoding="utf-8"), flags=re.DOTALL)
PLAIN: dict[Any, str] = {str: "string", int: "number", float: "number", bool: "boolean"}
MESSAGES = {
    name: each
    for name, each in vars(protocol).items()
    if isinstance(each, type) and is_dataclass(each) and fields(each)
}


def mirrored() -> dict[str, dict[str, str]]:
    """The interfaces of the TypeScript file: the type of each field by its name, `?` with it."""
    found = re.findall(r"export interface (\w+) \{\n(.*?)\n\}", SOURCE, re.DOTALL)
    return {
        name: dict(re.findall(r"^ +readonly (\w+\??): (.*);$", body, re.MULTILINE))
        for name, body in found
    }


def as_typescript(cls: type[Any]) -> dict[str, str]:
    hints = get_type_hints(cls)
    return dict(_field(f.name, hints[f.name], f.default is not MISSING) for f in fields(cls))


def _field(name: str, hint: Any, optional: bool) -> tuple[str, str]:
    first, *others = name.split("_")
    text = _type(hint)
    return (
        first + "".join(map(str.capitalize, others)) + "?" * optional,
        text.removesuffix(" | null") if optional else text,
    )


def _type(hint: Any) -> str:
    parts = get_args(hint)
    if hint == State:
        return "StepState"
    if hint is lsprotocol.types.Range:
        return "Range"
    if get_origin(hint) in (Union, types.UnionType):
        assert parts[1:] == (type(None),), f"{hint} is no type with null"
        return f"{_type(parts[0])} | null"
    if get_origin(hint) is tuple:
        item = _type(parts[0])
        return f"readonly {f'({item})' if ' ' in item else item}[]"
    if get_origin(hint) is Mapping or getattr(get_origin(hint), "__name__", "") == "Mapping":
        return f"Readonly<Record<{_type(parts[0])}, {_type(parts[1])}>>"
    return PLAIN.get(hint) or hint.__name__


def table(name: str) -> set[str]:
    """The values of a table of constants in the TypeScript file."""
    body = SOURCE.split(f"export const {name} = {{")[1].split("}")[0]
    return set(re.findall(r'"([^"]+)"', body))


def constants() -> Iterator[str]:
    yield from (
        value
        for name, value in vars(protocol).items()
        if name.isupper() and isinstance(value, str) and value.startswith("tinytorch")
    )


@pytest.mark.parametrize("name", sorted(MESSAGES.keys() | mirrored().keys()))
def test_a_message_has_the_same_fields_on_both_sides(name: str) -> None:
    assert name in MESSAGES, f"protocol.py has no {name}"
    assert name in mirrored(), f"protocol.ts has no {name}"
    assert mirrored()[name] == as_typescript(MESSAGES[name])


def test_both_know_the_same_states() -> None:
    union = SOURCE.split("export type StepState = ")[1].split(";")[0]
    assert get_origin(State) is Literal
    assert tuple(re.findall(r'"([\w ]+)"', union)) == get_args(State)


def test_both_know_the_same_names() -> None:
    messages = table("requests") | table("notifications")
    commands = table("serverCommands") | table("clientCommands")
    assert messages | commands == set(constants())
    assert all(name.startswith("tinytorch/") for name in messages)
    assert all(name.startswith("tinytorch.") for name in commands)
