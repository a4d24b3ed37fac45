"""A value is read once, as it is and not endlessly, and comes through JSON unchanged."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from seen import Tensor, beside

from tinytorch_ls.runner.decode import step_run, told_by_test
from tinytorch_ls.runner.encode import as_json
from tinytorch_ls.runner.inside.compare import first_difference
from tinytorch_ls.runner.inside.describe import describe
from tinytorch_ls.runner.inside.kinds import arrays_in, kind_of
from tinytorch_ls.runner.inside.plain import array_of, plain
from tinytorch_ls.runner.report import Change, Expected, Facts, Observation, StepRun, TestRun, Told
from tinytorch_ls.runner.values import (
    ArrayValue,
    Bounds,
    CompiledValue,
    Fault,
    MappingValue,
    Number,
    Other,
    Parts,
    Plain,
    RaisedValue,
    ReturnedValue,
    SequenceValue,
    TensorValue,
    Wanted,
    WantedCode,
    WantedError,
)

VALUES: list[Plain] = [
    *map(plain, (None, True, 3, 2.5, -np.inf, np.float32(2), 2**70, 10**400, "é\ud800", int, len)),
    *map(plain, ([1, (2.0, "a")], {"a": [1], 2: None}, np.arange(6.0).reshape(2, 3))),
    *map(plain, (b"ab", 2 + 1j, range(3), {3, 1, 2}, frozenset("a"), object())),
    *map(plain, (np.array(2 + 1j), np.array(["a"]), Tensor([1.0, 2.0]), Tensor([]))),
    RaisedValue("KeyError", ("KeyError", "LookupError"), "x", False),
    ReturnedValue(plain([1])),
    CompiledValue(None),
    CompiledValue(Fault("compiler: spills", None), "40 bytes"),
]
_CHANGE = Change("x", "[0]", "1", "2")
_FACTS = {"3:0": Facts("list of float", ("float64",), ("x",), (_CHANGE,), ("x", "y"), ("int",))}
WANTED: list[Wanted] = [
    *VALUES,
    Bounds(0, np.inf),
    Parts(("a", "b")),
    WantedError("E", ("x",)),
    WantedCode(("float64",)),
]


def _run(value: Plain, wanted: Wanted) -> StepRun:
    seen = Observation("f(x)", 3, value, Expected(wanted, 1e-5), "so", True, {"x": "1"})
    return StepRun("box/first", (TestRun("test_first", 1, (seen,)),))


def _through_json(run: StepRun) -> StepRun:
    return step_run(json.loads(as_json(run)))


@pytest.mark.parametrize("wanted", WANTED, ids=lambda wanted: type(wanted).__name__)
def test_each_kind_of_value_comes_through_json_unchanged(wanted: Wanted) -> None:
    run = _run(plain(None), wanted)
    assert _through_json(run) == run


def test_what_a_survey_told_comes_through_json_unchanged() -> None:
    told = {"test": Told(_FACTS, {f"{line}:0": value for line, value in enumerate(VALUES)})}
    assert told_by_test(as_json(told)) == told


def test_no_kind_is_left_out() -> None:
    assert {type(wanted) for wanted in WANTED} == set(get_args(Wanted))


_SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
_ARRAYS = arrays(st.sampled_from([np.float32, np.int64, np.bool_]), array_shapes(max_side=3))
_NESTED: st.SearchStrategy[Any] = st.recursive(
    _SCALARS | _ARRAYS,
    lambda inner: st.lists(inner) | st.tuples(inner) | st.dictionaries(st.text(), inner),
)


@given(_NESTED)
def test_a_value_equals_itself_read_again_and_sent(value: Any) -> None:
    run = _run(plain(value), plain(value))
    assert run == _run(plain(value), plain(value))
    assert _through_json(run) == run


@pytest.mark.parametrize("changed", [Number("int", 2), Number("float", 1), Number("int", 1, "i8")])
def test_numbers_of_another_value_type_or_dtype_differ(changed: Number) -> None:
    assert Number("int", 1) != changed


def _items(value: Plain) -> int:
    match value:
        case SequenceValue(items=items):
            return len(items) + sum(map(_items, items))
        case MappingValue(items=items):
            return len(items) + sum(_items(item) for _, item in items)
        case _:
            return 1


def _many_times(value: Any) -> Any:
    for _ in range(6):
        value = [value] * 1000
    return value


def test_a_list_that_holds_one_list_many_times_is_cut() -> None:
    exploding = _many_times(1)
    value = plain(exploding)
    assert _items(value) < 25_000
    assert describe(value).endswith("…")
    assert kind_of(exploding) == "list" + " of list" * 4
    assert first_difference(value, Expected(plain(_many_times(1)))) is None
    assert first_difference(value, Expected(plain(_many_times(2)))) is not None


def test_many_times_one_large_array_are_cut() -> None:
    value = plain([np.zeros(2**17)] * 1000)
    assert isinstance(value, SequenceValue)
    assert value.length == 1000
    assert 1 < len(value.items) < 20


def test_the_arrays_in_an_exploding_value_are_looked_for_in_a_part_of_it() -> None:
    assert 0 < sum(1 for _ in arrays_in(_many_times([np.zeros(1)])[0][0][0])) < 25_000


def test_what_is_cut_of_a_dict_is_said() -> None:
    assert describe(plain(dict.fromkeys(range(30), 0))).endswith("19: 0, …}")
    assert describe(plain({1: 2})) == "{1: 2}"


def test_what_holds_itself_is_read_to_an_end() -> None:
    endless: list[Any] = []
    endless.append(endless)
    assert describe(plain(endless)).startswith("[[[")
    tensor = Tensor([1.0])
    tensor.data = tensor  # pyright: ignore[reportAttributeAccessIssue]
    assert describe(plain(tensor)).startswith("a Tensor whose data is a Tensor whose data is")


def test_a_tensor_is_known_by_the_array_in_it() -> None:
    value = plain(Tensor([1.0, 2.0]))
    assert isinstance(value, TensorValue)
    assert isinstance(value.array, ArrayValue)
    array = array_of(value)
    assert array is not None
    assert array.tolist() == [1.0, 2.0]
    assert array_of(replace(value, array=Other("list"))) is None


def _masked(x: Any) -> Any:
    return np.ma.masked_array(x.copy(), [True, False])


def _masked_tensor(x: Any) -> Tensor:
    tensor = Tensor(x)
    tensor.data = _masked(x)
    return tensor


@pytest.mark.parametrize(
    ("wrong", "right", "got", "wanted"),
    [
        (_masked, np.copy, "MaskedArray", "array"),
        (lambda x: [_masked(x)], lambda x: [x.copy()], "list of MaskedArray", "list of array"),
        (_masked_tensor, Tensor, "Tensor of MaskedArray", "Tensor"),
        (lambda x: x.copy().view(np.recarray), np.copy, "recarray", "array"),
    ],
)
def test_an_array_of_another_class_is_told_by_its_class(
    wrong: Any, right: Any, got: str, wanted: str
) -> None:
    body = "expect(f(np.array([1.0, 2.0]))).equals(wanted, because='so')"
    value = right(np.array([1.0, 2.0]))
    seen = beside(body, {"f": right, "wanted": value}, {"f": wrong, "wanted": value})
    assert seen.deviation is not None
    assert (seen.deviation.fact, seen.deviation.got, seen.deviation.wanted) == ("kind", got, wanted)
    assert seen.facts.dtypes == ("float64",)
