"""Notices that the data of today are no longer those the model was trained on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinytorch.tensor import Tensor

SMALLEST_WINDOW = 20


def ks_statistic(reference: np.ndarray, window: np.ndarray) -> float:
    """How far apart the distributions of two samples are: 0 (the same) … 1 (no overlap).

    The greatest distance between the two curves "fraction of the sample that is at most x", (n,)
    and (m,) values: Kolmogorov and Smirnov's two-sample statistic.
    """
    places = np.concatenate([reference, window])
    below_reference = np.searchsorted(np.sort(reference), places, side="right") / len(reference)
    below_window = np.searchsorted(np.sort(window), places, side="right") / len(window)
    return float(np.max(np.abs(below_reference - below_window)))


def ks_p_value(statistic: float, n: int, m: int) -> float:
    """The chance of a statistic that large or larger, if n and m values are of one distribution.

    2 Σ (-1)^(j-1) exp(-2 j² x²) with x = statistic · sqrt(n m / (n + m)): Smirnov, "Table for
    Estimating the Goodness of Fit", 1948. 19 terms are enough: where x is so small that the next
    would count, what is added last makes the sum too large, and the chance is 1. That is the limit
    for large samples; for small ones and for values that repeat, such as pixels, the true chance is
    smaller, so it errs on the safe side.
    """
    x = statistic * math.sqrt(n * m / (n + m))
    total = sum((-1) ** (j - 1) * math.exp(-2 * (j * x) ** 2) for j in range(1, 20))
    return min(1.0, 2 * total)


def holm(p_values: np.ndarray, alpha: float) -> np.ndarray:
    """Which of many tests are significant: (d,) p-values to (d,) bools.

    With d true hypotheses, any of them is rejected in at most `alpha` of all experiments, however
    the tests depend on each other: the smallest p-value is compared with alpha / d, the next with
    alpha / (d - 1), … until one is larger. Source: Holm, "A Simple Sequentially Rejective Multiple
    Test Procedure", 1979.
    """
    rejected = np.zeros(len(p_values), dtype=bool)
    for rank, feature in enumerate(np.argsort(p_values)):
        if p_values[feature] > alpha / (len(p_values) - rank):
            break
        rejected[feature] = True
    return rejected


def spend(alpha: float, look: int) -> float:
    """The part of `alpha` for look number 1, 2, 3, … at data that keep coming.

    alpha / (look · (look + 1)): all parts together are alpha, so the chance that any look, however
    many there are, gives a false alarm is at most alpha. One look in a thousand asks for stronger
    evidence than the first; p-values shrink much faster under a true shift.
    """
    return alpha / (look * (look + 1))


@dataclass(frozen=True)
class DriftReport:
    """What a window of recent inputs looks like beside the reference."""

    drifted: bool
    features: list[int]  # those that changed
    distances: np.ndarray  # (d,) how far each feature's curves are apart: `ks_statistic`
    p_values: np.ndarray  # (d,) the chance of a distance that large without a drift
    level: float  # what this window was allowed to spend of alpha
    window: int  # 1 for the first since the reference was set


class DriftDetector:
    """Compares windows of recent inputs with a reference, feature by feature.

    It cries wolf, in all the windows until `reset` together, with a chance of at most `alpha`:
    `holm` shares a window's level among the features, `spend` shares alpha among the windows. The
    windows have to be new inputs each time. Features may be the inputs' own (pixels) or what the
    model says of them (its scores): Rabanser et al., "Failing Loudly", 2019, compares them.

    How much it sees, with the 64 pixels of 1000 digits as the reference and alpha = 0.01: all
    images shifted by one pixel, in the first window of 50, always; one image in four shifted, in
    the first window of 200, in 8 of 10 experiments; one image in two upside down, in the first
    window of 400, in 9 of 10, but in a window of 200 in every other experiment only.
    """

    def __init__(self, reference: Any, alpha: float = 0.01) -> None:
        """Keep (n, …) `reference` inputs, which no window may be drawn from. Given.

        Raises ValueError for fewer than 20, for nan, or for an alpha outside 0 … 1.
        """
        if not 0 < alpha < 1:
            raise ValueError(f"alpha lies between 0 and 1, not at {alpha}")
        self.alpha = alpha
        self.reset(reference)

    def reset(self, reference: Any) -> None:
        """Begin again with a new reference, after a retraining: alpha is whole again. Given."""
        self.reference = rows_of(reference, "the reference")
        self.shape = _values(reference).shape[1:]  # of one input
        self.windows = 0

    def check(self, window: Any) -> DriftReport:
        """Compare (m, …) inputs with the reference. Raises ValueError if their shape differs."""
        check_window(window, self.shape)
        self.windows += 1
        level, rows = spend(self.alpha, self.windows), rows_of(window)
        pairs = zip(self.reference.T, rows.T, strict=True)
        distances = np.array([ks_statistic(old, new) for old, new in pairs])
        p_values = np.array([ks_p_value(d, len(self.reference), len(rows)) for d in distances])
        changed = np.flatnonzero(holm(p_values, level)).tolist()
        return DriftReport(bool(changed), changed, distances, p_values, level, self.windows)


def check_window(window: Any, shape: tuple[int, ...]) -> None:
    """Raises ValueError for a window that is none, or whose rows have another shape. Given."""
    rows_of(window, "the window")
    found = _values(window).shape[1:]
    if found != shape:
        raise ValueError(f"the window has rows of {found}, but the reference of {shape}")


def _values(values: Any) -> np.ndarray:
    """The array in a tensor, or made of nested lists. Given."""
    return np.asarray(values.data if isinstance(values, Tensor) else values)


def rows_of(values: Any, what: str = "the window") -> np.ndarray:
    """`values` as (n, features). ValueError for too few and nan, TypeError for text. Given."""
    array = _values(values)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{what} holds numbers, not {array.dtype}")
    if array.ndim == 0 or len(array) < SMALLEST_WINDOW:
        raise ValueError(
            f"{what} needs at least {SMALLEST_WINDOW} rows to compare, not shape {array.shape}"
        )
    rows = array.reshape(len(array), -1)
    bad = np.flatnonzero(np.isnan(rows).any(axis=0))
    if len(bad):
        raise ValueError(f"{what} holds nan, in feature {bad[0]} and {len(bad) - 1} others")
    return rows
