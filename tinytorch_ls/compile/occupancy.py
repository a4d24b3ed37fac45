"""How many blocks of a kernel fit on one multiprocessor, and what keeps out the next.

The limits and the units in which registers and shared memory are handed out are those of NVIDIA's
CUDA C++ Programming Guide (compute capabilities) and of its occupancy calculator.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tinytorch_ls.compile.result import Resources

WARP = 32
Limiter = Literal["threads", "blocks", "registers", "shared memory"]


@dataclass(frozen=True)
class Multiprocessor:
    """What one has, for all blocks on it."""

    warps: int
    blocks: int
    registers: int
    shared_bytes: int


MULTIPROCESSORS = {
    "sm_80": Multiprocessor(64, 32, 65_536, 164 * 1024),
    "sm_90": Multiprocessor(64, 32, 65_536, 228 * 1024),
}
_REGISTER_UNIT = 256  # of a warp
_PARTS = 4  # of a multiprocessor; each has a quarter of its registers, and warps of its own
_SHARED_UNIT = 128  # bytes
_SHARED_OF_SYSTEM = 1024  # bytes of each block


@dataclass(frozen=True)
class Occupancy:
    """How full a multiprocessor is with blocks of a kernel."""

    blocks: int
    warps: int
    most_warps: int
    limiter: Limiter

    @property
    def share(self) -> float:
        """Warps that are there, of those that could be."""
        return self.warps / self.most_warps


def occupancy(needed: Resources, threads: int, architecture: str) -> Occupancy:
    """That of blocks of so many threads. Raises KeyError for an architecture that isn't listed."""
    has = MULTIPROCESSORS[architecture]
    warps = -(-threads // WARP)
    of_warp = _rounded(max(needed.registers, 1) * WARP, _REGISTER_UNIT)
    by_registers = has.registers // _PARTS // of_warp * _PARTS // warps
    shared = _rounded(needed.shared_bytes + _SHARED_OF_SYSTEM, _SHARED_UNIT)
    fits: dict[Limiter, int] = {
        "threads": has.warps // warps,
        "blocks": has.blocks,
        "registers": by_registers,
        "shared memory": has.shared_bytes // shared,
    }
    limiter = min(fits, key=lambda name: fits[name])
    return Occupancy(fits[limiter], fits[limiter] * warps, has.warps, limiter)


def _rounded(amount: int, unit: int) -> int:
    return -(-amount // unit) * unit
