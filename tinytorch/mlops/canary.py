"""Tries a new model on a part of the traffic, and decides whether it may have the rest."""

from __future__ import annotations

import hashlib
import math
import statistics
from typing import Literal

from tinytorch.checks import checked_flags
from tinytorch.mlops.drift import spend

Arm = Literal["champion", "challenger"]
Verdict = Literal["continue", "roll out", "roll back"]


def wilson_interval(errors: int, count: int, z: float) -> tuple[float, float]:
    """Where the rate of errors lies, of which `errors` in `count` were seen; z = 1.96 for 95 %.

    Sound for rates near 0 too. Source: Wilson, "Probable Inference, the Law of Succession, and
    Statistical Inference", 1927.
    """
    rate, weight = errors / count, z * z / count
    center = (rate + weight / 2) / (1 + weight)
    half = z * math.sqrt(rate * (1 - rate) / count + weight / (4 * count)) / (1 + weight)
    return center - half, center + half


def difference_interval(
    challenger: tuple[int, int], champion: tuple[int, int], z: float
) -> tuple[float, float]:
    """Where the challenger's error rate minus the champion's lies; each is (errors, count).

    Source: Newcombe, "Interval Estimation for the Difference between Independent Proportions",
    1998, method 10.
    """
    new, old = challenger[0] / challenger[1], champion[0] / champion[1]
    new_low, new_high = wilson_interval(*challenger, z)
    old_low, old_high = wilson_interval(*champion, z)
    below = math.hypot(new - new_low, old_high - old)
    above = math.hypot(new_high - new, old - old_low)
    return new - old - below, new - old + above


def chance_of_more(challenger: tuple[int, int], champion: tuple[int, int]) -> float:
    """The chance that the challenger has so many of all errors or more, if it is no worse.

    Each is (errors, count). If both err at one rate, whatever that is, all errors are dealt among
    all outcomes as cards among two players: the chance of k in the challenger's hand is
    C(count, k) C(count of the champion, errors - k) / C(both counts, errors). Exact, so a rule that
    acts at 0.05 or less is wrong in at most 5 % of its uses, with few outcomes and rare errors too,
    where intervals are too narrow. Source: Fisher, "The Logic of Inductive Inference", 1935.
    """
    (errors, count), (others, rest) = challenger, champion
    total = errors + others
    hands = log_ways(count + rest, total)
    return sum(
        math.exp(log_ways(count, k) + log_ways(rest, total - k) - hands)
        for k in range(errors, min(count, total) + 1)
    )


def log_ways(count: int, chosen: int) -> float:
    """The logarithm of the number of ways to choose `chosen` of `count`; -inf: there is none.
    Given."""
    if chosen > count:
        return -math.inf
    return math.lgamma(count + 1) - math.lgamma(chosen + 1) - math.lgamma(count - chosen + 1)


class Canary:
    """A challenger that answers a `fraction` of the requests until its quality is known.

    It looks at the outcomes when the challenger has 25, 50, 100, … of them, and says

    * "roll back" once the challenger's errors are too many for one that is no worse
      (`chance_of_more`),
    * "roll out" once it makes fewer than `margin` more (0.02: two in a hundred), as
      `difference_interval` has it,
    * "roll back" after `limit` outcomes of the challenger without either.

    A challenger that is no worse is rolled back for its errors with a chance of at most `alpha`,
    over all looks together: `chance_of_more` is exact and `spend` shares alpha among the looks.
    `python tests/benchmarks/canary.py` counts 0.1 to 2.5 % at alpha = 5 %. One that is worse by the
    margin is rolled out with a chance of about `alpha` at most; the interval is not exact, and the
    same program counts 0 to 3.8 %.
    """

    def __init__(
        self,
        challenger: str,
        fraction: float = 0.1,
        margin: float = 0.02,
        alpha: float = 0.05,
        limit: int = 12_800,
    ) -> None:
        """Begin. `challenger` names the version; it seeds the split. Raises ValueError. Given."""
        if not (0 < fraction < 1 and 0 < alpha < 1 and margin > 0 and limit >= 25):
            raise ValueError(
                f"Canary needs 0 < fraction < 1, 0 < alpha < 1, margin > 0 and limit >= 25, not "
                f"fraction={fraction}, alpha={alpha}, margin={margin}, limit={limit}"
            )
        self.challenger, self.fraction, self.margin = challenger, fraction, margin
        self.alpha, self.limit = alpha, limit
        self.outcomes = {"champion": (0, 0), "challenger": (0, 0)}
        self.looks, self.verdict = 0, "continue"

    looks: int  # how often the outcomes were compared
    verdict: Verdict  # the last word once it isn't "continue"
    outcomes: dict[Arm, tuple[int, int]]  # errors and count of each

    def arm(self, request_id: str) -> Arm:
        """Who answers a request: always the same for the same id, on every server.

        The hash of the id is a number between 0 and 1; below `fraction` it is the challenger's.
        Raising the fraction moves requests to the challenger and none back.
        """
        digest = hashlib.sha256(f"{self.challenger}\n{request_id}".encode()).digest()
        share = int.from_bytes(digest[:8], "big") / 2**64
        return "challenger" if share < self.fraction else "champion"

    @checked_flags
    def record(self, arm: Arm, correct: bool) -> Verdict:
        """Count one outcome, once the truth is known or the model has failed; the verdict.

        Raises ValueError for an arm that is neither "champion" nor "challenger".
        """
        if arm not in self.outcomes:
            raise ValueError(f"an arm is one of {', '.join(self.outcomes)}, not {arm!r}")
        errors, count = self.outcomes[arm]
        self.outcomes[arm] = errors + (not correct), count + 1
        due = 25 * 2**self.looks
        if self.verdict == "continue" and self.outcomes["challenger"][1] >= min(due, self.limit):
            self.look()
        return self.verdict

    def look(self) -> None:
        """Compare the two at this look's level and decide, if the outcomes allow it."""
        challenger, champion = self.outcomes["challenger"], self.outcomes["champion"]
        if champion[1] < 25:  # nothing to compare with yet
            return
        self.looks += 1
        level = spend(self.alpha, self.looks)
        if chance_of_more(challenger, champion) <= level:
            self.verdict = "roll back"
        elif difference_interval(challenger, champion, z_of(level))[1] < self.margin:
            self.verdict = "roll out"
        elif challenger[1] >= self.limit:
            self.verdict = "roll back"


def z_of(level: float) -> float:
    """How many standard deviations above its mean a normal value lies with the chance `level`.
    Given."""
    return statistics.NormalDist().inv_cdf(1 - level)
