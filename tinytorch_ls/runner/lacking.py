"""Tells a test that met a lacking package of the course's own from one that the code fails.

It may be missing, or be there and broken.
"""

from __future__ import annotations

from dataclasses import replace

from tinytorch_ls.course.needs import Lack, broken_behind, lacking_behind
from tinytorch_ls.runner.report import Raised, StepRun, TestRun


def without_lacking(run: StepRun) -> StepRun:
    """A report in which such tests are not run. It is asked here and now what is missing: nobody
    gets there by an error that names a package which is installed."""
    return replace(run, tests=tuple(map(_told, run.tests)))


def _told(test: TestRun) -> TestRun:
    if test.raised is None:
        return test
    lack = lacking_behind(test.raised.missing, test.raised.package) or _broken(test.raised)
    return replace(test, raised=None, not_run=lack.reason, install=lack.install) if lack else test


def _broken(error: Raised) -> Lack | None:
    if not error.broken:
        return None
    first = next(iter(error.message.splitlines()), "")
    return broken_behind(error.broken, error.package, f"{error.type}: {first}".rstrip(": "))
