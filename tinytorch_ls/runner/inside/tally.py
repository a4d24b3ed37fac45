"""How far the tests of a step have come, told where it outlives the process."""

from __future__ import annotations

import mmap
from collections.abc import Callable
from pathlib import Path

from tinytorch_ls.runner.job import TALLY, Come

_NUMBERS = 2
_BYTES = 8 * _NUMBERS


class Tally:
    """Counts looks at what the tests of a step do. Code that ends the process, or never comes back
    to it, leaves no time to say what it was called with; another run stops before that call."""

    def __init__(self, scratch: str, until: Come | None, reached: Callable[[], None]) -> None:
        path = Path(scratch, TALLY)
        path.write_bytes(bytes(_BYTES))
        with path.open("r+b") as file:
            self.numbers = memoryview(mmap.mmap(file.fileno(), _BYTES)).cast("q")
        self.until = until
        self.reached = reached
        self.seed = self.looks = 0

    def begin(self, seed: int) -> None:
        """Count anew: a step begins."""
        self.seed = seed
        self.looks = 0
        self.numbers[0], self.numbers[1] = seed, 0

    def count(self) -> None:
        """Note one look."""
        self.looks += 1
        self.numbers[1] = self.looks
        if self.until and self.until == Come(self.seed, self.looks):
            self.reached()
