"""Networks: rows of layers, what a summary counts, XOR by hand, and the perceptron's theorem."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils.flop_counter import FlopCounterMode

from tinytorch.activations import GELU, ReLU, Softmax, relu
from tinytorch.cnn import Conv2d, Flatten, LeNet, MaxPool2d
from tinytorch.layers import BatchNorm1d, Dropout, LayerNorm, Linear, Module, Parameter
from tinytorch.networks import (
    MLP,
    Perceptron,
    Row,
    Sequential,
    count_parameters,
    fuse_linears,
    mlp_cost,
    summary,
    xor_network,
)
from tinytorch.tensor import Tensor

CORNERS = Tensor([[0, 0], [0, 1], [1, 0], [1, 1]])


def test_a_sequential_is_a_list_of_layers() -> None:
    first, bend, last = Linear(2, 3), ReLU(), Linear(3, 1)
    model = Sequential(first, bend, last)
    assert len(model) == 3
    assert list(model) == [first, bend, last]
    assert model[1] is bend
    assert model[-1] is last
    assert isinstance(model[1:], Sequential)
    assert list(model[1:]) == [bend, last]
    assert len(Sequential()) == 0
    with pytest.raises(IndexError):
        model[3]


def test_a_sequential_calls_its_layers_in_order_whatever_can_be_called() -> None:
    model = Sequential(lambda x: x + 1, relu, lambda x: x * 10)
    assert model(Tensor([-3.0, 2.0])).tolist() == [0.0, 30.0]
    x = Tensor([1.0])
    assert Sequential()(x) is x


def test_a_sequential_refuses_what_is_no_layer() -> None:
    with pytest.raises(TypeError, match="layer 1 can't be called: an int, 3"):
        Sequential(ReLU(), 3)  # pyright: ignore[reportArgumentType]


def test_a_sequential_keeps_the_names_of_pytorch_past_activations() -> None:
    ours = Sequential(Linear(2, 3), ReLU(), Sequential(ReLU(), Linear(3, 1)))
    theirs = torch.nn.Sequential(
        torch.nn.Linear(2, 3),
        torch.nn.ReLU(),
        torch.nn.Sequential(torch.nn.ReLU(), torch.nn.Linear(3, 1)),
    )
    assert list(ours.state_dict()) == list(theirs.state_dict())
    assert repr(ours) == repr(theirs)


@given(sizes=st.tuples(*[st.integers(1, 6)] * 3), first=st.booleans(), second=st.booleans())
@settings(max_examples=25)
def test_two_linear_layers_of_pytorch_are_one_of_ours(
    sizes: tuple[int, int, int], first: bool, second: bool
) -> None:
    theirs = [torch.nn.Linear(*sizes[:2], bias=first), torch.nn.Linear(*sizes[1:], bias=second)]
    ours = [Linear(*sizes[:2], bias=first), Linear(*sizes[1:], bias=second)]
    for layer, other in zip(ours, theirs, strict=True):
        layer.load_state_dict({name: t.numpy() for name, t in other.state_dict().items()})
    fused = fuse_linears(*ours)
    assert isinstance(fused, Linear)
    assert count_parameters(fused) == sizes[0] * sizes[2] + sizes[2]
    x = torch.randn(5, sizes[0])
    wanted = theirs[1](theirs[0](x)).detach().numpy()
    np.testing.assert_allclose(fused(Tensor(x.numpy())).data, wanted, rtol=1e-4, atol=1e-5)


def test_layers_that_do_not_follow_each_other_are_not_fused() -> None:
    with pytest.raises(ValueError, match=r"fuse_linears: Linear\(in_features=4.* can't take what"):
        fuse_linears(Linear(2, 3), Linear(4, 1))


def test_an_mlp_has_a_bend_between_layers_and_none_at_the_end() -> None:
    kinds = [type(layer).__name__ for layer in MLP((4, 5, 6, 2), activation=GELU)]
    assert kinds == ["Linear", "GELU", "Linear", "GELU", "Linear"]
    assert [layer.weight.shape for layer in MLP([4, 5, 2]) if isinstance(layer, Linear)] == [
        (5, 4),
        (2, 5),
    ]
    with pytest.raises(ValueError, match=r"sizes.*\(4,\)"):
        MLP((4,))


def test_parameters_are_counted_once_buffers_never() -> None:
    shared = Linear(3, 3)
    assert count_parameters(MLP((784, 256, 10))) == 784 * 256 + 256 + 256 * 10 + 10
    assert count_parameters(Sequential(shared, shared, BatchNorm1d(3))) == 12 + 6
    assert count_parameters(Sequential(ReLU())) == 0


class Branched(Module):
    """Calls its layers as no Sequential would, and holds a parameter of its own."""

    def __init__(self) -> None:
        self.body = Sequential(Linear(4, 6), BatchNorm1d(6), Dropout(), LayerNorm(6))
        self.head = Linear(6, 3, bias=False)
        self.scale = Parameter(np.ones(6, np.float32))
        self.end = Softmax(1)

    def forward(self, input: Tensor) -> Tensor:
        hidden = self.body(input) * self.scale
        return self.end(self.head(hidden) + self.head(relu(hidden)))


def test_a_summary_has_a_row_for_each_call() -> None:
    found = summary(Branched(), (5, 4))
    assert found.rows == (
        Row("body.0", "Linear", (5, 6), 30, 2 * 5 * 6 * 4),
        Row("body.1", "BatchNorm1d", (5, 6), 12, 0),
        Row("body.2", "Dropout", (5, 6), 0, 0),
        Row("body.3", "LayerNorm", (5, 6), 12, 0),
        Row("head", "Linear", (5, 3), 18, 2 * 5 * 3 * 6),
        Row("head", "Linear", (5, 3), 0, 2 * 5 * 3 * 6),
        Row("end", "Softmax", (5, 3), 0, 0),
        Row("", "Branched", (5, 3), 6, 0),
    )
    assert found.parameters == sum(row.parameters for row in found.rows) == 78
    assert found.flops == 240 + 180 + 180


def test_a_summary_leaves_the_model_as_it_was() -> None:
    model = Branched()
    model.body[1].eval()
    before = {name: tensor.numpy().copy() for name, tensor in model.state_dict().items()}
    summary(model, (5, 4))
    assert [module.training for module in model.modules()] == [*[True] * 3, False, *[True] * 4]
    for name, tensor in model.state_dict().items():
        np.testing.assert_array_equal(tensor.numpy(), before[name])
    assert all("forward" not in vars(layer) for layer in (*model.modules(), model.end))


def test_a_summary_that_fails_leaves_the_model_as_it_was() -> None:
    model = MLP((4, 5, 2))
    with pytest.raises(ValueError, match=r"\(3, 7\)"):
        summary(model, (3, 7))
    assert model.training
    assert all("forward" not in vars(layer) for layer in model)


@given(batch=st.integers(1, 6), sizes=st.lists(st.integers(1, 9), min_size=2, max_size=5))
@settings(max_examples=25)
def test_flops_are_those_that_pytorch_counts(batch: int, sizes: list[int]) -> None:
    layers: list[torch.nn.Module] = []
    for inputs, outputs in pairwise(sizes):
        layers += [torch.nn.Linear(inputs, outputs), torch.nn.ReLU()]
    counter = FlopCounterMode(display=False)
    with counter:
        torch.nn.Sequential(*layers)(torch.zeros(batch, sizes[0]))
    found = summary(MLP(sizes), (batch, sizes[0]))
    assert found.flops == counter.get_total_flops()
    assert found.parameters == sum(p.numel() for layer in layers for p in layer.parameters())
    assert mlp_cost(sizes, batch) == (found.parameters, found.flops)


@pytest.mark.parametrize(("stride", "padding", "bias"), [(1, 2, True), (2, 0, False), (3, 1, True)])
def test_flops_of_a_convolutional_network_too(stride: int, padding: int, bias: bool) -> None:
    counter = FlopCounterMode(display=False)
    with counter:
        torch.nn.Sequential(
            torch.nn.Conv2d(3, 4, 5, stride, padding, bias=bias),
            torch.nn.MaxPool2d(2),
            torch.nn.Flatten(),
            torch.nn.LazyLinear(7),
        )(torch.zeros(2, 3, 16, 16))
    side = ((16 + 2 * padding - 5) // stride + 1) // 2
    model = Sequential(
        Conv2d(3, 4, 5, stride, padding, bias), MaxPool2d(2), Flatten(), Linear(4 * side**2, 7)
    )
    found = summary(model, (2, 3, 16, 16))
    assert found.flops == counter.get_total_flops()
    assert [row.output_shape for row in found.rows[1:]] == [
        (2, 4, side, side),
        (2, 4 * side**2),
        (2, 7),
    ]


def test_lenet_has_the_parameters_of_the_paper_but_for_its_sparse_connections() -> None:
    found = summary(LeNet(28), (1, 1, 28, 28))
    assert found.parameters == 156 + 2_416 + 48_120 + 10_164 + 850
    assert [row.name for row in found.rows] == [
        *(f"features.{place}" for place in range(7)),
        *(f"classifier.{place}" for place in range(5)),
    ]


def test_a_summary_reads_as_a_table() -> None:
    assert str(summary(MLP((784, 256, 10)), (64, 784))) == (
        "layer     output shape  parameters       FLOPs\n"
        "0 Linear  (64, 256)        200,960  25,690,112\n"
        "1 ReLU    (64, 256)              0           0\n"
        "2 Linear  (64, 10)           2,570     327,680\n"
        "total                      203,530  26,017,792"
    )


def test_a_summary_of_a_layer_alone_has_no_name_for_it() -> None:
    assert str(summary(Linear(2, 1), (3, 2))) == (
        "layer   output shape  parameters  FLOPs\n"
        "Linear  (3, 1)                 3     12\n"
        "total                          3     12"
    )


def test_two_hidden_units_compute_xor() -> None:
    network = xor_network()
    assert network(CORNERS).tolist() == [[0.0], [1.0], [1.0], [0.0]]
    assert count_parameters(network) == 9


def separable(rng: np.random.Generator, count: int, margin: float) -> tuple[Tensor, Tensor, float]:
    """Points at least `margin` from a line; with (R / margin)², Novikoff's bound on mistakes."""
    line = rng.normal(size=3)
    line /= np.linalg.norm(line)
    points = np.concatenate([rng.uniform(-1, 1, (40 * count, 2)), np.ones((40 * count, 1))], axis=1)
    points = points[abs(points @ line) >= margin][:count]
    bound = (np.linalg.norm(points, axis=1).max() / margin) ** 2
    inputs = Tensor(points[:, :2], dtype=np.float32)
    return inputs, Tensor((points @ line > 0).astype(np.float32)), bound


@given(seed=st.integers(0, 10_000), count=st.integers(1, 40))
@settings(max_examples=25)
def test_the_perceptron_learns_what_a_line_divides_within_novikoffs_bound(
    seed: int, count: int
) -> None:
    inputs, targets, bound = separable(np.random.default_rng(seed), count, margin=0.1)
    unit = Perceptron(2)
    mistakes = unit.fit(inputs, targets, epochs=1000)
    assert mistakes[-1] == 0
    assert all(mistakes[:-1])
    assert sum(mistakes) <= bound
    assert unit(inputs).tolist() == targets.tolist()


def test_one_mistake_moves_the_weights_by_the_input() -> None:
    unit = Perceptron(2)
    assert unit.learn(Tensor([2.0, -1.0]), 1)
    assert (unit.weight.tolist(), unit.bias.item()) == ([2.0, -1.0], 1.0)
    assert not unit.learn(Tensor([2.0, -1.0]), 1)
    assert unit.learn(Tensor([0.5, 1.0]), 0)
    assert (unit.weight.tolist(), unit.bias.item()) == ([1.5, -2.0], 0.0)


@pytest.mark.parametrize(("name", "targets"), [("and", [0, 0, 0, 1]), ("or", [0, 1, 1, 1])])
def test_the_perceptron_learns_the_gates_that_a_line_divides(name: str, targets: list[int]) -> None:
    unit = Perceptron(2)
    assert unit.fit(CORNERS, Tensor(targets))[-1] == 0, name
    assert unit(CORNERS).tolist() == targets


def test_the_perceptron_never_learns_xor() -> None:
    """Its weights come back to where they were: from there on it repeats itself for ever."""
    unit, targets = Perceptron(2), Tensor([0, 1, 1, 0])
    seen: set[tuple[float, ...]] = set()
    state = (0.0, 0.0, 0.0)
    while state not in seen:
        seen.add(state)
        assert unit.fit(CORNERS, targets, epochs=1)[0] > 0
        state = (*unit.weight.tolist(), unit.bias.item())
    assert len(seen) < 10


def test_the_perceptron_stops_when_it_may_go_through_the_examples_no_more() -> None:
    unit = Perceptron(2)
    assert len(unit.fit(CORNERS, Tensor([0, 1, 1, 0]), epochs=7)) == 7
    assert Perceptron(2).fit(CORNERS, Tensor([0, 0, 0, 0])) == [0]


@pytest.mark.parametrize(
    ("call", "parts"),
    [
        (lambda: Perceptron(0), ["in_features", "0"]),
        (lambda: Perceptron(2)(Tensor([1.0, 2.0, 3.0])), ["(…, 2)", "(3,)"]),
        (lambda: Perceptron(2).fit(CORNERS, Tensor([0, 1])), ["(4, 2)", "(2,)"]),
        (lambda: Perceptron(2).fit(CORNERS, Tensor([-1, 1, 1, -1])), ["0 or 1", "-1"]),
    ],
)
def test_a_perceptron_names_what_does_not_fit(call: Any, parts: list[str]) -> None:
    with pytest.raises(ValueError, match="Perceptron") as caught:
        call()
    for part in parts:
        assert part in str(caught.value)


def test_a_perceptron_saves_its_weights_and_needs_no_gradient() -> None:
    unit = Perceptron(3)
    assert {name: tensor.shape for name, tensor in unit.state_dict().items()} == {
        "weight": (3,),
        "bias": (),
    }
    assert count_parameters(unit) == 4
    assert not any(parameter.requires_grad for parameter in unit.parameters())
    assert unit(Tensor(np.ones((2, 5, 3)))).shape == (2, 5)
    assert math.isclose(unit(Tensor([1.0, 1.0, 1.0])).item(), 0.0)


def test_an_activation_that_is_made_already_is_refused() -> None:
    with pytest.raises(TypeError, match=r"give its class, without \(\), not ReLU\(\)"):
        MLP([2, 3, 1], ReLU())  # pyright: ignore[reportArgumentType]
