"""What modules and layers promise on their own: registration, modes, states, beginnings, errors."""

from __future__ import annotations

import copy
import math
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tinytorch import layers
from tinytorch.activations import ReLU
from tinytorch.layers import (
    BatchNorm1d,
    Dropout,
    LayerNorm,
    Linear,
    Module,
    Parameter,
    dropout,
    kaiming_uniform_,
    layer_norm,
    manual_seed,
    xavier_uniform_,
)
from tinytorch.networks import Sequential
from tinytorch.tensor import Tensor


class Block(Module):
    """A module with one of everything."""

    def __init__(self) -> None:
        self.body = Sequential(Linear(3, 4), ReLU(), BatchNorm1d(4))
        self.scale = Parameter([1.0, 2.0])
        self.bend = ReLU()
        self.fixed = Tensor([5.0])
        self.register_buffer("count", Tensor([0.0]))
        self.register_buffer("later", None)

    def forward(self, input: Tensor, times: int = 1) -> Tensor:
        return self.body(input) * times


class TorchBlock(torch.nn.Module):
    """The same in PyTorch."""

    count: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        self.body = torch.nn.Sequential(
            torch.nn.Linear(3, 4), torch.nn.ReLU(), torch.nn.BatchNorm1d(4)
        )
        self.scale = torch.nn.Parameter(torch.tensor([1.0, 2.0]))
        self.bend = torch.nn.ReLU()
        self.fixed = torch.tensor([5.0])
        self.register_buffer("count", torch.tensor([0.0]))
        self.register_buffer("later", None)


def test_names_are_those_of_pytorch() -> None:
    ours, theirs = Block(), TorchBlock()
    assert list(ours.state_dict()) == list(theirs.state_dict())
    assert [n for n, _ in ours.named_parameters()] == [n for n, _ in theirs.named_parameters()]
    assert [n for n, _ in ours.named_buffers()] == [n for n, _ in theirs.named_buffers()]
    assert [n for n, _ in ours.named_children()] == [n for n, _ in theirs.named_children()]
    assert [n for n, _ in ours.named_modules()] == [n for n, _ in theirs.named_modules()]
    assert repr(ours) == repr(theirs).replace("TorchBlock", "Block")


def test_parameters_modules_and_children_are_the_named_ones() -> None:
    block = Block()
    assert [id(p) for p in block.parameters()] == [id(p) for _, p in block.named_parameters()]
    assert list(block.modules()) == [block, block.body, *block.body, block.bend]
    assert list(block.children()) == [block.body, block.bend]


def test_a_shared_parameter_is_found_once_and_saved_under_both_names() -> None:
    first, second = Linear(3, 3), Linear(3, 3)
    second.weight = first.weight
    model = Sequential(first, second, first)
    assert [name for name, _ in model.named_parameters()] == ["0.weight", "0.bias", "1.bias"]
    assert list(model.state_dict()) == [
        f"{place}.{name}" for place in range(3) for name in ("weight", "bias")
    ]


def test_a_shared_module_comes_once() -> None:
    shared, other = BatchNorm1d(2), torch.nn.BatchNorm1d(2)
    ours, theirs = Sequential(shared, shared), torch.nn.Sequential(other, other)
    assert [n for n, _ in ours.named_modules()] == [n for n, _ in theirs.named_modules()]
    assert [n for n, _ in ours.named_buffers()] == [n for n, _ in theirs.named_buffers()]
    assert list(ours.state_dict()) == list(theirs.state_dict())


def test_a_plain_tensor_does_not_take_the_place_of_a_parameter() -> None:
    layer = Linear(2, 3)
    with pytest.raises(
        TypeError, match=r"Linear\.weight is a Parameter.*a Tensor of shape .* in its place"
    ):
        layer.weight = layer.weight - 1  # pyright: ignore[reportAttributeAccessIssue]
    layer.weight = Parameter(np.ones((3, 2), np.float32))
    layer.bias = None
    assert layer(Tensor([1.0, 2.0])).tolist() == [3.0, 3.0, 3.0]
    assert list(layer.state_dict()) == ["weight"]


def test_a_parameter_wants_a_gradient_and_so_holds_floats() -> None:
    assert Parameter([1.0]).requires_grad
    assert not Parameter(np.arange(3), requires_grad=False).requires_grad
    with pytest.raises(TypeError, match="int64"):
        Parameter(np.arange(3))


def test_training_mode_reaches_everything_inside() -> None:
    block = Block()
    assert block.eval() is block
    assert not any(module.training for module in block.modules())
    assert block.train() is block
    assert all(module.training for module in block.modules())
    block.body.train(False)
    assert (block.training, block.body[2].training) == (True, False)


def test_zero_grad_forgets_every_gradient() -> None:
    block = Block()
    for parameter in block.parameters():
        parameter.grad = Tensor(np.ones(parameter.shape))
    block.zero_grad()
    assert all(parameter.grad is None for parameter in block.parameters())


def test_a_call_passes_settings_on_and_a_module_without_forward_says_so() -> None:
    block = Block().eval()
    x = Tensor(np.ones((2, 3), np.float32))
    assert (block(x, times=2) == block(x) * 2).data.all()
    with pytest.raises(NotImplementedError, match="Module has no forward"):
        Module()(x)


def test_a_state_travels_to_another_model_and_back() -> None:
    first, second = Block(), Block()
    first(Tensor(np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)))
    arrays = {name: tensor.numpy().copy() for name, tensor in first.state_dict().items()}
    assert second.load_state_dict(arrays) == ([], [])
    for name, tensor in second.state_dict().items():
        np.testing.assert_array_equal(tensor.numpy(), arrays[name])
        assert not np.shares_memory(tensor.numpy(), arrays[name])
    again = Block()
    again.load_state_dict(second.state_dict())
    again.scale.data += 1
    assert (second.scale.data == first.scale.data).all()


def test_a_state_shares_memory_with_the_module_and_takes_no_part_in_gradients() -> None:
    layer = Linear(2, 3)
    state = layer.state_dict()
    layer.weight.data += 1
    assert (state["weight"].data == layer.weight.data).all()
    assert not state["weight"].requires_grad


def test_a_state_that_does_not_fit_is_refused_and_changes_nothing() -> None:
    model = Sequential(Linear(2, 3), Linear(3, 1))
    before = {name: tensor.numpy().copy() for name, tensor in model.state_dict().items()}
    state: dict[str, Any] = {name: array + 1 for name, array in before.items()}
    state["1.weight"] = np.zeros((3, 1), np.float32)
    state["extra"] = np.zeros(1)
    del state["0.bias"]
    with pytest.raises(ValueError, match="does not fit") as caught:
        model.load_state_dict(state)
    for part in ("missing: 0.bias", "unexpected: extra", "1.weight (3, 1) for (1, 3)"):
        assert part in str(caught.value)
    with pytest.raises(ValueError, match="misshaped"):
        model.load_state_dict(state, strict=False)
    for name, tensor in model.state_dict().items():
        np.testing.assert_array_equal(tensor.numpy(), before[name])
    del state["1.weight"]
    assert model.load_state_dict(state, strict=False) == (["0.bias", "1.weight"], ["extra"])
    np.testing.assert_array_equal(model[0].weight.data, before["0.weight"] + 1)


@pytest.mark.parametrize("word", ["missing", "unexpected"])
def test_one_name_too_few_or_too_many_is_enough_to_refuse_a_state(word: str) -> None:
    layer = Linear(2, 3)
    state: dict[str, Any] = dict(layer.state_dict())
    if word == "missing":
        del state["bias"]
    else:
        state["bias_2"] = state["bias"]
    with pytest.raises(ValueError, match=f"Linear: {word}: bias") as caught:
        layer.load_state_dict(state)
    assert str(caught.value).count(";") == 0


def test_copies_and_pickles_are_whole_and_apart() -> None:
    block = Block()
    for twin in (copy.deepcopy(block), pickle.loads(pickle.dumps(block))):
        assert list(twin.state_dict()) == list(block.state_dict())
        assert all(parameter.requires_grad for parameter in twin.parameters())
        twin.scale.data += 1
        assert block.scale.tolist() == [1.0, 2.0]


def test_moving_to_where_it_is_changes_nothing() -> None:
    block = Block()
    before = block.body[0].weight
    assert block.to("cpu") is block
    assert block.body[0].weight is before
    with pytest.raises(ValueError, match="'tpu'"):
        block.to("tpu")


def test_the_same_seed_gives_the_same_numbers() -> None:
    manual_seed(3)
    first = (Linear(4, 5), dropout(Tensor(np.ones(50)), 0.5))
    generator = manual_seed(3)
    second = (Linear(4, 5), dropout(Tensor(np.ones(50)), 0.5))
    assert generator is layers.default_generator
    assert (first[0].weight.data == second[0].weight.data).all()
    assert (first[1].data == second[1].data).all()
    assert (Linear(4, 5).weight.data != first[0].weight.data).any()


@pytest.mark.parametrize("function", [xavier_uniform_, kaiming_uniform_])
def test_a_generator_of_ones_own_leaves_the_default_one_alone(function: Any) -> None:
    state = layers.default_generator.bit_generator.state
    drawn = [
        function(Tensor(np.zeros((3, 4))), generator=np.random.default_rng(7)) for _ in range(2)
    ]
    assert (drawn[0].data == drawn[1].data).all()
    assert layers.default_generator.bit_generator.state == state


Bound = Callable[[int, int], float]


@pytest.mark.parametrize(
    ("fill", "bound"),
    [
        (xavier_uniform_, lambda i, o: math.sqrt(6 / (i + o))),
        (lambda t: xavier_uniform_(t, gain=2.0), lambda i, o: 2 * math.sqrt(6 / (i + o))),
        (kaiming_uniform_, lambda i, _: math.sqrt(6 / i)),
        (lambda t: kaiming_uniform_(t, a=2.0), lambda i, _: math.sqrt(6 / 5 / i)),
        (lambda t: kaiming_uniform_(t, mode="fan_out"), lambda _, o: math.sqrt(6 / o)),
        (lambda t: kaiming_uniform_(t, nonlinearity="tanh"), lambda i, _: 5 / 3 * math.sqrt(3 / i)),
    ],
)
@pytest.mark.parametrize("shape", [(200, 100), (20, 40, 5, 5)])
def test_first_weights_have_the_bound_and_the_variance_of_the_formula(
    fill: Any, bound: Bound, shape: tuple[int, ...]
) -> None:
    manual_seed(1)
    window = math.prod(shape[2:])
    wanted = bound(shape[1] * window, shape[0] * window)
    weight = Tensor(np.zeros(shape, np.float32))
    assert fill(weight) is weight
    assert abs(weight.data).max() <= wanted * (1 + 1e-6)
    # 20,000 even numbers: the variance is off by 0.63 % (1 sigma), the mean by bound / 245
    assert weight.data.var() == pytest.approx(wanted**2 / 3, rel=0.03)
    assert abs(weight.data.mean()) < 5 * wanted / 245


@pytest.mark.parametrize(
    "nonlinearity", ["linear", "sigmoid", "tanh", "relu", "leaky_relu", "selu", "conv2d"]
)
def test_gains_are_those_of_pytorch(nonlinearity: Any) -> None:
    wanted = torch.nn.init.calculate_gain(nonlinearity)
    assert layers.calculate_gain(nonlinearity) == pytest.approx(wanted)
    assert layers.calculate_gain("leaky_relu", 0.5) == pytest.approx(
        torch.nn.init.calculate_gain("leaky_relu", 0.5)
    )


def test_linear_begins_between_plus_and_minus_one_over_the_root_of_its_inputs() -> None:
    manual_seed(2)
    layer = Linear(100, 300)
    for parameter in (layer.weight, layer.bias):
        assert parameter is not None
        assert 0.098 < abs(parameter.data).max() <= 0.1 + 1e-8
        assert abs(parameter.data.mean()) < 0.02


@given(p=st.sampled_from([0.1, 0.5, 0.9]), seed=st.integers(0, 5))
@settings(max_examples=10)
def test_dropout_drops_its_share_and_enlarges_the_rest(p: float, seed: int) -> None:
    x = Tensor(np.random.default_rng(0).uniform(1, 2, (100, 100)).astype(np.float32))
    out = dropout(x, p, generator=np.random.default_rng(seed))
    assert out.dtype == np.float32
    kept = out.data != 0
    assert 1 - kept.mean() == pytest.approx(p, abs=0.025)  # five sigma of 10,000 draws
    np.testing.assert_allclose(out.data[kept], x.data[kept] / (1 - p), rtol=1e-6)


def test_dropout_draws_anew_for_each_element_and_each_call() -> None:
    manual_seed(0)
    ones = Tensor(np.ones((50, 50), np.float32))
    layer = Dropout(0.5)
    first, second = layer(ones).data, layer(ones).data
    assert (first != second).any()
    assert len({tuple(row) for row in first}) == 50
    assert len({tuple(column) for column in first.T}) == 50


def test_dropout_at_the_ends_of_its_range() -> None:
    x = Tensor([1.0, -2.0])
    assert dropout(x, 0.0).tolist() == [1.0, -2.0]
    assert dropout(x, 1.0).tolist() == [0.0, 0.0]


def test_dropout_passes_everything_on_in_eval_mode() -> None:
    x = Tensor(np.arange(10, dtype=np.float32))
    assert Dropout(0.9).eval()(x).tolist() == x.tolist()
    assert dropout(x, 0.9, training=False).tolist() == x.tolist()


def test_batch_norm_in_eval_mode_is_the_same_for_an_example_alone() -> None:
    norm = BatchNorm1d(3)
    x = Tensor(np.random.default_rng(0).normal(2, 3, (20, 3)).astype(np.float32))
    norm(x)
    norm.eval()
    assert norm(x[:1]).data == pytest.approx(norm(x).data[:1], abs=1e-6)
    assert norm.num_batches_tracked is not None
    assert norm.num_batches_tracked.item() == 1


ERRORS: list[tuple[Callable[[], Any], type[Exception], list[str]]] = [
    (lambda: Linear(0, 3), ValueError, ["in_features", "0"]),
    (lambda: Linear(3, 2.5), ValueError, ["out_features", "2.5"]),  # pyright: ignore[reportArgumentType]
    (lambda: Linear(3, 2)(Tensor(np.ones((3, 4)))), ValueError, ["(…, 3)", "(3, 4)", "Linear"]),
    (lambda: Linear(3, 2)(Tensor(1.0)), ValueError, ["()", "Linear"]),
    (lambda: Dropout(1.5), ValueError, ["Dropout", "1.5"]),
    (lambda: dropout(Tensor([1.0]), -0.1), ValueError, ["dropout", "-0.1"]),
    (lambda: dropout(Tensor([1.0]), float("nan"), False), ValueError, ["nan"]),
    (lambda: LayerNorm(3)(Tensor(np.ones((3, 4)))), ValueError, ["(3,)", "(3, 4)"]),
    (lambda: layer_norm(Tensor(np.ones(4)), ()), ValueError, ["layer_norm", "()"]),
    (lambda: LayerNorm(0), ValueError, ["LayerNorm", "0"]),
    (
        lambda: layer_norm(Tensor(np.ones((2, 3))), (3,), Tensor([1.0, 2.0])),
        ValueError,
        ["weight", "(2,)", "(3,)"],
    ),
    (lambda: BatchNorm1d(0), ValueError, ["num_features", "0"]),
    (lambda: BatchNorm1d(3)(Tensor(np.ones((2, 4)))), ValueError, ["(N, 3)", "(2, 4)"]),
    (lambda: BatchNorm1d(3)(Tensor(np.ones(3))), ValueError, ["(N, 3)", "(3,)"]),
    (lambda: BatchNorm1d(3)(Tensor(np.ones((1, 3)))), ValueError, ["more than one", "(1, 3)"]),
    (lambda: BatchNorm1d(3)(Tensor(np.ones((0, 3)))), ValueError, ["more than one", "(0, 3)"]),
    (
        lambda: layers.batch_norm(Tensor(np.ones((2, 3))), None, None),
        ValueError,
        ["running_mean"],
    ),
    (lambda: xavier_uniform_(Tensor(np.ones(3))), ValueError, ["(3,)", "two"]),
    (lambda: kaiming_uniform_(Tensor(np.ones((2, 3))), mode="in"), ValueError, ["'in'"]),
    (
        lambda: kaiming_uniform_(Tensor(np.ones((2, 3))), nonlinearity="gelu"),
        ValueError,
        ["'gelu'", "leaky_relu"],
    ),
    (lambda: Module().register_buffer("mean", [1.0]), TypeError, ["mean", "list"]),  # pyright: ignore[reportArgumentType]
]


@pytest.mark.parametrize(("call", "error", "parts"), ERRORS)
def test_errors_name_what_came_and_what_was_wanted(
    call: Any, error: type[Exception], parts: list[str]
) -> None:
    with pytest.raises(error) as caught:
        call()
    for part in parts:
        assert part in str(caught.value)


def test_a_refused_batch_is_not_counted() -> None:
    norm = BatchNorm1d(2)
    with pytest.raises(ValueError, match="more than one"):
        norm(Tensor(np.ones((1, 2), np.float32)))
    assert norm.state_dict()["num_batches_tracked"].item() == 0


def test_running_statistics_of_another_length_are_refused() -> None:
    rows = Tensor(np.arange(6.0).reshape(2, 3))
    with pytest.raises(ValueError, match=r"3 channels has running statistics of \(2,\)"):
        layers.batch_norm(rows, Tensor([0.0, 0.0]), Tensor([1.0, 1.0]), training=True)
