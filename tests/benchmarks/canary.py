"""Counts how often a canary is wrong: rolls back a model that is no worse, rolls out a worse one.

    python tests/benchmarks/canary.py [RUNS]

For each rate of errors and each share of the traffic, RUNS (6,000) canaries see outcomes drawn at
random, at the looks where they decide. Beside the rule of `Canary` stands the one that it had
before: roll back once `difference_interval` lies above 0.
"""

from __future__ import annotations

import sys
from collections import Counter

import numpy as np

from tinytorch.mlops.canary import Canary, Verdict, difference_interval, z_of
from tinytorch.mlops.drift import spend

_ENOUGH = 12_800  # outcomes of the challenger, the default limit of a `Canary`
RATES = (0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.3)


class ByInterval(Canary):
    """The rule as it was."""

    def look(self) -> None:
        """Decide by the interval alone."""
        challenger, champion = self.outcomes["challenger"], self.outcomes["champion"]
        self.looks += 1
        z = z_of(spend(self.alpha, self.looks))
        low, high = difference_interval(challenger, champion, z)
        if low > 0:
            self.verdict = "roll back"
        elif high < self.margin:
            self.verdict = "roll out"


def verdict(
    rule: type[Canary], rates: tuple[float, float], share: int, rng: np.random.Generator
) -> Verdict:
    """How a canary ends whose arms err at `rates`, with `share` outcomes of the champion to one;
    "continue" after the last look: nothing was shown."""
    canary, seen = rule("v2", limit=_ENOUGH + 1), 0
    old = new = 0
    while canary.verdict == "continue" and seen < _ENOUGH:
        count = 25 * 2**canary.looks
        new += int(rng.binomial(count - seen, rates[1]))
        old += int(rng.binomial(share * (count - seen), rates[0]))
        seen = count
        canary.outcomes = {"champion": (old, share * count), "challenger": (new, count)}
        canary.look()
    return canary.verdict


def main(runs: int) -> None:
    """Print the table."""
    print("rate   traffic  | as good, rolled back: now, before | worse by 0.02, rolled out: now")
    for share in (1, 9):
        for rate in RATES:
            rng = np.random.default_rng(0)
            found = [
                Counter(verdict(rule, (rate, rate + worse), share, rng) for _ in range(runs))
                for rule, worse in ((Canary, 0.0), (ByInterval, 0.0), (Canary, 0.02))
            ]
            now, before, worse = (
                f"{100 * each[kind] / runs:.1f} %"
                for each, kind in zip(found, ("roll back", "roll back", "roll out"), strict=True)
            )
            print(f"{rate:<6} {share} to 1   | {now:>9} {before:>9} {worse:>30}", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 6000)
