"""What the kernels of a student moved in the tests of a step: of each kernel its largest launch."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import replace

from tinytorch_ls.machine.observed import Observer, observing
from tinytorch_ls.machine.report import Report


class Launches:
    """Notes the launches of kernels that stand in one folder."""

    def __init__(self, root: str, *, traced: bool) -> None:
        self.root = root  # with a separator at its end
        self.traced = traced  # with the turns of the first block
        self.found: dict[str, Report] = {}

    def observed(self) -> AbstractContextManager[None]:
        """Notes what is launched in a `with` block."""
        return observing(Observer(self.note, self.traced))

    def note(self, report: Report) -> None:
        """A launch is over: the largest one says most, and of equals the last."""
        if not any(access.place.file.startswith(self.root) for access in report.traffic):
            return
        known = self.found.get(report.kernel)
        if known is None or _accesses(report) >= _accesses(known):
            self.found[report.kernel] = replace(report, faults=())


def _accesses(report: Report) -> int:
    return sum(access.accesses for access in report.traffic)
