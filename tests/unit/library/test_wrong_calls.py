"""Wrong calls as students write them: each error says where, what came and what is wanted.

`wrong_calls.txt` has a call and, below it, the error with what its message holds. Read a message
before you add it: could somebody who knows only the lessons act on it?
"""

from __future__ import annotations

import pkgutil
from dataclasses import is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tinytorch import (
    activations,
    autograd,
    cnn,
    compression,
    data,
    layers,
    networks,
    optim,
    training,
)
from tinytorch.mlops import Canary, PredictionService, RetrainingTrigger, export_onnx
from tinytorch.operation import recording
from tinytorch.tensor import Tensor, linear

MODULES = (activations, autograd, cnn, compression, data, layers, networks, optim, training)
FILES = (
    *("tensor", "activations", "layers", "networks", "cnn", "data", "autograd.engine", "optim"),
    *("training", "compression", "benchmarking", "accelerate"),
    *("mlops.service", "mlops.retraining", "mlops.canary", "mlops.registry", "mlops.export"),
)
LINES = Path(__file__).with_name("wrong_calls.txt").read_text(encoding="utf-8").splitlines()
CALLS = [
    (call, *error.strip().split(": ", 1))
    for call, error in zip(LINES[::2], LINES[1::2], strict=True)
]


def namespace(folder: Path) -> dict[str, Any]:
    """What the calls may use: the library, a tensor `x`, a `model`, a `text` file in `folder`."""
    text = folder / "notes.txt"
    text.write_text("a text, no checkpoint")
    names = {name: value for module in MODULES for name, value in vars(module).items()}
    names |= {"np": np, "Tensor": Tensor, "linear": linear, "export_onnx": export_onnx}
    names |= {"Canary": Canary, "RetrainingTrigger": RetrainingTrigger}
    names |= {"PredictionService": PredictionService}
    foreign = folder / "foreign.npz"
    np.savez(foreign, weights=np.ones(2), step=3)
    names |= {"folder": folder, "text": text, "foreign": foreign, "set_": set_}
    names |= {"model": networks.MLP((3, 4, 2)), "recording": recording}
    return names | {"x": Tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])}


def set_(target: Any, where: Any, value: Any) -> None:
    """Set an attribute by its name, or an element."""
    if isinstance(where, str):
        setattr(target, where, value)
    else:
        target[where] = value


def flags() -> set[tuple[str, str]]:
    """Every parameter of the library that is True or False, behind its function or its class."""
    found = [pkgutil.resolve_name(f"tinytorch.{name}") for name in FILES]
    functions = {
        f"{module.__name__}.{name}": value
        for module in found
        for name, value in vars(module).items()
        if getattr(value, "__module__", "") == module.__name__ and not name.startswith("_")
    }
    methods = {
        f"{name}.{inner}": function
        for name, value in functions.items()
        if isinstance(value, type) and not is_dataclass(value)
        for inner, function in vars(value).items()
        if inner == "__init__" or not inner.startswith("_")
    }
    given = {("matched", "strict")}  # by a function that has checked it
    return {
        (name.removesuffix(".__init__").rsplit(".", 1)[1], parameter)
        for name, function in {**functions, **methods}.items()
        if callable(function) and not isinstance(function, type)
        for parameter, kind in getattr(function, "__annotations__", {}).items()
        if kind == "bool" and parameter != "return"
    } - given


def test_every_flag_has_a_line_for_what_is_neither_true_nor_false() -> None:
    answered = [(call, words) for call, _, words in CALLS if "is True or False, not" in words]
    silent = {
        (name, flag)
        for name, flag in flags()
        if not any(name in call and f"{flag} is True or False" in words for call, words in answered)
    }
    assert len(flags()) > 25
    assert silent == set()


def test_the_table_is_long() -> None:
    assert len({call for call, *_ in CALLS}) == len(CALLS) >= 150


@pytest.mark.parametrize(("call", "kind", "words"), CALLS, ids=[call for call, *_ in CALLS])
def test_a_wrong_call_is_answered_in_words(
    call: str, kind: str, words: str, tmp_path: Path
) -> None:
    names = namespace(tmp_path)
    with pytest.raises(Exception) as caught:  # noqa: PT011 - its kind is compared below
        eval(call, names)
    assert kind in [base.__name__ for base in type(caught.value).__mro__]
    assert words in str(caught.value)
