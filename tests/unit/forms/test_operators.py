"""The usual mutants of a function: each operator makes its changes, and nothing else changes."""

from __future__ import annotations

import ast

import pytest

from tinytorch_ls.forms.python.mutant import Mutant
from tinytorch_ls.forms.python.operators import operator_mutants
from tinytorch_ls.forms.python.symbols import definitions


def _mutants(body: str) -> list[Mutant]:
    source = f"def f(x, y=1, *, axis: int = 0):\n    '''Doc + 1.'''\n    {body}\n"
    return list(operator_mutants(definitions(source)["f"].node))


def _news(body: str) -> set[str]:
    return {mutant.new for mutant in _mutants(body)}


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ("return x + y", {"return x - y", "return x", "return y"}),
        ("return x @ y", {"return x * y", "return x", "return y"}),
        (
            "return x // 2",
            {"return x * 2", "return x", "return 2", "return x // 3", "return x // 1"},
        ),
        ("return -x", {"return x"}),
        ("return x < y", {"return x <= y", "return x > y"}),
        ("return x is y", {"return x is not y"}),
        ("return x and y", {"return x or y", "return y", "return x"}),
        ("return x if y else x", {"return x"}),
        ("return True", {"return False"}),
        ("return 3", {"return 4", "return 2"}),
        (
            "return x.sum(axis=0)",
            {"return x.sum(axis=1)", "return x.sum(axis=-1)", "return x.sum()", "return x"},
        ),
        ("return x.sum(dim=y)", {"return x.sum()", "return x"}),
        ("return x.sum()", {"return x"}),
        ("return g(x)", {"return x"}),
        ("return g(x, y)", {"return g(y, x)", "return x"}),
        ("return np.clip(x, y, z)", {"return x"}),
        ("return x.reshape(y, z)", {"return x", "return x.reshape(z, y)"}),
        ("return self.g(x, y, z)", {"return x"}),
        ("return x.T", {"return x"}),
        ("return x < y <= z", {"return x <= y <= z", "return x > y <= z",
                               "return x < y < z", "return x < y > z"}),
        ("return [z for z in x if z]", {"return [z for z in x]"}),
        ("x.data = y", {"pass"}),
        ("x[y], x.z = x.z, x[y]", {"pass"}),
        ("z = x", set()),
        ("x += y", {"x -= y", "pass"}),
        ("check(x, y, 'z')", {"pass"}),
        ("raise ValueError(f'{x + 1}')", {"pass", "raise TypeError(f'{x + 1}')"}),
        ("raise KeyError(x)", {"pass", "raise ValueError(x)"}),
        ("raise", {"pass"}),
        ("return 'text'", set()),
        ("return x", set()),
    ],
)  # fmt: skip
def test_each_operator_makes_its_mutants(body: str, wanted: set[str]) -> None:
    assert _news(body) == wanted


def test_a_condition_is_forced_both_ways() -> None:
    assert {"if True:", "if False:"} <= _news("if x:\n        return 1")


def test_the_signature_and_the_docstring_stay() -> None:
    for mutant in _mutants("z: int = x + 1\n    return z"):
        assert mutant.code.startswith(
            'def f(x, y=1, *, axis: int=0):\n    """Doc + 1."""\n    z: int'
        )


def test_no_mutant_comes_twice_and_each_is_python() -> None:
    found = _mutants("if x > 1 and y < 2:\n        return g(x, axis=axis) + g(y)\n    return x - 1")
    codes = [mutant.code for mutant in found]
    assert len(set(codes)) == len(codes)
    for code in codes:
        ast.parse(code)


def test_a_mutant_names_its_line_and_what_it_changes() -> None:
    (first, *_) = _mutants("z = 0 if x else y\n    return z * x")
    assert (first.line, first.old, first.new) == (3, "z = 0 if x else y", "z = 0")


def test_a_filter_that_is_left_out_is_told_where_it_stands() -> None:
    (mutant,) = _mutants("return [\n        z for z in x\n        if z]")
    assert (mutant.line, mutant.new) == (4, "return [z for z in x]")
