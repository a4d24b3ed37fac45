"""Inputs are shown as they were before the call, and what a call does to them is seen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from seen import Layer, Tensor, beside, run

from tinytorch_ls.runner.inside import witness as witness_module


def _subtracts(x: Any) -> Any:
    x -= x.max()
    return x.copy()


def _through_out(x: Any) -> Any:
    np.negative(x, out=x)
    return x.copy()


def _sorts(x: Any) -> Any:
    x.sort()
    return x.copy()


ARRAY = "x = np.array([3.0, 1.0])\nexpect(f(x)).equals([0.0, 0.0], because='so')"


@pytest.mark.parametrize("change", [_subtracts, _through_out, _sorts])
def test_an_input_is_shown_as_it_was_and_its_change_is_seen(change: Callable[..., Any]) -> None:
    (seen,) = run(ARRAY, {"f": change}).observations
    assert seen.inputs == {"x": "numpy.array([3.0, 1.0], dtype=float64)"}
    (changed,) = seen.facts.changes
    assert (changed.label, changed.place, changed.before) == ("x", "[0]", "3.0")


@pytest.mark.parametrize(
    "call", ["f(t)", "f(f(t))", "(f(t), f(t))", "(lambda x: f(x))(f(t))", "through(f, t)"]
)
def test_an_input_that_gets_other_data_and_comes_back_is_shown_as_it_was(call: str) -> None:
    def f(t: Tensor) -> Tensor:
        t.data = t.data + 1
        return t

    def through(function: Callable[..., Any], *args: Any) -> Any:
        return function(function(*args))

    body = f"t = Tensor([1.0, 2.0])\nexpect({call}).equals(0, because='so')"
    (seen,) = run(body, {"f": f, "through": through}).observations
    assert seen.inputs["t"] == "Tensor([1.0, 2.0], dtype=float64)"


def test_an_input_is_shown_as_the_last_statement_found_it() -> None:
    def f(t: Tensor) -> Tensor:
        t.data = t.data + 1
        return t

    body = """
        t = Tensor([1.0, 2.0])
        for _ in range(2):
            f(t)
        expect(f(t)).equals(0, because='so')
    """
    (seen,) = run(body, {"f": f}).observations
    assert seen.inputs == {"t": "Tensor([3.0, 4.0], dtype=float64)"}


def test_what_a_property_is_asked_of_is_shown_as_it_was() -> None:
    class Box(Tensor):
        @property
        def size(self) -> int:
            self.data = self.data[:1]
            return len(self.data)

    Box.__name__ = "Tensor"
    body = "t = Box([1.0, 2.0])\nexpect(t.size).equals(2, because='so')"
    (seen,) = run(body, {"Box": Box}).observations
    assert seen.inputs == {"t": "Tensor([1.0, 2.0], dtype=float64)"}
    assert [change.label for change in seen.facts.changes] == ["t"]


def test_a_tensor_changed_in_place_or_given_other_data_is_seen() -> None:
    def in_place(t: Tensor) -> Tensor:
        t.data *= 2
        return Tensor(t.data)

    def replaced(t: Tensor) -> Tensor:
        t.data = t.data * 2
        return Tensor(t.data)

    body = "t = Tensor([1.0, 2.0])\nexpect(f(t)).equals([2.0, 4.0], because='doubled')"
    for change in (in_place, replaced):
        (seen,) = run(body, {"f": change}).observations
        assert seen.passed
        assert [(c.label, c.place, c.before, c.after) for c in seen.facts.changes] == [
            ("t", "[0]", "1.0", "2.0")
        ]


@pytest.mark.parametrize(
    ("call", "label"),
    [
        ("f(np.array([1.0, 2.0]))", "np.array([1.0, 2.0])"),
        ("f(x=x)", "x"),
        ("f(*[x])", "[x]"),
        ("[f(x) for _ in range(1)][0]", "x"),
        ("through(f, x)", "x"),
        ("sum(f(x))", "x"),
        ("(lambda y: f(y))(x)", "x"),
    ],
)
def test_operands_are_seen_wherever_a_call_takes_them(call: str, label: str) -> None:
    def f(x: Any) -> Any:
        x[0] = 9.0
        return x.copy()

    def through(function: Callable[..., Any], *args: Any) -> Any:
        return function(*args)

    body = f"x = np.array([1.0, 2.0])\nexpect({call}).equals(0, because='so')"
    (seen,) = run(body, {"f": f, "through": through}).observations
    assert label in [change.label for change in seen.facts.changes]


def test_operators_and_methods_see_what_they_take() -> None:
    class Odd(Tensor):
        def __sub__(self, other: Tensor) -> Tensor:
            self.data -= other.data
            return Tensor(self.data)

        def less(self, other: Tensor) -> Tensor:
            other.data -= self.data
            return Tensor(other.data)

    Odd.__name__ = "Tensor"
    body = "a, b = Odd([3.0]), Odd([1.0])\nexpect({}).equals([2.0], because='so')"
    (seen,) = run(body.format("a - b"), {"Odd": Odd}).observations
    assert [change.label for change in seen.facts.changes] == ["a"]
    (seen,) = run(body.format("a.less(b)"), {"Odd": Odd}).observations
    assert [change.label for change in seen.facts.changes] == ["b"]


def test_parts_of_an_object_are_watched() -> None:
    def trains(layer: Layer) -> float:
        layer.weight.data += 1.0
        layer.rate = 0.25
        return 0.0

    body = "layer = Layer(Tensor([1.0, 2.0]))\nexpect(f(layer)).equals(0.0, because='so')"
    (seen,) = run(body, {"f": trains}).observations
    assert {(c.label, c.before, c.after) for c in seen.facts.changes} == {
        ("layer.weight", "1.0", "2.0"),
        ("layer.rate", "0.5", "0.25"),
    }


def test_what_a_test_itself_writes_between_two_values_is_no_change_of_the_next() -> None:
    body = """
        x = np.array([1.0, 2.0])
        expect(f(x)).equals(np.array([1.0, 2.0]), because="so")
        x[0] = 5.0
        expect(f(x)).equals(np.array([5.0, 2.0]), because="so")
    """
    ran = run(body, {"f": np.copy})
    assert [seen.facts.changes for seen in ran.observations] == [(), ()]
    assert ran.observations[1].inputs["x"] == "numpy.array([5.0, 2.0], dtype=float64)"


def test_shared_memory_is_seen_also_inside_lists() -> None:
    body = "x = np.array([1.0, 2.0])\nexpect(f(x)).equals({}, because='so')"
    for f, wanted in (
        (lambda x: x[:], "[1.0, 2.0]"),
        (lambda x: [x[:1]], "[[1.0]]"),
        (lambda x: x, "[1.0, 2.0]"),
    ):
        (seen,) = run(body.format(wanted), {"f": f}).observations
        assert seen.facts.shares == ("x",)
    (seen,) = run(body.format("[1.0, 2.0]"), {"f": np.copy}).observations
    assert seen.facts.shares == ()


def test_shared_memory_is_seen_behind_another_expectation_of_the_call_too() -> None:
    body = """
        x = np.array([1.0, 2.0])
        found = f(x)
        expect(len(found)).equals(2, because="so")
        expect(found).equals([1.0, 2.0], because="so")
    """
    assert run(body, {"f": lambda x: x[:]}).observations[1].facts.shares == ("found", "x")
    assert run(body, {"f": np.copy}).observations[1].facts.shares == ("found",)


def test_a_value_that_differs_in_a_fact_says_which() -> None:
    body = "x = np.array([1.0, 2.0])\nexpect(f(x)).equals({}, because='so'{})"
    right = {"f": np.copy}

    def writes(x: Any) -> Any:
        copy = x.copy()
        x[0] = 7.0
        return copy

    for wrong, fact in (
        (lambda x: list(x), "kind"),
        (lambda x: x.astype(np.float32), "dtype"),
        (lambda x: x, "memory"),
        (writes, "changes"),
    ):
        wanted = "[1.0, 2.0]" if fact == "kind" else "np.array([1.0, 2.0])"
        seen = beside(body.format(wanted, ""), right, {"f": wrong})
        assert seen.deviation
        assert seen.deviation.fact == fact
        assert not seen.passed
        free = beside(body.format(wanted, f", free=('{fact}',)"), right, {"f": wrong})
        assert free.passed


def test_inputs_are_those_of_the_last_call_and_changes_of_all() -> None:
    def writes(x: Any) -> None:
        x[0] = 7.0

    body = """
        x = np.array([1.0, 2.0])
        g(x)
        expect(f(x)).equals(0, because="so")
    """
    (seen,) = run(body, {"f": np.copy, "g": writes}).observations
    assert seen.inputs["x"] == "numpy.array([7.0, 2.0], dtype=float64)"
    assert [(change.before, change.after) for change in seen.facts.changes] == [("1.0", "7.0")]


def test_an_input_that_was_changed_says_more_than_a_wrong_value() -> None:
    def right(t: Tensor) -> Tensor:
        return Tensor(t.data + 1)

    def wrong(t: Tensor) -> Tensor:
        t.data *= 2
        return t

    body = "t = Tensor([1.0, 2.0])\nexpect(f(t)).equals([2.0, 3.0], because='one more')"
    seen = beside(body, {"f": right}, {"f": wrong})
    assert seen.deviation
    assert (seen.deviation.fact, seen.deviation.got, seen.difference) == ("changes", "t", "")


def test_only_what_the_test_hands_over_is_an_operand_and_not_what_a_call_gave() -> None:
    def f(t: Tensor) -> Tensor:
        return Tensor(t.data * 1)

    body = "t = Tensor(np.array([1.0, 2.5]))\nexpect({}).equals([3.0, 4.0], because='so')"
    for call in ("f(t).data", "f(f(t))", "f(Tensor(np.array([1.0, 2.5])))"):
        (seen,) = run(body.format(call), {"f": f}).observations
        assert "input" in seen.likenesses, call
    body = "t = Tensor([1.0, 2.5])\nexpect(f(g(t))).equals([3.0, 4.0], because='so')"
    (seen,) = run(body, {"f": f, "g": lambda t: Tensor(t.data * 2)}).observations
    assert "input" not in seen.likenesses


@pytest.mark.parametrize(
    "function",
    [
        "lambda a, b: a + b",
        "lambda a, b: [np.asarray(each) for each in (a, b)]",
        "lambda a, b: tuple(np.asarray(each) for each in (a, b))",
        "lambda a, b: np.apply_along_axis(lambda row: np.negative(a), 0, b)",
    ],
)
def test_what_the_code_made_itself_and_handed_to_a_function_is_no_input(function: str) -> None:
    library: dict[str, Any] = {"__name__": "tinytorch.some", "np": np}
    text = "def f(function, x):\n    own = x + 1\n    function(own, x)\n    own += 1\n    {}\n"
    body = f"x = np.array([1.0])\nexpect(f({function}, x)).equals(None, because='so')"
    for last, changed in (("return", []), ("x += 1", ["x"])):
        exec(text.format(last), library)
        (seen,) = run(body, {"f": library["f"]}).observations
        assert [change.label for change in seen.facts.changes] == changed


@pytest.mark.parametrize(
    ("made", "text"),
    [
        ("np.zeros((4, 16))", "a NumPy array of shape (4, 16) and dtype float64"),
        ("Tensor(np.zeros((4, 16)))", "a Tensor of shape (4, 16) and dtype float64"),
    ],
)
def test_an_input_of_many_numbers_is_shown_by_its_shape(made: str, text: str) -> None:
    body = f"x = {made}\nexpect(f(x)).equals(0, because='so')"
    (seen,) = run(body, {"f": lambda x: x}).observations
    assert seen.inputs == {"x": text}


LOOP = """
t = Tensor([1.0, 2.0])
for _ in range(20_000):
    f(t)
expect(f(t)).equals(0, because='so')
"""


def test_a_loop_of_many_calls_is_not_looked_at_in_each_turn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What a late call was given isn't told; what became of an operand is."""

    def f(t: Tensor) -> int:
        t.data = t.data + 1
        return 0

    looks: list[Any] = []
    read = witness_module.plain
    monkeypatch.setattr(witness_module, "plain", lambda value: looks.append(0) or read(value))
    (seen,) = run(LOOP, {"f": f}).observations
    assert len(looks) < 5000
    assert seen.inputs == {}
    (changed,) = seen.facts.changes
    assert (changed.label, changed.before, changed.after) == ("t", "1.0", "20002.0")


def test_after_an_expectation_calls_are_looked_at_again() -> None:
    body = f"{LOOP}expect(f(t)).equals(1, because='so')"
    *_, seen = run(body, {"f": lambda _: 0}).observations
    assert seen.inputs == {"t": "Tensor([1.0, 2.0], dtype=float64)"}
