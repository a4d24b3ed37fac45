"""What is recorded, in which order gradients run back, and what is left in memory afterwards."""

from __future__ import annotations

import gc
import threading
import weakref
from typing import Any

import numpy as np
import pytest

from tinytorch import activations, autograd
from tinytorch.autograd import enable_grad, gradient_check, no_grad, unbroadcast, vjp
from tinytorch.operation import implementation, install, operation
from tinytorch.tensor import Tensor


def leaf(data: Any) -> Tensor:
    return Tensor(data).requires_grad_()


def gradient_of(tensor: Tensor) -> Any:
    assert tensor.grad is not None
    return tensor.grad.tolist()


@operation
def twice(input: Tensor) -> Tensor:
    return Tensor(input.data * 2)


@vjp(twice)
def twice_vjp(gradient: Tensor, output: Tensor, input: Tensor) -> Tensor:
    return gradient * 2


def test_what_is_made_from_a_tensor_that_requires_a_gradient_requires_one() -> None:
    x, constant = leaf([1.0, 2.0]), Tensor([3.0, 4.0])
    assert (x * constant).requires_grad
    assert (constant / x).requires_grad
    assert not (constant * constant).requires_grad
    assert (constant * constant).grad_fn is None
    assert "mul" in repr((x * constant).grad_fn)


def test_a_tensor_of_whole_numbers_can_not_require_a_gradient() -> None:
    for data in (np.arange(3), [True, False]):
        with pytest.raises(TypeError, match=r"int64|bool"):
            Tensor(data).requires_grad_()
    assert not (leaf([1.0]) > 0).requires_grad


def test_a_computed_tensor_can_not_be_cut_off_by_its_flag() -> None:
    y = leaf([1.0]) * 2
    with pytest.raises(ValueError, match="detach"):
        y.requires_grad_(False)
    assert not leaf([1.0]).requires_grad_(False).requires_grad


def test_detach_shares_the_numbers_and_not_the_record() -> None:
    y = leaf([1.0, 2.0]) * 3
    cut = y.detach()
    assert np.shares_memory(cut.data, y.data)
    assert not cut.requires_grad
    assert cut.grad_fn is None


def test_no_grad_records_nothing_and_enable_grad_records_again() -> None:
    x = leaf([1.0])
    with no_grad():
        assert not (x * 2).requires_grad
        with enable_grad():
            assert (x * 2).requires_grad
        assert not (x * 2).requires_grad
    assert (x * 2).requires_grad


def test_no_grad_as_a_decorator_and_after_an_error() -> None:
    x = leaf([1.0])

    @no_grad()
    def fails() -> None:
        assert not (x * 2).requires_grad
        raise KeyError

    for _ in range(2):
        with pytest.raises(KeyError):
            fails()
    assert (x * 2).requires_grad


def test_no_grad_in_one_thread_leaves_the_others_recording() -> None:
    entered, done = threading.Event(), threading.Event()

    def quiet() -> None:
        with no_grad():
            entered.set()
            done.wait(10)

    thread = threading.Thread(target=quiet)
    thread.start()
    assert entered.wait(10)
    assert (leaf([1.0]) * 2).requires_grad
    done.set()
    thread.join()
    assert (leaf([1.0]) * 2).requires_grad


def test_gradients_add_up_over_uses_and_over_calls() -> None:
    x = leaf([2.0, 3.0])
    (x * x + x).sum().backward()
    assert gradient_of(x) == [5, 7]
    (x * 10).sum().backward()
    assert gradient_of(x) == [15, 17]


def test_no_two_leaves_share_one_gradient() -> None:
    x, y, z = leaf([1.0, 2.0]), leaf([1.0, 2.0]), leaf([[1.0], [2.0]])
    arrived = Tensor([5.0, 7.0])
    (x + y + z.reshape(2)).backward(arrived)
    arrays = [arrived.data, *(t.grad.data for t in (x, y, z) if t.grad is not None)]
    assert len(arrays) == 4
    for array in arrays[1:]:
        array += 1.0
    assert [array.ravel().tolist() for array in arrays] == [[5, 7], [6, 8], [6, 8], [6, 8]]


@pytest.mark.parametrize("fresh", [True, False])
def test_a_gradient_that_something_else_holds_is_copied(fresh: bool) -> None:
    @operation
    def dot(left: Tensor, right: Tensor) -> Tensor:
        return Tensor((left.data * right.data).sum())

    @vjp(dot)
    def dot_vjp(gradient: Tensor, output: Tensor, left: Tensor, right: Tensor) -> Any:
        both = right * 1 if fresh else right  # not the right gradient: one array for two
        return both, both

    x, y = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    dot(x, y).backward()
    assert x.grad is not None
    assert y.grad is not None
    arrays = [x.data, y.data, x.grad.data, y.grad.data]
    for place, one in enumerate(arrays):
        assert not any(np.shares_memory(one, other) for other in arrays[place + 1 :])


def test_a_leaf_is_its_own_derivative() -> None:
    x = leaf(4.0)
    x.backward()
    assert gradient_of(x) == 1


def test_only_leaves_keep_a_gradient() -> None:
    x = leaf([1.0])
    y = x * 2
    (y * 3).sum().backward()
    assert y.grad is None
    assert gradient_of(x) == [6]


def test_a_constant_gets_no_gradient() -> None:
    x, constant = leaf([1.0]), Tensor([2.0])
    (x * constant).sum().backward()
    assert constant.grad is None


def test_a_gradient_has_the_dtype_of_its_tensor() -> None:
    x, y = Tensor(np.ones(2, np.float32)).requires_grad_(), Tensor(np.ones(2)).requires_grad_()
    (x * y).sum().backward()
    assert x.grad is not None
    assert y.grad is not None
    assert (x.grad.dtype, y.grad.dtype) == (np.float32, np.float64)


def test_keyword_arguments_are_recorded_like_others() -> None:
    x = leaf([[1.0, 2.0], [3.0, 5.0]])
    x.mean(dim=0).sum().backward()
    assert gradient_of(x) == [[0.5, 0.5], [0.5, 0.5]]
    a, b = leaf([[1.0]]), leaf([[3.0]])
    Tensor.matmul(self=a, other=b).sum().backward()
    assert (gradient_of(a), gradient_of(b)) == ([[3]], [[1]])


@pytest.mark.parametrize(
    ("call", "error", "parts"),
    [
        (lambda _: Tensor([1.0]).backward(), ValueError, ["requires no gradient"]),
        (lambda x: (x * 2).backward(), ValueError, ["(2,)"]),
        (lambda x: (x * 2).backward(Tensor([1.0])), ValueError, ["(1,)", "(2,)"]),
    ],
)
def test_a_backward_that_can_not_begin_says_why(call: Any, error: Any, parts: list[str]) -> None:
    with pytest.raises(error) as caught:
        call(leaf([1.0, 2.0]))
    assert all(part in str(caught.value) for part in parts)


def test_a_second_backward_needs_a_retained_graph() -> None:
    x = leaf([3.0])
    y = (x * x).sum()
    y.backward(retain_graph=True)
    y.backward()
    assert gradient_of(x) == [12]
    with pytest.raises(RuntimeError, match="retain_graph"):
        y.backward()
    assert gradient_of(x) == [12]


def test_backward_without_a_recorder_says_what_to_import() -> None:
    before = install(None)
    try:
        with pytest.raises(RuntimeError, match=r"import tinytorch\.autograd"):
            Tensor([1.0]).requires_grad_().backward()
    finally:
        install(before)


def test_a_chain_of_ten_thousand_operations() -> None:
    x = leaf([1.0])
    y = x
    for _ in range(10_000):
        y = y + x
    y.sum().backward()
    assert gradient_of(x) == [10_001]


def test_a_chain_that_is_thrown_away_without_backward() -> None:
    y = leaf([1.0])
    for _ in range(100_000):
        y = y.neg()
    del y
    gc.collect()


def test_two_to_the_thirty_paths_take_thirty_steps() -> None:
    calls: list[None] = []
    original = autograd.add_vjp

    def counted(*args: Any) -> Any:
        calls.append(None)
        return original(*args)

    vjp(Tensor.add)(counted)
    try:
        x = leaf([1.0])
        y = x
        for _ in range(30):
            y = y + y
        y.backward()
    finally:
        vjp(Tensor.add)(original)
    assert gradient_of(x) == [2**30]
    assert len(calls) == 30


def test_a_node_waits_for_all_that_its_output_went_into() -> None:
    x = leaf([2.0])
    a = x.exp()
    b = a * 3
    (a + b * a).sum().backward()  # e^x + 3 e^2x
    assert gradient_of(x)[0] == pytest.approx(np.exp(2) + 6 * np.exp(4), rel=1e-6)


def test_backward_leaves_nothing_of_the_graph_in_memory() -> None:
    gc.collect()
    gc.disable()  # what is freed here is freed by its count of references alone
    try:
        x = leaf(np.ones(100, np.float32))
        hidden = (x * 2).exp()
        node, numbers = weakref.ref(hidden.grad_fn), weakref.ref(hidden.data)
        loss = (hidden * hidden).sum()
        del hidden
        assert numbers() is not None
        loss.backward()
        assert node() is None
        assert numbers() is None
        unused = (x * 2).exp()
        node, numbers = weakref.ref(unused.grad_fn), weakref.ref(unused.data)
        del unused
        assert node() is None
        assert numbers() is None
    finally:
        gc.enable()


def test_unbroadcast_sums_what_was_stretched() -> None:
    gradient = Tensor(np.arange(24.0).reshape(2, 3, 4))
    assert unbroadcast(gradient, (2, 3, 4)) is gradient
    for shape in ((4,), (3, 1), (2, 1, 4), (1, 1, 1), (), (1, 3, 4)):
        ones = np.ones(shape)
        wanted = np.zeros(shape)
        for index in np.ndindex(shape):  # move one number by 1 and see what the sum moves by
            moved = ones.copy()
            moved[index] += 1
            wanted[index] = ((moved - ones) * gradient.data).sum()
        assert unbroadcast(gradient, shape).shape == shape
        np.testing.assert_allclose(unbroadcast(gradient, shape).data, wanted)


@pytest.mark.parametrize("shape", [(3,), (2, 4), (2, 3, 4, 1), (5, 2, 3, 4)])
def test_unbroadcast_refuses_a_shape_that_was_not_stretched(shape: Any) -> None:
    with pytest.raises(ValueError, match=r"\(2, 3, 4\)"):
        unbroadcast(Tensor(np.ones((2, 3, 4))), shape)


def test_an_operation_of_ones_own_has_the_gradient_beside_it() -> None:
    x = leaf([1.0, 2.0])
    twice(x).sum().backward()
    assert gradient_of(x) == [2, 2]


def test_an_operation_made_of_operations_needs_no_gradient_of_its_own() -> None:
    @operation
    def cube(input: Tensor) -> Tensor:
        return input * input * input

    x = leaf([2.0])
    cube(x).sum().backward()
    assert gradient_of(x) == [12]


def test_an_operation_without_any_gradient_is_named() -> None:
    @operation
    def lost(input: Tensor) -> Tensor:
        return Tensor(np.floor(input.data))

    with pytest.raises(RuntimeError, match=r"@vjp\(.*lost\)"):
        lost(leaf([1.5]))
    assert lost(Tensor([1.5])).item() == 1


def test_an_operation_that_returns_its_input_does_not_loop() -> None:
    @operation
    def same(input: Tensor) -> Tensor:
        return input

    @vjp(same)
    def same_vjp(gradient: Tensor, output: Tensor, input: Tensor) -> Tensor:
        return gradient

    x = leaf([1.0])
    y = same(x)
    y.sum().backward()
    assert x.grad_fn is None
    assert gradient_of(x) == [1]


def test_a_vjp_with_too_few_gradients_is_named() -> None:
    @operation
    def product(left: Tensor, right: Tensor) -> Tensor:
        return Tensor(left.data * right.data)

    @vjp(product)
    def product_vjp(gradient: Tensor, output: Tensor, left: Tensor, right: Tensor) -> Tensor:
        return gradient * right

    with pytest.raises(ValueError, match="product returned 1"):
        product(leaf([1.0]), leaf([2.0])).sum().backward()


def test_a_vjp_of_the_wrong_shape_is_refused() -> None:
    @operation
    def total(input: Tensor) -> Tensor:
        return Tensor(input.data.sum())

    @vjp(total)
    def total_vjp(gradient: Tensor, output: Tensor, input: Tensor) -> Tensor:
        return gradient  # has to be stretched to the shape of the input

    with pytest.raises(ValueError, match=r"\(\) does not fit a tensor of \(3,\)"):
        total(leaf([1.0, 2.0, 3.0])).backward()


def test_a_body_for_another_device_takes_over_there_and_is_recorded() -> None:
    @operation
    def shifted(input: Tensor) -> Tensor:
        return Tensor(input.data + 1)

    @vjp(shifted)
    def shifted_vjp(gradient: Tensor, output: Tensor, input: Tensor) -> Tensor:
        return gradient

    @implementation(shifted, "cpu")
    def elsewhere(input: Tensor) -> Tensor:
        return Tensor(input.data + 100)

    x = leaf([1.0])
    assert shifted(x.detach()).item() == 101
    y = shifted(x)
    assert y.item() == 101
    y.backward()
    assert gradient_of(x) == [1]
    with pytest.raises(TypeError, match="no operation"):
        implementation(elsewhere, "cpu")


def test_gradient_check_finds_the_worst_number() -> None:
    @operation
    def bent(input: Tensor) -> Tensor:
        return Tensor(input.data**2)

    @vjp(bent)
    def bent_vjp(gradient: Tensor, output: Tensor, input: Tensor) -> Tensor:
        wrong = 2 * input.data
        wrong[1, 0] += 0.5
        wrong[0, 1] += 0.1
        return gradient * Tensor(wrong)

    x = Tensor([[1.0, 2.0], [3.0, 4.0]])
    with pytest.raises(autograd.GradientError) as caught:
        gradient_check(lambda y, x: bent(x) + y, Tensor([1.0]), x)
    message = str(caught.value)
    assert "input 1 at (1, 0)" in message
    assert "2 of 4" in message
    assert gradient_check(activations.tanh, x) < 1e-8


def test_gradient_check_takes_a_missing_gradient_for_zero_and_nan_for_wrong() -> None:
    with pytest.raises(autograd.GradientError, match="backward says 0"):
        gradient_check(lambda x, y: x.detach() * y, Tensor([1.0]), Tensor([2.0]))
    with pytest.raises(autograd.GradientError, match="nan"):
        gradient_check(lambda x: (x * 0).sqrt() * 0 + x, Tensor([1.0]))


def test_a_vjp_of_what_is_no_operation_is_refused() -> None:
    def double(x: Tensor) -> Tensor:
        return x * 2

    with pytest.raises(TypeError, match="double is no operation: write @operation above it"):
        vjp(double)


@pytest.mark.parametrize("gradient", [1.0, [1.0, 1.0], np.ones(2, np.float32)])
def test_a_gradient_that_is_no_tensor_is_refused(gradient: Any) -> None:
    leaf = Tensor([1.0, 2.0]).requires_grad_()
    with pytest.raises(TypeError, match="backward: the gradient is a Tensor, not a"):
        (leaf * 2).backward(gradient)


def test_a_check_of_a_function_that_returns_no_tensor_says_so() -> None:
    with pytest.raises(TypeError, match="gradient_check: the function returned a float"):
        gradient_check(lambda x: x.sum().item(), Tensor([1.0]))  # pyright: ignore
