"""Rewritten tests mean what they say, stand where they stood, and name each call."""

from __future__ import annotations

import ast
import sys
import traceback
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinytorch_ls.runner.inside.rewrite import BEGIN, SEE, TURNS, call_at, calls_by_line, script_of
from tinytorch_ls.runner.report import Frame

_ATOMS = st.sampled_from(["a", "b", "items", "3", "-2", "pair", "[1, -2]", "box.value"])


def _grown(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    two = st.tuples(parts, parts)
    return st.one_of(
        two.map(lambda p: f"({p[0]} + {p[1]})"),
        two.map(lambda p: f"f({p[0]}, key={p[1]})"),
        two.map(lambda p: f"f(*[{p[0]}], **dict(key={p[1]}))"),
        two.map(lambda p: f"[{p[0]}, {p[1]}][0]"),
        two.map(lambda p: f"({p[0]} if {p[1]} else {p[0]})"),
        two.map(lambda p: f"({p[0]} == {p[1]})"),
        two.map(lambda p: f"(not {p[0]} and {p[1]})"),
        parts.map(lambda p: f"box.method({p})"),
        parts.map(lambda p: f"(lambda x: f(x, {p}))(a)"),
        parts.map(lambda p: f"[f(i, {p}) for i in items if i]"),
        parts.map(lambda p: f"{{'k': {p}}}['k']"),
        parts.map(lambda p: f"f'{{{p}!r}}'" if "'" not in p else p),
    )


_EXPRESSIONS = st.recursive(_ATOMS, _grown, max_leaves=8)


class _Box:
    value = 5

    def method(self, x: Any) -> tuple[str, Any]:
        return "method", x


def _hooks(seen: list[Any]) -> dict[str, Any]:
    """What a rewritten text calls; the labels of the operands come into `seen`."""

    def see(value: Any, label: str, _made: bool) -> Any:
        seen.append(label)
        return value

    return {SEE: see, BEGIN: lambda: None, TURNS: lambda turns: turns}


def _names(seen: list[Any]) -> dict[str, Any]:
    calls: list[Any] = []

    def f(*args: Any, **kwargs: Any) -> Any:
        calls.append((args, kwargs))
        return len(calls)

    return {
        "a": 1,
        "b": 2.5,
        "items": [3, 0, 4],
        "pair": (1, 2),
        "box": _Box(),
        "f": f,
        "calls": calls,
        **_hooks(seen),
    }


def _outcome(code: Any, seen: list[Any]) -> Any:
    names = _names(seen)
    exec(code, names)
    try:
        return "value", repr(names["test"]()), names["calls"]
    except Exception as error:
        frame = traceback.extract_tb(error.__traceback__)[-1]
        place = (frame.lineno, getattr(frame, "colno", 0), getattr(frame, "end_colno", 0))
        return type(error), str(error), place, names["calls"]


@settings(max_examples=200)
@given(_EXPRESSIONS)
def test_a_rewritten_expression_gives_and_raises_the_same_at_the_same_place(text: str) -> None:
    source = f"def test():\n    return (\n        {text}\n    )\n"
    seen: list[Any] = []
    plain = _outcome(compile(source, "t.py", "exec"), [])
    rewritten = _outcome(script_of(source, "t.py").code, seen)
    assert repr(rewritten) == repr(plain)
    for label in seen:
        assert ast.dump(ast.parse(label, mode="eval")) in {
            ast.dump(ast.Expression(node))
            for node in ast.walk(ast.parse(source))
            if isinstance(node, ast.expr)
        }


@pytest.mark.parametrize(
    ("line", "call"),
    [
        ("expect(f(x)).equals(1, because='so')", "f(x)"),
        ("expect(\n        a.add(b)\n    ).equals(1, because='so')", "a.add(b)"),
        ("expect.raises(ValueError, a.add, b, key=1, because='so')", "a.add(b, key=1)"),
        ("expect(a @ b).mentions('ü', because='so')", "a @ b"),
        ("expect('ü' + f(x)).equals(1, because='so')", "'ü' + f(x)"),
    ],
)
def test_each_line_of_an_expectation_names_its_call(line: str, call: str) -> None:
    source = f"def test(expect):\n    {line}\n"
    assert set(calls_by_line(ast.parse(source), source).values()) == {call}
    assert set(calls_by_line(ast.parse(source), source)) == set(range(2, source.count("\n") + 1))


@pytest.mark.parametrize(
    ("body", "call"),
    [
        ("x = f(3)\n", "f(3)"),
        ("for x in [1]:\n        f(x)\n", "f(x)"),
        ("with a:\n        y = f(4)\n", "f(4)"),
        ("return g(\n        f, 3)\n", "g( f, 3)"),
    ],
)
def test_where_python_tells_no_columns_the_statement_is_the_call(body: str, call: str) -> None:
    source = f"def test(expect):\n    {body}"
    line = (
        source.splitlines().index(next(t for t in source.splitlines() if "f(" in t or "g(" in t))
        + 1
    )
    assert call_at(source, Frame("t.py", "test", line, line)) == call


def test_what_is_compared_with_expect_is_not_seen_as_an_operand() -> None:
    seen: list[str] = []
    source = "def test(expect):\n    expect(f(a)).equals([a], because=b)\n"
    names = {"f": lambda x: x, "a": [1], "b": [2], **_hooks(seen)}
    exec(script_of(source, "t.py").code, names)

    class Expect:
        def __call__(self, _value: Any) -> Expect:
            return self

        def equals(self, *args: Any, **kwargs: Any) -> None:
            pass

    names["test"](Expect())
    assert "a" in seen
    assert "f(a)" not in seen
    assert "b" not in seen


@pytest.mark.skipif(sys.version_info < (3, 11), reason="columns of a traceback")
def test_columns_of_an_error_are_those_of_the_text() -> None:
    source = "def test():\n    x = 1\n    return missing(x) + x\n"
    names = _hooks([])
    exec(script_of(source, "t.py").code, names)
    with pytest.raises(NameError) as caught:
        names["test"]()
    frame = traceback.extract_tb(caught.value.__traceback__)[-1]
    assert (frame.lineno, getattr(frame, "colno", 0), getattr(frame, "end_colno", 0)) == (3, 11, 18)
