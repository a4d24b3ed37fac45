"""Moves one function or method from one source text into another, and touches nothing else."""

from __future__ import annotations

import ast
import re

from tinytorch_ls.forms.line_ends import line_end, line_ending
from tinytorch_ls.forms.python.symbols import Function, blocks, bound_at, definitions, named_in
from tinytorch_ls.forms.refused import Refused, unreadable
from tinytorch_ls.messages import say

_STRINGS = (ast.Constant, ast.JoinedStr)
_LINE_END = re.compile(r"\r\n|\r|\n")


def transplant(into: str, name: str, donor: str, *, as_it_was: bool = False) -> str:
    """`into` with the definition `name` taken from `donor`; every other byte stays as it is.

    The donor may write a method as a plain function of the same last name. Decorators stay if the
    donor has none, unless the definition shall be `as_it_was` in the donor, to the byte. One that
    is there already is left as it is written. One that is missing is put back behind the one that
    comes before it in the donor. Raises Refused.
    """
    target = _readable(into, "your file")
    source = _readable(donor, "the lesson's code")
    wanted = named_in(source, name)
    if wanted is None:
        raise Refused(say("`{name}` is not in the lesson's code", name=name))
    if name in target:
        bare = not wanted.decorators and not as_it_was
        changed = _replace(into, target[name], donor, wanted, keep_decorators=bare)
        if _stands_alone(into, target[name]):
            return changed  # nothing around it can read otherwise
    elif line := bound_at(into, name):
        raise Refused(
            say(
                "line {line} of your file makes `{name}` something else than a function",
                line=line,
                name=name,
            )
        )
    else:
        changed = _insert(into, name, donor, wanted)
    _same_but(name, into, changed)
    return changed


def _readable(source: str, whose: str) -> dict[str, Function]:
    """The definitions of `whose` source. Raises Refused where it has a syntax error."""
    try:
        return dict(definitions(source))
    except SyntaxError as error:
        raise unreadable(whose, error) from None


def _replace(into: str, old: Function, donor: str, new: Function, *, keep_decorators: bool) -> str:
    start = (old.signature.start if keep_decorators else old.whole.start).offset
    end = old.whole.end.offset
    fitted = _fitted(donor, new, into, old.indent, with_decorators=not keep_decorators)
    text = fitted.removeprefix(old.indent)
    if _LINE_END.split(text) == _LINE_END.split(into[start:end]):
        return into
    return into[:start] + text + into[end:]


def _stands_alone(source: str, definition: Function) -> bool:
    """Whether only blanks and comments share the lines on which a definition begins and ends.

    Another definition in its place is then all that changes: a check would parse the whole file.
    """
    start, end = definition.whole.start, definition.whole.end
    before = source[start.offset - start.column : start.offset]
    behind = _LINE_END.split(source[end.offset :], maxsplit=1)[0]
    return not before.strip() and not behind.partition("#")[0].strip()


def _insert(into: str, name: str, donor: str, wanted: Function) -> str:
    """Put a definition behind the one that it follows in the donor, else before the next."""
    prefix = name.rpartition(".")[0]
    ours = blocks(into)
    order = [other for other in blocks(donor) if other.rpartition(".")[0] == prefix]
    place = order.index(name) if name in order else 0
    before = next((ours[other] for other in reversed(order[:place]) if other in ours), None)
    near = before or next((ours[other] for other in order[place:] if other in ours), None)
    if near is None:
        holder = f"class `{prefix}`" if prefix else "file"
        raise Refused(
            say(
                "`{name}` is gone, and so are its neighbours in your {holder}",
                name=name,
                holder=holder,
            )
        )
    line = near.start.offset - near.start.column
    indent = into[line : near.start.offset].rpartition("\f")[2]
    blank = line_ending(into) * (2 if indent else 3)
    text = _fitted(donor, wanted, into, indent, with_decorators=True)
    if before:
        end = line_end(into, before.end.offset)
        return into[:end] + blank + text + into[end:]
    return into[:line] + text + blank + into[line:]


def _fitted(donor: str, new: Function, into: str, indent: str, *, with_decorators: bool) -> str:
    """The donor's definition with the indentation and the line ending of its new place."""
    start = new.whole.start if with_decorators else new.signature.start
    if indent == new.indent and line_ending(donor) == line_ending(into):
        return new.indent + donor[start.offset : new.whole.end.offset]
    lines = _LINE_END.split(new.indent + donor[start.offset : new.whole.end.offset])
    if indent != new.indent:
        fixed = _string_lines(new, start.line)
        unit = "\t" if "\t" in indent else ""
        lines = [
            line if number in fixed else _indented(line, new.indent, indent, unit)
            for number, line in enumerate(lines)
        ]
    return line_ending(into).join(lines)


def _indented(line: str, old: str, new: str, unit: str) -> str:
    if not line.strip():
        return ""
    rest = line.removeprefix(old)
    if unit:
        code = rest.lstrip(" ")
        depth, over = divmod(len(rest) - len(code), 4)
        rest = unit * depth + " " * over + code
    return new + rest


def _string_lines(new: Function, first_line: int) -> set[int]:
    """Lines, counted from the definition's first, that begin inside a string and must not move."""
    docstring = new.docstring.start.line if new.docstring else None
    return {
        line - first_line
        for node in ast.walk(new.node)
        if isinstance(node, _STRINGS) and node.lineno != docstring
        for line in range(node.lineno + 1, (node.end_lineno or node.lineno) + 1)
    }


def _same_but(name: str, old: str, new: str) -> None:
    """Refuse a change that would harm another definition or leave a file that doesn't parse."""
    try:
        after = definitions(new)
    except SyntaxError:
        raise Refused(
            say("`{name}` can't be put into your file without breaking it", name=name)
        ) from None
    for other, definition in definitions(old).items():
        if other == name or other.startswith(f"{name}."):
            continue
        if name.startswith(f"{other}."):
            continue
        if other not in after or after[other].whole.of(new) != definition.whole.of(old):
            raise Refused(
                say(
                    "`{name}` can't be changed without changing `{other}` too",
                    name=name,
                    other=other,
                )
            )
