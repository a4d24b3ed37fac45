"""What comes with a value has to be as the reference's; what is open in Python stays open."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tinytorch_ls.runner.facts import deviation
from tinytorch_ls.runner.inside.kinds import kind_of, kinds_in
from tinytorch_ls.runner.report import Change, Facts


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (None, "None"),
        (True, "bool"),
        (np.bool_(True), "bool"),
        (3, "int"),
        (np.int64(3), "int"),
        (3.0, "float"),
        (np.float32(3), "float"),
        ("a", "str"),
        (np.zeros(2), "array"),
        ([1.0, 2.0], "list of float"),
        ([1, 2.0], "list of float or int"),
        ((1, (2, 3)), "tuple of int or tuple of int"),
        ({"a": 1}, "dict of str to int"),
        ([], "list"),
        ([[1], []], "list of list of int"),
        ([[[1]], [[]], []], "list of list of list of int"),
        ([[], ()], "list of list or tuple"),
        (int, "class"),
        (lambda: 0, "function"),
        ((i for i in range(1)), "generator"),
    ],
)
def test_numpys_numbers_and_pythons_are_one_kind(value: Any, kind: str) -> None:
    assert kind_of(value) == kind


@pytest.mark.parametrize(
    ("got", "wanted", "strays"),
    [
        ("int", "float", False),
        ("float", "int", True),
        ("list of int", "list of float", False),
        ("list of float or int", "list of float", False),
        ("list of float", "list of int", True),
        ("tuple of float", "list of float", True),
        ("list", "list of float", False),
        ("dict", "dict of str to int", False),
        ("tuple", "list of float", True),
        ("Tensor", "Tensor of MaskedArray", True),
        ("array", "Tensor", True),
        ("Tensor", "array", True),
        ("bool", "int", True),
        ("None", "Tensor", True),
        ("list", "list of int", False),
        ("list of list", "list of list of float", False),
        ("list of int", "list", False),
        ("tuple of int", "list", True),
        ("list", "tuple of int", True),
        ("Tensor", "Tensor of matrix", True),
    ],
)
def test_an_int_may_stand_for_a_float_and_nothing_else_for_another(
    got: str, wanted: str, strays: bool
) -> None:
    found = deviation(Facts(got), Facts(wanted))
    assert (found is not None) == strays
    if found:
        assert (found.fact, found.got, found.wanted) == ("kind", got, wanted)
    assert deviation(Facts(got), Facts(wanted), ("kind",)) is None


def test_of_a_tuple_the_item_is_named_that_is_of_another_kind() -> None:
    one, other = ((2, 3), [1], 6.0), ((2, 3), (1,), 6.0)
    got, wanted = (Facts(kind_of(value), items=kinds_in(value)) for value in (one, other))
    found = deviation(got, wanted)
    assert found
    assert (found.got, found.wanted, found.at) == ("list of int", "tuple of int", 1)


def test_a_dtype_counts_where_the_reference_has_one() -> None:
    found = deviation(Facts("Tensor", ("float64",)), Facts("Tensor", ("float32",)))
    assert found
    assert (found.fact, found.got, found.wanted) == ("dtype", "float64", "float32")
    assert deviation(Facts("x", ("float64",)), Facts("x", ())) is None
    assert deviation(Facts("x", ("float64",)), Facts("x", ("float32",)), ("dtype",)) is None


def test_memory_may_not_be_shared_where_the_reference_shares_none_but_may_be_copied() -> None:
    found = deviation(Facts("x", shares=("a",)), Facts("x"))
    assert found
    assert (found.fact, found.got) == ("memory", "a")
    assert deviation(Facts("x"), Facts("x", shares=("a",))) is None
    assert deviation(Facts("x", shares=("a",)), Facts("x"), ("memory",)) is None


def test_changes_have_to_be_made_by_both_or_by_none() -> None:
    change = Change("a", "[0]", "1.0", "2.0")
    still, changed = Facts("x", watched=("a",)), Facts("x", changes=(change,), watched=("a",))
    for one, other, got, wanted in ((changed, still, "a", ""), (still, changed, "", "a")):
        found = deviation(one, other)
        assert found
        assert (found.fact, found.got, found.wanted) == ("changes", got, wanted)
        assert deviation(one, other, ("changes",)) is None
    assert deviation(changed, changed) is None


def test_an_operand_that_the_other_run_did_not_see_proves_nothing() -> None:
    change = Change("inner", "[0]", "1.0", "2.0")
    assert deviation(Facts("x", changes=(change,), watched=("inner",)), Facts("x")) is None
    assert deviation(Facts("x"), Facts("x", changes=(change,), watched=("inner",))) is None


def test_an_input_that_was_changed_comes_before_what_may_follow_from_it() -> None:
    changed = Facts("Tensor", ("int64",), ("x",), (Change("x", "[0]", "1", "2"),), ("x",))
    found = deviation(changed, Facts("Tensor", ("float64",), (), (), ("x",)))
    assert found
    assert (found.fact, found.got) == ("changes", "x")
    free = deviation(changed, Facts("Tensor", ("float64",), (), (), ("x",)), ("changes",))
    assert free
    assert free.fact == "dtype"
