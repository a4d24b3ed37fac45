"""Notes when a tensor's numbers were overwritten, so that `backward` can tell. Given.

PyTorch counts a version for each tensor. Here one clock ticks at each write into any memory: what
was written after an operation was recorded is not what that operation has seen.
"""

from __future__ import annotations

from typing import Any
from weakref import ref

_clock = 0
_written: dict[int, tuple[int, Any]] = {}  # by the id of an array: its last write, and its end


def now() -> int:
    """How many writes there have been."""
    return _clock


def overwritten(array: Any) -> None:
    """Note that the numbers of `array`, and of every view of the same memory, have changed."""
    global _clock
    _clock += 1
    memory = owner(array)
    key = id(memory)
    before = _written.get(key)
    end = before[1] if before else ref(memory, lambda _: _written.pop(key, None))
    _written[key] = (_clock, end)


def unchanged_since(array: Any, moment: int) -> bool:
    """Whether the numbers of `array` are still those of `moment`, a result of `now`."""
    return _written.get(id(owner(array)), (0,))[0] <= moment


def owner(array: Any) -> Any:
    """The array whose memory `array` is a view of; often itself."""
    base = getattr(array, "base", None)
    while base is not None and hasattr(base, "dtype"):
        array, base = base, getattr(base, "base", None)
    return array
