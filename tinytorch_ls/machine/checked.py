"""Plain reads that a compare-and-swap checks: `old = *sum;` before `atomicCAS(sum, old, …)`.

Such a read may come between the atomics of others. If what it found is old by then, the swap
does not happen, so it is no race with them; with plain writes it still is.
"""

from __future__ import annotations

from collections.abc import Iterator

from tinytorch_ls.machine import form
from tinytorch_ls.machine.written import nodes

Sources = dict[form.Local, list[form.Expression]]


def checked_reads(kernel: form.Kernel) -> set[int]:
    """The ids of those reads."""
    every = list(nodes(kernel.body))
    swaps = [node for node in every if isinstance(node, form.Atomic) and node.name == "cas"]
    if not swaps:
        return set()
    sources: Sources = {}
    for node in every:
        if isinstance(node, form.Assign):
            sources.setdefault(node.target, []).append(node.value)
    return {
        id(read)
        for swap in swaps
        for read in _reads(swap.operands[0], sources, set())
        if read.element.memory is swap.element.memory
    }


def _reads(value: form.Expression, sources: Sources, seen: set[form.Local]) -> Iterator[form.Load]:
    """The reads whose value this is, bit for bit."""
    match value:
        case form.Load():
            yield value
        case form.Cast(value=inner):
            yield from _reads(inner, sources, seen)
        case form.Operation(name=name, operands=(inner,)) if name.startswith("as "):
            yield from _reads(inner, sources, seen)
        case form.Local() if value not in seen:
            seen.add(value)
            for each in sources.get(value, ()):
                yield from _reads(each, sources, seen)
        case _:
            return
