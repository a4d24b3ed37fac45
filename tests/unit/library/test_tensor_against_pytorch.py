"""Every tensor operation against PyTorch, over generated shapes, dims, dtypes and broadcasts."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from tinytorch.tensor import Tensor, broadcast_shape, linear, matmul_loops, strides

FLOATS = st.sampled_from([np.float32, np.float64])
SHAPES = arrays.array_shapes(min_dims=0, max_dims=4, min_side=1, max_side=4)


def values(shape: tuple[int, ...], dtype: Any, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).uniform(0.5, 3.0, size=shape).astype(dtype)


def assert_same(ours: Tensor, theirs: torch.Tensor) -> None:
    wanted = theirs.numpy()
    assert ours.shape == wanted.shape
    assert ours.dtype == wanted.dtype
    np.testing.assert_allclose(ours.numpy(), wanted, rtol=2e-5, atol=1e-6)


@pytest.mark.parametrize(
    "apply", [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow]
)
@given(shapes=arrays.mutually_broadcastable_shapes(num_shapes=2, max_dims=4), dtype=FLOATS)
def test_arithmetic_broadcasts_as_pytorch(apply: Any, shapes: Any, dtype: Any) -> None:
    a, b = (values(shape, dtype, seed) for seed, shape in enumerate(shapes.input_shapes))
    assert_same(apply(Tensor(a), Tensor(b)), apply(torch.from_numpy(a), torch.from_numpy(b)))


@pytest.mark.parametrize(
    "apply", [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow]
)
@given(shape=SHAPES, dtype=FLOATS, number=st.sampled_from([2, 0.75, 3.5]))
def test_a_python_number_on_either_side(apply: Any, shape: Any, dtype: Any, number: float) -> None:
    a = values(shape, dtype, 0)
    assert_same(apply(Tensor(a), number), apply(torch.from_numpy(a), number))
    assert_same(apply(number, Tensor(a)), apply(number, torch.from_numpy(a)))


@pytest.mark.parametrize(
    "apply", [operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge]
)
@given(shapes=arrays.mutually_broadcastable_shapes(num_shapes=2, max_dims=3))
def test_comparisons_are_elementwise(apply: Any, shapes: Any) -> None:
    rng = np.random.default_rng(0)
    a, b = (rng.integers(0, 3, shape).astype(np.float32) for shape in shapes.input_shapes)
    assert_same(apply(Tensor(a), Tensor(b)), apply(torch.from_numpy(a), torch.from_numpy(b)))


@pytest.mark.parametrize("name", ["exp", "log", "sqrt", "abs", "neg"])
@given(shape=SHAPES, dtype=FLOATS, sign=st.sampled_from([1, -1]))
def test_elementwise_functions(name: str, shape: Any, dtype: Any, sign: int) -> None:
    a = np.asarray(sign * values(shape, dtype, 1), dtype=dtype)
    assert_same(getattr(Tensor(a), name)(), getattr(torch.from_numpy(a), name)())


@pytest.mark.parametrize(
    "shapes",
    [
        ((3,), (3,)),
        ((2, 3), (3,)),
        ((3,), (3, 4)),
        ((2, 3), (3, 4)),
        ((5, 2, 3), (3, 4)),
        ((5, 2, 3), (5, 3, 4)),
        ((6, 1, 2, 3), (5, 3, 4)),
    ],
)
def test_matmul_of_vectors_matrices_and_batches(shapes: Any) -> None:
    a, b = (values(shape, np.float32, seed) for seed, shape in enumerate(shapes))
    assert_same(Tensor(a) @ Tensor(b), torch.from_numpy(a) @ torch.from_numpy(b))


@pytest.mark.parametrize("name", ["sum", "mean", "max"])
@given(data=st.data(), dtype=FLOATS)
def test_reductions_over_every_dim(name: str, data: st.DataObject, dtype: Any) -> None:
    shape = data.draw(arrays.array_shapes(min_dims=1, max_dims=4, max_side=4))
    dim = data.draw(st.integers(-len(shape), len(shape) - 1))
    keepdim = data.draw(st.booleans())
    a = values(shape, dtype, 2)
    theirs = getattr(torch.from_numpy(a), name)(dim, keepdim)
    assert_same(getattr(Tensor(a), name)(dim, keepdim), theirs[0] if name == "max" else theirs)
    assert_same(getattr(Tensor(a), name)(), getattr(torch.from_numpy(a), name)())


@given(data=st.data())
def test_transpose_and_reshape_reorder_alike(data: st.DataObject) -> None:
    shape = data.draw(arrays.array_shapes(min_dims=1, max_dims=4, max_side=4))
    dims = st.integers(-len(shape), len(shape) - 1)
    dim0, dim1 = data.draw(dims), data.draw(dims)
    a = values(shape, np.float32, 3)
    ours, theirs = Tensor(a).transpose(dim0, dim1), torch.from_numpy(a).transpose(dim0, dim1)
    assert_same(ours, theirs)
    assert_same(ours.reshape(-1, 1), theirs.reshape(-1, 1))
    assert_same(ours.flatten(), theirs.flatten())
    if len(shape) > 1:
        assert_same(ours.flatten(1), theirs.flatten(1))


@given(data=st.data())
def test_indexing_with_numbers_and_slices(data: st.DataObject) -> None:
    shape = data.draw(arrays.array_shapes(min_dims=1, max_dims=3, max_side=4))
    index = data.draw(
        arrays.basic_indices(shape, allow_newaxis=True).filter(
            lambda index: all(
                part.step is None or part.step > 0  # PyTorch has no negative steps
                for part in (index if isinstance(index, tuple) else (index,))
                if isinstance(part, slice)
            )
        )
    )
    a = values(shape, np.float32, 4)
    assert_same(Tensor(a)[index], torch.from_numpy(a)[index])


def test_indexing_with_lists_and_tensors() -> None:
    a = values((4, 3), np.float32, 5)
    x, y = Tensor(a), torch.from_numpy(a)
    assert_same(x[[2, 0]], y[[2, 0]])
    assert_same(x[x > 1.5], y[y > 1.5])
    rows, columns = np.array([3, 1]), np.array([0, 2])
    assert_same(
        x[Tensor(rows), Tensor(columns)], y[torch.from_numpy(rows), torch.from_numpy(columns)]
    )


@pytest.mark.parametrize("shape", [(3,), (5, 3), (2, 5, 3)])
@pytest.mark.parametrize("with_bias", [True, False])
def test_linear_is_functional_linear(shape: Any, with_bias: bool) -> None:
    x, w, b = values(shape, np.float32, 6), values((4, 3), np.float32, 7), values((4,), "f4", 8)
    ours = linear(Tensor(x), Tensor(w), Tensor(b) if with_bias else None)
    bias = torch.from_numpy(b) if with_bias else None
    theirs = torch.nn.functional.linear(torch.from_numpy(x), torch.from_numpy(w), bias)
    assert_same(ours, theirs)


ANY_SHAPE = st.lists(st.integers(0, 3), max_size=4).map(tuple)


@given(left=ANY_SHAPE, right=ANY_SHAPE)
def test_shapes_broadcast_as_pytorchs(left: tuple[int, ...], right: tuple[int, ...]) -> None:
    try:
        wanted = tuple(torch.broadcast_shapes(left, right))
    except RuntimeError:
        with pytest.raises(ValueError, match="do not broadcast") as refused:
            broadcast_shape(left, right)
        assert str(left) in str(refused.value)
        assert str(right) in str(refused.value)
    else:
        assert broadcast_shape(left, right) == wanted


@given(shape=SHAPES)
def test_strides_are_those_of_pytorch(shape: tuple[int, ...]) -> None:
    assert strides(shape) == torch.empty(shape).stride()


@given(shape=SHAPES, data=st.data())
def test_a_transpose_has_pytorchs_strides(shape: tuple[int, ...], data: st.DataObject) -> None:
    ours, theirs = Tensor(np.zeros(shape)), torch.zeros(shape)
    if shape:
        dims = [data.draw(st.integers(0, len(shape) - 1)) for _ in range(2)]
        ours, theirs = ours.transpose(*dims), theirs.transpose(*dims)
    assert ours.stride() == theirs.stride()
    assert ours.is_contiguous() == theirs.is_contiguous()


def test_a_tensor_without_elements_is_contiguous() -> None:
    assert Tensor(np.zeros((0, 3))).transpose(0, 1).is_contiguous()


@given(lengths=st.tuples(*[st.integers(0, 4)] * 3), dtype=FLOATS)
def test_loops_multiply_as_pytorch(lengths: tuple[int, int, int], dtype: Any) -> None:
    n, k, m = lengths
    a, b = values((n, k), dtype, 0), values((k, m), dtype, 1)
    assert_same(matmul_loops(Tensor(a), Tensor(b)), torch.from_numpy(a) @ torch.from_numpy(b))


def test_loops_refuse_what_is_no_pair_of_matrices() -> None:
    for left, right in (((2, 3), (2, 3)), ((3,), (3, 2)), ((2, 3), (3,))):
        with pytest.raises(ValueError, match="matmul_loops") as refused:
            matmul_loops(Tensor(np.ones(left)), Tensor(np.ones(right)))
        assert str(left) in str(refused.value)
