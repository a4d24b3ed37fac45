"""Makes a trained model smaller: zeros that need no storage, and 8 bits for a number, not 32."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from tinytorch.activations import log_softmax
from tinytorch.checks import checked
from tinytorch.cnn import LeNet
from tinytorch.data import TensorDataset, load_digits, package_file
from tinytorch.layers import Linear, Module, Parameter
from tinytorch.tensor import Tensor
from tinytorch.training import Batches, Trainer, cross_entropy

Axis = int | None


def model_bytes(model: Module | Mapping[str, Any]) -> int:
    """The bytes that a model's numbers take: parameters and buffers, or all of a mapping's values.

    A value of a mapping may be whatever counts its bytes in `nbytes`: a Tensor, an array, a
    SparseMatrix, a QuantizedTensor, a PackedWeight. Names are not counted.
    """
    state = model.state_dict() if isinstance(model, Module) else model
    return sum(value.nbytes for value in state.values())


def sparsity(model: Module | Tensor) -> float:
    """The fraction of zeros among a model's weights, or in one tensor. ValueError for nothing."""
    tensors = looked_at(model)
    zeros = sum(int(np.count_nonzero(tensor.data == 0)) for tensor in tensors)
    return zeros / sum(tensor.size for tensor in tensors)


def mask_of(sizes: np.ndarray, amount: float) -> np.ndarray:
    """Which `sizes` (n,) stay when the `amount` (0 … 1) that is smallest goes: (n,) bools.

    `round(amount * n)` go, no more and no fewer; of equal sizes those that come first.
    """
    kept = np.ones(len(sizes), dtype=bool)
    kept[np.argsort(sizes, kind="stable")[: round(amount * len(sizes))]] = False
    return kept


@checked
def prune_magnitude(
    model: Module, amount: float, scope: Literal["global", "layer"] = "global"
) -> dict[str, np.ndarray]:
    """Set the `amount` (0 … 1) of the weights that are nearest to 0 to 0; returns the masks.

    "layer" takes that fraction from each layer, "global" the smallest of all layers together, so
    that layers with small weights lose more. Biases and norms stay. The masks, by name, are True
    where a weight is left: `apply_masks` after each training step keeps the zeros. Source: Han et
    al., "Learning both Weights and Connections", 2015. Raises ValueError unless 0 <= amount <= 1.
    """
    check_amount(amount, "prune_magnitude")
    check_scope(scope)
    masks: dict[str, np.ndarray] = {}
    for group in groups_of(weights(model), scope):
        sizes = np.concatenate([np.abs(weight.data).ravel() for weight in group.values()])
        masks |= dealt_out(mask_of(sizes, amount), group)
    apply_masks(model, masks)
    return masks


@checked
def prune_structured(model: Module, amount: float) -> dict[str, np.ndarray]:
    """Set whole units to 0, their biases too: in each layer the `amount` with the smallest norm.

    A row of a Linear (out, in) makes one unit, a filter of a Conv2d (out, in, kh, kw) one channel;
    the larger its sum of squares, the larger its norm. The last layer stays: its units are the
    classes. Returns the masks of weights and biases, for `apply_masks`. Unlike single zeros, a unit
    that says nothing can be taken out: see `remove_units`. Source: Li et al., "Pruning Filters for
    Efficient ConvNets", 2017, with another norm.
    """
    check_amount(amount, "prune_structured")
    masks: dict[str, np.ndarray] = {}
    for name, weight in list(weights(model).items())[:-1]:
        sizes = (weight.data.reshape(len(weight.data), -1) ** 2).sum(axis=1)
        masks |= unit_masks(model, name, mask_of(sizes, amount))
    apply_masks(model, masks)
    return masks


@checked
def apply_masks(model: Module, masks: Mapping[str, np.ndarray]) -> None:
    """Set to 0, in place, what `masks` (from pruning) leave out: again after each training step.

    Raises ValueError for a mask of no parameter of this model, of another shape, or not of bools.
    """
    check_masks(model, masks)
    for name, parameter in model.named_parameters():
        if name in masks:
            parameter.data[~masks[name]] = 0


def train_pruned(trainer: Trainer, batches: Batches, masks: Mapping[str, np.ndarray]) -> None:
    """One epoch of training in which what was pruned is 0 again after each step."""
    trainer.model.train()
    for inputs, targets in batches:
        trainer.train_batch(inputs, targets)
        apply_masks(trainer.model, masks)


@checked
def remove_units(first: Linear, second: Linear) -> tuple[Linear, Linear]:
    """Two smaller layers without the units of `first` whose weights and bias are all 0.

    `second` loses the columns that read them, so the two compute what they computed before if the
    activation between them maps 0 to 0, as ReLU, tanh and GELU do. Raises ValueError if the
    layers don't follow each other or if no unit would be left.
    """
    check_neighbours(first, second)
    alive = (first.weight.data != 0).any(axis=1)
    if first.bias is not None:
        alive |= first.bias.data != 0
    check_alive(first, alive)
    bias = None if first.bias is None else first.bias[alive]
    return linear_of(first.weight[alive], bias), linear_of(second.weight[:, alive], second.bias)


@dataclass(frozen=True)
class SparseMatrix:
    """A matrix that stores its nonzero elements only: compressed sparse rows (CSR).

    Row i has the elements starts[i] to starts[i + 1] of `values`; `columns` says where in the row
    each stands.
    """

    values: np.ndarray  # (nonzeros,) of the matrix' dtype
    columns: np.ndarray  # (nonzeros,) of the smallest unsigned integers that hold a column's number
    starts: np.ndarray  # (rows + 1,) uint32
    shape: tuple[int, int]

    @classmethod
    def from_dense(cls, matrix: Any) -> SparseMatrix:
        """The nonzero elements of a (rows, columns) tensor or array, row by row."""
        dense = as_matrix(matrix)
        rows, columns = np.nonzero(dense)
        counts = np.bincount(rows, minlength=dense.shape[0])
        starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.uint32)
        index = smallest_index(dense.shape[1])
        return cls(dense[rows, columns], columns.astype(index), starts, dense.shape)

    @property
    def nbytes(self) -> int:
        """The bytes of values, columns and starts.

        float32 with fewer than 65,536 columns takes 6 for a nonzero element and 4 for a row, where
        a dense matrix takes 4 for every element: it pays above a third of zeros. Given.
        """
        return self.values.nbytes + self.columns.nbytes + self.starts.nbytes

    def to_dense(self) -> np.ndarray:
        """The whole matrix, with its zeros. Given."""
        dense = np.zeros(self.shape, dtype=self.values.dtype)
        rows = np.repeat(np.arange(self.shape[0]), np.diff(self.starts))
        dense[rows, self.columns] = self.values
        return dense

    def linear(self, input: Tensor) -> Tensor:
        """input @ matrix.T, as a Linear whose weight is this matrix: (…, columns) to (…, rows).

        Touches the nonzero elements only, and no others of the input. That saves memory, and in a
        loop of Python no time: a processor does a dense product so much faster.
        """
        check_inputs(input, f"a SparseMatrix {self.shape}", self.shape[1])
        dtype = np.result_type(input.data, self.values)
        output = np.zeros((*input.shape[:-1], self.shape[0]), dtype)
        for row in range(self.shape[0]):
            part = slice(self.starts[row], self.starts[row + 1])
            output[..., row] = input.data[..., self.columns[part]] @ self.values[part]
        return Tensor(output)


@dataclass(frozen=True)
class QuantizedTensor:
    """Whole numbers q of 8 bits that stand for (q - zero_point) * scale."""

    values: np.ndarray  # int8, of the original's shape
    scale: np.ndarray  # float32: (), or (channels,) along `axis`
    zero_point: np.ndarray  # int32, of the scale's shape
    axis: Axis  # the dimension that has a scale for each index, or None

    @property
    def nbytes(self) -> int:
        """The bytes of the numbers, their scales and zero points. Given."""
        return self.values.nbytes + self.scale.nbytes + self.zero_point.nbytes


@checked
def ends_of(values: Tensor, axis: Axis = None) -> tuple[Any, Any]:
    """The least and the greatest value, or 0 where it lies outside of them, as float64.

    One of both for each index of `axis`. Raises ValueError for no values and for nan or infinity,
    IndexError for an axis not there.
    """
    check_finite(values, "quantization_range")
    check_axis(axis, values)
    others = other_axes(axis, values)
    low = np.minimum(values.data.min(axis=others), 0)
    high = np.maximum(values.data.max(axis=others), 0)
    return low.astype(np.float64), high.astype(np.float64)


def affine_range(low: Any, high: Any) -> tuple[np.ndarray, np.ndarray]:
    """Scale (float32) and zero point (int32) of 255 steps from `low` (<= 0) to `high` (>= 0).

    -128 stands for `low` and 127 for `high`, up to the half step by which 0 is moved onto a step.
    """
    scale = scale_of(high - low, 255)
    return scale, np.rint(-128 - low / scale).astype(np.int32)


def symmetric_range(low: Any, high: Any) -> tuple[np.ndarray, np.ndarray]:
    """Scale and zero point of 254 steps from -m to m, the larger of -low and high: 0 stays 0."""
    scale = scale_of(2 * np.maximum(-low, high), 254)
    return scale, np.zeros_like(scale, dtype=np.int32)


@checked
def quantization_range(
    values: Tensor, axis: Axis = None, symmetric: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """The scale and zero point with which int8 covers `values`; one for each index of `axis`.

    The range from the least to the greatest value, stretched to hold 0, is cut into 255 steps, and
    0 falls on a step, so that padding and pruned weights stay exact. `symmetric` covers
    -max|x| … max|x| with -127 … 127, so the zero point is 0. Source: Jacob et al., "Quantization
    and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference", 2018.
    Raises ValueError for no values and for nan or infinity, IndexError for an axis not there.
    Given.
    """
    low, high = ends_of(values, axis)
    return symmetric_range(low, high) if symmetric else affine_range(low, high)


@checked
def quantize(values: Tensor, scale: Any, zero_point: Any, axis: Axis = None) -> QuantizedTensor:
    """Each value as int8: round(x / scale) + zero_point, and -128 or 127 where that ends.

    Halves are rounded to the even number, as IEEE 754, ONNX and `torch.fake_quantize…` do, so that
    errors don't add up. With `axis`, scale and zero_point are (channels,). Raises ValueError for
    a scale that isn't above 0, a zero point that isn't an int8, for shapes that don't fit, and for
    nan or infinity; IndexError for an axis not there.
    """
    check_grid(scale, zero_point)
    check_finite(values, "quantize")
    scale, zero_point = np.asarray(scale, np.float32), np.asarray(zero_point, np.int32)
    steps = np.rint(values.data / along(scale, axis, values))
    numbers = np.clip(steps + along(zero_point, axis, values), -128, 127)
    return QuantizedTensor(numbers.astype(np.int8), scale, zero_point, axis)


def dequantize(quantized: QuantizedTensor) -> Tensor:
    """The values that the whole numbers stand for, as float32; each within half a scale."""
    numbers = quantized.values.astype(np.int32)
    zero_point = along(quantized.zero_point, quantized.axis, numbers)
    scale = along(quantized.scale, quantized.axis, numbers)
    return Tensor(((numbers - zero_point) * scale).astype(np.float32))


class QuantizedLinear(Module):
    """A Linear that multiplies int8 by int8 and adds up in int32, as phones and servers do.

    The weight has a scale for each output and the zero point 0; the input has one scale and zero
    point, taken from inputs that are typical. All products of a sum then share one scale, so the
    sum is exact in whole numbers and is scaled once at its end.
    """

    weight: Tensor  # (out, in) int8
    weight_scale: Tensor  # (out,) float32
    bias: Tensor | None  # (out,) int32, in steps of input_scale * weight_scale
    input_scale: Tensor  # () float32
    input_zero_point: Tensor  # () int32

    @checked
    def __init__(self, linear: Linear, typical_inputs: Tensor) -> None:
        """Quantize a trained layer. `typical_inputs` (…, in) set the range of its inputs.

        Raises ValueError if so many products could overflow 32 bits or the inputs don't fit. Given.
        """
        largest = (2**31 - 1) // (255 * 127)
        if linear.in_features > largest:
            raise ValueError(f"{linear}: 32 bits hold the sum of {largest} products at most")
        if typical_inputs.shape[-1:] != (linear.in_features,):
            raise ValueError(f"{linear} takes (…, {linear.in_features}), not the typical inputs' "
                             f"{typical_inputs.shape}")  # fmt: skip
        scale, zero_point = quantization_range(typical_inputs)
        weight_scale, _ = quantization_range(linear.weight, axis=0, symmetric=True)
        quantized = quantize(linear.weight, weight_scale, np.zeros_like(weight_scale), axis=0)
        bias = None if linear.bias is None else np.rint(linear.bias.data / (scale * weight_scale))
        self.register_buffer("weight", Tensor(quantized.values))
        self.register_buffer("weight_scale", Tensor(weight_scale))
        self.register_buffer("bias", None if bias is None else Tensor(saturated_int32(bias)))
        self.register_buffer("input_scale", Tensor(scale))
        self.register_buffer("input_zero_point", Tensor(zero_point))

    def accumulate(self, steps: np.ndarray) -> np.ndarray:
        """int8 inputs (…, in) times the int8 weight, plus the bias: (…, out) int32, exact."""
        centred = steps.astype(np.int32) - self.input_zero_point.data
        total = centred @ self.weight.data.T.astype(np.int32)
        return total if self.bias is None else total + self.bias.data

    def forward(self, input: Tensor) -> Tensor:
        """(…, in) to (…, out): quantize the input, add up in int32, scale back to float32."""
        check_inputs(input, str(self), self.weight.shape[1])
        steps = quantize(input, self.input_scale.data, self.input_zero_point.data).values
        scale = self.input_scale.data * self.weight_scale.data
        return Tensor((self.accumulate(steps) * scale).astype(np.float32))

    def extra_repr(self) -> str:
        """Its settings. Given."""
        return f"in_features={self.weight.shape[1]}, out_features={self.weight.shape[0]}, int8"


@dataclass(frozen=True)
class PackedWeight:
    """A pruned and quantized weight: the int8 numbers that aren't 0, and a scale for each row."""

    matrix: SparseMatrix
    scale: np.ndarray  # (rows,) float32
    shape: tuple[int, ...]

    @property
    def nbytes(self) -> int:
        """The bytes of the matrix and of the scales. Given."""
        return self.matrix.nbytes + self.scale.nbytes


def pack(model: Module) -> dict[str, Any]:
    """The model's state with its weights as PackedWeights, and the rest (biases) as it is.

    Pruned weights take no space, the others one byte and the number of their column. Source: Han,
    Mao and Dally, "Deep Compression", 2016, without its Huffman code. Given.
    """
    state: dict[str, Any] = dict(model.state_dict())
    for name, weight in weights(model).items():
        scale, zero_point = quantization_range(weight, axis=0, symmetric=True)
        numbers = quantize(weight, scale, zero_point, axis=0).values
        rows = SparseMatrix.from_dense(numbers.reshape(len(numbers), -1))
        state[name] = PackedWeight(rows, scale, weight.shape)
    return state


def unpack(packed: Mapping[str, Any]) -> dict[str, Tensor]:
    """A state that a model can load, from what `pack` made of one. Given."""
    state: dict[str, Tensor] = {}
    for name, value in packed.items():
        if isinstance(value, PackedWeight):
            rows = value.matrix.to_dense() * value.scale[:, None]
            value = Tensor(rows.reshape(value.shape).astype(np.float32))
        state[name] = value
    return state


@checked
def distillation_loss(
    student: Tensor,
    teacher: Tensor,
    labels: Any = None,
    temperature: float = 4.0,
    alpha: float = 0.9,
) -> Tensor:
    """How far the student's scores (N, classes) are from the teacher's: what a small model learns.

    T² · KL(softmax(teacher / T) ‖ softmax(student / T)), the mean over the batch. A temperature T
    above 1 shows what the teacher thinks of the wrong classes, and T² makes up for the gradients
    that it divides by T². With `labels`, alpha times that plus (1 - alpha) times the cross entropy.
    The teacher gets no gradient. Source: Hinton, Vinyals and Dean, "Distilling the Knowledge in a
    Neural Network", 2015. Raises ValueError for shapes that differ or a setting out of range.
    """
    check_distillation(student, teacher, temperature, alpha)
    wanted = log_softmax(teacher.detach() / temperature, 1)
    found = log_softmax(student / temperature, 1)
    soft = (wanted.exp() * (wanted - found)).sum() * (temperature**2 / len(student.data))
    if labels is None:
        return soft
    return soft * alpha + cross_entropy(student, labels) * (1 - alpha)


def sensitivity(
    model: Module, change: Callable[[Parameter], Any], accuracy: Callable[[], float]
) -> dict[str, float]:
    """How much accuracy is lost when `change` is done to one weight alone, by the weight's name.

    `change` works in place (it prunes, or rounds to int8); the weight is put back after its turn.
    Layers that lose little can be compressed more.
    """
    before = accuracy()
    losses: dict[str, float] = {}
    for name, weight in weights(model).items():
        original = weight.data.copy()
        try:
            change(weight)
            losses[name] = before - accuracy()
        finally:
            weight.data[...] = original
    return losses


def weights(model: Module) -> dict[str, Parameter]:
    """The parameters that are multiplied with: those of two dimensions or more. Given.

    Raises ValueError if the model has none.
    """
    found = {name: weight for name, weight in model.named_parameters() if weight.ndim >= 2}
    if not found:
        raise ValueError(f"{type(model).__name__} has no weight of two dimensions to compress")
    return found


def looked_at(model: Module | Tensor) -> Sequence[Tensor]:
    """The weights of a model, or the one tensor. Raises ValueError for no elements. Given."""
    tensors = [model] if isinstance(model, Tensor) else list(weights(model).values())
    if not any(tensor.size for tensor in tensors):
        raise ValueError("sparsity of no elements: there is nothing to be zero")
    return tensors


def as_matrix(matrix: Any) -> np.ndarray:
    """A tensor or an array as an array. Raises ValueError unless it has two dimensions. Given."""
    dense = np.asarray(matrix.data if isinstance(matrix, Tensor) else matrix)
    if dense.ndim != 2:
        raise ValueError(f"a SparseMatrix has two dimensions, not shape {dense.shape}")
    return dense


def unit_masks(model: Module, name: str, kept: np.ndarray) -> dict[str, np.ndarray]:
    """The masks of the weight `name`, and of the bias beside it, that keep these units. Given."""
    parameters = dict(model.named_parameters())
    beside = name.removesuffix("weight") + "bias"
    return {
        each: np.broadcast_to(kept.reshape(-1, *[1] * (parameters[each].ndim - 1)),
                              parameters[each].shape)
        for each in (name, beside) if each in parameters
    }  # fmt: skip


def smallest_index(count: int) -> np.dtype[Any]:
    """The smallest unsigned integers that can number `count` columns. Given."""
    return np.min_scalar_type(max(count - 1, 0))


def check_neighbours(first: Linear, second: Linear) -> None:
    """Raises ValueError unless `second` takes what `first` gives. Given."""
    if first.out_features != second.in_features:
        raise ValueError(f"{first} gives {first.out_features} units, but {second} takes others")


def check_inputs(input: Tensor, who: str, features: int) -> None:
    """Raises ValueError unless the last length of `input` is `features`. Given."""
    if input.shape[-1:] != (features,):
        raise ValueError(f"{who} takes (…, {features}), not {input.shape}")


def check_distillation(student: Tensor, teacher: Tensor, temperature: float, alpha: float) -> None:
    """Raises ValueError for scores that can't be compared, and for settings out of range. Given."""
    if student.shape != teacher.shape or student.ndim != 2 or not student.size:
        raise ValueError(f"distillation_loss compares scores (N, classes): {student.shape} with "
                         f"{teacher.shape}")  # fmt: skip
    if not temperature > 0 or not 0 <= alpha <= 1:
        raise ValueError(f"distillation_loss needs temperature > 0 and alpha in 0 … 1, "
                         f"not {temperature} and {alpha}")  # fmt: skip


def check_alive(layer: Linear, alive: np.ndarray) -> None:
    """Raises ValueError if no unit is left. Given."""
    if not alive.any():
        raise ValueError(f"every unit of {layer} is 0: nothing would be left")


def groups_of(found: dict[str, Parameter], scope: str) -> list[dict[str, Parameter]]:
    """The weights that are pruned together: all, or each layer's by itself. Given."""
    return [found] if scope == "global" else [{name: weight} for name, weight in found.items()]


def dealt_out(kept: np.ndarray, group: Mapping[str, Parameter]) -> dict[str, np.ndarray]:
    """A mask of all weights of `group` in a row as one mask for each, in its shape. Given."""
    ends = np.cumsum([weight.size for weight in group.values()])[:-1]
    parts = zip(group.items(), np.split(kept, ends), strict=True)
    return {name: part.reshape(weight.shape) for (name, weight), part in parts}


def scale_of(width: Any, steps: int) -> np.ndarray:
    """One of `steps` steps over `width`, float32 and above 0; 1 for no width. Given."""
    scale = np.where(width > 0, width / steps, 1.0).astype(np.float32)
    return np.maximum(scale, np.finfo(np.float32).tiny)


def check_amount(amount: float, where: str) -> None:
    """Raises ValueError unless `amount` is a fraction. Given."""
    if not 0 <= amount <= 1:
        raise ValueError(f"{where}: the amount is a fraction from 0 to 1, not {amount}")


def check_scope(scope: str) -> None:
    """Raises ValueError for another scope. Given."""
    if scope not in ("global", "layer"):
        raise ValueError(f'the scope is "global" or "layer", not {scope!r}')


def check_masks(model: Module, masks: Mapping[str, np.ndarray]) -> None:
    """Raises ValueError for the first mask that fits no parameter of `model`. Given."""
    known = {name: parameter.shape for name, parameter in model.named_parameters()}
    for name, mask in masks.items():
        if known.get(name) != mask.shape:
            raise ValueError(
                f"a mask {mask.shape} for {name!r} fits none of the parameters {known}"
            )
        if mask.dtype != bool:
            raise ValueError(f"a mask is of bools, and that for {name!r} of {mask.dtype}")


def check_grid(scale: Any, zero_point: Any) -> None:
    """Raises ValueError for a scale that isn't above 0, a zero point that is no int8. Given."""
    if not np.isin(zero_point, np.arange(-128, 128)).all():
        raise ValueError(f"quantize: a zero point is one of -128 … 127, not {zero_point}")
    scale = np.asarray(scale, np.float32)
    if not (scale > 0).all():
        raise ValueError(f"quantize: a scale is above 0, not {scale.min()}")


def linear_of(weight: Tensor, bias: Tensor | None) -> Linear:
    """A Linear with these numbers. Given."""
    layer = Linear(weight.shape[1], weight.shape[0], bias=bias is not None)
    layer.load_state_dict({"weight": weight} if bias is None else {"weight": weight, "bias": bias})
    return layer


def other_axes(axis: Axis, data: Tensor) -> tuple[int, ...] | None:
    """All dimensions but `axis`; None, which is all of them, where there is no axis. Given."""
    return None if axis is None else tuple(d for d in range(data.ndim) if d != axis % data.ndim)


def check_finite(values: Tensor, where: str) -> None:
    """Raises ValueError for no values, for nan and for infinity. Given."""
    if not values.size or not np.isfinite(values.data).all():
        what = "no values" if not values.size else "nan or infinity"
        raise ValueError(f"{where} can't place {what} on a scale: shape {values.shape}")


def along(parameter: np.ndarray, axis: Axis, data: Tensor | np.ndarray) -> np.ndarray:
    """A scale or zero point, shaped to broadcast over `data`. Given."""
    check_axis(axis, data)
    wanted = () if axis is None else (data.shape[axis],)
    if parameter.shape != wanted:
        raise ValueError(
            f"the scale and zero point for shape {data.shape} and axis {axis} "
            f"have shape {wanted}, not {parameter.shape}"
        )
    if axis is None:
        return parameter
    return parameter.reshape([-1 if d == axis % data.ndim else 1 for d in range(data.ndim)])


def check_axis(axis: Axis, data: Tensor | np.ndarray) -> None:
    """Raises IndexError if `data` has no such dimension. Given."""
    if axis is not None and not -data.ndim <= axis < data.ndim:
        raise IndexError(f"axis {axis} is out of range for shape {data.shape}")


def saturated_int32(values: np.ndarray) -> np.ndarray:
    """Whole numbers as int32, those beyond its ends as its ends. Given."""
    limits = np.iinfo(np.int32)
    return np.clip(values, limits.min, limits.max).astype(np.int32)


def trained_lenet() -> tuple[LeNet, TensorDataset, TensorDataset]:
    """A LeNet that reads digits, the 1,438 that it was trained on, and 359 that it never saw.

    Module 09's own: 15 epochs of its recipe. `python scripts/train_lenet.py` makes the file. Given.
    """
    with np.load(package_file("lenet.npz")) as file:
        state = dict(file)
    images, labels = load_digits()[:]
    held_out = np.isin(np.arange(len(labels)), state.pop("held_out"))
    model = LeNet(input_size=8, channels=(16, 32))
    model.load_state_dict(state)
    train = TensorDataset(images[~held_out], labels[~held_out])
    return model, train, TensorDataset(images[held_out], labels[held_out])
