"""The small things that everybody writes with tensors: each line says the same to PyTorch."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st
from torch import nn

from tinytorch import cnn
from tinytorch.activations import ReLU, Softmax, Tanh
from tinytorch.autograd import gradient_check
from tinytorch.layers import Linear
from tinytorch.networks import MLP, Sequential
from tinytorch.tensor import Tensor

Make = Callable[[Any], Any]
M = [[1.0, -2.0, 3.0], [4.0, 5.0, -6.0]]
C = [[[float(12 * i + 4 * j + k) for k in range(4)] for j in range(3)] for i in range(2)]

UINT8: dict[Any, Any] = {Tensor: np.uint8, torch.tensor: torch.uint8}

# Each is given `t`, which makes a tensor of one library or the other.
LINES: list[Callable[[Make], Any]] = [
    lambda t: len(t(M)),
    lambda t: [row.tolist() for row in t(M)],
    lambda t: [x.item() for x in t([1, 2, 3])],
    lambda t: float(t([2.5])),
    lambda t: float(t(3)),
    lambda t: int(t(-5.7)),
    lambda t: int(t([[True]])),
    lambda t: bool(t(0.0)),
    lambda t: f"{t(3.14159):.2f} {t(7):03d}",
    lambda t: np.asarray(t(M)),
    lambda t: np.asarray(t([1, 2])).dtype,
    lambda t: np.array(t(M)).sum(axis=0),
    lambda t: np.mean(np.asarray(t(M))),
    lambda t: t(M).reshape((3, 2)),
    lambda t: t(M).reshape([3, 2]),
    lambda t: t(M).reshape(-1, 2),
    lambda t: t(M).reshape(np.int64(3), 2),
    lambda t: t(M).view(3, 2),
    lambda t: t(M).view((2, -1, 1)),
    lambda t: t([[]]).reshape(0, 3),
    lambda t: t([True, True, False]) & t([True, False, False]),
    lambda t: t([True, True, False]) | t([[False], [True]]),
    lambda t: t([True, False]) ^ t([True, True]),
    lambda t: ~t([True, False]),
    lambda t: ~t([5, 0]),
    lambda t: t([6, 3]) & 5,
    lambda t: 6 | t([1, 8]),
    lambda t: True ^ t([True, False]),
    lambda t: (t(M) > 0) & (t(M) < 4),
    lambda t: t(M)[~(t(M) > 0)],
    lambda t: t(M).clone(),
    lambda t: t(M).min(),
    lambda t: t(M).argmax(),
    lambda t: t(M).argmin(),
    lambda t: t(M).argmax(1),
    lambda t: t(M).argmin(0, keepdim=True),
    lambda t: t(M).argmax(dim=-1),
    lambda t: t([[2, 2], [3, 3]]).argmax(axis=1),
    lambda t: t([1.0, float("nan"), 3.0]).argmax(),
    lambda t: abs(t(M)),
    lambda t: abs(t([-3, 4])),
    lambda t: +t(M),
    lambda t: t([0.5, 1.5, -2.5, 1e9]).round(),
    lambda t: t([1.25, -3.75]).round(decimals=1),
    lambda t: t([2, -3]).round(),
    lambda t: t([7, -7, 8]) % 3,
    lambda t: 7 % t([2, -3]),
    lambda t: t([7.5, -7.5]) % t([2, -2]),
    lambda t: t([5.0, -5.0, -0.0]) % float("inf"),
    lambda t: str((t([1.0, -1.0, 0.0]) % 0).tolist()),
    lambda t: t([True, False]) % 2,
    lambda t: t([7, -7, 8]) // 3,
    lambda t: 7 // t([2, -3]),
    lambda t: t([7.5, -7.5]) // 2,
    lambda t: t([1.0, -1.0]) // 0,
    lambda t: str((t([0.0]) // 0).tolist()),
    lambda t: t([[7], [9]]) // t([2, 4]),
    lambda t: t(2).to(UINT8[t]) / -3,
    lambda t: -3 / t(2).to(UINT8[t]),
    lambda t: t(2).to(UINT8[t]) + 300,
    lambda t: t(5.0).T,
    lambda t: t(5.0).transpose(0, 0),
    lambda t: t(5).transpose(-1, 0),
    lambda t: t(M) == None,  # noqa: E711
    lambda t: t(M) != None,  # noqa: E711
    lambda t: t(M) == "text",
    lambda t: t(M) in ["a", None],
    lambda t: t(M).sum(axis=1),
    lambda t: t(M).sum(axis=(0, 1), keepdims=True),
    lambda t: t(M).mean(axis=0, keepdim=True),
    lambda t: t(M).sum(()),
    lambda t: t(M).sum([0, 1]),
    lambda t: t(5.0).sum(0),
    lambda t: t(5.0).sum(-1, keepdim=True),
    lambda t: t(M).sum(np.int64(1)),
    lambda t: t([1, 2]).float(),
    lambda t: t(M).long(),
    lambda t: t(M).double(),
    lambda t: t([True]).long(),
    lambda t: t(M).T,
    lambda t: t(M).mT,
    lambda t: t(C).mT,
    lambda t: t(M).T.T,
    lambda t: t([1, 2]) @ t([[1, 2], [3, 4]]),
    lambda t: 5.0 in t(M),
    lambda t: 7 in t(M),
    lambda t: [10, 20, 30][t(1)],
    lambda t: list(range(t(3))),
    lambda t: t(C)[t(1), :, 1:t(3)],
    lambda t: t(C)[0, :, [1, 2]],
    lambda t: t(C)[0, :, t([1, 2])],
    lambda t: t(C)[1, [0, 2], 1:],
    lambda t: t(C)[:, 1, [0, 3]],
    lambda t: t(C)[[0, 1], :, 2],
    lambda t: t(C)[1, ..., [3, 0]],
    lambda t: t(C)[[1, 0], None, 2, [1, 2]],
    lambda t: t(C)[0, None, :, [True, False, True, False]],
    lambda t: t(C)[1, t(C)[1] > 20],
    lambda t: t(C)[t([[0, 1]]), :, t([[2], [1]])],
    lambda t: t(C)[[0, 1], [1, 2], 3],
    lambda t: t(M)[[]],
    lambda t: t(M).flatten(1),
    lambda t: t([[[], []]]).flatten(1),
    lambda t: copy.deepcopy(t(M)),
    lambda t: pickle.loads(pickle.dumps(t(M))),
    lambda t: sum(t([1.0, 2.0])),
    lambda t: max(t([1.0, 2.0])),
    lambda t: sorted(t([3.0, 1.0]), key=float)[0],
]  # fmt: skip


def plain(value: Any) -> Any:
    """What came out, and of which dtype, whichever library it came from."""
    if isinstance(value, Tensor | torch.Tensor):
        array = value.numpy()
        return array.dtype, array.shape, array.tolist()
    return value.tolist() if isinstance(value, np.ndarray) else value


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
@pytest.mark.parametrize("number", range(len(LINES)))
def test_a_line_means_what_it_means_in_pytorch(number: int) -> None:
    assert plain(LINES[number](Tensor)) == plain(LINES[number](torch.tensor))


def test_every_index_of_a_mix_picks_what_pytorch_picks() -> None:
    """Whole numbers, slices, lists, masks, None and ... in every place, and what they set."""

    parts = st.sampled_from([
        0, -1, slice(None), slice(1, None), slice(0, 2), [0, 1], [1, 1, 0], [[0], [1]], ..., None,
    ])  # fmt: skip

    @given(index=st.lists(parts, min_size=1, max_size=4).map(tuple))
    @example((slice(None), [0, 1], ..., [0, 1]))  # a ... for no dimension
    @example(([1, 1, 0], ..., [0, 1, 1], 0))
    def check(index: tuple[Any, ...]) -> None:
        theirs = torch.arange(24.0).reshape(2, 3, 4)
        ours = Tensor(theirs.numpy())
        if sum(part is ... for part in index) > 1:
            return
        try:
            wanted = theirs[index]
        except (IndexError, RuntimeError):
            with pytest.raises(IndexError):
                ours[index]
            return
        np.testing.assert_array_equal(ours[index].numpy(), wanted.numpy())
        theirs[index] = -7.0
        ours[index] = -7.0
        np.testing.assert_array_equal(ours.numpy(), theirs.numpy())

    check()


def test_gradients_flow_through_them() -> None:
    x = Tensor([[1.0, -2.0, 3.0], [4.0, 5.0, -6.0]])
    gradient_check(lambda x: x.clone() * 2, x)
    gradient_check(lambda x: x.min(1) + x.min(), x)
    gradient_check(lambda x: x.view(3, 2).mT @ x.T.mT.T[:, :1], x)
    gradient_check(lambda x: x[1, :, None][[0, 2]] * 3, x)
    gradient_check(lambda x: Tensor([[1.0, 2.0]]) @ x + [[1.0, 2.0]] @ x, x)
    half = Tensor([1.5, 2.0]).requires_grad_()
    (half.double() * 2).sum().backward()
    assert half.grad is not None
    assert (half.grad.dtype, half.grad.tolist()) == ("float32", [2.0, 2.0])
    for whole in (half.long(), half.argmax()):
        assert not whole.requires_grad


@pytest.mark.parametrize("name", ["amax", "max", "min"])
def test_a_nan_that_is_the_maximum_gets_the_gradient(name: str) -> None:
    data = [1.0, float("nan"), 3.0]
    ours, theirs = Tensor(data).requires_grad_(), torch.tensor(data, requires_grad=True)
    getattr(ours, name.replace("amax", "max"))().backward()
    getattr(theirs, name.replace("amax", "max"))().backward()
    assert ours.grad is not None
    assert theirs.grad is not None
    assert ours.grad.tolist() == theirs.grad.tolist() == [0.0, 1.0, 0.0]


def test_a_nan_in_a_window_gets_the_gradient_of_pooling() -> None:
    data = np.arange(16.0, dtype=np.float32).reshape(1, 1, 4, 4)
    data[0, 0, 1, 0] = np.nan
    ours, theirs = Tensor(data).requires_grad_(), torch.tensor(data, requires_grad=True)
    cnn.max_pool2d(ours, 2).sum().backward()
    nn.functional.max_pool2d(theirs, 2).sum().backward()
    assert ours.grad is not None
    assert theirs.grad is not None
    assert ours.grad.tolist() == theirs.grad.tolist()


def test_a_view_shares_memory_or_is_refused() -> None:
    x = Tensor(M)
    x.view(6).data[0] = 9.0
    assert x.tolist()[0][0] == 9.0
    assert Tensor(M).clone().data.base is None
    with pytest.raises(ValueError, match=r"view: shape \(3, 2\) .* reshape copies"):
        x.T.view(6)


def test_a_tensor_is_no_container_of_nothing() -> None:
    with pytest.raises(TypeError, match="no dimensions"):
        for _ in Tensor(5.0):
            pass
    with pytest.raises(TypeError, match="no dimensions"):
        len(Tensor(5.0))
    assert list(Tensor([])) == []


def test_modules_are_pytorchs_with_activations_among_them() -> None:
    ours = Sequential(Linear(2, 3), ReLU(), Sequential(Tanh(), Linear(3, 2)), Softmax(1))
    theirs = nn.Sequential(
        nn.Linear(2, 3), nn.ReLU(), nn.Sequential(nn.Tanh(), nn.Linear(3, 2)), nn.Softmax(1)
    )
    assert [type(m).__name__ for m in ours.modules()] == [
        type(m).__name__ for m in theirs.modules()
    ]
    assert [name for name, _ in ours.named_modules()] == [
        name for name, _ in theirs.named_modules()
    ]
    before = repr(ours)
    assert not any(module.training for module in ours.eval().modules())
    assert repr(ours) == before
    shared = ReLU()
    assert len(list(Sequential(shared, shared).modules())) == 2
    assert len(list(MLP((2, 3, 1)).named_parameters())) == 4


def test_an_empty_batch_is_flattened() -> None:
    x = np.zeros((0, 3, 4), np.float32)
    wanted = nn.Flatten()(torch.from_numpy(x)).shape
    assert cnn.Flatten()(Tensor(x)).shape == tuple(wanted) == (0, 12)


@pytest.mark.filterwarnings("ignore:__array__ implementation")  # of PyTorch's
def test_another_librarys_array_keeps_its_dtype() -> None:
    assert plain(Tensor(torch.ones(2, dtype=torch.float64))) == (np.float64, (2,), [1.0, 1.0])
    assert plain(Tensor([torch.ones(1), torch.zeros(1)])) == (np.float32, (2, 1), [[1.0], [0.0]])


def test_round_is_a_tensor_as_abs_is() -> None:
    assert plain(round(Tensor([1.26, 2.0]), 1)) == plain(Tensor([1.26, 2.0]).round(1))
    assert plain(round(Tensor([2.5]))) == plain(Tensor([2.0]))


def test_numpys_operators_leave_the_word_to_the_tensor() -> None:
    t = Tensor([1.0, 2.0]).requires_grad_()
    three = np.full(2, 3.0, np.float32)
    for ours, wanted in (
        (three - t, [2.0, 1.0]),
        (np.float64(3) / t, [3.0, 1.5]),
        (three % t, [0.0, 1.0]),
        (np.eye(2, dtype=np.float32) @ t, [1.0, 2.0]),
    ):
        assert isinstance(ours, Tensor)
        assert ours.requires_grad
        assert ours.tolist() == wanted
    assert (three > t).tolist() == [True, True]
    assert (np.float32(2) == t).tolist() == [False, True]
