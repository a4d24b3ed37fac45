"""Writes into a tensor's memory: where PyTorch writes, we write; where it raises, so do we."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import tinytorch.autograd as tiny
from tinytorch import activations, layers, optim
from tinytorch.layers import Linear, Parameter
from tinytorch.tensor import Tensor
from tinytorch.training import mse_loss

torch_no_grad: Any = torch.no_grad
DATA = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]


def pair(data: Any, requires_grad: bool = False) -> tuple[Any, Any]:
    ours, theirs = Tensor(data), torch.tensor(data)
    if requires_grad:
        ours.requires_grad_()
        theirs.requires_grad_()
    return ours, theirs


def run(program: Callable[..., Any], *args: Any) -> Any:
    """What a program returns, as nested lists, or "raises"."""
    try:
        results = program(*args)
    except (RuntimeError, TypeError, ValueError, IndexError):
        return "raises"
    return [None if each is None else each.tolist() for each in results]


def iadd(x: Any, y: Any) -> Any:
    x += y
    return x


def isub(x: Any, y: Any) -> Any:
    x -= y
    return x


def imul(x: Any, y: Any) -> Any:
    x *= y
    return x


def itruediv(x: Any, y: Any) -> Any:
    x /= y
    return x


def ifloordiv(x: Any, y: Any) -> Any:
    x //= y
    return x


def imod(x: Any, y: Any) -> Any:
    x %= y
    return x


def ipow(x: Any, y: Any) -> Any:
    x **= y
    return x


WRITES = [iadd, isub, imul, itruediv, ifloordiv, imod, ipow]


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize(
    ("data", "other"),
    [
        (DATA, 2), (DATA, 0.5), (DATA, [1.0, 2.0, 4.0]), (DATA, [1, 2, 4]), (DATA, [[1.0], [2.0]]),
        ([1, 2, 3], 2), ([1, 2, 3], 0.5), ([1, 2, 3], [0.5, 1.0, 2.0]), ([True, False], 1),
        ([1.0, 2.0, 3.0], DATA), (3.0, 2), (3.0, [1.0]),
    ],
)  # fmt: skip
def test_plus_equals_and_its_kin_write_or_refuse_as_pytorch(
    write: Any, data: Any, other: Any
) -> None:
    outcomes = []
    for number, x in enumerate(pair(data)):
        y = pair(other)[number] if isinstance(other, list) else other
        before = x.data_ptr() if number else x.data
        outcomes.append(run(lambda x=x, y=y: [write(x, y), x]))
        assert (x.data_ptr() if number else x.data) is before or number
    assert outcomes[0] == outcomes[1]


@pytest.mark.parametrize("write", WRITES)
def test_they_write_into_the_memory_that_views_share(write: Any) -> None:
    ours, theirs = pair(DATA)
    for x in (ours, theirs):
        row = x[1]
        assert write(row, 2) is row
    assert ours.tolist() == theirs.tolist()


PROGRAMS: dict[str, Callable[[Any, Any, Any], Any]] = {}


def program(function: Callable[[Any, Any, Any], Any]) -> Callable[[Any, Any, Any], Any]:
    """A program of (x, w, no_grad), both tensors that require gradients, for both libraries."""
    PROGRAMS[function.__name__] = function
    return function


@program
def a_leaf(x: Any, w: Any, no_grad: Any) -> Any:
    x += 1
    return [x]


@program
def a_leaf_under_no_grad(x: Any, w: Any, no_grad: Any) -> Any:
    with no_grad():
        x += 1
        x[0] = 7.0
    x.sum().backward()
    return [x, x.grad]


@program
def an_element_of_a_leaf(x: Any, w: Any, no_grad: Any) -> Any:
    x[0, 0] = 1.0
    return [x]


@program
def a_sum(x: Any, w: Any, no_grad: Any) -> Any:
    y = x * 2
    y += w
    y -= 1
    y *= 3
    y /= 2
    y.sum().backward()
    return [y, x.grad, w.grad]


@program
def a_total_that_began_as_a_number(x: Any, w: Any, no_grad: Any) -> Any:
    total: Any = 0
    for row in x * w:
        total += row.sum()
    total.backward()
    return [total, x.grad, w.grad]


@program
def a_plain_tensor_takes_on_a_gradient(x: Any, w: Any, no_grad: Any) -> Any:
    total = (x * 0).detach()
    total += x * w
    total.sum().backward()
    return [total, x.grad]


@program
def the_result_of_exp(x: Any, w: Any, no_grad: Any) -> Any:
    y = x.exp()
    y += 1
    y.sum().backward()
    return [x.grad]


@program
def the_result_of_exp_under_no_grad(x: Any, w: Any, no_grad: Any) -> Any:
    y = x.exp()
    with no_grad():
        y += 1
    y.sum().backward()
    return [x.grad]


@program
def the_result_of_log(x: Any, w: Any, no_grad: Any) -> Any:
    y = x.log()
    y += 1
    y.sum().backward()
    return [x.grad]


@program
def a_factor(x: Any, w: Any, no_grad: Any) -> Any:
    y = x * w
    with no_grad():
        w += 1
    y.sum().backward()
    return [x.grad, w.grad]


@program
def a_factor_that_nobody_needs(x: Any, w: Any, no_grad: Any) -> Any:
    x = x.detach()
    y = x * w
    with no_grad():
        w += 1
    y.sum().backward()
    return [w.grad]


@program
def a_summand(x: Any, w: Any, no_grad: Any) -> Any:
    y = x + w
    with no_grad():
        w += 1
        x[0] = 0.0
    y.sum().backward()
    return [x.grad, w.grad]


@program
def through_a_view(x: Any, w: Any, no_grad: Any) -> Any:
    y = x * w
    with no_grad():
        w.reshape(6)[2:3] += 1
    y.sum().backward()
    return [x.grad]


@program
def through_a_detached_tensor(x: Any, w: Any, no_grad: Any) -> Any:
    y = x * w
    w.detach()[0] = 1.0
    y.sum().backward()
    return [x.grad]


@program
def a_picked_row(x: Any, w: Any, no_grad: Any) -> Any:
    y = x * 1
    z = y[0]
    with no_grad():
        y += 1
    z.sum().backward()
    return [x.grad]


@program
def a_divisor(x: Any, w: Any, no_grad: Any) -> Any:
    y = x / w
    with no_grad():
        w += 1
    y.sum().backward()
    return [x.grad]


@program
def a_quotient(x: Any, w: Any, no_grad: Any) -> Any:
    y = x / w
    with no_grad():
        y += 1
    y.sum().backward()
    return [x.grad, w.grad]


@program
def a_matrix(x: Any, w: Any, no_grad: Any) -> Any:
    y = x @ w.T
    with no_grad():
        w += 1
    y.sum().backward()
    return [x.grad]


@program
def a_matrix_that_nobody_needs(x: Any, w: Any, no_grad: Any) -> Any:
    y = x.detach() @ w.T
    with no_grad():
        w += 1
    y.sum().backward()
    return [w.grad]


@program
def a_root(x: Any, w: Any, no_grad: Any) -> Any:
    y = x.sqrt()
    with no_grad():
        y += 1
    y.sum().backward()
    return [x.grad]


@program
def a_square(x: Any, w: Any, no_grad: Any) -> Any:
    y = x * 1
    z = y**2
    with no_grad():
        y += 1
    z.sum().backward()
    return [x.grad]


@program
def the_same_graph_twice(x: Any, w: Any, no_grad: Any) -> Any:
    y = (x * w).sum()
    y.backward(retain_graph=True)
    with no_grad():
        w -= 0.1 * w.grad
    y.backward()
    return [x.grad]


@program
def a_step_by_hand(x: Any, w: Any, no_grad: Any) -> Any:
    for _ in range(3):
        w.grad = None
        (x.detach() * w).sum().backward()
        gradient: Any = w.grad
        with no_grad():
            w -= 0.1 * gradient
    return [w]


@program
def data_of_a_leaf(x: Any, w: Any, no_grad: Any) -> Any:
    (x * w).sum().backward()
    w.data = w.data - 0.1 * w.grad
    return [w, w.grad]


@program
def data_of_a_leaf_in_place(x: Any, w: Any, no_grad: Any) -> Any:
    (x * w).sum().backward()
    same = w.detach()
    with no_grad():
        w.data -= 0.1 * w.grad
        w.data *= w.detach()
        w.data /= 2.0 + x.detach()
        w.data **= 1.0 * w.grad[0]
    return [w, same, w.grad]


@program
def data_of_a_leaf_in_place_of_another_shape(x: Any, w: Any, no_grad: Any) -> Any:
    with no_grad():
        w.data[0] -= x.detach()
    return [w]


@program
def data_of_a_leaf_in_place_with_recording_on(x: Any, w: Any, no_grad: Any) -> Any:
    (x * w).sum().backward()
    w.data -= 0.1 * w.grad
    return [w]


@program
def a_write_before_it_is_used(x: Any, w: Any, no_grad: Any) -> Any:
    y = x * 2
    with no_grad():
        y += 1
    (y * w).sum().backward()
    return [x.grad, w.grad]


@pytest.mark.parametrize("name", PROGRAMS)
def test_gradients_after_a_write_are_pytorchs_or_refused_as_they_are(name: str) -> None:
    (x, tx), (w, tw) = pair(DATA, True), pair([[2.0, 1.0, 3.0], [0.5, 4.0, 1.0]], True)
    ours, theirs = (
        run(PROGRAMS[name], x, w, tiny.no_grad),
        run(PROGRAMS[name], tx, tw, torch_no_grad),
    )
    if isinstance(ours, str) or isinstance(theirs, str):
        assert ours == theirs
        return
    for got, wanted in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-5)


def test_an_overwritten_result_is_named_with_the_way_out() -> None:
    x = Tensor([1.0, 2.0]).requires_grad_()
    y = x.exp()
    with tiny.no_grad():
        y *= 2
    with pytest.raises(
        RuntimeError, match=r"overwritten after <Tensor\.exp of shape \(2,\)>.*y = x"
    ):
        y.sum().backward()


def test_a_leaf_that_is_written_to_is_told_of_no_grad() -> None:
    x = Tensor([1.0, 2.0]).requires_grad_()
    with pytest.raises(RuntimeError, match=r"\+= on a tensor that requires a gradient.*no_grad"):
        x += 1
    with pytest.raises(RuntimeError, match=r"no_grad"):
        x[0] = 1
    with pytest.raises(RuntimeError, match=r"no_grad"):
        Tensor([1.0, 2.0])[0] = x[1]
    assert x.tolist() == [1.0, 2.0]


def test_an_optimizers_step_counts_as_a_write() -> None:
    layer = Linear(2, 3)
    loss = mse_loss(
        activations.relu(layer(Tensor([[1.0, 2.0]]).requires_grad_())), Tensor([[1.0] * 3])
    )
    loss.backward(retain_graph=True)
    optim.SGD(layer.parameters(), 0.1).step()
    with pytest.raises(RuntimeError, match="overwritten"):
        loss.backward()


def test_items_are_written_by_every_kind_of_index() -> None:
    ours, theirs = pair(
        [[[float(9 * i + 3 * j + k) for k in range(3)] for j in range(3)] for i in (0, 1)]
    )
    mask = ours > 12
    for x, m in ((ours, mask), (theirs, theirs > 12)):
        x[0, 1] = 100.0
        x[:, 0, 1:] = x[:, 1, :2]
        x[m] = -1
        x[1, :, [0, 2]] = 5
        x[..., -1] += 0.5
        x[[0, 1], [2, 2]] *= 2
    np.testing.assert_array_equal(ours.numpy(), theirs.numpy())


def test_an_item_takes_no_fraction_into_whole_numbers() -> None:
    x = Tensor([1, 2, 3])
    x[0] = 9
    x[1:] = Tensor([True, False])
    assert x.tolist() == [9, 1, 0]
    with pytest.raises(TypeError, match=r"would put float32 into int64.*float\(\)"):
        x[0] = 1.7


@pytest.mark.parametrize(
    "value", [Tensor([3.0, 4.0]), np.array([3.0, 4.0]), np.array([3.0, 4.0], "f4")]
)
def test_data_takes_an_array_or_the_array_of_a_tensor(value: Any) -> None:
    p = Parameter([1.0, 2.0])
    p.data = value
    assert isinstance(p.data, np.ndarray)
    assert p.tolist() == [3.0, 4.0]
    assert p.requires_grad


@pytest.mark.parametrize("value", [[1.0, 2.0], 3.0, "a", None, np.array(["a"]), np.array([1j])])
def test_data_refuses_the_rest_and_says_what_came(value: Any) -> None:
    p = Parameter([1.0, 2.0])
    with pytest.raises(TypeError, match="data takes an array of numbers or a tensor, not"):
        p.data = value
    assert p.tolist() == [1.0, 2.0]


def test_data_are_refused_before_there_are_any() -> None:
    with pytest.raises(TypeError, match="data takes an array of numbers or a tensor, not None"):
        Tensor.__new__(Tensor).data = None


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_an_array_that_a_tensor_changes_in_place_stays_the_same_array(dtype: Any) -> None:
    p = Parameter(np.array([1.0, 2.0], dtype))
    array = p.data
    p.data -= Tensor([0.5, 0.25])
    assert p.data is array
    assert p.dtype == dtype
    assert p.tolist() == [0.5, 1.75]


def test_an_array_changed_in_place_by_a_tensor_counts_as_a_write() -> None:
    x = Tensor([1.0, 2.0]).requires_grad_()
    y = x * x
    array = x.data
    array -= Tensor([0.5, 0.5])
    with pytest.raises(RuntimeError, match="overwritten"):
        y.sum().backward()


def test_a_tensor_runs_over_where_a_number_is_refused() -> None:
    ours, theirs = Tensor([1, 2]).to(np.int8), torch.tensor([1, 2], dtype=torch.int8)
    ours[0], theirs[0] = Tensor(300), torch.tensor(300)
    assert ours.tolist() == theirs.tolist() == [44, 2]


def test_data_of_a_parameter_stay_floats() -> None:
    with pytest.raises(TypeError, match="int64"):
        Parameter([1.0, 2.0]).data = np.arange(2)


@pytest.mark.parametrize(
    ("value", "error", "part"),
    [
        (np.ones(2, np.float32), TypeError, "grad takes a tensor or None, not an ndarray"),
        ([1.0, 2.0], TypeError, "a list"),
        (Tensor([1.0]), ValueError, r"\(1,\) for a tensor of shape \(2,\)"),
        (Tensor([1, 2]), TypeError, "int64"),
    ],
)
def test_grad_refuses_what_a_step_could_not_use(value: Any, error: Any, part: str) -> None:
    p = Parameter([1.0, 2.0])
    with pytest.raises(error, match=part):
        p.grad = value
    assert p.grad is None
    p.grad = Tensor([1.0, 2.0])
    p.grad = None


def test_a_running_mean_is_moved_in_place() -> None:
    norm = layers.BatchNorm1d(2)
    assert norm.running_mean is not None
    before = norm.running_mean.data
    norm(Tensor([[1.0, 2.0], [3.0, 5.0]]))
    assert norm.running_mean.data is before
