"""Where definitions begin and end: the span of each part is exactly its text, in any source."""

from __future__ import annotations

import ast
from typing import Any

import pytest
from hypothesis import given, settings
from written import Written, sources

from tinytorch_ls.forms.python.symbols import blocks, bound_at, definitions
from tinytorch_ls.forms.text import Span, Text

QUICK = settings(max_examples=60)


@QUICK
@given(sources())
def test_the_span_of_each_part_is_its_text(made: tuple[str, list[Written]]) -> None:
    source, written = made
    found = definitions(source)
    for wanted in written:
        definition = found[wanted.name]
        assert definition.whole.of(source) == wanted.whole
        assert definition.signature.of(source) == wanted.signature
        assert definition.body.of(source) == wanted.body
        assert definition.identifier.of(source) == wanted.name.rpartition(".")[2]
        assert (definition.docstring is not None) == wanted.documented
        assert definition.one_line == wanted.one_line
        assert definition.is_async == wanted.signature.startswith("async")


@QUICK
@given(sources())
def test_lines_and_columns_agree_with_offsets(made: tuple[str, list[Written]]) -> None:
    source, _ = made
    text = Text(source)
    for definition in definitions(source).values():
        for span in (definition.whole, definition.signature, definition.body):
            for place in (span.start, span.end):
                assert text.at_offset(place.offset) == place
                assert text.at_character(place.line, place.column) == place


@QUICK
@given(sources())
def test_docstring_and_code_make_up_the_body(made: tuple[str, list[Written]]) -> None:
    source, _ = made
    for definition in definitions(source).values():
        parts = [part for part in (definition.docstring, definition.code) if part]
        assert parts[0].start == definition.body.start
        assert parts[-1].end == definition.body.end
        assert definition.first_statement == parts[-1].start
        if definition.docstring:
            literal = definition.docstring.of(source).replace("\r\n", "\n").replace("\r", "\n")
            assert ast.literal_eval(literal) == ast.get_docstring(definition.node, clean=False)


def _names(source: str) -> list[str]:
    return list(definitions(source))


def test_names_are_qualified_as_python_qualifies_them() -> None:
    source = (
        "def outer():\n    def inner(): pass\n    class C:\n        def m(self): pass\n"
        "class A:\n    class B:\n        async def m(self): pass\n"
    )
    assert _names(source) == [
        "outer",
        "outer.<locals>.inner",
        "outer.<locals>.C.m",
        "A.B.m",
    ]


@pytest.mark.parametrize(
    "source",
    [
        "if a:\n    def f(): return 1\nelse:\n    def f(): return 2\n",
        "try:\n    def f(): return 1\nexcept E:\n    def f(): return 2\n",
        "def f(): return 1\nfor x in y:\n    def f(): return 2\n",
        "match x:\n  case 1:\n    def f(): return 1\n  case _:\n    def f(): return 2\n",
        "with a:\n    def f(): return 1\nwhile b:\n    def f(): return 2\n",
        "try:\n    pass\nfinally:\n    def f(): return 2\n",
    ],
)
def test_the_last_of_several_definitions_counts(source: str) -> None:
    assert definitions(source)["f"].code is not None
    assert definitions(source)["f"].whole.of(source) == "def f(): return 2"


def test_overloads_are_passed_over_and_setters_have_their_own_name() -> None:
    source = (
        "class T:\n"
        "    @overload\n    def f(self, x: int): ...\n"
        "    @typing.overload\n    def f(self, x: str): ...\n"
        "    def f(self, x): return x\n"
        "    @property\n    def p(self): return 1\n"
        "    @p.setter\n    def p(self, v): pass\n"
        "    @p.deleter\n    def p(self): pass\n"
    )
    assert _names(source) == ["T.f", "T.p", "T.p.setter", "T.p.deleter"]
    assert definitions(source)["T.f"].whole.of(source) == "def f(self, x): return x"
    assert definitions(source)["T.p.setter"].decorators == ("p.setter",)


def test_a_function_without_code_has_only_a_docstring() -> None:
    definition = definitions('def f():\n    """Doc."""\n')["f"]
    assert definition.code is None
    assert definition.first_statement == definition.body.start


@pytest.mark.parametrize(
    "source",
    [
        "def f(:\n",
        "x = 1\n\tdef",
        "def f():\nreturn",
        "x\0",
        "'\ud800'",
        "x = " + "-" * 10**5 + "1",
    ],
)
def test_what_python_cant_read_is_a_syntax_error(source: str) -> None:
    with pytest.raises(SyntaxError):
        definitions(source)


def test_reading_a_source_warns_of_nothing(recwarn: pytest.WarningsRecorder) -> None:
    assert _names("def f():\n    return '\\d' is 3\n") == ["f"]
    assert not recwarn.list


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("relu", 1),
        ("np", 2),
        ("T", 3),
        ("T.a", 5),
        ("T.c", 5),
        ("T.tanh", 6),
        ("T.U.x", 8),
        ("T.free", None),
        ("x", None),
        ("Missing.a", None),
    ],
)
def test_a_name_that_something_else_than_a_def_binds_is_found(name: str, line: int | None) -> None:
    source = (
        "relu = lambda x: x\n"
        "import numpy as np\n"
        "class T:\n"
        "    if True:\n"
        "        a, (b, *c) = 1, (2, 3)\n"
        "        from math import tanh\n"
        "    class U:\n"
        "        x: int = 1\n"
        "    free: int\n"
        "    def f(self):\n"
        "        free = 1\n"
    )
    assert bound_at(source, name) == line


def test_a_span_of_nothing_is_empty() -> None:
    start = Text("abc").at_offset(1)
    assert Span(start, start).of("abc") == ""


def test_blocks_are_functions_and_classes_with_their_decorators() -> None:
    source = (
        "@a\nclass T:\n    @b\n    class U: pass\n    def f(): pass\nif x:\n    class V: pass\n"
    )
    from_text = {name: span.of(source) for name, span in blocks(source).items()}
    assert from_text == {
        "T": "@a\nclass T:\n    @b\n    class U: pass\n    def f(): pass",
        "T.U": "@b\n    class U: pass",
        "T.f": "def f(): pass",
        "V": "class V: pass",
    }


def test_each_line_is_handed_out_a_few_times_however_long_the_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """So the time for a file of twenty thousand functions grows with its length, not its square."""
    handed: list[int] = []

    class Counting(list[str]):
        def __getitem__(self, key: Any) -> Any:
            found = super().__getitem__(key)
            handed.append(len(found) if isinstance(key, slice) else 1)
            return found

    real = Text.__init__

    def counted(self: Text, source: str) -> None:
        real(self, source)
        self.lines = Counting(self.lines)

    monkeypatch.setattr(Text, "__init__", counted)
    lengths: list[float] = []
    for count in (50, 500):
        handed.clear()
        source = "".join(f"def f{n}(x):\n    return {n} + x\n\n\n" for n in range(count))
        assert len(definitions(source)) == count
        lengths.append(sum(handed) / count)
    assert lengths[0] == pytest.approx(lengths[1], rel=0.1)
