"""Convolution and pooling: layers that look at an image through a small window."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from tinytorch.activations import ReLU
from tinytorch.layers import Module, Parameter, at_least_one, uniform_
from tinytorch.networks import MLP, Sequential
from tinytorch.operation import operation
from tinytorch.tensor import Tensor, wrap

Pair = int | tuple[int, ...]
"""A number for height and width alike, or one for each: (height, width)."""


def conv_output_size(size: int, kernel_size: int, stride: int = 1, padding: int = 0) -> int:
    """At how many places a window fits: (size + 2 padding - kernel_size) // stride + 1.

    All are counted in pixels along one dimension. Raises ValueError if the window is longer than
    the padded image, or if a setting makes no sense.
    """
    check_window(size, kernel_size, stride, padding)
    return (size + 2 * padding - kernel_size) // stride + 1


@operation
def pad2d(input: Tensor, padding: Pair, value: float = 0.0) -> Tensor:
    """A frame of `value` around the last two dimensions: (…, H, W) to (…, H + 2 p, W + 2 q).

    `padding` is p = q, or (p, q). Raises ValueError if it is negative, TypeError for a `value`
    that whole numbers can't hold.
    """
    check_holds(input, value)
    p, q = pair_of(padding, "padding", least=0)
    height, width = image_size(input)
    shape = (*input.shape[:-2], height + 2 * p, width + 2 * q)
    padded = np.full_like(input.data, value, shape=shape)
    padded[..., p : p + height, q : q + width] = input.data
    return wrap(padded)


def conv2d_loops(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Pair = 1,
    padding: Pair = 0,
) -> Tensor:
    """`conv2d` as it is defined: at each place, the sum of window times weight. Slow.

    Raises as `conv2d`.
    """
    shape = conv2d_shape(input, weight, bias, stride, padding)
    (sh, sw), (kh, kw) = pair_of(stride, "stride"), weight.shape[2:]
    padded = pad2d(input, padding).data
    output = np.zeros_like(padded, shape=shape, dtype=np.result_type(padded.dtype, weight.dtype))
    for n, channel, y, x in np.ndindex(*shape):
        window = padded[n, :, y * sh : y * sh + kh, x * sw : x * sw + kw]
        output[n, channel, y, x] = (window * weight.data[channel]).sum()
        if bias is not None:
            output[n, channel, y, x] += bias.data[channel]
    return wrap(output)


def window_views(padded: Any, kernel_size: Pair, stride: Pair = 1) -> list[Any]:
    """What each pixel of a window sees as the window moves over `padded`, an array (…, H, W).

    One view (…, OH, OW) for each of the kh * kw pixels, row by row: entry [y, x] of the view of
    pixel (i, j) is padded[y * stride + i, x * stride + j]. Nothing is copied.
    """
    (kh, kw), (sh, sw) = pair_of(kernel_size, "kernel_size"), pair_of(stride, "stride")
    oh = conv_output_size(padded.shape[-2], kh, sh)
    ow = conv_output_size(padded.shape[-1], kw, sw)
    return [
        padded[..., i::sh, j::sw][..., :oh, :ow]  # every step from (i, j) on, as many as fit
        for i in range(kh)
        for j in range(kw)
    ]


@operation
def im2col(input: Tensor, kernel_size: Pair, stride: Pair = 1, padding: Pair = 0) -> Tensor:
    """Each window of (N, C, H, W) as a column: (N, C * kh * kw, OH * OW), as `F.unfold`.

    So a convolution becomes one matrix product, at the price of up to kh * kw times the memory.
    """
    batch, channels = image_batch(input, "im2col")
    views = window_views(pad2d(input, padding).data, kernel_size, stride)
    places = math.prod(views[0].shape[-2:])
    return wrap(np.stack(views, axis=2).reshape(batch, channels * len(views), places))


@operation
def conv2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Pair = 1,
    padding: Pair = 0,
) -> Tensor:
    """Slide each filter over the image, as `torch.nn.functional.conv2d` with one group.

    input (N, C, H, W), weight (O, C, kh, kw) and bias (O,) give (N, O, OH, OW), with the sizes of
    `conv_output_size`. Raises ValueError if the channels differ, the window does not fit or the
    bias is not one number a filter.
    """
    shape = conv2d_shape(input, weight, bias, stride, padding)
    columns = im2col(input, weight.shape[2:], stride, padding)
    output = weight.reshape(shape[1], -1).matmul(columns)
    if bias is not None:
        output = output.add(bias.reshape(-1, 1))
    return output.reshape(*shape)


class Conv2d(Module):
    """A convolution whose filters are learned: (N, in_channels, H, W) to (N, out_channels, …)."""

    weight: Parameter
    bias: Parameter | None

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Pair,
        stride: Pair = 1,
        padding: Pair = 0,
        bias: bool = True,
    ) -> None:
        """Make weight (out, in, kh, kw) and bias (out,), evenly within ±1/sqrt(in * kh * kw).

        Given.
        """
        self.stride, self.padding = pair_of(stride, "stride"), pair_of(padding, "padding", least=0)
        self.kernel_size = pair_of(kernel_size, "kernel_size")
        inputs = at_least_one(in_channels, "Conv2d: in_channels")
        shape = (at_least_one(out_channels, "Conv2d: out_channels"), inputs, *self.kernel_size)
        self.weight = Parameter(np.empty(shape, np.float32))
        self.bias = Parameter(np.empty(out_channels, np.float32)) if bias else None
        bound = 1 / math.sqrt(math.prod(shape[1:]))
        uniform_(self.weight, -bound, bound)
        if self.bias is not None:
            uniform_(self.bias, -bound, bound)

    def forward(self, input: Tensor) -> Tensor:
        """conv2d(input, weight, bias, stride, padding)."""
        return conv2d(input, self.weight, self.bias, self.stride, self.padding)

    def flops(self, input_shape: tuple[int, ...], output_shape: tuple[int, ...]) -> int:  # noqa: ARG002
        """Each output is the sum of as many products as a filter has weights. Given."""
        return 2 * math.prod(self.weight.shape[1:]) * math.prod(output_shape)

    def extra_repr(self) -> str:
        """Its settings. Given."""
        out_channels, in_channels = self.weight.shape[:2]
        return (
            f"{in_channels}, {out_channels}, kernel_size={self.kernel_size}, "
            f"stride={self.stride}, padding={self.padding}"
        )


@operation
def max_pool2d(
    input: Tensor, kernel_size: Pair, stride: Pair | None = None, padding: Pair = 0
) -> Tensor:
    """The greatest number in each window: (…, H, W) to (…, OH, OW); padding never wins.

    `stride` is `kernel_size` unless given: windows side by side. Raises ValueError if the window
    does not fit or the padding is more than half of it.
    """
    check_pool(kernel_size, padding)
    image_size(input)
    padded = pad2d(input, padding, -np.inf).data if padding else input.data
    views = window_views(padded, kernel_size, kernel_size if stride is None else stride)
    greatest = views[0].copy()
    for view in views[1:]:
        np.maximum(greatest, view, out=greatest)
    return wrap(greatest)


@operation
def avg_pool2d(
    input: Tensor, kernel_size: Pair, stride: Pair | None = None, padding: Pair = 0
) -> Tensor:
    """The mean of each window: (…, H, W) to (…, OH, OW); padding counts as zeros.

    `stride` is `kernel_size` unless given. Raises ValueError as `max_pool2d`.
    """
    check_pool(kernel_size, padding)
    image_size(input)
    padded = pad2d(input, padding).data if padding else input.data
    views = window_views(padded, kernel_size, kernel_size if stride is None else stride)
    total = views[0].copy()
    for view in views[1:]:
        total += view
    return wrap(total / len(views))


class MaxPool2d(Module):
    """`max_pool2d` with settings that are chosen once. Given."""

    def __init__(self, kernel_size: Pair, stride: Pair | None = None, padding: Pair = 0) -> None:
        """Keep the settings; `stride` is `kernel_size` unless given. ValueError for bad ones."""
        check_pool(kernel_size, padding)
        self.kernel_size, self.padding = kernel_size, padding
        self.stride = kernel_size if stride is None else stride

    def forward(self, input: Tensor) -> Tensor:
        """max_pool2d(input, kernel_size, stride, padding)."""
        return max_pool2d(input, self.kernel_size, self.stride, self.padding)

    def extra_repr(self) -> str:
        """Its settings. Given."""
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AvgPool2d(Module):
    """`avg_pool2d` with settings that are chosen once. Given."""

    def __init__(self, kernel_size: Pair, stride: Pair | None = None, padding: Pair = 0) -> None:
        """Keep the settings; `stride` is `kernel_size` unless given. ValueError for bad ones."""
        check_pool(kernel_size, padding)
        self.kernel_size, self.padding = kernel_size, padding
        self.stride = kernel_size if stride is None else stride

    def forward(self, input: Tensor) -> Tensor:
        """avg_pool2d(input, kernel_size, stride, padding)."""
        return avg_pool2d(input, self.kernel_size, self.stride, self.padding)

    def extra_repr(self) -> str:
        """Its settings. Given."""
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class Flatten(Module):
    """(N, C, H, W) to (N, C * H * W): every dimension from `start_dim` on as one."""

    def __init__(self, start_dim: int = 1) -> None:
        """Keep `start_dim`; 1 leaves the examples of a batch apart. Given."""
        self.start_dim = start_dim

    def forward(self, input: Tensor) -> Tensor:
        """input.flatten(start_dim)."""
        return input.flatten(self.start_dim)


def receptive_field(layers: Iterable[tuple[int, int]]) -> int:
    """How many input pixels, along one side, reach one number behind these layers.

    Each layer is its (kernel_size, stride). A window of k widens the field by k - 1 of its own
    steps, and one of its steps is as long as all strides before it multiplied. Source: Araujo,
    Norris and Sim, "Computing receptive fields of convolutional neural networks", 2019.
    """
    field, step = 1, 1
    for kernel_size, stride in layers:
        field += (kernel_size - 1) * step
        step *= stride
    return field


class LeNet(Module):
    """Two convolutions with pooling, then three linear layers: digits in, a score a class out.

    Source: LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document
    recognition", 1998; with ReLU and max pooling, as is usual today.
    """

    def __init__(
        self, input_size: int = 28, classes: int = 10, channels: tuple[int, int] = (6, 16)
    ) -> None:
        """For images (N, 1, input_size, input_size). Raises ValueError below 4 pixels.

        From 16 pixels on the windows are 5 x 5. Smaller images get 3 x 3 and a frame before the
        second convolution too, so that 8 x 8 pixels leave 2 x 2 places for the linear layers.
        """
        if input_size < 4:
            raise ValueError(f"LeNet halves its images twice: 4 pixels or more, not {input_size}")
        kernel, padding = lenet_window(input_size)
        first, second = channels
        self.features = Sequential(
            *(Conv2d(1, first, kernel, padding=kernel // 2), ReLU(), MaxPool2d(2)),
            *(Conv2d(first, second, kernel, padding=padding), ReLU(), MaxPool2d(2)),
            Flatten(),
        )
        side = conv_output_size(input_size // 2, kernel, padding=padding) // 2
        self.classifier = MLP([second * side * side, 120, 84, classes])

    def forward(self, input: Tensor) -> Tensor:
        """Scores (N, classes) of images (N, 1, input_size, input_size)."""
        return self.classifier(self.features(input))


def check_window(size: int, kernel_size: int, stride: int, padding: int) -> None:
    """Raises ValueError for settings that make no sense, and a window that doesn't fit. Given."""
    if kernel_size < 1 or stride < 1 or padding < 0:
        raise ValueError(
            "kernel_size and stride are at least 1 and padding at least 0, "
            f"not {kernel_size}, {stride} and {padding}"
        )
    if kernel_size > size + 2 * padding:
        raise ValueError(
            f"a window of {kernel_size} pixels does not fit into {size} with a frame of {padding}"
        )


def lenet_window(input_size: int) -> tuple[int, int]:
    """The window of a LeNet, and the frame before its second convolution. Given."""
    return (5, 0) if input_size >= 16 else (3, 1)


def pair_of(value: Pair, name: str, least: int = 1) -> tuple[int, int]:
    """`value` for height and width. Raises ValueError if it is no such pair. Given."""
    pair = tuple(value) if isinstance(value, tuple | list) else (value, value)
    if len(pair) != 2 or not all(isinstance(v, int | np.integer) and v >= least for v in pair):
        raise ValueError(f"{name} is a whole number of at least {least}, or two, not {value!r}")
    return pair[0], pair[1]


def image_size(input: Tensor) -> tuple[int, int]:
    """Height and width. Raises ValueError for fewer than two dimensions. Given."""
    if input.ndim < 2:
        raise ValueError(f"images have a height and a width: (…, H, W), not {input.shape}")
    return input.shape[-2], input.shape[-1]


def image_batch(input: Tensor, where: str) -> tuple[int, int]:
    """How many images and channels. Raises ValueError unless the shape is (N, C, H, W). Given."""
    if input.ndim != 4:
        raise ValueError(f"{where} takes images (N, C, H, W), not {input.shape}")
    return input.shape[0], input.shape[1]


def check_holds(input: Tensor, value: float) -> None:
    """Raise TypeError if the dtype of `input` is a whole number's and `value` is none. Given."""
    if input.dtype.kind != "f" and not float(value).is_integer():
        raise TypeError(f"a frame of {value} needs images of floats, not {input.dtype}")


def conv2d_shape(
    input: Tensor, weight: Tensor, bias: Tensor | None, stride: Pair, padding: Pair
) -> tuple[int, int, int, int]:
    """The shape (N, O, OH, OW) of a convolution. ValueError if its parts don't fit. Given."""
    batch, channels = image_batch(input, "conv2d")
    if weight.ndim != 4 or weight.shape[1] != channels:
        raise ValueError(
            f"conv2d: weight (O, C, kh, kw) of {weight.shape} needs images with as many channels, "
            f"not {input.shape}"
        )
    if bias is not None and bias.shape != weight.shape[:1]:
        raise ValueError(f"conv2d: bias has shape {bias.shape}, not {weight.shape[:1]}")
    strides, paddings = pair_of(stride, "stride"), pair_of(padding, "padding", least=0)
    height, width = (
        conv_output_size(*sizes)
        for sizes in zip(input.shape[2:], weight.shape[2:], strides, paddings, strict=True)
    )
    return batch, weight.shape[0], height, width


def check_pool(kernel_size: Pair, padding: Pair) -> None:
    """Raise ValueError for no window, or one that could lie in the padding alone. Given."""
    kernel, frame = pair_of(kernel_size, "kernel_size"), pair_of(padding, "padding", least=0)
    if any(2 * p > k for k, p in zip(kernel, frame, strict=True)):
        raise ValueError(f"padding {padding} is more than half of the window {kernel_size}")
