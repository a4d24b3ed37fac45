"""What the tensor promises on its own: copies, dtypes, views, text, errors, operations."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tinytorch.operation import Recorder, install, recording
from tinytorch.tensor import Tensor


@pytest.mark.parametrize(
    ("data", "dtype"),
    [
        (3, "int64"),
        ([1, 2], "int64"),
        ([[1.5], [2]], "float32"),
        ([True, False], "bool"),
        (np.arange(3), "int64"),
        (np.ones(2), "float64"),
        (np.float64(2.0), "float64"),
        (Tensor(np.arange(3)), "int64"),
    ],
)
def test_python_numbers_get_pytorchs_dtypes_and_arrays_keep_their_own(
    data: Any, dtype: str
) -> None:
    assert Tensor(data).dtype == dtype
    assert Tensor(data, dtype="float16").dtype == "float16"


def test_a_tensor_is_a_copy_of_what_it_was_made_from() -> None:
    array = np.zeros((2, 3))
    from_array, from_tensor = Tensor(array), Tensor(Tensor(array))
    array[0, 0] = 7
    assert from_array.data[0, 0] == 0
    assert from_tensor.data[0, 0] == 0


@pytest.mark.parametrize(
    ("data", "error", "part"),
    [
        ([[1, 2], [3]], ValueError, "equal length"),
        (["a"], TypeError, "'a'"),
        (None, TypeError, "None"),
    ],
)
def test_what_is_no_block_of_numbers_is_refused(data: Any, error: Any, part: str) -> None:
    with pytest.raises(error, match=part):
        Tensor(data)


def test_the_attributes_of_a_ragged_shape() -> None:
    x = Tensor(np.zeros((2, 3, 5), dtype=np.int16))
    assert (x.shape, x.ndim, x.size, x.nbytes) == ((2, 3, 5), 3, 30, 60)
    assert (Tensor(4).shape, Tensor(4).size) == ((), 1)


def test_values_leave_as_python_numbers() -> None:
    assert Tensor([[1, 2], [3, 4]]).tolist() == [[1, 2], [3, 4]]
    assert Tensor([[2.5]]).item() == 2.5
    assert repr(Tensor([1, 2])) == "Tensor([1, 2], dtype=int64)"
    assert repr(Tensor([1.0, 2])) == "Tensor([1.0, 2.0], dtype=float32)"
    with pytest.raises(ValueError, match=r"shape \(2,\) has 2"):
        Tensor([1, 2]).item()


def test_transpose_and_slices_are_views_of_one_buffer() -> None:
    x = Tensor(np.arange(6).reshape(2, 3))
    x.data[1, 2] = 9
    for view in (x.T, x[1:], x.reshape(3, 2), x.flatten()):
        assert np.shares_memory(view.data, x.data)
    assert x.T.tolist() == [[0, 3], [1, 4], [2, 9]]


@pytest.mark.parametrize(
    ("call", "error", "parts"),
    [
        (lambda x: x + Tensor([1, 2]), ValueError, ["(2, 3)", "(2,)"]),
        (lambda x: x @ x, ValueError, ["(2, 3)", "3 and 2"]),
        (lambda x: x @ Tensor(1), ValueError, ["()"]),
        (lambda x: x.reshape(4), ValueError, ["6", "(4,)"]),
        (lambda x: x.transpose(0, 2), IndexError, ["2", "(2, 3)"]),
        (lambda _: Tensor(np.zeros((0, 3))).max(), ValueError, ["(0, 3)"]),
    ],
)
def test_errors_name_what_came(call: Any, error: Any, parts: list[str]) -> None:
    with pytest.raises(error) as caught:
        call(Tensor([[1, 2, 3], [4, 5, 6]]))
    assert all(part in str(caught.value) for part in parts)


def test_limits_of_float_give_inf_and_nan_without_a_warning(recwarn: Any) -> None:
    x = Tensor([-1.0, 0.0, 1000.0])
    assert np.isnan(x.log().data[0])
    assert x.log().data[1] == -np.inf
    assert np.isnan(x.sqrt().data[0])
    assert x.exp().data[2] == np.inf
    assert (Tensor([1.0, -1.0]) / 0).tolist() == [np.inf, -np.inf]
    assert (Tensor([0.0]) ** -1).item() == np.inf
    assert (Tensor([1.0]) + 1e300).item() == np.inf
    assert (Tensor(np.array([1], np.float16)) * -1e30).item() == -np.inf
    assert not recwarn.list


def test_an_array_on_the_left_leaves_the_work_to_the_tensor() -> None:
    total = np.array([1.0, 2.0], dtype=np.float32) + Tensor([10, 20])
    assert isinstance(total, Tensor)
    assert total.tolist() == [11, 22]


def test_a_recorder_sees_each_operation_that_needs_a_gradient_and_can_be_suspended() -> None:
    seen: list[str] = []

    def record(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        seen.append(function.__name__)
        with recording(False):
            return function(*args, **kwargs)

    x = Tensor([[1.0, 2.0], [3.0, 4.0]]).requires_grad_()
    before = install(Recorder(record, lambda *_: None))
    try:
        (2 * x).add(x).mean(0)
        x.detach().exp()
        with recording(False):
            x.exp()
        x.sum(dim=0)
    finally:
        install(before)
    assert seen == ["mul", "add", "sum"]


def test_a_comparison_of_one_element_is_true_or_false() -> None:
    loss = Tensor(0.5)
    assert loss < 1
    assert not loss > 1
    assert not Tensor([0.0])


@pytest.mark.parametrize("values", [[1.0, 0.0], []])
def test_several_elements_or_none_are_neither_true_nor_false(values: list[float]) -> None:
    with pytest.raises(ValueError, match=rf"shape \({len(values)},\) is neither true nor false"):
        bool(Tensor(values))
