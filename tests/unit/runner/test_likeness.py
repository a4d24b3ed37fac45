"""What a wrong value has to do with the wanted one: seen where it is, and nowhere else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinytorch_ls.runner.inside.likeness import likenesses
from tinytorch_ls.runner.inside.plain import plain
from tinytorch_ls.runner.report import Expected

W = np.array([[1.3, -2.1, 0.7], [4.2, 0.4, -3.6]])
V = np.array([5.5, -1.25, 3.0, 0.75])


def _seen(got: Any, wanted: Any, *operands: np.ndarray) -> list[str]:
    return list(likenesses(plain(got), Expected(plain(wanted)), operands))


@pytest.mark.parametrize(
    ("name", "got", "wanted"),
    [
        ("negative", -W, W),
        ("absolute", abs(W), W),
        ("truncated", np.trunc(W), W),
        ("reciprocal", 1 / W, W),
        ("complement", 1 - W, W),
        ("square", W * W, W),
        ("root", np.sqrt(abs(W)), abs(W)),
        ("exponential", np.exp(W), W),
        ("logarithm", np.log(abs(W)), abs(W)),
        ("reversed", V[::-1], V),
        ("reversed-last", W[:, ::-1], W),
        ("transposed", W.T, W),
        ("transposed", W[:, :2].T, W[:, :2]),
        ("~transposed", W[:1].T, W[:1]),
        ("column-major", W.ravel().reshape(W.shape, order="F"), W),
        ("shifted", np.roll(V, 1), V),
        ("shifted-back", np.roll(V, -1), V),
        ("sorted", np.sort(V), V),
        ("shape", W.ravel(), W),
        ("first-row", W[0], W),
        ("~first-item", V[0], V),
        ("reduced", W.sum(), W),
        ("length", V[:-1], V),
        ("zero", W * 0, W),
        ("rough", W * 1.0004, W),
        ("factor:3", W * 3, W),
        ("offset:2.5", W + 2.5, W),
        ("edge:last", np.hstack([W[:, :-1], W[:, -1:] + [[1.0], [7.0]]]), W),
        ("clipped-above:1.3", np.minimum(W, 1.3), np.hstack([W, [[9.0], [8.0]]])[:, [0, 1, 3]]),
        ("opposite", W > 0, W <= 0),
        ("not-finite", [np.nan, 1.0], [2.0, 1.0]),
        ("made-finite", [0.0, 1.0], [np.inf, 1.0]),
        ("nan-for-inf", [np.nan, 1.0], [np.inf, 1.0]),
        ("none", None, W),
        ("spaces", "a  b", "a b"),
        ("case", "Ab", "ab"),
        ("marks", "a, b", "a b."),
        ("braces", "Hi {name}", "Hi Ada"),
        ("missing:' you'", "Hi!", "Hi you!"),
        ("extra:' you'", "Hi you!", "Hi!"),
        ("missing:'b'", ["a", "c"], ["a", "b", "c"]),
        ("extra:'c'", ["a", "c"], ["a"]),
        ("order", ["b", "a"], ["a", "b"]),
        ("order", "two\none", "one\ntwo"),
        ("missing:'b'", {"a": 1}, {"a": 1, "b": 2}),
        ("negative", (3, -W), (3, W)),
    ],
)
def test_a_likeness_is_seen(name: str, got: Any, wanted: Any) -> None:
    if name.startswith("clipped"):
        got, wanted = np.minimum(V, 0.75), V
        name = "clipped-above:0.75"
    assert name in _seen(got, wanted)


@pytest.mark.parametrize(
    ("name", "got", "wanted"),
    [
        ("axis:1", W.sum(1), W.sum(0)),
        ("~axis:0", W.max(0), W.max(1)),
        ("instead:mean", W.mean(0), W.sum(0)),
        ("~instead:least", W.min(1), W.max(1)),
        ("~instead:greatest", W.max(), W.mean()),
        ("input", W, W * 2 + 1),
        ("times-length:3", W.sum(1), W.mean(1)),
        ("at-negative", np.where(W < 0, W / 7, W), W),
        ("at-positive", np.where(W > 0, 1.0, W), W),
    ],
)
def test_a_likeness_to_what_the_call_was_given_is_seen(name: str, got: Any, wanted: Any) -> None:
    assert name in _seen(got, wanted, W)


@pytest.mark.parametrize(
    ("got", "wanted", "name"),
    [
        (3.0, 1.0, "offset:2"),
        (2.0, 0.5, "reciprocal"),
        (0.4, 0.6, "complement"),
        (12.0, 7.0, "offset:5"),
        ([4.0, 7.0, 6.0], [4.0, 7.0, 3.0], "edge:last"),
        ([3.0, 2.0, 1.0], [1.0, 2.0, 3.0], "reversed"),
        ([-0.7, -0.7], [0.5, 0.5], "offset:-1.2"),
    ],
)
def test_what_few_numbers_show_is_doubted(got: Any, wanted: Any, name: str) -> None:
    seen = _seen(got, wanted)
    assert name not in seen
    assert f"~{name}" in seen


@given(st.lists(st.floats(-50, 50, width=32), min_size=1, max_size=8))
def test_equal_values_are_like_nothing(numbers: list[float]) -> None:
    assert _seen(np.array(numbers), np.array(numbers), np.array(numbers)) == ["near"]


@given(
    st.lists(st.floats(0.1, 9), min_size=4, max_size=8, unique=True),
    st.lists(st.floats(20, 90), min_size=4, max_size=8, unique=True),
)
def test_unrelated_numbers_are_like_nothing_for_sure(one: list[float], other: list[float]) -> None:
    size = min(len(one), len(other))
    got = np.array(one[:size]) ** 1.7 + np.arange(size) % 3
    firm = [name for name in _seen(got, np.array(other[:size])) if name[0] != "~"]
    assert firm == []


def test_a_sum_over_several_dimensions_for_a_mean_is_seen() -> None:
    cube = np.arange(24.0).reshape(2, 3, 4) ** 1.5
    assert _seen(cube.sum((0, 2)), cube.mean((0, 2)), cube)[0] == "times-length:8"


def test_an_amount_is_seen_beside_numbers_that_are_too_large_for_it() -> None:
    wanted = np.array([1e30, 1.5, 2.5, 4.0])
    assert "offset:-1" in _seen(wanted - 1, wanted)
    assert not any("offset" in name for name in _seen(wanted - [1e30, 1, 1, 1], wanted))


def test_a_factor_that_is_a_length_by_chance_is_no_reduction() -> None:
    assert _seen(W * 2, W, np.ones((2, 3)), np.ones(3)) == ["factor:2"]
    assert "times-length:2" in _seen(V[:3] * 2, V[:3], np.ones((2, 3)))


def test_places_and_counts_of_0_and_1_show_no_complement() -> None:
    assert "complement" in _seen(np.array([0.75, 0.0, 1.0]), np.array([0.25, 1.0, 0.0]))
    assert not any("complement" in name for name in _seen(np.array([0, 1]), np.array([1, 0])))
