"""Makes a run repeatable: every source of randomness that student code has gets the run's seed."""

from __future__ import annotations

import random

from numpy import random as numpy_random  # NumPy loads it late: here, once for all runs

from tinytorch_ls.runner.inside.sources import loaded


def seed_everything(seed: int) -> None:
    """Seed Python's and NumPy's generators, and those that modules of `tinytorch` keep."""
    random.seed(seed)
    numpy_random.seed(seed)
    for module in loaded():
        values = list(vars(module).values())
        for generator in [v for v in values if type(v) is numpy_random.Generator]:
            generator.bit_generator.state = numpy_random.default_rng(seed).bit_generator.state
