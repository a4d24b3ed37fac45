"""Generated sources: definitions as students, editors and systems may write them."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st

SIGNATURES = (
    "{name}(x)",
    "{name} ( x = 'def f(): # :' , * , y : int = { 1 : 2 } [ 1 ] )",
    "{name}(x=lambda a, b=2: (a, b), *args: 'def', **kw) -> lambda: 3",
    "{name}(\n  x,  # ) : def g():\n  y=[1, 2][0:1],\n) -> dict[str, 'größe']",
    "{name}\\\n(x)",
    "größe_{name}(x='𝒳😀') -> 'é:😀'",
)
DECORATORS = (
    "@plain",
    "@dotted.name(1, 'def @x')",
    "@ spaced",
    "@(  # @home: a matrix @ b\n   a\n   @ b)",
    "@\\\n  continued",
    "@emoji('😀𝒳')  # @not_me",
)
BODIES = (
    ("return x", False),
    ("'''Doc.'''; return '😀'", True),
    ('"""Doc of def f():\n\n    # no comment\n"""', True),
    ("a = 1; b = 2 ;", False),
    ("text = '''\ndef inside():\n    pass\n'''\nreturn text", False),
    ("return (x +\n1)", False),
    ("x = 1 + \\\n    2", False),
    ("def inner(y): return y\nreturn inner", False),
    ("@deco\ndef inner(y):\n    return y", False),
    ("if x:\n    return 'é'  # é\nelse:\n    return \"𝒳\"", False),
    ("'not a docstring %s' % x", False),
    ("f'''{x!r:>3}\n'''", False),
)


@dataclass(frozen=True)
class Written:
    """A definition as it was put into a source, and what of it must be found."""

    name: str
    whole: str
    signature: str
    body: str
    documented: bool
    one_line: bool


@st.composite
def sources(draw: st.DrawFn) -> tuple[str, list[Written]]:
    """A source with the definitions that were put into it."""
    eol = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    unit = draw(st.sampled_from(["    ", "  ", "\t"]))
    written: list[Written] = []
    parts = [draw(st.sampled_from(["", "# 😀\n", "import os; x = 'def f():'\n", "\f\n"]))]
    for number in range(draw(st.integers(1, 4))):
        holder = draw(st.sampled_from(["", "class T{n}:\n", "class T{n}:\n", "if True:\n"]))
        holder = holder.format(n=number)
        indent = unit if holder else ""
        text, found = draw(_definition(number, indent, unit, eol))
        prefix = f"T{number}." if holder.startswith("class") else ""
        written.append(Written(prefix + found.name, *_parts(found)))
        feed = draw(st.sampled_from(["", "", "\f"]))
        semicolon = found.one_line and not text.endswith(";")
        tail = draw(st.sampled_from(["", "  # def tail(): 😀", " ;" if semicolon else ""]))
        parts.append(f"{holder}{feed}{indent}{text}{tail}\n")
        parts.append(draw(st.sampled_from(["", "\n\n", f"{indent}# behind\n", "\f\n"])))
    source = "".join(parts).replace("\n", eol)
    return draw(st.sampled_from(["", "\ufeff"])) + source, written


def _parts(found: Written) -> tuple[str, str, str, bool, bool]:
    return found.whole, found.signature, found.body, found.documented, found.one_line


@st.composite
def _definition(
    draw: st.DrawFn, number: int, indent: str, unit: str, eol: str
) -> tuple[str, Written]:
    name = f"f{number}"
    signature = draw(st.sampled_from(SIGNATURES))
    real = "größe_" + name if signature.startswith("größe") else name
    body, documented = draw(st.sampled_from(BODIES))
    prefix = draw(st.sampled_from(["", "async "]))
    header = f"{prefix}def {signature.replace('{name}', name)}:"
    simple = "\n" not in body
    between = draw(st.sampled_from([" ", "", " \\\n  "])) if simple else None
    if between is None or draw(st.booleans()):
        behind = draw(st.sampled_from(["", "  # def no(): 😀"]))
        body = body.replace("\n", f"\n{indent}{unit}") if "'''" not in body else body
        if "'''\nreturn" in body:
            body = body.replace("'''\nreturn", f"'''\n{indent}{unit}return")
        between = f"{behind}\n{indent}{unit}"
        one_line = False
    else:
        one_line = True
    decorators = draw(st.lists(st.sampled_from(DECORATORS), max_size=2))
    above = "".join(f"{decorator}\n{indent}" for decorator in decorators)
    end = body.rstrip(" ;")
    whole = f"{above}{header}{between}{end}".replace("\n", eol)
    found = Written(
        real, whole, header.replace("\n", eol), end.replace("\n", eol), documented, one_line
    )
    return f"{above}{header}{between}{body}", found
