"""What a simulated launch tells, where lessons look for it; `machine/report.py` defines it."""

from __future__ import annotations

from tinytorch_ls.machine.report import (
    Branch,
    Extent3,
    Fault,
    FaultKind,
    KernelFault,
    Moved,
    Place,
    Report,
    Thread,
    Traffic,
    raise_fault,
)

__all__ = [
    "Branch",
    "Extent3",
    "Fault",
    "FaultKind",
    "KernelFault",
    "Moved",
    "Place",
    "Report",
    "Thread",
    "Traffic",
    "raise_fault",
]
