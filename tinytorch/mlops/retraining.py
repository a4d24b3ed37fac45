"""Decides when a drift is worth a training run."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from tinytorch.checks import checked_flags


@dataclass(frozen=True)
class Decision:
    """Whether to retrain, and why or why not."""

    retrain: bool
    reason: str


class RetrainingTrigger:
    """Says yes to a drift once there are enough new labels, and not again for a while.

    A model trained on a few samples is worse than an old one, and one alarm after another would
    train all day long: hence `minimum_samples` and the `cooldown` in seconds.
    """

    def __init__(
        self,
        minimum_samples: int = 500,
        cooldown: float = 3600.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Keep the settings. Raises ValueError for no samples or a negative cooldown. Given."""
        if minimum_samples < 1 or not cooldown >= 0:
            raise ValueError(
                f"RetrainingTrigger needs minimum_samples >= 1 and cooldown >= 0, "
                f"not {minimum_samples} and {cooldown}"
            )
        self.minimum_samples, self.cooldown, self.clock = minimum_samples, cooldown, clock
        self.last = -math.inf

    @checked_flags
    def decide(self, drifted: bool, samples: int) -> Decision:
        """Whether to retrain now, with `samples` labelled since the drift. A yes starts the
        cooldown."""
        since = self.clock() - self.last
        if not drifted:
            return Decision(False, "no drift")
        if samples < self.minimum_samples:
            return Decision(False, f"{samples} labelled samples, {self.minimum_samples} needed")
        if since < self.cooldown:
            return Decision(False, f"trained {since:.0f} s ago, {self.cooldown:.0f} s apart")
        self.last = self.clock()
        return Decision(True, f"drift, and {samples} labelled samples to learn from")
