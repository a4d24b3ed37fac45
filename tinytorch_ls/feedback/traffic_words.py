"""What is said of an access of a kernel beside it: what a warp moved there, and what would do."""

from __future__ import annotations

from tinytorch_ls.machine.report import Extent3, Moved, Report
from tinytorch_ls.messages import say

_FEW_LANES = 0.9  # a share of a warp's lanes: what the edge of an array costs is not worth a word


def traffic_label(moved: Moved, memory: str) -> str:
    """What one request of a warp cost: "32 sectors, 4 would do"; "" where nothing is to be said."""
    parts: list[str] = []
    if memory == "global":
        sectors, ideal = _each(moved.sectors, moved), _each(moved.ideal_sectors, moved)
        if moved.sectors > moved.ideal_sectors:
            parts.append(say("{sectors} sectors, {ideal} would do", sectors=sectors, ideal=ideal))
        elif sectors == "1":
            parts.append(say("1 sector"))
        else:
            parts.append(say("{sectors} sectors", sectors=sectors))
    elif turns := _each(moved.conflicts, moved):
        parts.append(say("1 extra turn") if turns == "1" else say("{n} extra turns", n=turns))
    if moved.lanes <= _FEW_LANES:
        parts.append(say("lanes {percent} %", percent=f"{100 * moved.lanes:.0f}"))
    return " · ".join(parts)


def traffic_tooltip(moved: Moved, memory: str, launch: Report) -> str:
    """The counts of the whole launch, and where they come from; Markdown."""
    if memory == "global":
        counts = say(
            "Requests by warps: {requests}. Sectors of 32 bytes that they moved: {sectors}; the "
            "same bytes side by side: {ideal}.",
            requests=f"{moved.requests:,}",
            sectors=f"{moved.sectors:,}",
            ideal=f"{moved.ideal_sectors:,}",
        )
    else:
        counts = say(
            "Requests by warps to shared memory: {requests}. Turns beyond one each, because lanes "
            "wanted different words of one bank: {turns}.",
            requests=f"{moved.requests:,}",
            turns=f"{moved.conflicts:,}",
        )
    lanes = say("On average {lanes} of 32 lanes took part.", lanes=_number(32 * moved.lanes))
    return f"{counts} {lanes}\n\n{source_of(launch)}"


def double_tooltip(*, compiled: bool) -> str:
    """What a line in double precision costs, and where that comes from; Markdown."""
    cost = say(
        "This line computes in double precision. An H100 has half as many units for float64 as for "
        "float32, a GeForce RTX 4090 one for 64 (NVIDIA's white papers). A number such as `0.5` is "
        "a float64: `np.float32(0.5)` in Python and `0.5f` in CUDA C are none."
    )
    if compiled:
        source = say("From the code that NVIDIA's compiler made of this kernel. Not run on a GPU.")
    else:
        source = say("From the types in the simulator, which are the compiler's. Not run on a GPU.")
    return f"{cost}\n\n{source}"


def source_of(launch: Report) -> str:
    """Which launch the figures are of, and who counted."""
    return say(
        "Of the largest launch in the step's tests, `{kernel}[{grid}, {block}]`, counted by the "
        "course's own machine. Not run on a GPU.",
        kernel=launch.kernel,
        grid=extent_text(launch.grid),
        block=extent_text(launch.block),
    )


def _each(count: int, moved: Moved) -> str:
    """What one request has of it; "" for nothing."""
    return _number(count / moved.requests) if count and moved.requests else ""


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def extent_text(extent: Extent3) -> str:
    """As a student writes it: 4, or (4, 2)."""
    x, y, z = extent
    if z > 1:
        return f"({x}, {y}, {z})"
    return f"({x}, {y})" if y > 1 else str(x)
