"""Sizes, shapes, settings and errors of convolution and pooling."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tinytorch import cnn
from tinytorch.autograd import no_grad
from tinytorch.layers import manual_seed
from tinytorch.tensor import Tensor


@given(st.integers(1, 20), st.integers(1, 6), st.integers(1, 4), st.integers(0, 3))
@settings(max_examples=60)
def test_the_output_size_counts_the_places_of_the_window(
    size: int, kernel: int, stride: int, padding: int
) -> None:
    length = size + 2 * padding
    places = len([start for start in range(0, length, stride) if start + kernel <= length])
    if places:
        assert cnn.conv_output_size(size, kernel, stride, padding) == places
    else:
        with pytest.raises(ValueError, match=f"window of {kernel} pixels does not fit into {size}"):
            cnn.conv_output_size(size, kernel, stride, padding)


@pytest.mark.parametrize("setting", [(5, 0), (5, 3, 0), (5, 3, 1, -1)])
def test_settings_that_make_no_sense_are_refused(setting: Any) -> None:
    with pytest.raises(ValueError, match="at least"):
        cnn.conv_output_size(*setting)


def images(*shape: int) -> Tensor:
    return Tensor(np.random.default_rng(0).standard_normal(shape).astype(np.float32))


@pytest.mark.parametrize(
    ("call", "parts"),
    [
        (lambda: cnn.conv2d(images(3, 8, 8), images(2, 3, 3, 3)), ["(N, C, H, W)", "(3, 8, 8)"]),
        (lambda: cnn.conv2d(images(1, 3, 8, 8), images(2, 1, 3, 3)), ["(2, 1, 3, 3)", "(1, 3,"]),
        (lambda: cnn.conv2d(images(1, 3, 8, 8), images(3, 3)), ["(O, C, kh, kw)", "(3, 3)"]),
        (lambda: cnn.conv2d(images(1, 1, 2, 8), images(2, 1, 3, 3)), ["window of 3", "2"]),
        (lambda: cnn.conv2d(images(1, 1, 8, 8), images(2, 1, 3, 3), stride=0), ["stride", "0"]),
        (lambda: cnn.conv2d(images(1, 1, 8, 8), images(2, 1, 3, 3), padding=-1), ["padding", "-1"]),
        (lambda: cnn.pad2d(images(8), 1), ["(8,)"]),
        (lambda: cnn.pad2d(images(8, 8), (1, 2, 3)), ["padding", "(1, 2, 3)"]),
        (lambda: cnn.im2col(images(8, 8), 3), ["im2col", "(8, 8)"]),
        (lambda: cnn.max_pool2d(images(1, 1, 8, 8), 2, padding=2), ["padding 2", "half"]),
        (lambda: cnn.avg_pool2d(images(1, 1, 8, 8), 9), ["window of 9"]),
        (lambda: cnn.max_pool2d(images(1, 1, 8, 8), 2, stride=0), ["stride", "0"]),
        (lambda: cnn.Conv2d(0, 4, 3), ["in_channels", "not 0"]),
        (lambda: cnn.Conv2d(1, 4, 3, stride=0), ["stride"]),
        (lambda: cnn.LeNet(3), ["4 pixels", "3"]),
    ],
)
def test_errors_name_what_came(call: Any, parts: list[str]) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the parts are what is checked
        call()
    assert all(part in str(caught.value) for part in parts), str(caught.value)


def test_no_input_is_changed_or_shared() -> None:
    x = images(2, 3, 6, 6)
    before = x.data.copy()
    for output in (
        cnn.pad2d(x, 0),
        cnn.im2col(x, 1),
        cnn.max_pool2d(x, 1),
        cnn.avg_pool2d(x, 1),
        cnn.conv2d(x, Tensor(np.ones((1, 3, 1, 1), np.float32))),
    ):
        assert not np.shares_memory(output.data, x.data)
    np.testing.assert_array_equal(x.data, before)


def test_window_views_look_at_the_image_itself() -> None:
    image = np.arange(20.0).reshape(4, 5)
    views = cnn.window_views(image, (2, 3), (2, 1))
    assert len(views) == 6
    for place, view in enumerate(views):
        assert np.shares_memory(view, image)
        i, j = divmod(place, 3)
        assert view.tolist() == [[image[y * 2 + i, x + j] for x in range(3)] for y in range(2)]


def test_conv2d_starts_like_pytorch() -> None:
    manual_seed(0)
    layer = cnn.Conv2d(8, 200, (3, 5))
    bound = 1 / np.sqrt(8 * 15)
    assert layer.bias is not None
    for parameter in (layer.weight, layer.bias):
        assert 0.95 * bound < abs(parameter.data).max() <= bound
        assert abs(parameter.data.mean()) < 0.1 * bound
    theirs = torch.nn.Conv2d(8, 200, (3, 5))
    assert layer.weight.shape == tuple(theirs.weight.shape)
    assert abs(layer.weight.data.std() - theirs.weight.std().item()) < 0.02 * bound
    assert list(layer.state_dict()) == list(theirs.state_dict())
    assert cnn.Conv2d(1, 1, 3, bias=False).bias is None


def test_layers_do_what_their_functions_do() -> None:
    x = images(2, 3, 9, 8)
    layer = cnn.Conv2d(3, 4, 3, stride=(2, 1), padding=1)
    wanted = cnn.conv2d(x, layer.weight, layer.bias, (2, 1), 1)
    np.testing.assert_array_equal(layer(x).data, wanted.data)
    for module, wanted in (
        (cnn.MaxPool2d(3, 2, 1), cnn.max_pool2d(x, 3, 2, 1)),
        (cnn.MaxPool2d(2), cnn.max_pool2d(x, 2)),
        (cnn.AvgPool2d(3, 1), cnn.avg_pool2d(x, 3, 1)),
        (cnn.AvgPool2d((2, 3)), cnn.avg_pool2d(x, (2, 3))),
        (cnn.Flatten(), x.reshape(2, -1)),
        (cnn.Flatten(2), x.reshape(2, 3, -1)),
    ):
        np.testing.assert_array_equal(module(x).data, wanted.data)


@pytest.mark.parametrize(
    "layers",
    [
        [(3, 1)],
        [(5, 1), (2, 2), (5, 1), (2, 2)],
        [(3, 2), (3, 2), (3, 1)],
        [(7, 2), (3, 2), (1, 1), (3, 1)],
    ],
)
def test_the_receptive_field_is_what_one_output_depends_on(layers: Any) -> None:
    size = 61
    x = Tensor(np.zeros((1, 1, size, size))).requires_grad_()
    output = x
    for kernel, stride in layers:
        weight = Tensor(np.ones((1, 1, kernel, kernel)))
        output = cnn.conv2d(output, weight, stride=stride)
    output[0, 0, output.shape[2] // 2, output.shape[3] // 2].backward()
    assert x.grad is not None
    rows = np.flatnonzero(x.grad.data.any(axis=(0, 1, 3)))
    assert cnn.receptive_field(layers) == len(rows)


def test_the_receptive_field_of_no_layers_is_one_pixel() -> None:
    assert cnn.receptive_field([]) == 1


@pytest.mark.parametrize(
    ("size", "features", "parameters"),
    [(28, 16 * 5 * 5, 61_706), (32, 16 * 6 * 6, None), (8, 16 * 2 * 2, None)],
)
def test_lenet_fits_its_images(size: int, features: int, parameters: int | None) -> None:
    net = cnn.LeNet(size)
    with no_grad():
        images_of_size = images(3, 1, size, size)
        assert net.features(images_of_size).shape == (3, features)
        assert net(images_of_size).shape == (3, 10)
    if parameters is not None:
        assert sum(p.size for p in net.parameters()) == parameters


def test_lenet_takes_other_classes_and_channels() -> None:
    net = cnn.LeNet(12, classes=3, channels=(4, 5))
    assert net(images(2, 1, 12, 12)).shape == (2, 3)
    assert net.features[0].weight.shape == (4, 1, 3, 3)
    assert net.features[3].weight.shape == (5, 4, 3, 3)


def test_importing_the_layers_compiles_nothing() -> None:
    program = "import sys, tinytorch.cnn, tinytorch.autograd; assert 'numba' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.parametrize("convolve", [cnn.conv2d, cnn.conv2d_loops])
def test_whole_numbered_images_are_not_cut_off(convolve: Any) -> None:
    images, weight = Tensor(np.ones((1, 1, 2, 2), np.int64)), Tensor(np.full((1, 1, 2, 2), 0.4))
    assert convolve(images, weight).item() == pytest.approx(1.6)


@pytest.mark.parametrize("convolve", [cnn.conv2d, cnn.conv2d_loops])
@pytest.mark.parametrize("length", [1, 3, 5])
def test_a_bias_that_is_not_one_number_a_filter_is_refused(convolve: Any, length: int) -> None:
    images, weight = Tensor(np.ones((2, 3, 4, 4))), Tensor(np.ones((4, 3, 2, 2)))
    with pytest.raises(ValueError, match=rf"bias has shape \({length},\), not \(4,\)"):
        convolve(images, weight, Tensor(np.zeros(length)))


def test_no_images_give_no_feature_maps() -> None:
    weight = torch.ones(4, 3, 2, 2)
    wanted = torch.nn.functional.conv2d(torch.ones(0, 3, 5, 5), weight)
    images = Tensor(np.ones((0, 3, 5, 5), np.float32))
    assert cnn.conv2d(images, Tensor(weight.numpy())).shape == tuple(wanted.shape)


def test_whole_numbers_get_no_frame_that_they_cannot_hold() -> None:
    images = Tensor(np.ones((1, 1, 4, 4), np.int64))
    with pytest.raises(TypeError, match=r"a frame of 0\.5 needs images of floats, not int64"):
        cnn.pad2d(images, 1, 0.5)


@pytest.mark.parametrize("dtype", [np.int64, np.uint8, np.bool_, np.float32])
def test_a_frame_never_wins_a_pooling_whatever_the_dtype(dtype: Any) -> None:
    numbers = np.arange(-16, 0).astype(dtype).reshape(1, 1, 4, 4)
    pooled = cnn.max_pool2d(Tensor(numbers), 3, 2, 1)
    wanted = [
        [numbers[0, 0, : 2 + 2 * y, : 2 + 2 * x][-3:, -3:].max() for x in (0, 1)] for y in (0, 1)
    ]
    assert pooled.dtype == dtype
    assert pooled.tolist() == [[np.array(wanted).tolist()]]


@pytest.mark.parametrize("dtype", [np.int64, np.uint8])
def test_whole_numbers_have_a_mean_of_floats(dtype: Any) -> None:
    pooled = cnn.avg_pool2d(Tensor(np.array([[[[200, 201], [203, 250]]]], dtype)), 2)
    assert (pooled.item(), pooled.dtype) == (213.5, np.float32)


def test_the_loops_take_their_parts_in_the_dtype_that_they_make_together() -> None:
    images, weight = (
        Tensor(np.ones((1, 1, 2, 2), np.int64)),
        Tensor(np.ones((1, 1, 2, 2), np.int64)),
    )
    for bias in (None, Tensor(np.array([0.5], np.float32)), Tensor(np.array([1]))):
        one, other = cnn.conv2d_loops(images, weight, bias), cnn.conv2d(images, weight, bias)
        assert (one.dtype, one.item()) == (other.dtype, other.item())


@pytest.mark.parametrize("pool", [cnn.max_pool2d, cnn.avg_pool2d])
def test_pooling_needs_a_height_and_a_width(pool: Any) -> None:
    with pytest.raises(ValueError, match=r"images have a height and a width: .* not \(2,\)"):
        pool(Tensor([1.0, 2.0]), 2)


@pytest.mark.parametrize("layer", [cnn.MaxPool2d, cnn.AvgPool2d])
def test_a_pooling_layer_refuses_its_settings_when_it_is_made(layer: Any) -> None:
    with pytest.raises(ValueError, match="kernel_size is a whole number of at least 1"):
        layer(0)


def test_a_list_of_height_and_width_is_as_good_as_a_tuple() -> None:
    images = Tensor(np.arange(20.0).reshape(1, 1, 4, 5)).requires_grad_()
    pooled = cnn.max_pool2d(images, [2, 3], [1, 2], [1, 1])  # pyright: ignore[reportArgumentType]
    assert pooled.tolist() == cnn.max_pool2d(images, (2, 3), (1, 2), (1, 1)).tolist()
    pooled.sum().backward()
    assert images.grad is not None


@pytest.mark.parametrize("channels", [(0, 1), (1, 0), (1.5, 1)])
def test_a_number_of_channels_is_a_whole_number(channels: Any) -> None:
    with pytest.raises(ValueError, match=r"Conv2d: (in|out)_channels is a whole number"):
        cnn.Conv2d(*channels, 3)  # pyright: ignore
