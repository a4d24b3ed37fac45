"""A step that can't be tested here, since something that its module needs is missing."""

from __future__ import annotations

from tinytorch_ls.course.model import Module, Step
from tinytorch_ls.course.needs import Lack, lacking
from tinytorch_ls.feedback.verdict import Failure, Mark, State, Verdict
from tinytorch_ls.workspace.folder import StudentFolder


def not_run(step: Step, lack: Lack) -> Verdict:
    """The verdict of such a step: it says nothing of the student's code."""
    install = f"Run `{lack.command}`, then test this step again." if lack.command else ""
    failure = Failure(f"{step.id} is not run: {lack.reason}.", help=install)
    return Verdict(step.id, "not run", (Mark(failure),))


def needs_words(module: Module) -> str:
    """What keeps a module's steps from being run here, and the way out; "" where nothing does."""
    lack = lacking(module.needs)
    if lack is None:
        return ""
    way = f": run `{lack.command}`" if lack.command else ""
    return f"{module.title}: its steps are not run, because {lack.reason}{way}"


def state_of(folder: StudentFolder, step: Step) -> State:
    """What the last run said of a step; where it can't be run, that is said."""
    if lacking(folder.course.module(step.module_id).needs):
        return "not run"
    return folder.progress.of(step.id).state
