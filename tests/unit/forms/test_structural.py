"""Structural mutants: each kind is made where the code shows that it makes sense."""

from __future__ import annotations

import ast

import pytest

from tinytorch_ls.forms.python.mutant import Mutant
from tinytorch_ls.forms.python.structural import structural_mutants

TENSOR = """\
import math
import statistics

import numpy as np


class Tensor:
    data: np.ndarray

    def named(self, other: Tensor) -> Tensor:
        return _wrap(self, other, "named")

    def sum(self) -> Tensor:
        return _wrap(self, self, "sum")

    def f({signature}){returns}:
        '''What it does.'''
        {body}


def _wrap(left, right, name): ...
"""


def _mutants(body: str, signature: str = "self", returns: str = "") -> list[Mutant]:
    arrow = f" -> {returns}" if returns else ""
    source = TENSOR.format(
        signature=signature, returns=arrow, body=body.replace("\n", "\n" + " " * 8)
    )
    found = list(structural_mutants(source, "Tensor.f"))
    for mutant in found:
        ast.parse(mutant.code)
        assert source.splitlines()[mutant.line - 1].strip().startswith(mutant.old.split(";")[0][:9])
    return found


def _news(body: str, signature: str = "self", returns: str = "") -> set[str]:
    return {mutant.new for mutant in _mutants(body, signature, returns)}


def test_a_tensor_comes_as_another_kind_cast_without_sign_and_clipped() -> None:
    assert _news("return g(x)", "x", "Tensor") == {
        "return g(x).tolist()",
        "return g(x).data",
        "return Tensor(g(x), 'float64')",
        "return Tensor(g(x), 'float32')",
        "return g(x).abs()",
        "return Tensor(g(x).data.clip(-6, 6))",
    }


@pytest.mark.parametrize(
    ("returns", "wanted"),
    [
        ("np.ndarray", {"tolist()", "astype('float64')", "astype('float32')", "clip(-6, 6)"}),
        ("list[int]", {"tuple(g(x))"}),
        ("tuple[int, ...]", {"list(g(x))"}),
        ("int", {"float(g(x))"}),
        ("float", {"int(g(x))"}),
        ("bool", {"int(g(x))"}),
    ],
)
def test_each_kind_comes_as_another(returns: str, wanted: set[str]) -> None:
    news = _news("return g(x)", "x", returns)
    assert all(any(part in new for new in news) for part in wanted)


@pytest.mark.parametrize("returns", ["str", "None", "Any", "Tensor | float", ""])
def test_a_result_of_no_known_kind_stays(returns: str) -> None:
    assert _news("return g(x)", "x", returns) == set()


@pytest.mark.parametrize(
    ("body", "new"),
    [
        ("return [x]", "return tuple([x])"),
        ("return (x, 1)", "return list((x, 1))"),
        ("return x.item()", "return float(x.item())"),
    ],
)
def test_the_code_shows_a_kind_where_no_annotation_does(body: str, new: str) -> None:
    assert _news(body, "x") == {new}


def test_what_may_be_none_is_of_its_kind_where_it_is_not() -> None:
    body = "if x:\n    return None\nreturn g(other)"
    mutants = _mutants(body, "x, other: Tensor | None = None", "Tensor | None")
    assert {mutant.old for mutant in mutants} == {"return g(other)"}
    news = {mutant.new for mutant in mutants}
    assert {"return g(other).tolist()", "return other"} <= news
    assert "result = g(other); other.data[...] = 0; return result" in news


def test_bools_have_no_sign_and_no_bounds() -> None:
    news = _news("return g(x < 1)", "x", "Tensor")
    assert not any("abs" in new or "clip" in new for new in news)
    assert "return g(x < 1).tolist()" in news


def test_an_argument_is_written_into_or_returned() -> None:
    news = _news("return g(self, other)", "self, other: np.ndarray, names: list[str]", "Tensor")
    assert {
        "result = g(self, other); self.data[...] = 0; return result",
        "return self",
        "self.data = g(self, other).data; return self",
        "result = g(self, other); other[...] = 0; return result",
        "result = g(self, other); names.clear(); return result",
    } <= news
    assert "return other" not in news  # which is no Tensor


def test_only_the_function_s_own_returns_are_changed() -> None:
    body = "def inner(y):\n    return y\nif x:\n    return g(inner)\nwith x:\n    return h(x)"
    olds = {mutant.old for mutant in _mutants(body, "x", "Tensor")}
    assert olds == {"return g(inner)", "return h(x)"}


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ("return x.sum(axis=0)", {"return x.mean(axis=0)", "return x.max(axis=0)"}),
        ("return np.maximum(x, 0)", {"return np.minimum(x, 0)"}),
        ("return max(x, 0)", {"return min(x, 0)"}),
        ("return math.prod(x)", {"return sum(x)", "return max(x)"}),
        ("return statistics.median(x)", {"return statistics.median_high(x)"}),
        ("return self.named(x)", set()),
        ("return self.mean(x)", {"return self.sum(x)"}),  # the only one that Tensor has
        ("return x.max(axis=0)", {"return x.max(axis=0, initial=0)"}),
        ("best = -math.inf", {"best = 0"}),
        ("best: float = float('-inf')", {"best: float = 0"}),
        ("return np.where(x, y, -np.inf)", {"return np.where(x, y, 0)"}),
        ("return g(x, default=math.inf)", {"return g(x, default=0)"}),
        ("return np.max(x, axis=0)", {"return np.max(x, axis=0, initial=0)"}),
        ("best = x[0]\nfor y in x:\n    best = g(best, y)", {"best = 0"}),
        ("best = x[0]", set()),
        ("return x.sum(dim, keepdim)", {"return x.sum(dim)"}),
        ("return x.sum(keepdims=keepdim)", {"return x.sum(keepdims=True)"}),
        ("y = _wrap(x, x, 'f')", {"y = _wrap(x, x, 'named')"}),
        ("y = other(x, 'f')", set()),
        ("raise ValueError(_wrap(x, x, 'f'))", set()),
    ],
)
def test_parts_are_exchanged(body: str, wanted: set[str]) -> None:
    news = _news(body, "x")
    assert wanted <= news
    assert bool(news) == bool(wanted)


def test_tensors_come_as_they_are_where_a_function_made_them_ready() -> None:
    news = _news("a, b = promoted(self, other)\nreturn floats(self)", "self, other: Tensor, x")
    assert {"a, b = (self.data, other.data)", "return self.data"} <= news
    assert "return self.data" not in _news("return made(self, x)", "self, x")
    assert "return self.data" not in _news("return self.made(self)")


def test_abs_does_not_call_itself() -> None:
    source = "class Tensor:\n    def abs(self) -> Tensor:\n        return g(self)\n"
    assert not any(".abs()" in m.new for m in structural_mutants(source, "Tensor.abs"))


def test_no_tensor_is_made_where_none_is_known() -> None:
    news = {m.new for m in structural_mutants("def f(x) -> Tensor:\n    return g(x)\n", "f")}
    assert news == {"return g(x).tolist()", "return g(x).data", "return g(x).abs()"}


@pytest.mark.parametrize(
    ("body", "signature", "wanted"),
    [
        ("x = x - g(x)\nreturn x", "x: Tensor", {"x -= g(x)"}),
        ("total = total + g(1)\nreturn total", "total", {"total += g(1)"}),
        ("return (x - g(x)).exp()", "x: Tensor", {"x -= g(x); return x.exp()"}),
        ("return g(x * 2) + 1", "x: np.ndarray", {"x *= 2; return g(x) + 1"}),
        ("y = x.data / 2\nreturn y", "x", {"x.data /= 2; y = x.data"}),
        ("self.w.data = self.w.data - x", "self, x", {"self.w.data -= x"}),
    ],
)
def test_what_is_given_is_computed_in_place(body: str, signature: str, wanted: set[str]) -> None:
    assert {new for new in _news(body, signature) if _is_in_place(new)} == wanted


@pytest.mark.parametrize(
    ("body", "signature"),
    [
        ("return x - 1", "x: float"),
        ("return x - 1", "x"),
        ("return x @ x", "x: Tensor"),
        ("y = g(x)\nreturn y.data - 1", "x: Tensor"),
        ("return 1 - x", "x: Tensor"),
    ],
)
def test_nothing_is_computed_in_place_that_nobody_else_holds(body: str, signature: str) -> None:
    assert not any(map(_is_in_place, _news(body, signature)))


def _is_in_place(new: str) -> bool:
    first = ast.parse(new).body[0]
    return isinstance(first, ast.AugAssign)
