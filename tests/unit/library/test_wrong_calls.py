"""Wrong calls as students write them: each error says where, what came and what is wanted.

`wrong_calls.txt` has a call and, below it, the error with what its message holds. Read a message
before you add it: could somebody who knows only the lessons act on it?
"""

from __future__ import annotations

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
from tinytorch.mlops import export_onnx
from tinytorch.tensor import Tensor, linear

MODULES = (activations, autograd, cnn, compression, data, layers, networks, optim, training)
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
    names |= {"folder": folder, "text": text, "set_": setattr, "model": networks.MLP((3, 4, 2))}
    return names | {"x": Tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])}


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
