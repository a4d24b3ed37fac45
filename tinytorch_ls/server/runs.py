"""Runs steps beside the requests, for a save or a command; the latest one wins."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from tinytorch_ls.course.model import Step
from tinytorch_ls.course.needs import lacks_in
from tinytorch_ls.feedback.formulas import as_plain_text
from tinytorch_ls.feedback.not_run import needs_words
from tinytorch_ls.feedback.verdict import State, Verdict
from tinytorch_ls.messages import say
from tinytorch_ls.server.app import TinyTorchServer
from tinytorch_ls.server.diagnostics import show
from tinytorch_ls.server.half_typed import hold
from tinytorch_ls.server.memory import save_progress
from tinytorch_ls.server.protocol import STEP_OUTPUT, STEP_PASSED, StepOutput, StepPassed
from tinytorch_ls.server.session import Session, Work
from tinytorch_ls.server.work_done import RunProgress

NOT_TRUSTED = "This folder is not trusted, so no code of it is run. Trust it to test your steps."
_MOST_OUTPUT = 20_000


def start(
    ls: TinyTorchServer,
    session: Session,
    module_id: str,
    steps: Sequence[Step],
    texts: Mapping[str, str] | None = None,
    *,
    later: bool = False,
) -> Work:
    """Run steps of one module in place of what runs of it; what that has left comes after them.

    The module's files run as they are now, or as `texts` has them, whatever is written meanwhile.
    What runs `later` makes way for all else, and goes on once nothing else runs.
    """
    if not later:
        _make_way(session)
    stale = session.stale.pop(module_id, [])
    module = session.course.module(module_id)
    known = {**session.texts(module), **(texts or {})}
    loop = asyncio.get_running_loop()
    ids = dict.fromkeys([*(step.id for step in steps), *stale])
    work = Work({step_id: loop.create_future() for step_id in ids}, later=later)
    if former := session.work.pop(module_id, None):
        work.outcomes.update({step: former.outcomes[step] for step in former.left()})
        if former.task:
            former.task.cancel()
    session.work[module_id] = work
    work.task = ls.spawn(_run(ls, session, module_id, work, known))
    return work


def _make_way(session: Session) -> None:
    """Set aside what runs only because something below it changed."""
    for module_id, work in list(session.work.items()):
        if work.later and work.task and work.left():
            work.task.cancel()
            session.stale[module_id] = work.give_up()
            del session.work[module_id]


def cancel(session: Session, module_id: str) -> list[str]:
    """Stop what runs of a module, its processes are killed; returns the steps it had left."""
    work = session.work.pop(module_id, None)
    if work is None:
        return []
    if work.task:
        work.task.cancel()
    return work.give_up()


async def run_and_wait(
    ls: TinyTorchServer, session: Session, module_id: str, steps: Sequence[Step]
) -> dict[str, State]:
    """Run steps and wait for the outcome, for a command; cancelling it cancels the run."""
    work = start(ls, session, module_id, steps)
    try:
        await asyncio.wait([work.outcomes[step.id] for step in steps])
    except asyncio.CancelledError:
        if session.work.get(module_id) is work:
            cancel(session, module_id)
        raise
    return {step.id: session.state(step) for step in steps}


async def _run(
    ls: TinyTorchServer, session: Session, module_id: str, work: Work, texts: Mapping[str, str]
) -> None:
    steps = [session.course.steps[step] for step in work.left()]
    before: dict[str, State] = {step.id: session.state(step) for step in steps}
    ls.changed()
    title = f"Testing {len(steps)} {'step' if len(steps) == 1 else 'steps'}"
    progress = RunProgress(ls, len(steps), title, lambda: cancel(session, module_id))
    _tell_needs(ls, session, module_id)
    try:
        async for verdict in session.tester.test(steps, texts):
            if session.work.get(module_id) is not work:
                return  # a later save has taken its place: this is of a text that is gone
            former = session.verdicts.get(verdict.step)
            first = work.note(verdict.step)
            verdict = verdict.until_told(former) if first else verdict
            if not hold(ls, session, verdict):
                session.verdicts[verdict.step] = verdict
                show(ls, session, former, verdict)
            ls.changed()
            if first:
                progress.step_done()
                _pass_on_output(ls, session, verdict)
                _celebrate(ls, session, before[verdict.step], verdict)
            if first and not work.left():
                progress.end()
                save_progress(ls, session)
        save_progress(ls, session)
        _prepare(ls, session, module_id)
    except OSError as error:
        session.cut_off[module_id] = work.left()
        why = error.strerror or error
        ls.warn(say("The steps can't be run now: {why}. Save again to retry.", why=why))
    finally:
        if session.work.get(module_id) is work:
            del session.work[module_id]
            work.give_up()
        progress.end()
        ls.changed()


def _tell_needs(ls: TinyTorchServer, session: Session, module_id: str) -> None:
    """Say once what keeps the steps of a module from being run here, and what brings it.

    A client that can install says so by itself, with a button.
    """
    module = session.course.module(module_id)
    lack = next(iter(lacks_in(module)), None)
    if lack and lack.install and ls.client_installs:
        return
    if module_id not in session.told and (words := needs_words(module)):
        session.told.add(module_id)
        ls.warn(f"{words}.")


def _prepare(ls: TinyTorchServer, session: Session, module_id: str) -> None:
    """Have ready what the verdict on the next step needs."""
    ls.spawn(session.prepare(session.course.module(module_id)))


def _celebrate(ls: TinyTorchServer, session: Session, before: State, verdict: Verdict) -> None:
    """Tell the client of a step that passes for the first time."""
    if verdict.state != "passed" or before == "passed":
        return
    course = session.course
    step = course.steps[verdict.step]
    following = course.next_step(step.id)
    module = course.module(step.module_id)
    milestone = course.milestone(step)
    passed = StepPassed(
        folder=str(session.folder.root),
        step=step.id,
        title=step.title,
        unlocked=as_plain_text(step.unlocked),
        next=following.id if following else None,
        module_done=session.passed(module) == len(module.steps),
        milestone=str(milestone) if milestone else None,
    )
    ls.protocol.notify(STEP_PASSED, passed)


def _pass_on_output(ls: TinyTorchServer, session: Session, verdict: Verdict) -> None:
    """Tell the client what the student's code printed, whatever came of the step."""
    if verdict.output:
        step = session.course.steps[verdict.step]
        output = StepOutput(
            folder=str(session.folder.root),
            step=step.id,
            title=step.title,
            label=session.wording(step).label,
            output=verdict.output[:_MOST_OUTPUT],
        )
        ls.protocol.notify(STEP_OUTPUT, output)
