"""Optimizers: how the parameters of a network follow their gradients downhill."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from tinytorch.checks import checked, described
from tinytorch.layers import at_least_one
from tinytorch.operation import dispatched
from tinytorch.tensor import Tensor, wrap


class Optimizer:
    """What every optimizer shares: groups of parameters with their settings, and a state each.

    A subclass says in `update` how one parameter moves.
    """

    param_groups: list[dict[str, Any]]  # each {"params": [...], "lr": ..., ...}
    state: dict[Tensor, dict[str, Any]]  # what is remembered of a parameter between steps

    def zero_grad(self) -> None:
        """Forget every gradient: backward adds to what is there."""
        for group in self.param_groups:
            for parameter in group["params"]:
                parameter.grad = None

    def step(self) -> None:
        """Move every parameter that has a gradient."""
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    state = self.state.setdefault(parameter, {})
                    self.update(parameter, group, state)

    # From here on all is given.

    def __init__(self, params: Iterable[Any], defaults: dict[str, Any]) -> None:
        """Take parameters, or groups {"params": [...], "lr": ...} that override `defaults`.

        Raises ValueError for no parameters, one that appears twice, or a setting out of range, and
        TypeError for a single tensor, whose rows would be taken for parameters. Given.
        """
        groups = checked_parameters(type(self).__name__, params)
        if not groups:
            raise ValueError(f"{type(self).__name__} got no parameters")
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        self.param_groups, self.state = [], {}
        for group in groups:
            check_settings(type(self).__name__, defaults, {**defaults, **group})
            members = group["params"]
            if not isinstance(members, Tensor):
                members = checked_parameters(type(self).__name__, members)
            members = [members] if isinstance(members, Tensor) else members
            self.param_groups.append({**defaults, **group, "params": members})
        check_parameters(type(self).__name__, self.param_groups)

    def update(self, parameter: Tensor, group: dict[str, Any], state: dict[str, Any]) -> None:
        """Move one parameter, in place. `state` is empty the first time. Given."""
        raise NotImplementedError(f"{type(self).__name__} has no update")

    def state_dict(self) -> dict[str, Any]:
        """Everything to go on from later: {"state": {number: ...}, "param_groups": [...]}.

        Parameters are numbered in the order of the groups; the arrays are copies. Given.
        """
        number = {parameter: index for index, parameter in enumerate(self.all_parameters())}
        state = {number[p]: copied(value, p) for p, value in self.state.items()}
        groups = [
            {**group, "params": [number[parameter] for parameter in group["params"]]}
            for group in self.param_groups
        ]
        return {"state": state, "param_groups": groups}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what `state_dict` returned.

        Raises ValueError if the parameters or the names of the settings differ. Given.
        """
        check_keys(type(self).__name__, state_dict)
        saved = state_dict["param_groups"]
        theirs, ours = ([len(g["params"]) for g in groups] for groups in (saved, self.param_groups))
        if theirs != ours:
            raise ValueError(
                f"{type(self).__name__} has groups of {ours} parameters, but the state has {theirs}"
            )
        check_state(type(self).__name__, self.param_groups, saved, state_dict["state"])
        for group, loaded in zip(self.param_groups, saved, strict=True):
            group.update({**loaded, "params": group["params"]})
        members = self.all_parameters()
        self.state = {
            members[int(number)]: copied(value, members[int(number)])
            for number, value in state_dict["state"].items()
        }

    def all_parameters(self) -> list[Tensor]:
        """The parameters of all groups. Given."""
        return [parameter for group in self.param_groups for parameter in group["params"]]


def descend(parameter: Tensor, direction: Any, lr: float) -> None:
    """parameter -= lr * direction, in the parameter's own memory.

    direction: an array of the parameter's shape, such as its gradient.
    """
    parameter.data -= lr * direction


def momentum_step(gradient: Any, momentum: float, state: dict[str, Any]) -> Any:
    """velocity = momentum * velocity + gradient: an array that `state` keeps, zeros at first."""
    velocity = kept(state, "momentum_buffer", gradient)
    velocity *= momentum
    velocity += gradient
    return velocity


def nesterov_step(gradient: Any, velocity: Any, momentum: float) -> Any:
    """gradient + momentum * velocity: where the velocity will lead, looked at one step ahead."""
    return gradient + momentum * velocity


def decayed_gradient(parameter: Tensor, weight_decay: float) -> Any:
    """gradient + weight_decay * parameter: the slope of the loss plus a penalty.

    The penalty is weight_decay / 2 times the sum of squares, so it pulls every weight towards 0.
    """
    return gradient_of(parameter) + weight_decay * parameter.data


class SGD(Optimizer):
    """Stochastic gradient descent, as `torch.optim.SGD` (without dampening).

    Source of the momentum: Sutskever et al., "On the importance of initialization and momentum in
    deep learning", 2013, in PyTorch's form: velocity = momentum * velocity + gradient.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        momentum: float = 0.0,
        *,
        weight_decay: float = 0.0,
        nesterov: bool = False,
    ) -> None:
        """Keep the settings. Raises ValueError for one out of range, or Nesterov's way with no
        momentum. Given."""
        if nesterov is True and not momentum > 0:
            raise ValueError(f"SGD: nesterov needs a momentum above 0, not {momentum}")
        settings = {"lr": lr, "momentum": momentum, "weight_decay": weight_decay}
        super().__init__(params, {**settings, "nesterov": nesterov})

    def update(self, parameter: Tensor, group: dict[str, Any], state: dict[str, Any]) -> None:
        """parameter -= lr * gradient; with momentum lr * velocity, with Nesterov a step ahead."""
        gradient = direction = slope_of(parameter, group)
        if group["momentum"]:
            direction = momentum_step(gradient, group["momentum"], state)
        if group["nesterov"]:
            direction = nesterov_step(gradient, direction, group["momentum"])
        descend(parameter, direction, group["lr"])


def update_average(average: Any, value: Any, keep: float) -> None:
    """average = keep * average + (1 - keep) * value, in the memory of the array `average`."""
    average *= keep
    average += (1 - keep) * value


def rms_step(gradient: Any, alpha: float, eps: float, state: dict[str, Any]) -> Any:
    """gradient / (root of the moving average of gradient² + eps); `state` keeps the average."""
    square = kept(state, "square_avg", gradient)
    update_average(square, gradient * gradient, alpha)
    return gradient / (np.sqrt(square) + eps)


class RMSprop(Optimizer):
    """Steps divided by the size that gradients have had lately, as `torch.optim.RMSprop`.

    Source: Tieleman and Hinton, lecture 6e of "Neural Networks for Machine Learning", 2012.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
    ) -> None:
        """Keep the settings; alpha is the share of the old mean square that a step keeps. Given."""
        settings = {"lr": lr, "alpha": alpha, "eps": eps}
        super().__init__(params, {**settings, "weight_decay": weight_decay, "momentum": momentum})

    def update(self, parameter: Tensor, group: dict[str, Any], state: dict[str, Any]) -> None:
        """Descend along the `rms_step`; with momentum along a velocity of such steps. Given."""
        direction = rms_step(slope_of(parameter, group), group["alpha"], group["eps"], state)
        if group["momentum"]:
            direction = momentum_step(direction, group["momentum"], state)
        descend(parameter, direction, group["lr"])


def corrected(average: Any, keep: float, step: int) -> Any:
    """A moving average that began at zero, as a mean of its `step` values alone.

    Their shares add up to 1 - keep**step.
    """
    return average / (1 - keep**step)


@dispatched
def adam_update(
    parameter: Tensor,
    gradient: Any,
    exp_avg: Any,
    exp_avg_sq: Any,
    step: int,
    lr: float,
    betas: tuple[float, float],
    eps: float,
) -> None:
    """Adam's rule for one parameter, in place; gradient and averages are arrays of its shape.

    exp_avg is the moving average of the gradient and exp_avg_sq that of its square. Both began as
    zeros before step 1, and are `corrected` for that.
    """
    beta1, beta2 = betas
    update_average(exp_avg, gradient, beta1)
    update_average(exp_avg_sq, gradient * gradient, beta2)
    mean, square = corrected(exp_avg, beta1, step), corrected(exp_avg_sq, beta2, step)
    descend(parameter, mean / (np.sqrt(square) + eps), lr)


class Adam(Optimizer):
    """Momentum and RMSprop in one, both corrected for starting at zero, as `torch.optim.Adam`.

    Source: Kingma and Ba, "Adam: A Method for Stochastic Optimization", 2015, algorithm 1.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        """Keep the settings; betas are the shares of the two averages that a step keeps. Given."""
        settings = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay}
        super().__init__(params, settings)

    def update(self, parameter: Tensor, group: dict[str, Any], state: dict[str, Any]) -> None:
        """One `adam_step`; weight decay is part of the gradient, so it is divided too. Given."""
        adam_step(parameter, slope_of(parameter, group), group, state)


class AdamW(Adam):
    """Adam with weight decay that is not part of the gradient, as `torch.optim.AdamW`.

    Source: Loshchilov and Hutter, "Decoupled Weight Decay Regularization", 2019, algorithm 2.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
    ) -> None:
        """Keep the settings, as Adam's, with a weight decay of 0.01. Given."""
        super().__init__(params, lr, betas, eps, weight_decay)

    def update(self, parameter: Tensor, group: dict[str, Any], state: dict[str, Any]) -> None:
        """Shrink the parameter by lr * weight_decay of itself, then one `adam_step`."""
        parameter.data *= 1 - group["lr"] * group["weight_decay"]
        adam_step(parameter, gradient_of(parameter), group, state)


class LRScheduler:
    """Sets the learning rate of an optimizer, epoch by epoch. A subclass writes `lr_at`."""

    optimizer: Optimizer
    base_lrs: list[float]  # the learning rate of each group before any schedule
    last_epoch: int

    @checked
    def __init__(self, optimizer: Optimizer) -> None:
        """Take over the learning rates, and set those of epoch 0. Given."""
        self.optimizer, self.last_epoch = optimizer, 0
        for group in optimizer.param_groups:
            group.setdefault("initial_lr", group["lr"])
        self.base_lrs = [group["initial_lr"] for group in optimizer.param_groups]
        self.apply()

    def lr_at(self, base_lr: float, epoch: int) -> float:
        """The learning rate in `epoch`, from 0 on, of a group that began at `base_lr`. Given."""
        raise NotImplementedError(f"{type(self).__name__} has no lr_at")

    def apply(self) -> None:
        """Set the learning rate of every group for the epoch `last_epoch`. Given."""
        for group, base_lr in zip(self.optimizer.param_groups, self.base_lrs, strict=True):
            group["lr"] = self.lr_at(base_lr, self.last_epoch)

    def step(self) -> None:
        """Go on to the next epoch. Call it after the optimizer's steps. Given."""
        self.last_epoch += 1
        self.apply()

    def get_last_lr(self) -> list[float]:
        """The learning rate of each group now. Given."""
        return [group["lr"] for group in self.optimizer.param_groups]

    def state_dict(self) -> dict[str, Any]:
        """Where the schedule is. Given."""
        return {"last_epoch": self.last_epoch, "base_lrs": list(self.base_lrs)}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from what `state_dict` returned. Given."""
        self.last_epoch, self.base_lrs = state_dict["last_epoch"], list(state_dict["base_lrs"])
        self.apply()


class StepLR(LRScheduler):
    """Multiplied by `gamma` every `step_size` epochs, as `torch.optim.lr_scheduler.StepLR`."""

    @checked
    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1) -> None:
        """Keep the settings. Raises ValueError if `step_size` is below 1. Given."""
        self.step_size, self.gamma = at_least_one(step_size, "StepLR: step_size"), gamma
        super().__init__(optimizer)

    def lr_at(self, base_lr: float, epoch: int) -> float:
        """base_lr * gamma ** (how many whole times `step_size` fits into `epoch`)."""
        return base_lr * self.gamma ** (epoch // self.step_size)


class LinearLR(LRScheduler):
    """Warm-up: a straight line from one share of the rate to another, as PyTorch's `LinearLR`."""

    @checked
    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
    ) -> None:
        """Go from start_factor to end_factor in `total_iters` epochs, and stay there.

        Raises ValueError unless 0 < start_factor <= 1, 0 <= end_factor <= 1 and total_iters >= 1.
        Given.
        """
        if not 0 < start_factor <= 1:
            raise ValueError(f"LinearLR: start_factor is above 0 and at most 1, not {start_factor}")
        if not 0 <= end_factor <= 1:
            raise ValueError(f"LinearLR: end_factor is from 0 to 1, not {end_factor}")
        self.start_factor, self.end_factor = start_factor, end_factor
        self.total_iters = at_least_one(total_iters, "LinearLR: total_iters")
        super().__init__(optimizer)

    def lr_at(self, base_lr: float, epoch: int) -> float:
        """base_lr times a factor on the line from start_factor to end_factor, where it stays."""
        way = min(epoch, self.total_iters) / self.total_iters  # from 0 to 1
        return base_lr * (self.start_factor + (self.end_factor - self.start_factor) * way)


class CosineAnnealingLR(LRScheduler):
    """Half a wave of the cosine down to `eta_min`, as PyTorch's `CosineAnnealingLR`.

    Source: Loshchilov and Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts", 2017.
    """

    @checked
    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0) -> None:  # noqa: N803 - PyTorch's name
        """Reach `eta_min` in epoch `T_max`. Raises ValueError if `T_max` is below 1. Given."""
        self.T_max, self.eta_min = at_least_one(T_max, "CosineAnnealingLR: T_max"), eta_min
        super().__init__(optimizer)

    def lr_at(self, base_lr: float, epoch: int) -> float:
        """eta_min + (base_lr - eta_min) * (1 + cos(pi * epoch / T_max)) / 2."""
        wave = (1 + math.cos(math.pi * epoch / self.T_max)) / 2  # from 1 to 0
        return self.eta_min + (base_lr - self.eta_min) * wave


class SequentialLR(LRScheduler):
    """One schedule after another, such as a warm-up and then a cosine, as PyTorch's. Given."""

    def __init__(
        self, optimizer: Optimizer, schedulers: Sequence[LRScheduler], milestones: Sequence[int]
    ) -> None:
        """milestones: the epochs in which the second schedule begins, the third, and so on.

        Raises ValueError unless milestones rise and are one fewer than schedulers.
        """
        if len(milestones) != len(schedulers) - 1 or list(milestones) != sorted(set(milestones)):
            raise ValueError(
                f"SequentialLR: {len(schedulers)} schedulers need {len(schedulers) - 1} rising "
                f"milestones, not {list(milestones)}"
            )
        self.schedulers, self.milestones = list(schedulers), list(milestones)
        super().__init__(optimizer)

    def lr_at(self, base_lr: float, epoch: int) -> float:
        """What the schedule of this epoch says; it counts from its own first epoch."""
        begun = bisect_right(self.milestones, epoch)
        start = self.milestones[begun - 1] if begun else 0
        return self.schedulers[begun].lr_at(base_lr, epoch - start)


def total_norm(gradients: list[Any], norm_type: float) -> float:
    """The norm of all numbers of all arrays, as if they were one: the norm of their norms."""
    return norm([norm(gradient, norm_type) for gradient in gradients], norm_type)


@checked
def clip_grad_norm_(
    parameters: Tensor | Iterable[Tensor], max_norm: float, norm_type: float = 2.0
) -> Tensor:
    """Shrink all gradients together, so that the norm of them all is at most `max_norm`.

    norm_type: 2 for the length, math.inf for the greatest size. Returns the norm before, a tensor
    of no dimensions and their dtype; nan or inf is the sign of a gradient that exploded.
    As `torch.nn.utils.clip_grad_norm_`. Raises ValueError if `max_norm` is negative.
    """
    if not max_norm >= 0:
        raise ValueError(f"clip_grad_norm_: max_norm must be at least 0, not {max_norm}")
    gradients = gradients_of("clip_grad_norm_", parameters)
    total = total_norm(gradients, norm_type)
    shrink(gradients, min(max_norm / (total + 1e-6), 1.0))
    return as_scalar(total, gradients)


def adam_step(
    parameter: Tensor, gradient: Any, group: dict[str, Any], state: dict[str, Any]
) -> None:
    """Count the step in `state`, which begins empty, and do `adam_update` with its averages.

    Each parameter counts its own steps, from 1. Given.
    """
    begin_adam(state, parameter)
    state["step"] += 1
    averages = (state["exp_avg"], state["exp_avg_sq"])
    adam_update(
        parameter, gradient, *averages, state["step"], group["lr"], group["betas"], group["eps"]
    )


def kept(state: dict[str, Any], name: str, like: Any) -> Any:
    """The array that `state` keeps under `name`; zeros in the shape of `like` at first. Given."""
    if name not in state:
        state[name] = np.zeros_like(like)
    return state[name]


def begin_adam(state: dict[str, Any], parameter: Tensor) -> None:
    """Fill an empty `state`: no steps, and both averages zero. Given."""
    if not state:
        averages = {name: np.zeros_like(parameter.data) for name in ("exp_avg", "exp_avg_sq")}
        state.update(step=0, **averages)


def gradients_of(name: str, parameters: Any) -> list[Any]:
    """The arrays of all gradients that there are, of one parameter or several. Given."""
    if not isinstance(parameters, Tensor):
        parameters = checked_parameters(name, parameters)
    parameters = [parameters] if isinstance(parameters, Tensor) else parameters
    return [gradient_of(p) for p in parameters if p.grad is not None]


def norm(numbers: Any, norm_type: float) -> float:
    """The norm of an array or a list of numbers: 2 its length, math.inf its greatest size. Given.

    That of no numbers is 0.
    """
    values = np.ravel(numbers)
    return float(np.linalg.norm(values, norm_type)) if values.size else 0.0


def shrink(gradients: list[Any], factor: float) -> None:
    """Multiply each by `factor`, in place, unless it is 1; inf times 0 is a silent nan. Given."""
    if factor == 1:
        return
    with np.errstate(invalid="ignore"):
        for gradient in gradients:
            gradient *= factor


def as_scalar(total: float, gradients: list[Any]) -> Tensor:
    """`total` as a tensor of no dimensions and the dtype of the gradients. Given."""
    dtypes = [gradient.dtype for gradient in gradients]
    return Tensor(total, dtype=np.result_type(*dtypes) if dtypes else None)


def slope_of(parameter: Tensor, group: dict[str, Any]) -> Any:
    """The gradient of a parameter, decayed where its group asks for that. Given."""
    if group["weight_decay"]:
        return decayed_gradient(parameter, group["weight_decay"])
    return gradient_of(parameter)


def gradient_of(parameter: Tensor) -> Any:
    """The array of its gradient. Raises ValueError if that has another shape. Given."""
    assert parameter.grad is not None
    if parameter.grad.shape != parameter.shape:
        raise ValueError(
            f"a parameter of shape {parameter.shape} has a gradient of {parameter.grad.shape}"
        )
    return parameter.grad.data


def checked_parameters(name: str, params: Any) -> list[Any]:
    """`params` as a list. Raises TypeError, with the way out, for what is no row of them. Given."""
    if hasattr(params, "parameters"):
        raise TypeError(f"{name} takes parameters, not a model: give it model.parameters()")
    if isinstance(params, Tensor):
        raise TypeError(f"{name} takes an iterable of tensors, not one Tensor: put it into a list")
    if callable(params):
        raise TypeError(f"{name} takes parameters, not a function: call it, model.parameters()")
    if not isinstance(params, Iterable) or isinstance(params, str):
        raise TypeError(f"{name} takes an iterable of tensors, not {described(params)}")
    return list(params)


def is_number(value: Any) -> bool:
    """Whether `value` is a number that is no bool. Given."""
    return isinstance(value, int | float | np.number) and not isinstance(value, bool)


def check_keys(name: str, state_dict: Any) -> None:
    """Raises TypeError for what is no state of an optimizer. Given."""
    if not isinstance(state_dict, dict) or not {"state", "param_groups"} <= state_dict.keys():
        raise TypeError(
            f"{name}: a state is what state_dict() returned, with 'state' and 'param_groups', not "
            f"{described(state_dict)}"
        )


def check_settings(name: str, defaults: dict[str, Any], group: dict[str, Any]) -> None:
    """Raises ValueError for a setting that is out of range or that `name` does not have. Given."""
    if "params" not in group:
        raise ValueError(f"{name}: a group needs its parameters under 'params', not only {group}")
    for setting, value in group.items():
        if setting not in defaults and setting != "params":
            raise ValueError(f"{name} has no {setting!r}; its settings are {', '.join(defaults)}")
        if setting == "betas":
            pair = isinstance(value, tuple | list) and len(value) == 2
            if not pair or not all(is_number(beta) and 0 <= beta < 1 for beta in value):
                raise ValueError(f"{name}: betas are two numbers from 0 to below 1, not {value}")
        elif setting == "nesterov":
            if not isinstance(value, bool):
                raise TypeError(f"{name}: nesterov is True or False, not {described(value)}")
        elif setting != "params" and not is_number(value):
            raise TypeError(f"{name}: {setting} is a number, not {described(value)}")
        elif setting != "params" and not value >= 0:
            raise ValueError(f"{name}: {setting} must be at least 0, not {value}")


def check_parameters(name: str, groups: list[dict[str, Any]]) -> None:
    """Raises TypeError for what is no tensor of floats, ValueError for one given twice. Given."""
    seen: set[int] = set()
    for parameter in (parameter for group in groups for parameter in group["params"]):
        if not isinstance(parameter, Tensor) or parameter.dtype.kind != "f":
            raise TypeError(f"{name} moves tensors of floats, not {described(parameter)}")
        if id(parameter) in seen:
            raise ValueError(f"{name}: a parameter of shape {parameter.shape} was given twice")
        seen.add(id(parameter))


def check_state(
    name: str, ours: list[dict[str, Any]], theirs: list[dict[str, Any]], state: dict[Any, Any]
) -> None:
    """Raises ValueError for a state of another optimizer or of other shapes. Given."""
    for group, saved in zip(ours, theirs, strict=True):
        if strange := (set(saved) ^ set(group)) - {"initial_lr"}:
            raise ValueError(f"{name}: the state is of another optimizer: {sorted(strange)} differ")
    parameters = [parameter for group in ours for parameter in group["params"]]
    for number, values in state.items():
        shape = parameters[int(number)].shape
        for key, value in values.items():
            if getattr(value, "shape", shape) != shape:
                raise ValueError(
                    f"{name}: {key} of parameter {number} has shape {value.shape}, not {shape}"
                )


def copied(state: dict[str, Any], parameter: Tensor) -> dict[str, Any]:
    """The state of one parameter, its arrays copied to where the parameter lives. Given."""
    return {
        name: wrap(value).to(parameter.device).data.copy() if hasattr(value, "dtype") else value
        for name, value in state.items()
    }
