"""Every optimizer and schedule along PyTorch's own path, over generated settings and gradients."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tinytorch import optim
from tinytorch.layers import Parameter
from tinytorch.optim import SGD, Adam, clip_grad_norm_
from tinytorch.tensor import Tensor

SHAPES = ((3, 2), (4,), ())
RATES = st.sampled_from([0.001, 0.03, 0.3])
DECAYS = st.sampled_from([0.0, 0.01, 0.3])
MOMENTA = st.sampled_from([0.0, 0.5, 0.9])
BETAS = st.tuples(st.sampled_from([0.0, 0.5, 0.9]), st.sampled_from([0.0, 0.9, 0.999]))
EPS = st.sampled_from([1e-8, 1e-3])

SETTINGS = {
    "SGD": st.fixed_dictionaries(
        {"lr": RATES, "momentum": MOMENTA, "weight_decay": DECAYS, "nesterov": st.booleans()}
    ).map(lambda s: {**s, "nesterov": s["nesterov"] and s["momentum"] > 0}),
    "RMSprop": st.fixed_dictionaries(
        {
            "lr": RATES,
            "alpha": st.sampled_from([0.5, 0.99]),
            "eps": EPS,
            "weight_decay": DECAYS,
            "momentum": MOMENTA,
        }
    ),
    "Adam": st.fixed_dictionaries(
        {"lr": RATES, "betas": BETAS, "eps": EPS, "weight_decay": DECAYS}
    ),
    "AdamW": st.fixed_dictionaries(
        {"lr": RATES, "betas": BETAS, "eps": EPS, "weight_decay": DECAYS}
    ),
}
NAMES = sorted(SETTINGS)


def both_lists(seed: int, dtype: Any) -> tuple[list[Parameter], list[torch.nn.Parameter]]:
    rng = np.random.default_rng(seed)
    values = [rng.normal(size=shape).astype(dtype) for shape in SHAPES]
    theirs = [torch.nn.Parameter(torch.tensor(value)) for value in values]
    return [Parameter(value) for value in values], theirs


def give_gradients(step: int, ours: list[Parameter], theirs: list[torch.nn.Parameter]) -> None:
    """Gradients that differ in every step and every entry; none for the second one in step 2."""
    rng = np.random.default_rng(1000 + step)
    for place, (mine, their) in enumerate(zip(ours, theirs, strict=True)):
        gradient = np.asarray(rng.normal(size=mine.shape) * 3.0**place, dtype=mine.dtype)
        absent = step == 2 and place == 1
        mine.grad = None if absent else Tensor(gradient)
        their.grad = None if absent else torch.tensor(gradient)


def assert_same(ours: list[Parameter], theirs: list[torch.nn.Parameter]) -> None:
    for mine, their in zip(ours, theirs, strict=True):
        wanted = their.detach().numpy()
        assert mine.dtype == wanted.dtype
        tight = 1e-11 if wanted.dtype == np.float64 else 2e-5
        np.testing.assert_allclose(mine.data, wanted, rtol=tight, atol=tight / 10)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=40)
@given(data=st.data(), dtype=st.sampled_from([np.float32, np.float64]), seed=st.integers(0, 99))
def test_seven_updates_follow_pytorchs_path(
    name: str, data: st.DataObject, dtype: Any, seed: int
) -> None:
    chosen = data.draw(SETTINGS[name])
    ours, theirs = both_lists(seed, dtype)
    mine, their = getattr(optim, name)(ours, **chosen), getattr(torch.optim, name)(theirs, **chosen)
    for step in range(7):
        give_gradients(step, ours, theirs)
        before = [None if p.grad is None else p.grad.data.copy() for p in ours]
        mine.step()
        their.step()
        assert_same(ours, theirs)
        for parameter, gradient in zip(ours, before, strict=True):
            if gradient is not None and parameter.grad is not None:
                np.testing.assert_array_equal(parameter.grad.data, gradient)


@pytest.mark.parametrize("name", NAMES)
def test_defaults_are_pytorchs(name: str) -> None:
    ours, theirs = both_lists(0, np.float64)
    group = getattr(optim, name)(ours).param_groups[0]
    wanted = getattr(torch.optim, name)(theirs).param_groups[0]
    assert {k: v for k, v in group.items() if k != "params"} == {
        k: wanted[k] for k in group if k != "params"
    }


@pytest.mark.parametrize("name", NAMES)
def test_groups_have_settings_of_their_own(name: str) -> None:
    ours, theirs = both_lists(1, np.float64)

    def made(library: Any, p: Any) -> Any:
        groups = [{"params": p[:1], "weight_decay": 0.2}, {"params": p[1:], "lr": 0.05}]
        return getattr(library, name)(groups, lr=0.3)

    mine, their = made(optim, ours), made(torch.optim, theirs)
    for step in range(4):
        give_gradients(step, ours, theirs)
        mine.step()
        their.step()
    assert_same(ours, theirs)


@pytest.mark.parametrize("name", NAMES)
def test_a_loaded_state_goes_on_as_if_it_had_never_stopped(name: str) -> None:
    make = getattr(optim, name)
    more = {"momentum": 0.9} if name in ("SGD", "RMSprop") else {}

    def run(steps: range, parameters: list[Parameter], optimizer: Any) -> None:
        for step in steps:
            give_gradients(step, parameters, both_lists(0, np.float32)[1])
            optimizer.step()

    straight, _ = both_lists(2, np.float32)
    run(range(6), straight, make(straight, lr=0.02, **more))
    first, _ = both_lists(2, np.float32)
    optimizer = make(first, lr=0.02, **more)
    run(range(3), first, optimizer)
    state = optimizer.state_dict()
    second = [Parameter(p.data) for p in first]
    run(range(3, 5), first, optimizer)  # what was saved is a copy
    resumed = make(second, lr=7.0)
    resumed.load_state_dict(state)
    run(range(3, 6), second, resumed)
    for mine, wanted in zip(second, straight, strict=True):
        np.testing.assert_array_equal(mine.data, wanted.data)


def test_a_state_of_other_groups_is_refused() -> None:
    ours, _ = both_lists(0, np.float32)
    state = optim.Adam(ours[:2]).state_dict()
    with pytest.raises(ValueError, match=r"Adam has groups of \[3\] parameters, .* \[2\]"):
        optim.Adam(ours).load_state_dict(state)


def test_zero_grad_forgets_every_gradient_of_every_group() -> None:
    ours, theirs = both_lists(0, np.float32)
    optimizer = optim.SGD([{"params": ours[:1]}, {"params": ours[1:]}])
    give_gradients(0, ours, theirs)
    optimizer.zero_grad()
    assert all(parameter.grad is None for parameter in ours)


def test_updates_happen_in_place() -> None:
    for name in NAMES:
        ours, theirs = both_lists(0, np.float32)
        arrays = [parameter.data for parameter in ours[:2]]
        optimizer = getattr(optim, name)(ours, lr=0.1)
        give_gradients(0, ours, theirs)
        optimizer.step()
        assert all(p.data is array for p, array in zip(ours[:2], arrays, strict=True)), name
        assert all(p.grad_fn is None for p in ours), name


def test_an_optimizer_or_schedule_that_is_not_finished_says_what_it_lacks() -> None:
    parameter = Parameter([1.0])
    parameter.grad = Tensor([1.0])
    with pytest.raises(NotImplementedError, match="Optimizer has no update"):
        optim.Optimizer([parameter], {"lr": 0.1}).step()
    with pytest.raises(NotImplementedError, match="LRScheduler has no lr_at"):
        optim.LRScheduler(optim.SGD([parameter]))


P = Parameter([1.0, 2.0])


@pytest.mark.parametrize(
    ("make", "error", "parts"),
    [
        (lambda: optim.SGD([]), ValueError, ["SGD", "no parameters"]),
        (lambda: optim.SGD([P, P]), ValueError, ["SGD", "(2,)", "twice"]),
        (
            lambda: optim.SGD([{"params": [P]}, {"params": [P]}]),
            ValueError,
            ["(2,)", "twice"],
        ),
        (lambda: optim.Adam([np.ones(2)]), TypeError, ["Adam", "an ndarray of shape (2,)"]),
        (lambda: optim.Adam([Tensor(np.arange(2))]), TypeError, ["Adam", "int64"]),
        (lambda: optim.SGD([P], lr=-1), ValueError, ["SGD", "lr", "-1"]),
        (lambda: optim.SGD([P], lr=math.nan), ValueError, ["lr", "nan"]),
        (lambda: optim.SGD([P], momentum=-0.5), ValueError, ["momentum", "-0.5"]),
        (lambda: optim.SGD([P], nesterov=True), ValueError, ["nesterov", "momentum"]),
        (lambda: optim.SGD([P], weight_decay=-2), ValueError, ["weight_decay", "-2"]),
        (lambda: optim.RMSprop([P], alpha=-1), ValueError, ["RMSprop", "alpha", "-1"]),
        (lambda: optim.Adam([P], betas=(0.9, 1.0)), ValueError, ["Adam", "betas", "1.0"]),
        (lambda: optim.AdamW([P], eps=-1), ValueError, ["AdamW", "eps", "-1"]),
        (
            lambda: optim.Adam([{"params": [P], "learning_rate": 1}]),
            ValueError,
            ["'learning_rate'", "lr, betas"],
        ),
        (lambda: optim.StepLR(optim.SGD([P]), 0), ValueError, ["step_size", "0"]),
        (lambda: optim.CosineAnnealingLR(optim.SGD([P]), 0), ValueError, ["T_max", "0"]),
        (lambda: optim.LinearLR(optim.SGD([P]), 0), ValueError, ["start_factor", "0"]),
        (lambda: optim.LinearLR(optim.SGD([P]), 1, 2), ValueError, ["end_factor", "2"]),
        (lambda: optim.LinearLR(optim.SGD([P]), 1, 1, 0), ValueError, ["total_iters"]),
        (lambda: optim.SequentialLR(optim.SGD([P]), [], [3]), ValueError, ["[3]"]),
        (lambda: clip_grad_norm_([P], -1.0), ValueError, ["max_norm", "-1"]),
    ],
)
def test_bad_settings_are_named(make: Any, error: Any, parts: list[str]) -> None:
    with pytest.raises(error) as caught:
        make()
    assert all(part in str(caught.value) for part in parts), caught.value


def lambda_of(name: str, **chosen: Any) -> Callable[[Any, Any], Any]:
    return lambda library, optimizer: getattr(library, name)(optimizer, **chosen)


def warm_up_then_cosine(library: Any, optimizer: Any) -> Any:
    parts = [
        library.LinearLR(optimizer, start_factor=0.1, total_iters=4),
        library.CosineAnnealingLR(optimizer, T_max=9, eta_min=0.01),
        library.StepLR(optimizer, step_size=2, gamma=0.5),
    ]
    return library.SequentialLR(optimizer, parts, milestones=[4, 13])


SCHEDULES = st.one_of(
    st.builds(
        lambda n, g: lambda_of("StepLR", step_size=n, gamma=g),
        st.integers(1, 6),
        st.sampled_from([0.1, 0.5, 1.0]),
    ),
    st.builds(
        lambda n, low: lambda_of("CosineAnnealingLR", T_max=n, eta_min=low),
        st.integers(1, 12),
        st.sampled_from([0.0, 0.02]),
    ),
    st.builds(
        lambda a, b, n: lambda_of("LinearLR", start_factor=a, end_factor=b, total_iters=n),
        st.sampled_from([0.1, 1 / 3, 1.0]),
        st.sampled_from([0.0, 0.5, 1.0]),
        st.integers(1, 9),
    ),
    st.just(warm_up_then_cosine),
)


@settings(max_examples=50)
@given(schedule=SCHEDULES)
def test_every_epochs_rate_is_pytorchs(schedule: Any) -> None:
    ours, theirs = both_lists(0, np.float32)

    def groups(p: Any) -> list[dict[str, Any]]:
        return [{"params": p[:1]}, {"params": p[1:], "lr": 0.3}]

    mine, their = optim.SGD(groups(ours), lr=0.7), torch.optim.SGD(groups(theirs), lr=0.7)
    following, wanted = schedule(optim, mine), schedule(torch.optim.lr_scheduler, their)
    for _ in range(20):
        np.testing.assert_allclose(following.get_last_lr(), wanted.get_last_lr(), atol=1e-12)
        assert [g["lr"] for g in mine.param_groups] == following.get_last_lr()
        their.step()
        following.step()
        wanted.step()


def test_a_schedule_goes_on_where_it_was() -> None:
    first, second = (optim.SGD([Parameter([1.0])], lr=0.5) for _ in range(2))
    straight = warm_up_then_cosine(optim, first)
    for _ in range(7):
        straight.step()
    resumed = warm_up_then_cosine(optim, second)
    resumed.load_state_dict(straight.state_dict())
    for _ in range(9):
        assert resumed.get_last_lr() == straight.get_last_lr()
        resumed.step()
        straight.step()


@settings(max_examples=40)
@given(
    max_norm=st.sampled_from([0.0, 0.5, 5.0, 100.0]),
    norm_type=st.sampled_from([1.0, 2.0, 3.0, math.inf]),
    seed=st.integers(0, 99),
)
def test_clipping_shrinks_all_gradients_together(
    max_norm: float, norm_type: float, seed: int
) -> None:
    ours, theirs = both_lists(seed, np.float32)
    give_gradients(2, ours, theirs)  # one of them has none
    norm = clip_grad_norm_(ours, max_norm, norm_type)
    wanted = torch.nn.utils.clip_grad_norm_(theirs, max_norm, norm_type)
    assert norm.shape == ()
    assert norm.item() == pytest.approx(wanted.item(), rel=1e-5)
    for mine, their in zip(ours, theirs, strict=True):
        assert (mine.grad is None) == (their.grad is None)
        if mine.grad is not None and their.grad is not None:
            np.testing.assert_allclose(mine.grad.data, their.grad.numpy(), rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_gradient_that_exploded_shows_in_the_norm(bad: float) -> None:
    parameter, their = Parameter([1.0, 2.0]), torch.nn.Parameter(torch.tensor([1.0, 2.0]))
    parameter.grad, their.grad = Tensor([bad, 1.0]), torch.tensor([bad, 1.0])
    norm = clip_grad_norm_(parameter, 1.0)
    np.testing.assert_equal(norm.item(), torch.nn.utils.clip_grad_norm_(their, 1.0).item())
    np.testing.assert_equal(parameter.grad.data, their.grad.numpy())


def test_clipping_nothing_gives_zero() -> None:
    assert clip_grad_norm_([Parameter([1.0])], 1.0).item() == 0


def test_a_single_tensor_is_not_taken_for_a_list_of_its_rows() -> None:
    weight = Parameter(np.ones((2, 2), np.float32))
    with pytest.raises(TypeError, match="SGD takes an iterable of tensors, not one Tensor"):
        SGD(weight)  # pyright: ignore[reportArgumentType]
    assert SGD([{"params": weight}]).param_groups[0]["params"][0] is weight


def test_a_group_without_parameters_is_refused() -> None:
    with pytest.raises(ValueError, match="a group needs its parameters under 'params'"):
        SGD([{"lr": 0.1}])


def test_a_gradient_of_another_shape_is_refused_though_it_would_broadcast() -> None:
    weight = Parameter(np.ones(2, np.float32))
    weight.grad = Tensor([1.0, 2.0])
    weight.data = np.ones((2, 2), np.float32)
    with pytest.raises(ValueError, match=r"shape \(2, 2\) has a gradient of \(2,\)"):
        SGD([weight]).step()
    assert weight.tolist() == [[1, 1], [1, 1]]


def test_a_state_of_another_optimizer_or_shape_is_refused() -> None:
    small, large = Parameter(np.ones(2, np.float32)), Parameter(np.ones(3, np.float32))
    large.grad = Tensor(np.ones(3, np.float32))
    adam = Adam([large])
    adam.step()
    with pytest.raises(ValueError, match="SGD: the state is of another optimizer"):
        SGD([large]).load_state_dict(adam.state_dict())
    with pytest.raises(ValueError, match=r"exp_avg of parameter 0 has shape \(3,\), not \(2,\)"):
        Adam([small]).load_state_dict(adam.state_dict())


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_norm_that_clipping_returns_has_the_dtype_of_the_gradients(dtype: Any) -> None:
    weight = Parameter(np.ones(3, dtype))
    weight.grad = Tensor(np.array([1e-3, 2e-3, 1 / 3], dtype))
    theirs = torch.nn.Parameter(torch.ones(3, dtype=torch.float64 if dtype == np.float64 else None))
    theirs.grad = torch.tensor(weight.grad.data.copy())
    norm, expected = clip_grad_norm_([weight], 0.1), torch.nn.utils.clip_grad_norm_([theirs], 0.1)
    assert norm.dtype == dtype
    np.testing.assert_allclose(norm.data, expected.numpy(), rtol=1e-6 if dtype == np.float32 else 0)
