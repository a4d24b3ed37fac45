"""Layers: weights that are learned, the modules that hold them, and how they begin."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from tinytorch.activations import Activation, like
from tinytorch.checks import checked, checked_flags, described
from tinytorch.operation import operation
from tinytorch.tensor import Tensor, floats, linear


class Parameter(Tensor):
    """A tensor that training changes: the weight or the bias of a layer."""

    @checked_flags
    def __init__(self, data: Any, requires_grad: bool = True) -> None:
        """Copy `data` and ask for its gradient. TypeError for ints and bools that want one."""
        super().__init__(data)
        self.requires_grad = requires_grad


class Module:
    """A layer, or a network made of layers: its parameters, its children and its `forward`.

    What is set as an attribute is registered by that alone: each Parameter is found by
    `parameters()`, each Module is a child, and what `register_buffer` sets is saved beside them.
    """

    training: bool = True
    _buffers: tuple[str, ...] = ()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """`forward`, so that a layer is called like a function."""
        return self.forward(*args, **kwargs)

    def named_children(self) -> Iterator[tuple[str, Any]]:
        """(name, layer) of each layer that is an attribute of this one."""
        for name, value in vars(self).items():
            if isinstance(value, Module | Activation):
                yield name, value

    def named_parameters(self) -> Iterator[tuple[str, Parameter]]:
        """(name, parameter) of everything that is trained: "body.0.weight". A shared one once."""
        seen: set[int] = set()
        for prefix, module in self.named_modules():
            for name, value in vars(module).items():
                if isinstance(value, Parameter) and id(value) not in seen:
                    seen.add(id(value))
                    yield joined(prefix, name), value

    @checked_flags
    def train(self, mode: bool = True) -> Module:
        """Switch to training, here and inside: dropout drops, batch norm uses its batch."""
        for module in self.modules():
            module.training = mode
        return self

    def eval(self) -> Module:
        """Switch to use: dropout passes on, batch norm uses its running statistics."""
        return self.train(False)

    def state_dict(self) -> dict[str, Tensor]:
        """All that has to be saved, by name. The tensors share their memory with the module."""
        return {name: tensor.detach() for name, tensor in self.named_state()}

    @checked
    def load_state_dict(
        self, state: Mapping[str, Any], strict: bool = True
    ) -> tuple[list[str], list[str]]:
        """Copy the values of `state` (tensors or arrays by name) into this module.

        Returns the names that are missing in `state` and those that this module does not have.
        Raises ValueError that lists them, unless `strict` is False, and for a shape that differs;
        then nothing has been copied.
        """
        pairs, missing, unexpected = matched(self, state, strict)
        for ours, theirs in pairs:
            assign(ours, theirs)
        return missing, unexpected

    # From here on all is given.

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the layer computes; each layer writes its own. Given."""
        raise NotImplementedError(f"{type(self).__name__} has no forward")

    def __setattr__(self, name: str, value: Any) -> None:
        """Set an attribute. Raises TypeError if a plain Tensor would take a Parameter's place.

        Given.
        """
        before = vars(self).get(name)
        if isinstance(before, Parameter) and not isinstance(value, Parameter | None):
            raise TypeError(
                f"{type(self).__name__}.{name} is a Parameter, and {described(value)} in its "
                f"place would never be trained; set {name}.data, or wrap it in Parameter(...)"
            )
        super().__setattr__(name, value)

    def register_buffer(self, name: str, tensor: Tensor | None) -> None:
        """Set a tensor that is saved with the module but not trained, such as a running mean.

        Raises TypeError for what is neither a Tensor nor None. Given.
        """
        if not isinstance(tensor, Tensor | None):
            raise TypeError(f"the buffer {name} is a Tensor or None, not a {type(tensor).__name__}")
        self._buffers = (*self._buffers, name)
        setattr(self, name, tensor)

    def named_modules(
        self, prefix: str = "", seen: set[Any] | None = None
    ) -> Iterator[tuple[str, Any]]:
        """(name, module) of this module, named `prefix`, and of every one inside: "body.0".

        Activations count. What has two names comes once; `seen` holds what came already. Given.
        """
        seen = set() if seen is None else seen
        if self not in seen:
            seen.add(self)
            yield prefix, self
            for name, child in self.named_children():
                if isinstance(child, Module | Activation):  # and no plain function
                    yield from child.named_modules(joined(prefix, name), seen)

    def parameters(self) -> Iterator[Parameter]:
        """Every parameter, of this module first and then of its children. Given."""
        for _, parameter in self.named_parameters():
            yield parameter

    def modules(self) -> Iterator[Any]:
        """This module and every one inside, activations too. Given."""
        for _, module in self.named_modules():
            yield module

    def children(self) -> Iterator[Any]:
        """Each layer that is an attribute of this one. Given."""
        for _, child in self.named_children():
            yield child

    def named_buffers(self) -> Iterator[tuple[str, Tensor]]:
        """(name, tensor) of all that is saved but not trained: "norm.running_mean". Given."""
        for prefix, module in self.named_modules():
            for name in module._buffers:
                if getattr(module, name) is not None:
                    yield joined(prefix, name), getattr(module, name)

    def to(self, device: str) -> Module:
        """Move every parameter and buffer to "cpu" or "cuda", in place; see `Tensor.to`. Given."""
        for _, tensor in (*self.named_parameters(), *self.named_buffers()):
            tensor.data = tensor.detach().to(device).data
            tensor.grad = None if tensor.grad is None else tensor.grad.to(device)
        return self

    def zero_grad(self) -> None:
        """Forget the gradient of every parameter. Given."""
        for parameter in self.parameters():
            parameter.grad = None

    def flops(self, input_shape: tuple[int, ...], output_shape: tuple[int, ...]) -> int:  # noqa: ARG002
        """The floating-point operations of one call; layers that sum products say how many.

        A multiplication and an addition are one each, as `torch.utils.flop_counter` counts them;
        what is done once for each element, such as adding a bias, is small beside it and left out.
        Given.
        """
        return 0

    def extra_repr(self) -> str:
        """The settings that `repr` shows in brackets; each layer may write its own. Given."""
        return ""

    def __repr__(self) -> str:
        """The module and all inside, a line each, as PyTorch writes them. Given."""
        lines = [f"({name}): {child!r}" for name, child in self.named_children()]
        if not lines:
            return f"{type(self).__name__}({self.extra_repr()})"
        inside = "\n".join(lines).replace("\n", "\n  ")
        return f"{type(self).__name__}(\n  {inside}\n)"

    def named_state(self) -> Iterator[tuple[str, Tensor]]:
        """(name, tensor) of each parameter and buffer, under each of its names. Given."""
        for name, value in vars(self).items():
            if isinstance(value, Parameter):
                yield name, value
        for name in self._buffers:
            if getattr(self, name) is not None:
                yield name, getattr(self, name)
        for prefix, child in self.named_children():
            if isinstance(child, Module):
                for name, tensor in child.named_state():
                    yield joined(prefix, name), tensor


@checked
def xavier_uniform_(
    tensor: Tensor, gain: float = 1.0, generator: np.random.Generator | None = None
) -> Tensor:
    """Fill `tensor` evenly from -b to b, b = gain * sqrt(6 / (fan_in + fan_out)); return it.

    The variance is b² / 3, a compromise: signals keep theirs forward, gradients backward.
    Source: Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural
    networks", 2010. Raises ValueError for fewer than two dimensions.
    """
    fan_in, fan_out = fans(tensor)
    bound = gain * math.sqrt(6 / (fan_in + fan_out))
    return uniform_(tensor, -bound, bound, generator)


@checked
def kaiming_uniform_(
    tensor: Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: np.random.Generator | None = None,
) -> Tensor:
    """Fill `tensor` evenly from -b to b, b = gain * sqrt(3 / fan); return it.

    The variance is gain² / fan: what the `nonlinearity` after the layer takes away, the gain gives
    back. `a` is the negative slope of a leaky ReLU; `mode` is "fan_in" or "fan_out". Source: He et
    al., "Delving deep into rectifiers", 2015. Raises ValueError for fewer than two dimensions.
    """
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"kaiming_uniform_: mode is 'fan_in' or 'fan_out', not {mode!r}")
    fan_in, fan_out = fans(tensor)
    fan = fan_in if mode == "fan_in" else fan_out
    bound = calculate_gain(nonlinearity, a) * math.sqrt(3 / fan)
    return uniform_(tensor, -bound, bound, generator)


class Linear(Module):
    """y = x @ weight.T + bias, over the last dimension: (…, in_features) to (…, out_features)."""

    weight: Parameter
    bias: Parameter | None

    @checked_flags
    def __init__(self, in_features: int, out_features: int, bias: bool = True) -> None:
        """Make weight (out, in) and bias (out,), evenly from -1/sqrt(in) to 1/sqrt(in)."""
        check_counts("Linear", in_features=in_features, out_features=out_features)
        self.in_features, self.out_features = in_features, out_features
        bound = 1 / math.sqrt(in_features)
        self.weight = Parameter(np.zeros((out_features, in_features), np.float32))
        uniform_(self.weight, -bound, bound)
        self.bias = None
        if bias:
            self.bias = Parameter(np.zeros(out_features, np.float32))
            uniform_(self.bias, -bound, bound)

    @checked
    def forward(self, input: Tensor) -> Tensor:
        """y = x @ weight.T + bias. Raises ValueError if the last length is not in_features."""
        if input.shape[-1:] != (self.in_features,):
            raise ValueError(f"{self} takes (…, {self.in_features}), not {input.shape}")
        return linear(input, self.weight, self.bias)

    def flops(self, input_shape: tuple[int, ...], output_shape: tuple[int, ...]) -> int:  # noqa: ARG002
        """Each output is the sum of in_features products. Given."""
        return 2 * self.in_features * math.prod(output_shape)

    def extra_repr(self) -> str:
        """Its settings. Given."""
        return (
            f"in_features={self.in_features}, out_features={self.out_features}, "
            f"bias={self.bias is not None}"
        )


@checked
def dropout(
    input: Tensor,
    p: float = 0.5,
    training: bool = True,
    generator: np.random.Generator | None = None,
) -> Tensor:
    """Each element becomes 0 with the chance `p`; what is left is divided by 1 - p.

    So the expected value stays the same ("inverted" dropout), and without `training` nothing has
    to be done. Source: Srivastava et al., "Dropout", 2014. Raises ValueError unless 0 <= p <= 1.
    """
    check_chance("dropout", p)
    if not training:
        return input
    kept = random_like(input, generator) >= p
    share = 1 - p if p < 1 else 1  # where nothing is kept, nothing is enlarged
    return input * kept / share


class Dropout(Module):
    """`dropout` while training; in eval mode what comes in goes out. Given."""

    @checked
    def __init__(self, p: float = 0.5) -> None:
        """Keep `p`. Raises ValueError unless 0 <= p <= 1."""
        check_chance("Dropout", p)
        self.p = p

    @checked
    def forward(self, input: Tensor) -> Tensor:
        """dropout(input, p, training)."""
        return dropout(input, self.p, self.training)

    def extra_repr(self) -> str:
        """Its settings. Given."""
        return f"p={self.p}, inplace=False"


@operation
def layer_norm(
    input: Tensor,
    normalized_shape: tuple[int, ...],
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """Mean 0 and variance 1 over the last dimensions, for each example; then times weight + bias.

    `normalized_shape` is the shape of those dimensions and of weight and bias. Source: Ba, Kiros
    and Hinton, "Layer normalization", 2016. Raises ValueError if the input does not end in it.
    """
    dims = last_dims(input, normalized_shape, weight, bias)
    x = floats(input)
    centred = x - x.mean(axis=dims, keepdims=True)
    variance = (centred * centred).mean(axis=dims, keepdims=True)
    normalized = centred / np.sqrt(variance + eps)
    if weight is not None:
        normalized = normalized * weight.data
    return like(normalized if bias is None else normalized + bias.data, input)


class LayerNorm(Module):
    """`layer_norm` with a weight and a bias that are learned; they begin as 1 and 0. Given."""

    weight: Parameter | None
    bias: Parameter | None

    @checked_flags
    def __init__(
        self,
        normalized_shape: int | tuple[int, ...],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
    ) -> None:
        """Normalize over the last dimensions, of shape `normalized_shape`; an int is one length."""
        whole = isinstance(normalized_shape, int)
        shape = (normalized_shape,) if whole else tuple(normalized_shape)
        self.normalized_shape = tuple(at_least_one(n, "LayerNorm: a length") for n in shape)
        self.eps = eps
        self.weight = Parameter(np.ones(shape, np.float32)) if elementwise_affine else None
        with_bias = elementwise_affine and bias
        self.bias = Parameter(np.zeros(shape, np.float32)) if with_bias else None

    @checked
    def forward(self, input: Tensor) -> Tensor:
        """layer_norm(input, normalized_shape, weight, bias, eps)."""
        return layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """Its settings. Given."""
        return (
            f"{self.normalized_shape}, eps={self.eps}, "
            f"elementwise_affine={self.weight is not None}, bias={self.bias is not None}"
        )


def batch_statistics(input: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and variance of each channel of (N, C, …), over all other dimensions: (1, C, 1, …).

    Raises ValueError for one value a channel, for then the variance is 0.
    """
    check_batch(input)
    dims = (0, *range(2, input.ndim))
    mean = input.mean(dims, keepdim=True)
    centred = input - mean
    return mean, (centred * centred).mean(dims, keepdim=True)


def update_running(
    running_mean: Tensor,
    running_var: Tensor,
    mean: Tensor,
    variance: Tensor,
    count: int,
    momentum: float,
) -> None:
    """Move the running statistics, in place, towards those of a batch, by the share `momentum`.

    All four are (C,), and `variance` is the mean of `count` squares; what it moves towards is the
    unbiased one, by `count - 1`. Raises ValueError if they have not as many channels.
    """
    check_channels(running_mean, mean)
    check_channels(running_var, variance)
    unbiased = variance.data * count / (count - 1)
    running_mean.data[...] = (1 - momentum) * running_mean.data + momentum * mean.data
    running_var.data[...] = (1 - momentum) * running_var.data + momentum * unbiased


@checked_flags
def batch_norm(
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Mean 0 and variance 1 for each channel of (N, C, …); then times weight + bias, both (C,).

    While `training`, mean and variance are those of the batch, and the running ones move towards
    them by `momentum`, in place; else the running ones are used. Source: Ioffe and Szegedy, "Batch
    normalization", 2015. Raises ValueError if training has one value a channel: its variance is 0.
    Given.
    """
    if training:
        mean, variance = batch_statistics(input)
        if running_mean is not None and running_var is not None:
            count = input.size // mean.size
            batch = mean.reshape(-1), variance.reshape(-1)
            update_running(running_mean, running_var, *batch, count, momentum)
    elif running_mean is None or running_var is None:
        raise ValueError("batch_norm without training needs running_mean and running_var")
    else:
        mean, variance = by_channel(running_mean, input), by_channel(running_var, input)
    output = (input - mean) / (variance + eps).sqrt()
    if weight is not None:
        output = output * by_channel(weight, input)
    return output if bias is None else output + by_channel(bias, input)


class BatchNorm1d(Module):
    """`batch_norm` of (N, C) or (N, C, L) with running statistics, and weight and bias learned.

    Given.
    """

    weight: Parameter | None
    bias: Parameter | None
    running_mean: Tensor | None
    running_var: Tensor | None
    num_batches_tracked: Tensor | None

    @checked_flags
    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        *,
        bias: bool = True,
    ) -> None:
        """Prepare for `num_features` channels; a momentum of None averages over all batches.

        Without `track_running_stats` the statistics are always those of the batch.
        """
        self.num_features = at_least_one(num_features, "BatchNorm1d: num_features")
        self.eps = eps
        self.momentum = momentum
        ones, zeros = np.ones(num_features, np.float32), np.zeros(num_features, np.float32)
        self.weight = Parameter(ones) if affine else None
        self.bias = Parameter(zeros) if affine and bias else None
        tracked = track_running_stats
        self.register_buffer("running_mean", Tensor(zeros) if tracked else None)
        self.register_buffer("running_var", Tensor(ones) if tracked else None)
        self.register_buffer("num_batches_tracked", Tensor(np.array(0)) if tracked else None)

    @checked
    def forward(self, input: Tensor) -> Tensor:
        """batch_norm(input, …). Raises ValueError unless the input is (N, C) or (N, C, L)."""
        if input.ndim not in (2, 3) or input.shape[1] != self.num_features:
            wanted = f"(N, {self.num_features}) or (N, {self.num_features}, L)"
            raise ValueError(f"BatchNorm1d takes {wanted}, not {input.shape}")
        running = (self.running_mean, self.running_var)
        training = self.training or self.running_mean is None
        momentum = self._next_momentum()
        output = batch_norm(input, *running, self.weight, self.bias, training, momentum, self.eps)
        if self.training and self.num_batches_tracked is not None:
            self.num_batches_tracked.data += 1
        return output

    def _next_momentum(self) -> float:
        """The share of the next batch in the running statistics. Given."""
        if self.momentum is not None or self.num_batches_tracked is None:
            return self.momentum or 0.0
        return 1 / (self.num_batches_tracked.item() + 1)

    def extra_repr(self) -> str:
        """Its settings. Given."""
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, "
            f"affine={self.weight is not None}, bias={self.bias is not None}, "
            f"track_running_stats={self.running_mean is not None}"
        )


default_generator = np.random.default_rng()
"""Where random numbers come from unless a caller brings a generator of its own. Given."""


@checked
def manual_seed(seed: int) -> np.random.Generator:
    """Start the default generator anew: from here on its numbers depend on `seed` only. Given."""
    default_generator.bit_generator.state = np.random.default_rng(seed).bit_generator.state
    return default_generator


@checked
def uniform_(
    tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: np.random.Generator | None = None
) -> Tensor:
    """Fill `tensor` in place with random numbers, evenly from `a` to `b`; return it. Given."""
    numbers = (generator or default_generator).uniform(a, b, tensor.shape)
    return assign(tensor, Tensor(numbers))


def calculate_gain(nonlinearity: str, param: float = 0.01) -> float:
    """By how much weights are enlarged for the `nonlinearity` after them. Given.

    `param` is the negative slope of "leaky_relu". The numbers are those of
    `torch.nn.init.calculate_gain`. Raises ValueError for a name that is not known.
    """
    gains = {
        "linear": 1.0,
        "conv2d": 1.0,
        "sigmoid": 1.0,
        "tanh": 5 / 3,
        "selu": 3 / 4,
        "relu": math.sqrt(2),
        "leaky_relu": math.sqrt(2 / (1 + param**2)),
    }
    if nonlinearity not in gains:
        raise ValueError(f"nonlinearity is one of {', '.join(gains)}, not {nonlinearity!r}")
    return gains[nonlinearity]


def random_like(input: Tensor, generator: np.random.Generator | None) -> Tensor:
    """A random number from 0 to 1 for each element of `input`, where that lives. Given."""
    return Tensor((generator or default_generator).random(input.shape)).to(input.device)


def fans(tensor: Tensor) -> tuple[int, int]:
    """How many inputs reach an output of weight (out, in, …), and the reverse. Given."""
    if tensor.ndim < 2:
        raise ValueError(f"a weight (out, in, …) has two dimensions or more, not {tensor.shape}")
    window = math.prod(tensor.shape[2:])
    return tensor.shape[1] * window, tensor.shape[0] * window


def tensor_of(value: Any) -> Tensor:
    """`value`, an array or a tensor, as a tensor. Given."""
    return value if isinstance(value, Tensor) else Tensor(value)


def assign(tensor: Tensor, values: Tensor) -> Tensor:
    """Write `values` into the memory of `tensor`, from whatever device; return it. Given."""
    tensor.data[...] = values.detach().to(tensor.device).data
    return tensor


def at_least_one(value: int, name: str) -> int:
    """`value`, if it is a whole number of at least 1. Given."""
    if not isinstance(value, int | np.integer) or isinstance(value, bool) or value < 1:
        came = repr(value) if isinstance(value, int | float | str) else described(value)
        raise ValueError(f"{name} is a whole number of at least 1, not {came}")
    return int(value)


def check_counts(name: str, **counts: int) -> None:
    """Raises ValueError for the first that is no whole number of at least 1. Given."""
    for setting, value in counts.items():
        at_least_one(value, f"{name}: {setting}")


def check_chance(name: str, p: float) -> None:
    """Raises ValueError unless `p` is from 0 to 1. Given."""
    if not 0 <= p <= 1:
        raise ValueError(f"{name}: p is a chance from 0 to 1, not {p}")


def last_dims(
    input: Tensor, shape: tuple[int, ...], weight: Tensor | None, bias: Tensor | None
) -> tuple[int, ...]:
    """The dimensions that `shape` names, counted from the end; all have to fit it. Given."""
    shape = tuple(shape)
    if not shape or input.shape[-len(shape) :] != shape:
        raise ValueError(f"layer_norm over {shape}: the input ends otherwise, {input.shape}")
    for name, tensor in (("weight", weight), ("bias", bias)):
        if tensor is not None and tensor.shape != shape:
            raise ValueError(f"layer_norm over {shape}: {name} has shape {tensor.shape}")
    return tuple(range(-len(shape), 0))


def check_batch(input: Tensor) -> None:
    """Raises ValueError unless there are two values or more a channel. Given."""
    if input.ndim < 2 or input.size <= input.shape[1]:
        raise ValueError(
            f"batch_norm: training needs more than one value a channel, not shape {input.shape}"
        )


def check_channels(running: Tensor, value: Tensor) -> None:
    """Raises ValueError unless both have as many channels. Given."""
    if running.size != value.size:
        raise ValueError(
            f"batch_norm of {value.size} channels has running statistics of {running.shape}"
        )


def by_channel(tensor: Tensor, input: Tensor) -> Tensor:
    """(C,) as (1, C, 1, …), so that it broadcasts along the channels of `input`. Given."""
    if tensor.shape != input.shape[1:2]:
        raise ValueError(
            f"batch_norm of {input.shape} wants {input.shape[1:2]}, not {tensor.shape}"
        )
    return tensor.reshape(1, -1, *(1,) * (input.ndim - 2))


def joined(prefix: str, name: str) -> str:
    """ "body" and "weight" as "body.weight". Given."""
    return f"{prefix}.{name}" if prefix else name


def matched(
    module: Module, state: Mapping[str, Any], strict: bool
) -> tuple[list[tuple[Tensor, Tensor]], list[str], list[str]]:
    """Pairs of the module's tensors and the state's, then the names only one of both has. Given.

    Raises ValueError for a shape that differs, and if `strict` for a name that the other lacks.
    """
    own = dict(module.named_state())
    missing = [name for name in own if name not in state]
    unexpected = [name for name in state if name not in own]
    pairs = {name: (own[name], tensor_of(state[name])) for name in own if name in state}
    misshaped = [
        f"{name} {theirs.shape} for {ours.shape}"
        for name, (ours, theirs) in pairs.items()
        if ours.shape != theirs.shape
    ]
    if misshaped or (strict and (missing or unexpected)):
        raise ValueError(state_complaint(module, missing, unexpected, misshaped))
    return list(pairs.values()), missing, unexpected


def state_complaint(
    module: Module, missing: list[str], unexpected: list[str], shapes: list[str]
) -> str:
    """What does not fit between a state and a module, in words. Given."""
    parts = {"missing": missing, "unexpected": unexpected, "misshaped": shapes}
    found = "; ".join(f"{word}: {', '.join(names)}" for word, names in parts.items() if names)
    return f"the state does not fit this {type(module).__name__}: {found}"
