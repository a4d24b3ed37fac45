"""Convolution and pooling: layers that look at an image through a small window."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from tinytorch.activations import ReLU
from tinytorch.checks import checked_flags
from tinytorch.dtypes import result_type
from tinytorch.layers import Module, Parameter, at_least_one, uniform_
from tinytorch.networks import MLP, Sequential
from tinytorch.operation import operation
from tinytorch.tensor import Tensor, floats, wrap

Pair = int | tuple[int, ...]
"""A number for height and width alike, or one for each: (height, width)."""


def conv_output_size(size: int, kernel_size: int, stride: int = 1, padding: int = 0) -> int:
    """At how many places a window of `kernel_size` pixels fits along one side of an image.

    The side has `size` pixels and `padding` more at both ends; the window moves by `stride`.
    Raises ValueError if it is longer than the padded side, or if a setting makes no sense.
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
    p, q = frame_of(padding)
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
    (sh, sw), (kh, kw) = stride_of(stride), weight.shape[2:]
    padded, output = pad2d(input, padding).data, room_for(shape, input, weight, bias)
    for n, o, y, x in np.ndindex(*shape):
        window = padded[n, :, y * sh : y * sh + kh, x * sw : x * sw + kw]
        output[n, o, y, x] = (window * weight.data[o]).sum()
        if bias is not None:
            output[n, o, y, x] += bias.data[o]
    return wrap(output)


def window_views(padded: Any, kernel_size: Pair, stride: Pair = 1) -> list[Any]:
    """What each pixel of a window sees as the window moves over `padded`, an array (…, H, W).

    One view (…, OH, OW) for each of the kh * kw pixels, row by row: entry [y, x] of the view of
    pixel (i, j) is padded[y * stride + i, x * stride + j]. Nothing is copied. Raises ValueError if
    the window does not fit.
    """
    (kh, kw), (sh, sw) = window_of(kernel_size), stride_of(stride)
    oh = conv_output_size(padded.shape[-2], kh, sh)
    ow = conv_output_size(padded.shape[-1], kw, sw)
    views: list[Any] = []
    for i in range(kh):
        for j in range(kw):
            seen = padded[..., i::sh, j::sw]
            views.append(seen[..., :oh, :ow])
    return views


@operation
def im2col(input: Tensor, kernel_size: Pair, stride: Pair = 1, padding: Pair = 0) -> Tensor:
    """Each window of (N, C, H, W) as a column: (N, C * kh * kw, OH * OW), as `F.unfold`.

    A column has the pixels of a window row by row, one channel after the other; the columns stand
    in the order of the places, row by row.
    """
    check_images(input, "im2col")
    batch, channels = input.shape[:2]
    views = window_views(pad2d(input, padding).data, kernel_size, stride)
    pixels = np.stack(views, axis=2)
    return wrap(pixels.reshape(batch, channels * len(views), math.prod(pixels.shape[3:])))


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

    @checked_flags
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
        self.stride, self.padding = stride_of(stride), frame_of(padding)
        self.kernel_size = window_of(kernel_size)
        inputs = at_least_one(in_channels, "Conv2d: in_channels")
        shape = (at_least_one(out_channels, "Conv2d: out_channels"), inputs, *self.kernel_size)
        self.weight = Parameter(np.empty(shape, np.float32))
        self.bias = Parameter(np.empty(out_channels, np.float32)) if bias else None
        bound = 1 / math.sqrt(math.prod(shape[1:]))
        uniform_(self.weight, -bound, bound)
        if self.bias is not None:
            uniform_(self.bias, -bound, bound)

    def forward(self, input: Tensor) -> Tensor:
        """conv2d(input, weight, bias, stride, padding). Given."""
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
    check_pool(input, kernel_size, padding)
    padded = pad2d(input, padding, lowest(input)).data
    views = window_views(padded, kernel_size, kernel_size if stride is None else stride)
    greatest = views[0]
    for view in views[1:]:
        greatest = np.maximum(greatest, view)
    return wrap(greatest)


@operation
def avg_pool2d(
    input: Tensor, kernel_size: Pair, stride: Pair | None = None, padding: Pair = 0
) -> Tensor:
    """The mean of each window: (…, H, W) to (…, OH, OW); padding counts as zeros.

    `stride` is `kernel_size` unless given. Whole numbers have a mean of float32. Raises ValueError
    as `max_pool2d`.
    """
    check_pool(input, kernel_size, padding)
    padded = floats(pad2d(input, padding))
    views = window_views(padded, kernel_size, kernel_size if stride is None else stride)
    total = views[0]
    for view in views[1:]:
        total = total + view
    return wrap(total / len(views))


class MaxPool2d(Module):
    """`max_pool2d` with settings that are chosen once. Given."""

    def __init__(self, kernel_size: Pair, stride: Pair | None = None, padding: Pair = 0) -> None:
        """Keep the settings; `stride` is `kernel_size` unless given. ValueError for bad ones."""
        check_window_frame(kernel_size, padding)
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
        check_window_frame(kernel_size, padding)
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
        """Each example as one row of numbers, unless `start_dim` says otherwise."""
        return input.flatten(self.start_dim)


def receptive_field(layers: Iterable[tuple[int, int]]) -> int:
    """How many input pixels, along one side, reach one number behind these layers.

    Each layer is its (kernel_size, stride), the first one first. Source: Araujo, Norris and Sim,
    "Computing receptive fields of convolutional neural networks", 2019.
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
        """Scores (N, classes) of images (N, 1, input_size, input_size). Given."""
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


def window_of(kernel_size: Pair) -> tuple[int, int]:
    """The window's height and width. Raises ValueError for less than a pixel. Given."""
    return pair_of(kernel_size, "kernel_size")


def stride_of(stride: Pair) -> tuple[int, int]:
    """How far a window moves down and to the right. Raises ValueError for less than 1. Given."""
    return pair_of(stride, "stride")


def frame_of(padding: Pair) -> tuple[int, int]:
    """The frame above and below, and at both sides. Raises ValueError if negative. Given."""
    return pair_of(padding, "padding", least=0)


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


def check_images(input: Tensor, where: str) -> None:
    """Raise ValueError unless the shape is (N, C, H, W). Given."""
    if input.ndim != 4:
        raise ValueError(f"{where} takes images (N, C, H, W), not {input.shape}")


def check_holds(input: Tensor, value: float) -> None:
    """Raise TypeError if the dtype of `input` is a whole number's and `value` is none. Given."""
    if input.dtype.kind != "f" and not float(value).is_integer():
        raise TypeError(f"a frame of {value} needs images of floats, not {input.dtype}")


def conv2d_shape(
    input: Tensor, weight: Tensor, bias: Tensor | None, stride: Pair, padding: Pair
) -> tuple[int, int, int, int]:
    """The shape (N, O, OH, OW) of a convolution. ValueError if its parts don't fit. Given."""
    check_images(input, "conv2d")
    batch, channels = input.shape[:2]
    if weight.ndim != 4 or weight.shape[1] != channels:
        raise ValueError(
            f"conv2d: weight (O, C, kh, kw) of {weight.shape} needs images with as many channels, "
            f"not {input.shape}"
        )
    if bias is not None and bias.shape != weight.shape[:1]:
        raise ValueError(f"conv2d: bias has shape {bias.shape}, not {weight.shape[:1]}")
    strides, paddings = stride_of(stride), frame_of(padding)
    height, width = (
        conv_output_size(*sizes)
        for sizes in zip(input.shape[2:], weight.shape[2:], strides, paddings, strict=True)
    )
    return batch, weight.shape[0], height, width


def room_for(shape: tuple[int, ...], input: Tensor, weight: Tensor, bias: Tensor | None) -> Any:
    """An array of zeros of that shape, in the dtype that the three make together. Given."""
    zeros = np.zeros_like(input.data, shape=shape, dtype=result_type(input, weight))
    return zeros if bias is None else zeros.astype(result_type(wrap(zeros), bias))


def lowest(input: Tensor) -> float:
    """The number that loses against all others of the dtype of `input`: -inf of floats. Given."""
    match input.dtype.kind:
        case "f":
            return -math.inf
        case "b":
            return 0
        case _:
            return int(np.iinfo(input.dtype).min)


def check_pool(input: Tensor, kernel_size: Pair, padding: Pair) -> None:
    """Raise ValueError for what is no image, or a window that makes no sense. Given."""
    image_size(input)
    check_window_frame(kernel_size, padding)


def check_window_frame(kernel_size: Pair, padding: Pair) -> None:
    """Raise ValueError for no window, or one that could lie in the padding alone. Given."""
    kernel, frame = window_of(kernel_size), frame_of(padding)
    if any(2 * p > k for k, p in zip(kernel, frame, strict=True)):
        raise ValueError(f"padding {padding} is more than half of the window {kernel_size}")
