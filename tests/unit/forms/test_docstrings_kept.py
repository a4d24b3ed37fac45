"""A docstring is exchanged, and the code around it stays to the byte."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from written import Written, sources

from tinytorch_ls.forms.python.documentation import (
    documentation,
    with_documentation,
    writing_place,
)
from tinytorch_ls.forms.python.meaning import symbol_digest
from tinytorch_ls.forms.python.symbols import definitions
from tinytorch_ls.forms.refused import Refused

QUICK = settings(max_examples=60)
WORDS = ("One line.", "One.\n\n    More 😀:\n\n        x -> y\n    ", "TODO: \\\\ n.\n    ")


@st.composite
def documented(draw: st.DrawFn) -> tuple[str, Written, str]:
    """A student's source with a docstring in one of its functions, and a donor's text of it."""
    source, written = draw(sources())
    target = draw(st.sampled_from(written))
    eol = draw(st.sampled_from(["\n", "\r\n"]))
    last = target.name.rpartition(".")[2]
    donor = f'def {last}(x):\n    """{draw(st.sampled_from(WORDS))}"""\n    return 1\n'
    for holder in reversed(target.name.split(".")[:-1]):
        moved = "".join(f"    {line}" if line.strip() else line for line in donor.splitlines(True))
        donor = f"class {holder}:\n{moved}"
    return source, target, donor.replace("\n", eol)


@QUICK
@given(documented())
def test_the_code_means_the_same_and_nothing_else_is_touched(
    case: tuple[str, Written, str],
) -> None:
    source, target, donor = case
    name = target.name
    place = documentation(source, name) if name in definitions(source) else None
    theirs = documentation(donor, name) if name in definitions(donor) else None
    if place is None or theirs is None:
        with pytest.raises(Refused):
            with_documentation(source, name, donor)
        return
    after = with_documentation(source, name, donor)
    now = documentation(after, name)
    assert now
    assert after[: now.start.offset] == source[: place.start.offset]
    assert after[now.end.offset :] == source[place.end.offset :]
    assert symbol_digest(after, name) == symbol_digest(source, name)
    assert now.of(after).split() == theirs.of(donor).split()
    assert with_documentation(after, name, donor) == after


def test_the_words_take_the_place_s_indentation_and_line_ends() -> None:
    mine = 'class A:\r\n\tdef f(self):\r\n\t\t"""TODO: f."""\r\n\t\treturn 1\r\n'
    theirs = '        """F.\n\n        More.\n        """\n        return 2\n'
    donor = f"class A:\n    def f(self):\n{theirs}"
    assert with_documentation(mine, "A.f", donor) == (
        'class A:\r\n\tdef f(self):\r\n\t\t"""F.\r\n\r\n\t\tMore.\r\n\t\t"""\r\n\t\treturn 1\r\n'
    )


def test_writing_goes_on_at_the_raise_of_a_stub_and_at_the_first_line_of_code() -> None:
    stub = (
        'def f(x):\n    """TODO: f."""\n    if x < 0:\n        raise ValueError(x)\n'
        '    raise NotImplementedError("a/f is yours to write")\n'
    )
    at = writing_place(stub, "f")
    assert at
    assert (at.line, at.column) == (5, 4)
    at = writing_place(stub.replace("is yours to write", "was written"), "f")
    assert at
    assert (at.line, at.column) == (3, 4)
    assert writing_place(stub, "g") is None
