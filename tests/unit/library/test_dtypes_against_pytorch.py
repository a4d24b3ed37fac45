"""Which dtype a tensor gets, and which one two operands make: PyTorch's rules, over all pairs."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st

from tinytorch.dtypes import result_type
from tinytorch.tensor import Tensor

DTYPES = ["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64"]
FLOATS = DTYPES[-3:]
NUMBERS = [True, 3, 0.5]
OPERATORS = [
    operator.add, operator.sub, operator.mul, operator.truediv, operator.pow,
    operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge,
    operator.and_, operator.or_, operator.xor,
]  # fmt: skip


def array(dtype: str, shape: tuple[int, ...]) -> np.ndarray:
    count = int(np.prod(shape))
    return (np.arange(count) % 3 + 1).reshape(shape).astype(dtype)


def both(value: Any) -> tuple[Any, Any]:
    """A tensor of each library; a Python number as it is."""
    if isinstance(value, np.ndarray):
        return Tensor(value), torch.from_numpy(value.copy())
    return value, value


def outcome(call: Any, *args: Any) -> Any:
    """The result as an array, or "refused"."""
    try:
        return call(*args).numpy()
    except (TypeError, ValueError, RuntimeError):  # PyTorch's NotImplementedError is of the last
        return "refused"


def assert_alike(ours: Any, theirs: Any) -> None:
    if isinstance(ours, str) or isinstance(theirs, str):
        assert type(ours) is type(theirs), (ours, theirs)
        return
    assert (ours.dtype, ours.shape) == (theirs.dtype, theirs.shape)
    rtol = 1e-2 if ours.dtype == "float16" else 1e-5
    np.testing.assert_allclose(ours, theirs, rtol=rtol)


OPERANDS = st.one_of(
    st.builds(array, st.sampled_from(DTYPES), st.sampled_from([(), (3,), (2, 3)])),
    st.sampled_from(NUMBERS),
)


@pytest.mark.parametrize("first", DTYPES)
@pytest.mark.parametrize("second", DTYPES)
@pytest.mark.parametrize("shapes", [((), ()), ((), (3,)), ((3,), ()), ((3,), (3,))])
def test_two_tensors_make_what_result_type_says(first: str, second: str, shapes: Any) -> None:
    a, b = both(array(first, shapes[0])), both(array(second, shapes[1]))
    assert result_type(a[0], b[0]) == (a[0] + b[0]).dtype
    assert_alike((a[0] + b[0]).numpy(), (a[1] + b[1]).numpy())


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("shape", [(), (3,)])
def test_a_python_number_never_widens_within_its_kind(dtype: str, number: Any, shape: Any) -> None:
    ours, theirs = both(array(dtype, shape))
    for apply in (operator.add, operator.mul, operator.truediv):
        assert_alike(apply(ours, number).numpy(), apply(theirs, number).numpy())
        assert_alike(apply(number, ours).numpy(), apply(number, theirs).numpy())


@pytest.mark.parametrize("apply", OPERATORS)
@given(left=OPERANDS, right=OPERANDS)
def test_every_operator_gives_or_refuses_what_pytorchs_does(
    apply: Any, left: Any, right: Any
) -> None:
    assume(isinstance(left, np.ndarray) or isinstance(right, np.ndarray))
    bools = "bool" in (np.asarray(left).dtype, np.asarray(right).dtype)
    assume(not bools or apply not in (operator.sub, operator.pow))  # PyTorch differs among itself
    a, b = both(left), both(right)
    assert_alike(outcome(apply, a[0], b[0]), outcome(apply, a[1], b[1]))


@pytest.mark.parametrize("apply", OPERATORS[:5])
@pytest.mark.parametrize("dtype", DTYPES)
@given(number=st.floats(-1000, 1000) | st.integers(-100, 100), shape=st.sampled_from([(), (3,)]))
def test_a_number_on_the_left_is_rounded_once_and_to_the_dtype_of_the_result(
    apply: Any, dtype: str, number: Any, shape: Any
) -> None:
    if dtype == "bool" and apply in (operator.sub, operator.pow):
        return  # PyTorch has none, whatever the number
    assume(shape or dtype != "uint8" or number >= 0)  # -1 beside a single byte is 255 here
    a, b = both(array(dtype, shape))
    with np.errstate(all="ignore"):
        ours, theirs = apply(number, a).numpy(), apply(number, b).numpy()
    assert (ours.dtype, ours.shape) == (theirs.dtype, theirs.shape)
    if theirs.dtype.kind != "f":
        np.testing.assert_array_equal(ours, theirs)
        return
    digits = np.finfo(theirs.dtype)
    np.testing.assert_allclose(
        ours, theirs, rtol=4 * digits.eps, atol=4 * digits.smallest_subnormal
    )


def test_what_is_divided_does_not_have_to_fit_into_the_other_dtype() -> None:
    ours, theirs = both(np.array([100, 200, 255], np.uint8))
    small, theirs_small = both(np.array([2, -4], np.int8))
    assert_alike((ours / 256).numpy(), (theirs / 256).numpy())
    assert_alike((256 / ours).numpy(), (256 / theirs).numpy())
    assert_alike((-1 / ours).numpy(), (-1 / theirs).numpy())
    assert_alike((small / 255).numpy(), (theirs_small / 255).numpy())
    assert_alike((-300 + small).numpy(), (-300 + theirs_small).numpy())


def test_a_number_on_the_left_of_float64_keeps_its_digits() -> None:
    t = Tensor([1.0], dtype=np.float64)
    assert (0.1 - t).tolist() == [-0.9]
    assert (16777217.0 - t).tolist() == [16777216.0]


@pytest.mark.parametrize("apply", [operator.sub, operator.pow])
def test_two_bools_have_no_difference_and_no_power(apply: Any) -> None:
    a = Tensor([True, False])
    with pytest.raises(TypeError, match=r"bools: .*long"):
        apply(a, a)
    with pytest.raises(TypeError):
        apply(a, True)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ["exp", "log", "sqrt"])
def test_functions_of_whole_numbers_are_float32(dtype: str, name: str) -> None:
    ours, theirs = both(array(dtype, (2, 3)))
    assert_alike(getattr(ours, name)().numpy(), getattr(theirs, name)().numpy())


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("dim", [None, 0, (0, 1)])
@pytest.mark.parametrize("name", ["sum", "mean", "amax", "amin"])
def test_reductions_have_pytorchs_dtypes(dtype: str, dim: Any, name: str) -> None:
    ours, theirs = both(array(dtype, (2, 3)))
    call = getattr(ours, {"amax": "max", "amin": "min"}.get(name, name))
    args = () if dim is None else (dim,)
    if name == "mean" and dtype not in FLOATS:
        with pytest.raises(TypeError, match=rf"mean of {dtype}.*\.float\(\)\.mean\(\)"):
            call(*args)
    else:
        assert_alike(call(*args).numpy(), getattr(theirs, name)(*args).numpy())


@pytest.mark.parametrize("dtype", DTYPES[1:])
@pytest.mark.parametrize("name", ["argmax", "argmin"])
def test_places_are_int64(dtype: str, name: str) -> None:
    ours, theirs = both(array(dtype, (2, 3)))
    for args in ((), (1,), (0, True)):
        assert_alike(getattr(ours, name)(*args).numpy(), getattr(theirs, name)(*args).numpy())


def test_whole_numbers_of_few_bits_run_over_as_pytorchs_do() -> None:
    ours, theirs = both(np.array([100, 200, 255], np.uint8))
    for apply, number in ((operator.add, 300), (operator.mul, 2), (operator.eq, -1)):
        assert_alike(apply(ours, number).numpy(), apply(theirs, number).numpy())


DATA = [
    3, 2.5, True, [1, 2], [1, 2.5], [True, False], [True, 2], [True, 2.5], [], [[], []], [[1], [2]],
    2**62, -(2**63), np.float64(2.5), np.int32(2), [np.float64(1.5)], [np.int32(1)],
    np.arange(3, dtype=np.int8), np.ones(2), [np.ones(2), np.ones(2)], (1, 2), [(1.5, 2), (3, 4)],
    np.float16(1e4), [np.bool_(True)],
]  # fmt: skip


@pytest.mark.filterwarnings("ignore:Creating a tensor from a list of numpy")
@pytest.mark.parametrize("data", DATA, ids=repr)
def test_data_get_the_dtype_that_pytorch_gives_them(data: Any) -> None:
    theirs = torch.tensor(data).numpy()
    assert_alike(Tensor(data).numpy(), theirs)


MEMBERS = [True, 2, 2.5, *(np.array(1, dtype)[()] for dtype in "Bbhilefd")]


@pytest.mark.filterwarnings("ignore:Creating a tensor from a list of numpy")
@pytest.mark.parametrize("first", MEMBERS, ids=repr)
@pytest.mark.parametrize("second", MEMBERS, ids=repr)
def test_all_that_a_list_holds_decides_together_in_any_order(first: Any, second: Any) -> None:
    theirs = torch.tensor([[first, second]]).numpy()
    assert_alike(Tensor([[first, second]]).numpy(), theirs)
    if isinstance(first, np.generic):
        assert_alike(Tensor([[Tensor(first), second]]).numpy(), theirs)


OBJECT = object()
NO_NUMBERS = [
    "a", "1.5", ["1", "2"], b"1", None, [None], {}, {1: 2}, {1, 2}, OBJECT, [OBJECT], 1j, [1, 1j],
    np.array(["a"]), np.array([1j]), np.array([OBJECT]), np.array(["1"], dtype=object),
    np.str_("1"), np.complex64(1), np.datetime64("2020"), np.zeros(2, [("x", "f4")]),
    range, Tensor, lambda: 1,
]  # fmt: skip


@pytest.mark.parametrize("data", NO_NUMBERS, ids=repr)
@pytest.mark.parametrize("dtype", [None, np.float32, "int64"])
def test_text_objects_and_complex_numbers_are_refused_whatever_holds_them(
    data: Any, dtype: Any
) -> None:
    with pytest.raises(TypeError, match="numbers and bools, not"):
        Tensor(data, dtype=dtype)


@pytest.mark.parametrize("data", NO_NUMBERS, ids=repr)
def test_they_are_refused_in_arithmetic_in_data_and_in_place_too(data: Any) -> None:
    x = Tensor([1.0, 2.0])
    for call in (lambda: x + data, lambda: data * x, lambda: x < data):
        with pytest.raises(TypeError):
            call()
    with pytest.raises(TypeError, match=r"data takes an array of numbers or a tensor"):
        x.data = data
    with pytest.raises(TypeError, match=r"x\[\.\.\.\] = takes a tensor, a number or an array"):
        x[0] = data
    assert x.tolist() == [1.0, 2.0]


@pytest.mark.parametrize("dtype", [object, "complex64", "U3", "datetime64[s]"])
def test_a_dtype_that_holds_no_numbers_is_refused(dtype: Any) -> None:
    with pytest.raises(TypeError, match="data takes an array of numbers"):
        Tensor([1, 2], dtype=dtype)


def test_whole_numbers_beyond_64_bits_are_refused() -> None:
    for number in (2**63, 2**70, [1, 2**64]):
        with pytest.raises(ValueError, match="up to 9223372036854775807"):
            Tensor(number)
    with pytest.raises(ValueError, match="up to 9223372036854775807"):
        Tensor([1, 2]).add(2**70)
    assert Tensor([np.uint64(5)]).dtype == "uint64"
    assert (Tensor([1.0]) + 2**70).item() == float(2**70)


@pytest.mark.parametrize("first", DTYPES[1:])
@pytest.mark.parametrize("second", DTYPES[1:])
def test_a_product_of_matrices_is_of_the_dtype_that_both_make(first: str, second: str) -> None:
    a, b = both(array(first, (2, 3))), both(array(second, (3, 4)))
    product = a[0] @ b[0]
    assert product.dtype == result_type(a[0], b[0])
    if first == second:
        assert_alike(product.numpy(), (a[1] @ b[1]).numpy())
    else:
        wanted = array(first, (2, 3)).astype(float) @ array(second, (3, 4)).astype(float)
        np.testing.assert_allclose(product.numpy().astype(float), wanted)


@pytest.mark.parametrize("dtype", DTYPES)
def test_conversions(dtype: str) -> None:
    ours, theirs = both(array(dtype, (3,)))
    for name in ("float", "double", "long"):
        assert_alike(getattr(ours, name)().numpy(), getattr(theirs, name)().numpy())
    assert Tensor([1.0]).float().grad_fn is None
    x = Tensor([-1.7, 2.7])
    assert x.long().tolist() == [-1, 2]
    assert x.float() is x
