"""The commands that a client may ask for."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from pygls.exceptions import JsonRpcInvalidParams

from tinytorch_ls.course.model import Step
from tinytorch_ls.course.titles import titled
from tinytorch_ls.feedback.lesson_text import hint_text, unwritten_text
from tinytorch_ls.forms.refused import Refused
from tinytorch_ls.messages import say
from tinytorch_ls.server import changing, protocol
from tinytorch_ls.server.app import TinyTorchServer
from tinytorch_ls.server.changing import What, change_step, refill, take_back
from tinytorch_ls.server.missing import forget, is_wanted_anew, lost_files
from tinytorch_ls.server.protocol import Begun, Changed, HintShown, Started, StepOutcome, Undone
from tinytorch_ls.server.runs import NOT_TRUSTED, run_and_wait
from tinytorch_ls.server.serving import is_there, serve_folder
from tinytorch_ls.server.session import Session
from tinytorch_ls.workspace.folder import StudentFolder


async def run_step(
    ls: TinyTorchServer, step_id: str, folder: str | None = None
) -> StepOutcome | None:
    """Test one step; where nothing is written yet, say what to do."""
    step = ls.step(step_id)
    session = _session(ls, folder)
    outcomes = await _run(ls, session, [step])
    if session and outcomes and outcomes[0].state == "todo":
        failure = session.failure(step)
        ls.say(failure.headline if failure else unwritten_text(step))
    return outcomes[0] if outcomes else None


async def run_module(
    ls: TinyTorchServer, module_id: str, folder: str | None = None
) -> tuple[StepOutcome, ...]:
    """Test all steps of a module."""
    return await _run(ls, _session(ls, folder), ls.module(module_id).steps)


async def hint(ls: TinyTorchServer, step_id: str, folder: str | None = None) -> HintShown | None:
    """Show the next rung of a step's hints, or the last one again."""
    step = ls.step(step_id)
    session = _session(ls, folder)
    return _hint(ls, session, step) if session else None


async def reset_step(
    ls: TinyTorchServer, step_id: str, folder: str | None = None
) -> Changed | None:
    """Put the TODO of a step back."""
    return await _change(ls, step_id, folder, "reset")


async def solve_step(
    ls: TinyTorchServer, step_id: str, folder: str | None = None
) -> Changed | None:
    """Put the library's code of a step in place."""
    return await _change(ls, step_id, folder, "solve")


async def tidy_step(ls: TinyTorchServer, step_id: str, folder: str | None = None) -> Changed | None:
    """Put the library's own words in place of the TODO of a step that passes."""
    step = ls.step(step_id)
    session = _session(ls, folder)
    if session and session.state(step) != "passed":
        ls.warn(say("{step} keeps its TODO until it passes.", step=titled(step)))
        return None
    return await _change(ls, step_id, folder, "tidy")


async def undo(ls: TinyTorchServer, folder: str | None = None) -> Undone | None:
    """Take the newest change back."""
    return await _take_back(ls, folder)


async def take_change_back(
    ls: TinyTorchServer, change: str, folder: str | None = None
) -> Undone | None:
    """Take one change back, by the name that it was told under."""
    if not change.isdecimal():
        raise JsonRpcInvalidParams(f"no change is called {change!r}")
    return await _take_back(ls, folder, int(change))


async def begin_module(
    ls: TinyTorchServer, module_id: str, folder: str | None = None
) -> Begun | None:
    """Make the files of a module; one that has lost all of its text gets its TODOs back.

    One that was there before and is gone is not made anew unasked: it may have been moved.
    """
    module = ls.module(module_id)
    session = _writable(ls, folder)
    if session is None:
        return None
    lost = lost_files(session, module)
    if lost and not await is_wanted_anew(ls, lost):
        return None
    try:
        session.folder.begin(module_id)
        forget(ls, session, module, lost)
        session.note_tested(module)
        await refill(ls, session, module)
    except Refused as refused:
        ls.warn(say("The module can't be begun: {refused}.", refused=refused))
        return None
    ls.changed()
    return Begun(ls.uri_of(session, module.files[0]))


async def start_course(ls: TinyTorchServer, path: str) -> Started | None:
    """Make a folder a student's, begin the first module, and serve it."""
    if not Path(path).is_absolute():
        raise JsonRpcInvalidParams(f"{path!r} is not the whole path of a folder")
    if not ls.trusted:
        ls.warn(say(changing.NOT_CHANGED))
        return None
    folder = StudentFolder(Path(path), ls.course)
    try:
        made = folder.begin(ls.course.modules[0].id)
    except Refused as refused:
        ls.warn(say("The course can't be started there: {refused}.", refused=refused))
        return None
    await serve_folder(ls, folder.root)
    return Started(str(folder.root), tuple(str(file) for file in made))


COMMANDS = {
    protocol.RUN_STEP: run_step,
    protocol.RUN_MODULE: run_module,
    protocol.HINT: hint,
    protocol.RESET_STEP: reset_step,
    protocol.SOLVE_STEP: solve_step,
    protocol.TIDY_STEP: tidy_step,
    protocol.UNDO: undo,
    protocol.TAKE_BACK: take_change_back,
    protocol.BEGIN_MODULE: begin_module,
    protocol.START_COURSE: start_course,
}


def _session(ls: TinyTorchServer, folder: str | None) -> Session | None:
    """The session that a command is for; where there is none the student is told."""
    session = ls.session(folder)
    if session is None:
        ls.warn(say("There is no course in this folder yet. Start the course first."))
        return None
    return session if is_there(ls, session) else None


def _writable(ls: TinyTorchServer, folder: str | None) -> Session | None:
    """The session, if its folder is trusted: a command may change files only then."""
    session = _session(ls, folder)
    if session and not ls.trusted:
        ls.warn(say(changing.NOT_CHANGED))
        return None
    return session


async def _run(
    ls: TinyTorchServer, session: Session | None, steps: Sequence[Step]
) -> tuple[StepOutcome, ...]:
    if session is None:
        return ()
    if not ls.trusted:
        ls.warn(say(NOT_TRUSTED))
        return ()
    ls.protocol.end_with_request(asyncio.current_task())
    states = await run_and_wait(ls, session, steps[0].module_id, steps)
    return tuple(StepOutcome(step, state) for step, state in states.items())


def _hint(ls: TinyTorchServer, session: Session, step: Step) -> HintShown | None:
    """Show the next rung, or the last one again."""
    total = len(step.hints)
    if total == 0:
        ls.say(
            say("{step} has no hints; its explanation has all that it needs.", step=titled(step))
        )
        return None
    shown = min(session.hints_shown(step) + 1, total)
    session.folder.progress.hinted(step.id, shown)
    try:
        if ls.trusted:
            session.folder.progress.save()
    except Refused as refused:
        ls.warn(say("The hint is not remembered: {refused}.", refused=refused))
    if not ls.client_explains:  # one that does has the hints in its lesson
        ls.say(hint_text(step, shown))
    ls.changed()
    return HintShown(shown, total, step.hints[shown - 1])


async def _take_back(
    ls: TinyTorchServer, folder: str | None, number: int | None = None
) -> Undone | None:
    session = _writable(ls, folder)
    undone = await take_back(ls, session, number) if session else None
    return Undone(tuple(undone[0]), undone[1]) if undone else None


async def _change(
    ls: TinyTorchServer, step_id: str, folder: str | None, what: What
) -> Changed | None:
    step = ls.step(step_id)
    session = _writable(ls, folder)
    done = await change_step(ls, session, step, what) if session else None
    if done is None:
        return None
    change = str(done.kept.number) if done.kept else ""
    return Changed(tuple(done.uris), _did(step, what), change)


def _did(step: Step, what: What) -> str:
    """What was done, in a sentence."""
    names = [symbol.name for symbol in step.symbols]
    several = len(names) > 1
    who = say("{some} and {last}", some=", ".join(names[:-1]), last=names[-1])
    match what:
        case "reset" if several:
            return say("{names} have their TODOs back.", names=who)
        case "reset":
            return say("{name} has its TODO back.", name=names[0])
        case "solve" if several:
            return say("{names} are the library's code now.", names=who)
        case "solve":
            return say("{name} is the library's code now.", name=names[0])
        case "tidy" if several:
            return say("{names} say what the library says, in your code.", names=who)
        case "tidy":
            return say("{name} says what the library says, in your code.", name=names[0])
