"""What is said of a kernel above it: what it moved, computed and takes, and what will limit it."""

from __future__ import annotations

from tinytorch_ls.compile.occupancy import Limiter, occupancy
from tinytorch_ls.compile.result import ARCHITECTURE, KernelCode
from tinytorch_ls.machine.report import Report
from tinytorch_ls.messages import say

_GPU = "H100"
_PEAK = 66.9e12  # FLOP/s in float32 of an H100 SXM, and the bytes/s of its memory: data sheet, 2023
_BANDWIDTH = 3.35e12


def work_words(launch: Report) -> str:
    """Bytes, FLOPs and the roofline's verdict: "4,096 bytes · 2,048 FLOPs · 0.5 a byte: ..."."""
    moved = launch.moved_bytes
    if not moved:
        return ""
    told = {"bytes": f"{moved:,}", "flops": f"{launch.flops:,}"}
    if not launch.flops:
        return say("{bytes} bytes · no FLOPs: memory-bound", **told)
    intensity = launch.flops / moved
    told["intensity"] = f"{intensity:.2g}" if intensity < 100 else f"{intensity:,.0f}"
    told["gpu"] = _GPU
    if intensity < _PEAK / _BANDWIDTH:
        return say(
            "{bytes} bytes · {flops} FLOPs · {intensity} a byte: memory-bound ({gpu})",
            **told,
        )
    return say(
        "{bytes} bytes · {flops} FLOPs · {intensity} a byte: compute-bound ({gpu})",
        **told,
    )


def code_words(code: KernelCode, launch: Report) -> str:
    """Registers, spills, shared memory and occupancy: "40 registers · occupancy 75 %, ..."."""
    needed = code.resources
    if needed is None:
        return say("the compiler refuses it: {why}", why=code.refused)
    x, y, z = launch.block
    found = occupancy(needed, x * y * z, ARCHITECTURE)
    parts = [say("{registers} registers", registers=needed.registers)]
    if needed.spilled_bytes:
        parts.append(say("{bytes} bytes spilled", bytes=needed.spilled_bytes))
    if needed.shared_bytes:
        parts.append(say("{bytes} bytes shared", bytes=f"{needed.shared_bytes:,}"))
    parts.append(
        say(
            "occupancy {percent} %, limited by {what}",
            percent=f"{100 * found.share:.0f}",
            what=_limiter(found.limiter),
        )
    )
    return " · ".join(parts)


def _limiter(name: Limiter) -> str:
    match name:
        case "threads":
            return say("threads")
        case "blocks":
            return say("the number of blocks")
        case "registers":
            return say("registers")
        case "shared memory":
            return say("shared memory")
