"""Picks numbers from two tensors by a condition. Given."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinytorch.tensor import Tensor, wrap


def where(condition: Tensor, yes: Any, no: Any) -> Tensor:
    """The number of `yes` where `condition`, else of `no`. Given."""
    return wrap(
        np.where(
            condition.data,
            yes.data if isinstance(yes, Tensor) else yes,
            no.data if isinstance(no, Tensor) else no,
        )
    )
