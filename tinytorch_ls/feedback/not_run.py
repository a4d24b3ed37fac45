"""A step that can't be tested here, since something that it runs on is missing."""

from __future__ import annotations

from collections.abc import Sequence

from tinytorch_ls.course.model import Module, Step
from tinytorch_ls.course.needs import Lack, lacking, lacking_core, lacking_of, lacks_in
from tinytorch_ls.course.titles import listed, numbered, titled
from tinytorch_ls.feedback.verdict import Failure, Mark, State, Verdict
from tinytorch_ls.messages import say
from tinytorch_ls.workspace.folder import StudentFolder


def not_run(step: Step, lack: Lack) -> Verdict:
    """The verdict of such a step: it says nothing of the student's code."""
    way = say("Run `{command}`, then test this step again.", command=lack.command)
    fact = say("{step} is not run: {reason}.", step=titled(step), reason=lack.reason)
    failure = Failure(fact, help=way if lack.command else "")
    return Verdict(step.id, "not run", (Mark(failure),))


def lack_of(folder: StudentFolder, step: Step) -> Lack | None:
    """What a step can't be tested without: an extra, or the student's own file of a module."""
    module = folder.course.module(step.module_id)
    if lack := lacking_of(module, step):
        return lack
    if not (file := not_begun(folder, step)):
        return None
    other = folder.course.module_of(file)
    reason = say(
        "it runs on your own {file}, of module {module}, which is not there",
        file=file,
        module=numbered(other),
    )
    return Lack(reason, ("tinytorch", "start", "--module", other.id))


def not_begun(folder: StudentFolder, step: Step) -> str:
    """The first file that an integration step uses and the student has not, ours is no proof;
    "" where they have all."""
    module = folder.course.module(step.module_id)
    theirs = () if step.symbols else (file for file in module.uses if file not in module.files)
    return next((file for file in theirs if not folder.path(file).is_file()), "")


def not_to_its_end(step: Step, reason: str, install: tuple[str, ...]) -> Verdict:
    """The verdict of a step one of whose tests wants a package or a compiler that is not here."""
    known = Lack(reason, install) if install else lacking(("cuda",))
    return not_run(step, known or Lack(reason))


def core_words() -> str:
    """What the course itself lacks here, and the way out; "" where nothing."""
    lack = lacking_core()
    if lack is None:
        return ""
    return f"{lack.reason}, and steps that use what is missing are not run: run `{lack.command}`"


def needs_words(module: Module) -> str:
    """What keeps steps of a module from being run here, and the way out; "" where nothing does."""
    return "; ".join(lack_words(module, *each) for each in lacks_in(module).items())


def lack_words(module: Module, lack: Lack, steps: Sequence[Step]) -> str:
    """Which steps of a module are not run for one lack, and what brings what is missing."""
    way = f": run `{lack.command}`" if lack.command else ""
    return f"{module.title}: {_which(module, steps)} not run, because {lack.reason}{way}"


def _which(module: Module, steps: Sequence[Step]) -> str:
    if len(steps) == len(module.steps):
        return "its steps are"
    return f"{listed([*map(titled, steps)])} {'are' if len(steps) > 1 else 'is'}"


def state_of(folder: StudentFolder, step: Step) -> State:
    """What the last run said of a step; where it can't be run, that is said."""
    return "not run" if lack_of(folder, step) else folder.progress.of(step.id).state
