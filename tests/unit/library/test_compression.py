"""Compression: bytes counted, zeros and rounding as PyTorch's, sums exact, and a smaller LeNet."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from threadpoolctl import threadpool_limits
from torch.nn.utils import prune

import tinytorch.autograd  # noqa: F401 - records, for the gradients
from tinytorch.activations import ReLU, Tanh
from tinytorch.cnn import Conv2d, Flatten
from tinytorch.compression import (
    QuantizedLinear,
    SparseMatrix,
    apply_masks,
    dequantize,
    distillation_loss,
    model_bytes,
    pack,
    prune_magnitude,
    prune_structured,
    quantization_range,
    quantize,
    remove_units,
    sensitivity,
    sparsity,
    train_pruned,
    trained_lenet,
    unpack,
    weights,
)
from tinytorch.data import DataLoader, load_digits
from tinytorch.layers import BatchNorm1d, Linear, manual_seed
from tinytorch.networks import MLP, Sequential
from tinytorch.optim import SGD, Adam
from tinytorch.tensor import Tensor
from tinytorch.training import Trainer

FEW = settings(max_examples=30)


def random_array(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def convolutional() -> Sequential:
    manual_seed(0)
    return Sequential(Conv2d(2, 3, 3), ReLU(), Flatten(), Linear(12, 7), ReLU(), Linear(7, 5))


def as_torch(model: Sequential) -> torch.nn.Sequential:
    """The same layers of PyTorch, with the same numbers."""
    theirs = torch.nn.Sequential(
        torch.nn.Conv2d(2, 3, 3), torch.nn.ReLU(), torch.nn.Flatten(),
        torch.nn.Linear(12, 7), torch.nn.ReLU(), torch.nn.Linear(7, 5),
    )  # fmt: skip
    state = {name: torch.from_numpy(value.data) for name, value in model.state_dict().items()}
    theirs.load_state_dict(state)
    return theirs


# Accounting


def test_bytes_are_those_of_all_that_is_saved() -> None:
    model = Sequential(Linear(6, 5), BatchNorm1d(5))
    assert model_bytes(model) == 4 * (30 + 5 + 4 * 5) + 8  # and an int64 counter
    assert model_bytes({"a": Tensor(np.zeros(3, np.int8)), "b": np.zeros(2)}) == 19


def test_sparsity_counts_the_zeros_of_the_weights_and_not_of_the_biases() -> None:
    model = MLP((4, 5, 2))
    assert sparsity(model) == 0
    weights(model)["0.weight"].data[1:3] = 0
    weights(model)["0.weight"].data[0, 0] = -0.0
    assert sparsity(model) == 9 / 30
    assert sparsity(Tensor([0.0, 1.0, 0.0])) == 2 / 3
    with pytest.raises(ValueError, match="no weight of two dimensions"):
        sparsity(BatchNorm1d(3))


# Pruning


@pytest.mark.parametrize("amount", [0.0, 0.3, 0.55, 1.0])
def test_magnitude_pruning_zeroes_what_pytorch_zeroes(amount: float) -> None:
    for scope in ("layer", "global"):
        ours = convolutional()
        theirs = as_torch(convolutional())
        layers: list[Any] = [theirs[0], theirs[3], theirs[5]]
        if scope == "global":
            pairs = [(layer, "weight") for layer in layers]
            prune.global_unstructured(pairs, prune.L1Unstructured, amount=amount)
        else:
            for layer in layers:
                prune.l1_unstructured(layer, "weight", amount=amount)
        masks = prune_magnitude(ours, amount, scope)
        for (name, weight), layer in zip(weights(ours).items(), layers, strict=True):
            np.testing.assert_array_equal(weight.data, layer.weight.detach().numpy())
            np.testing.assert_array_equal(masks[name], weight.data != 0)
        assert all((p.data != 0).all() for n, p in ours.named_parameters() if "bias" in n)


def test_of_equal_weights_the_first_are_pruned_so_that_a_run_can_be_repeated() -> None:
    model = Sequential(Linear(40, 2))
    weight = weights(model)["0.weight"]
    weight.data[...] = 1
    masks = prune_magnitude(model, 0.25)
    assert masks["0.weight"].dtype == bool
    np.testing.assert_array_equal(weight.data.ravel(), [0] * 20 + [1] * 60)


@pytest.mark.parametrize("amount", [0.0, 0.4, 0.7])
def test_structured_pruning_zeroes_the_rows_and_filters_that_pytorch_zeroes(amount: float) -> None:
    ours, theirs = convolutional(), as_torch(convolutional())
    for layer in (theirs[0], theirs[3]):
        prune.ln_structured(layer, "weight", amount=amount, n=2, dim=0)
    masks = prune_structured(ours, amount)
    assert set(masks) == {"0.weight", "0.bias", "3.weight", "3.bias"}  # the classes stay
    for name, place in (("0.weight", 0), ("3.weight", 3), ("5.weight", 5)):
        layer: Any = theirs[place]
        wanted = layer.weight.detach().numpy()
        np.testing.assert_array_equal(weights(ours)[name].data, wanted)


def test_masks_keep_what_was_pruned_at_zero_through_training() -> None:
    model = convolutional()
    masks = prune_magnitude(model, 0.6)
    before = sparsity(model)
    for weight in weights(model).values():
        weight.data += 1
    assert sparsity(model) < before
    apply_masks(model, masks)
    assert sparsity(model) == before


def test_units_that_were_pruned_can_be_taken_out() -> None:
    manual_seed(0)
    model = MLP((6, 8, 3))
    x = Tensor(random_array(4, 6))
    masks = prune_structured(model, 0.5)
    np.testing.assert_array_equal(masks["0.bias"], masks["0.weight"].all(axis=1))
    np.testing.assert_array_equal(model[0].bias.data != 0, masks["0.bias"])
    wanted = model(x).data
    first, second = remove_units(model[0], model[2])
    assert (first.out_features, second.in_features) == (4, 4)
    np.testing.assert_allclose(second(ReLU()(first(x))).data, wanted, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_a_training_with_masks_leaves_the_zeros_where_they_are(momentum: float) -> None:
    manual_seed(0)
    model = MLP((6, 8, 3))
    batches = [(Tensor(random_array(5, 6, seed=s)), Tensor(np.arange(5) % 3)) for s in range(3)]
    trainer = Trainer(model, SGD(model.parameters(), lr=0.1, momentum=momentum))
    trainer.train_epoch(batches)  # so that momentum has something to go on with
    masks = prune_magnitude(model, 0.6)
    before = model.state_dict()["0.weight"].data.copy()
    model.eval()
    train_pruned(trainer, batches, masks)
    assert model.training
    for name, weight in weights(model).items():
        np.testing.assert_array_equal(weight.data != 0, masks[name])
    assert np.abs(model[0].weight.data - before).max() > 0.01


@pytest.mark.parametrize(
    ("call", "part"),
    [
        (lambda m: prune_magnitude(m, 1.1), r"prune_magnitude: .* not 1\.1"),
        (lambda m: prune_structured(m, -0.1), r"prune_structured: .* not -0\.1"),
        (lambda m: prune_magnitude(m, 0.5, scope="all"), "not 'all'"),  # pyright: ignore[reportArgumentType]
    ],
)
def test_settings_that_prune_nothing_sensible_are_refused(call: Any, part: str) -> None:
    with pytest.raises(ValueError, match=part):
        call(MLP((3, 2)))


@pytest.mark.parametrize("activation", [ReLU, Tanh])
def test_removing_dead_units_changes_the_size_and_nothing_else(activation: Any) -> None:
    manual_seed(0)
    first, second = Linear(6, 8), Linear(8, 3)
    for unit in (1, 4, 5):
        first.weight.data[unit], first.bias.data[unit] = 0, 0  # pyright: ignore[reportOptionalMemberAccess]
    first.weight.data[2] = 0  # its bias speaks on
    small_first, small_second = remove_units(first, second)
    assert (small_first.out_features, small_second.in_features) == (5, 5)
    x = Tensor(random_array(4, 6))
    wanted = second(activation()(first(x))).data
    found = small_second(activation()(small_first(x))).data
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-6)


def test_layers_that_can_not_be_shrunk_are_refused() -> None:
    dead = Linear(3, 4, bias=False)
    dead.weight.data[...] = 0
    with pytest.raises(ValueError, match="nothing would be left"):
        remove_units(dead, Linear(4, 2))
    with pytest.raises(ValueError, match="4 units"):
        remove_units(Linear(3, 4), Linear(5, 2))


# Sparse storage


@FEW
@given(
    matrix=arrays.arrays(
        st.sampled_from([np.float32, np.float64, np.int8]),
        arrays.array_shapes(min_dims=2, max_dims=2, min_side=0, max_side=9),
        elements=st.sampled_from([0, 0, 0, 1, -2, 3]),
    ),
    batch=st.lists(st.integers(1, 3), max_size=2),
)
def test_a_sparse_matrix_is_the_dense_one(matrix: np.ndarray, batch: list[int]) -> None:
    sparse = SparseMatrix.from_dense(matrix)
    assert sparse.to_dense().dtype == matrix.dtype
    np.testing.assert_array_equal(sparse.to_dense(), matrix)
    assert np.all(sparse.values != 0)
    theirs = torch.from_numpy(matrix).to_sparse_csr()
    np.testing.assert_array_equal(sparse.columns, theirs.col_indices().numpy())
    np.testing.assert_array_equal(sparse.starts, theirs.crow_indices().numpy())
    x = random_array(*batch, matrix.shape[1])
    wanted = x @ matrix.T
    found = sparse.linear(Tensor(x)).data
    assert found.shape == wanted.shape
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("columns", "width"), [(2, 1), (256, 1), (257, 2), (65536, 2), (65537, 4)])
def test_the_bytes_of_a_sparse_matrix_hold_its_columns_and_starts(columns: int, width: int) -> None:
    dense = np.zeros((3, columns), dtype=np.float32)
    dense[[0, 2, 2], [0, 0, columns - 1]] = [1, 2, 3]
    sparse = SparseMatrix.from_dense(Tensor(dense))
    assert sparse.nbytes == 3 * 4 + 3 * width + 4 * 4
    np.testing.assert_array_equal(sparse.to_dense(), dense)


def test_sparse_storage_pays_above_a_third_of_zeros() -> None:
    dense = random_array(300, 300)
    order = np.abs(dense).ravel().argsort()
    for zeros, smaller in ((0.30, False), (0.36, True), (0.9, True)):
        pruned = dense.copy()
        pruned.ravel()[order[: int(zeros * dense.size)]] = 0
        assert (SparseMatrix.from_dense(pruned).nbytes < dense.nbytes) == smaller


def test_what_does_not_fit_a_sparse_matrix_is_refused() -> None:
    with pytest.raises(ValueError, match=r"\(2, 2, 2\)"):
        SparseMatrix.from_dense(np.zeros((2, 2, 2)))
    with pytest.raises(ValueError, match=r"\(…, 3\), not \(4, 2\)"):
        SparseMatrix.from_dense(np.ones((2, 3))).linear(Tensor(np.ones((4, 2))))


# Quantization

pytestmark = pytest.mark.filterwarnings("ignore:torch.quantize_per_tensor", "ignore:Sparse CSR")

VALUES = arrays.arrays(
    np.float32,
    arrays.array_shapes(min_dims=1, max_dims=3, max_side=5),
    elements=st.floats(-100, 100, width=32),
)


@FEW
@given(
    values=VALUES,
    scale=st.sampled_from([2**-3, 0.0625, 0.5, 1.0, 4.0]),
    zero_point=st.integers(-128, 127),
)
def test_quantizing_is_that_of_pytorch(values: np.ndarray, scale: float, zero_point: int) -> None:
    halves = scale * np.array([0.5, 1.5, 2.5, -0.5, -1.5, 1e4])
    values = np.concatenate([values.ravel(), halves]).astype(np.float32)
    ours = quantize(Tensor(values), scale, zero_point)
    given = torch.from_numpy(values)
    faked = torch.fake_quantize_per_tensor_affine(given, scale, zero_point, -128, 127)
    np.testing.assert_array_equal(dequantize(ours).data, faked.numpy())
    if zero_point % 2 == 0:  # else its kernel for int8, which adds first, rounds halves up or down
        theirs = torch.quantize_per_tensor(given, scale, zero_point, torch.qint8)
        beyond = values.astype(np.float64) / scale % 1 - 0.5
        clear = (beyond == 0) | (
            np.abs(beyond) > 1e-4
        )  # the sum's float32 makes a half of the rest
        np.testing.assert_array_equal(ours.values[clear], theirs.int_repr().numpy()[clear])
        np.testing.assert_array_equal(
            dequantize(ours).data[clear], theirs.dequantize().numpy()[clear]
        )


@FEW
@given(values=VALUES.filter(lambda a: a.ndim > 1), axis=st.sampled_from([0, 1, -1]))
def test_quantizing_by_channel_is_that_of_pytorch(values: np.ndarray, axis: int) -> None:
    scale, zero_point = quantization_range(Tensor(values), axis)
    assert scale.shape == (values.shape[axis],)
    ours = dequantize(quantize(Tensor(values), scale, zero_point, axis))
    theirs = torch.fake_quantize_per_channel_affine(
        torch.from_numpy(values), torch.from_numpy(scale), torch.from_numpy(zero_point),
        axis % values.ndim, -128, 127,
    ).numpy()  # fmt: skip
    shape = [-1 if d == axis % values.ndim else 1 for d in range(values.ndim)]
    steps = np.abs(ours.data - theirs) / scale.reshape(shape)
    position = values / scale.reshape(shape).astype(np.float64)
    near_a_half = np.abs(position - np.floor(position) - 0.5) < 1e-4
    assert np.all(steps[~near_a_half] < 1e-3)
    assert np.all(steps < 1.001)  # PyTorch multiplies by 1 / scale, which may tip a half over


@FEW
@given(values=VALUES, symmetric=st.booleans(), by_channel=st.booleans())
def test_no_value_moves_by_more_than_half_a_step_and_zero_stays(
    values: np.ndarray, symmetric: bool, by_channel: bool
) -> None:
    values.ravel()[::3] = 0
    axis = 0 if by_channel else None
    scale, zero_point = quantization_range(Tensor(values), axis, symmetric)
    back = dequantize(quantize(Tensor(values), scale, zero_point, axis)).data
    shape = (-1, *[1] * (values.ndim - 1)) if by_channel else ()
    assert np.all(np.abs(back - values) <= scale.reshape(shape) * 0.5001)
    assert np.all(back[values == 0] == 0)
    assert not symmetric or not zero_point.any()


def test_a_channel_of_its_own_is_finer_than_one_scale_for_all() -> None:
    values = Tensor(random_array(4, 50) * np.array([[0.01], [0.1], [1], [10]], np.float32))

    def error(axis: int | None) -> np.ndarray:
        scale, zero_point = quantization_range(values, axis)
        return np.abs(dequantize(quantize(values, scale, zero_point, axis)).data - values.data)

    assert error(0)[0].max() < error(None)[0].max() / 100


def test_the_bytes_of_quantized_numbers_hold_their_scales() -> None:
    values = Tensor(random_array(6, 10))
    assert quantize(values, 0.1, 0).nbytes == 60 + 8
    assert quantize(values, *quantization_range(values, 0), axis=0).nbytes == 60 + 6 * 8


@pytest.mark.parametrize(
    ("call", "part"),
    [
        (lambda x: quantize(x, 0.0, 0), "above 0"),
        (lambda x: quantize(x, [0.1, 0.2], [0, 0], axis=0), r"have shape \(3,\), not \(2,\)"),
        (lambda x: quantize(x, [0.1] * 3, [0] * 3), r"have shape \(\), not \(3,\)"),
        (lambda x: quantize(x / 0.0, 0.1, 0), "nan or infinity"),
        (lambda x: quantization_range(x[:0]), "no values"),
        (lambda x: quantization_range(x / 0.0), "nan or infinity"),
    ],
)
def test_what_has_no_place_on_the_scale_is_refused(call: Any, part: str) -> None:
    with pytest.raises(ValueError, match=part):
        call(Tensor(np.ones((3, 4), np.float32)))


# The quantized layer


@FEW
@given(rows=st.integers(1, 4), features=st.integers(1, 40), outputs=st.integers(1, 5))
def test_sums_are_exact_in_whole_numbers(rows: int, features: int, outputs: int) -> None:
    manual_seed(features)
    layer = QuantizedLinear(Linear(features, outputs), Tensor(random_array(20, features)))
    steps = np.random.default_rng(rows).integers(-128, 128, (rows, features)).astype(np.int8)
    found = layer.accumulate(steps)
    assert found.dtype == np.int32
    zero_point, bias = int(layer.input_zero_point.item()), layer.bias
    assert bias is not None
    for row in range(rows):
        for output in range(outputs):
            wanted = int(bias.data[output])
            for k in range(features):
                wanted += (int(steps[row, k]) - zero_point) * int(layer.weight.data[output, k])
            assert found[row, output] == wanted
    theirs = torch.from_numpy(steps).int() - zero_point
    theirs = theirs @ torch.from_numpy(layer.weight.data).T.int() + torch.from_numpy(bias.data)
    np.testing.assert_array_equal(found, theirs.numpy())


@pytest.mark.parametrize("bias", [True, False])
def test_a_quantized_layer_is_that_of_pytorch(bias: bool) -> None:
    manual_seed(3)
    linear, x = Linear(64, 10, bias=bias), random_array(32, 64)
    layer = QuantizedLinear(linear, Tensor(x))
    found = layer(Tensor(x)).data
    scale, zero_point = layer.input_scale.item(), int(layer.input_zero_point.item())
    theirs_x = torch.quantize_per_tensor(torch.from_numpy(x), scale, zero_point + 128, torch.quint8)
    theirs_w = torch.quantize_per_channel(
        torch.from_numpy(linear.weight.data), torch.from_numpy(layer.weight_scale.data),
        torch.zeros(10, dtype=torch.long), 0, torch.qint8,
    )  # fmt: skip
    theirs_bias = None if linear.bias is None else torch.from_numpy(linear.bias.data)
    wanted = torch.nn.functional.linear(
        theirs_x.dequantize().double(),
        theirs_w.dequantize().double(),
        None if theirs_bias is None else theirs_bias.double(),
    ).numpy()
    biggest_step = scale * layer.weight_scale.data.max()
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=float(biggest_step))
    out_scale = float(np.abs(wanted).max() / 120)
    packed = torch.ops.quantized.linear_prepack(theirs_w, theirs_bias)
    kernel = torch.ops.quantized.linear(theirs_x, packed, out_scale, 128).dequantize().numpy()
    np.testing.assert_allclose(found, kernel, atol=out_scale * 1.01)  # its output has 8 bits too


def test_a_quantized_layer_stays_close_and_takes_a_quarter_of_the_bytes() -> None:
    manual_seed(0)
    linear, x = Linear(200, 100), Tensor(random_array(50, 200))
    layer = QuantizedLinear(linear, x)
    exact, rounded = linear(x).data, layer(x).data
    assert np.abs(rounded - exact).max() < 0.02 * np.abs(exact).max()
    assert rounded.dtype == np.float32
    assert model_bytes(layer) == 200 * 100 + 100 * 4 + 100 * 4 + 4 + 4
    fresh = QuantizedLinear(Linear(200, 100), x)
    fresh.load_state_dict(layer.state_dict())
    np.testing.assert_array_equal(fresh(x).data, rounded)


def test_inputs_beyond_the_typical_saturate_and_do_not_wrap_around() -> None:
    linear = Linear(1, 1, bias=False)
    linear.weight.data[...] = 1
    layer = QuantizedLinear(linear, Tensor([[-1.0], [1.0]]))
    found = layer(Tensor([[-50.0], [0.0], [50.0]])).data.ravel()
    np.testing.assert_allclose(found, [-1, 0, 1], atol=0.01)


def test_a_layer_that_could_overflow_or_gets_another_shape_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bits"):
        QuantizedLinear(Linear(70_000, 1), Tensor([[1.0]]))
    layer = QuantizedLinear(Linear(4, 2), Tensor(np.ones((1, 4))))
    with pytest.raises(ValueError, match=r"int8\) takes \(…, 4\), not \(2, 3\)"):
        layer(Tensor(np.ones((2, 3))))


# Distillation


@FEW
@given(
    shape=arrays.array_shapes(min_dims=2, max_dims=2, max_side=6),
    temperature=st.sampled_from([0.5, 1.0, 4.0]),
    alpha=st.sampled_from([0.0, 0.3, 1.0]),
    labelled=st.booleans(),
)
def test_the_distillation_loss_and_its_gradient_are_those_of_pytorch(
    shape: tuple[int, int], temperature: float, alpha: float, labelled: bool
) -> None:
    student, teacher = 3 * random_array(*shape), 3 * random_array(*shape, seed=1)
    labels = np.random.default_rng(2).integers(0, shape[1], shape[0])
    ours, our_teacher = Tensor(student).requires_grad_(), Tensor(teacher).requires_grad_()
    target = Tensor(labels) if labelled else None
    loss = distillation_loss(ours, our_teacher, target, temperature, alpha)
    loss.backward()
    theirs = torch.from_numpy(student).requires_grad_()
    wanted = torch.nn.functional.kl_div(
        torch.log_softmax(theirs / temperature, 1),
        torch.log_softmax(torch.from_numpy(teacher) / temperature, 1),
        reduction="batchmean", log_target=True,
    ) * temperature**2  # fmt: skip
    if labelled:
        hard = torch.nn.functional.cross_entropy(theirs, torch.from_numpy(labels))
        wanted = alpha * wanted + (1 - alpha) * hard
    wanted.backward()
    assert loss.item() == pytest.approx(wanted.item(), rel=1e-4, abs=1e-5)
    assert ours.grad is not None
    assert theirs.grad is not None
    np.testing.assert_allclose(ours.grad.data, theirs.grad.numpy(), rtol=1e-3, atol=1e-5)
    assert our_teacher.grad is None


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (([[1.0, 2.0]], [[1.0]]), r"\(1, 2\) with \(1, 1\)"),
        (([1.0], [1.0]), r"\(N, classes\)"),
        (([[1.0]], [[1.0]], None, 0.0), "temperature"),
        (([[1.0]], [[1.0]], None, 1.0, 1.5), "alpha"),
    ],
)
def test_a_distillation_that_makes_no_sense_is_refused(arguments: Any, part: str) -> None:
    student, teacher, *rest = arguments
    with pytest.raises(ValueError, match=part):
        distillation_loss(Tensor(student), Tensor(teacher), *rest)


# Sensitivity and packing


def test_sensitivity_is_the_loss_of_each_weight_alone() -> None:
    model = MLP((2, 3, 4))
    original = {name: weight.data.copy() for name, weight in weights(model).items()}

    def accuracy() -> float:
        alive = {name: bool(weight.data.any()) for name, weight in weights(model).items()}
        return 1.0 - 0.1 * (not alive["0.weight"]) - 0.5 * (not alive["2.weight"])

    def kill(weight: Tensor) -> None:
        weight.data[...] = 0

    assert sensitivity(model, kill, accuracy) == pytest.approx({"0.weight": 0.1, "2.weight": 0.5})
    for name, weight in weights(model).items():
        np.testing.assert_array_equal(weight.data, original[name])


def test_a_failing_change_puts_the_weight_back() -> None:
    model = MLP((2, 3))
    before = weights(model)["0.weight"].data.copy()

    def spoil(weight: Tensor) -> None:
        weight.data[...] = 7
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        sensitivity(model, spoil, lambda: 1.0)
    np.testing.assert_array_equal(weights(model)["0.weight"].data, before)


def test_what_is_packed_comes_back_with_its_zeros_and_within_half_a_step() -> None:
    model = convolutional()
    prune_magnitude(model, 0.5)
    packed = pack(model)
    state = unpack(packed)
    assert state.keys() == model.state_dict().keys()
    for name, weight in model.state_dict().items():
        step = packed[name].scale.max() if name in weights(model) else 0
        assert np.abs(state[name].data - weight.data).max() <= step * 0.5001
        assert state[name].dtype == np.float32
        assert np.all(state[name].data[weight.data == 0] == 0)
    nonzero = sum(np.count_nonzero(packed[name].matrix.values) for name in weights(model))
    rows = (3 + 7 + 5) * 8 + 3 * 4  # a scale and a start each, and one more start a matrix
    assert model_bytes(packed) == nonzero * 2 + rows + 4 * (3 + 7 + 5)


# The promise


@threadpool_limits.wrap(limits=1)  # products this small only wait for each other's threads
def test_a_lenet_eight_times_smaller_stays_within_a_point_of_its_accuracy() -> None:
    generator = manual_seed(0)
    model, training, held_out = trained_lenet()
    loader = DataLoader(training, batch_size=32, shuffle=True, generator=generator)
    test = DataLoader(held_out, batch_size=359)
    trainer = Trainer(model, Adam(model.parameters(), lr=1e-3))
    before, size = trainer.evaluate(test)["accuracy"], model_bytes(model)

    masks = prune_magnitude(model, 0.85)
    pruned = trainer.evaluate(test)["accuracy"]
    for _ in range(4):
        train_pruned(trainer, loader, masks)
    packed = pack(model)
    model.load_state_dict(unpack(packed))
    after = trainer.evaluate(test)["accuracy"]

    assert before == 355 / 359
    assert pruned < before - 0.1  # so it was the training afterwards that brought it back
    assert after >= before - 0.01
    assert size / model_bytes(packed) > 10


def test_the_shipped_lenet_never_saw_what_it_is_judged_by() -> None:
    _, training, held_out = trained_lenet()
    assert (len(training), len(held_out)) == (1438, 359)
    digits = load_digits()
    both = np.concatenate([training[:][0].data, held_out[:][0].data]).reshape(1797, 64)
    every = digits[:][0].data.reshape(1797, 64)
    np.testing.assert_array_equal(np.sort(both, axis=0), np.sort(every, axis=0))


def test_an_axis_that_is_not_there_is_not_taken_for_another() -> None:
    with pytest.raises(IndexError, match=r"axis 4 is out of range for shape \(2,\)"):
        quantization_range(Tensor([1.0, 2.0]), axis=4)
    with pytest.raises(IndexError, match=r"axis -2 is out of range for shape \(2,\)"):
        quantize(Tensor([1.0, 2.0]), np.ones(2), np.zeros(2), axis=-2)


@pytest.mark.parametrize("zero_point", [1.5, 128, -129])
def test_a_zero_point_is_an_int8(zero_point: float) -> None:
    with pytest.raises(ValueError, match=f"a zero point is one of .* not {zero_point}"):
        quantize(Tensor([1.0]), 1.0, zero_point)


def test_a_mask_of_whole_numbers_is_refused() -> None:
    with pytest.raises(ValueError, match=r"a mask is of bools, and that for '0.weight' of int64"):
        apply_masks(MLP([2, 3]), {"0.weight": np.ones((3, 2), np.int64)})


@pytest.mark.parametrize(("name", "shape"), [("x", (3, 2)), ("0.weight", (1, 2)), ("0.weight", ())])
def test_a_mask_that_fits_no_weight_is_refused(name: str, shape: tuple[int, ...]) -> None:
    model = MLP([2, 3])
    before = model[0].weight.tolist()
    with pytest.raises(ValueError, match=rf"for '{name}' fits none of the parameters .*\(3, 2\)"):
        apply_masks(model, {name: np.zeros(shape, bool)})
    assert model[0].weight.tolist() == before


def test_typical_inputs_have_the_length_of_the_layers_inputs() -> None:
    with pytest.raises(ValueError, match=r"takes \(…, 3\), not the typical inputs' \(4, 2\)"):
        QuantizedLinear(Linear(3, 2), Tensor(np.ones((4, 2), np.float32)))


def test_no_elements_have_no_sparsity() -> None:
    with pytest.raises(ValueError, match="sparsity of no elements"):
        sparsity(Tensor(np.zeros(0)))
