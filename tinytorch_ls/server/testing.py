"""Runs steps beside the requests: on a save, on a command; the latest save wins."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from tinytorch_ls.course.model import Step
from tinytorch_ls.feedback.tester import steps_to_run
from tinytorch_ls.feedback.verdict import State, Verdict
from tinytorch_ls.server.app import TinyTorchServer
from tinytorch_ls.server.diagnostics import publish
from tinytorch_ls.server.progress import RunProgress
from tinytorch_ls.server.session import OpenFile, Session
from tinytorch_ls.workspace.refused import Refused

NOT_TRUSTED = "This folder is not trusted, so no code of it is run. Trust it to test your steps."


def test_saved(ls: TinyTorchServer, session: Session, opened: OpenFile) -> None:
    """Test what a save changed."""
    if opened.syntax_error or not ls.trusted:
        cancel(session, opened.module.id)
        publish(ls, session, opened)
        return
    steps = steps_to_run(opened.module, opened.file, opened.tested, opened.text)
    opened.tested = opened.text
    if steps:
        start(ls, session, opened.module.id, steps)
    else:
        publish(ls, session, opened)


def test_stale(ls: TinyTorchServer, session: Session, opened: OpenFile) -> None:
    """Test what was written or changed while nobody looked, and what failed when last seen."""
    if opened.syntax_error or not ls.trusted:
        return
    opened.tested = opened.text
    progress = session.folder.progress
    stale: list[Step] = []
    for step in opened.module.steps:
        if step.id in session.verdicts:
            continue
        known = progress.of(step.id)
        if known.state in ("failing", "blocked") or (
            known.digest and known.digest != session.folder.digest(step)
        ):
            stale.append(step)
    if stale:
        start(ls, session, opened.module.id, stale)


def start(
    ls: TinyTorchServer, session: Session, module_id: str, steps: Sequence[Step]
) -> asyncio.Task[None]:
    """Run steps of one module in place of what still runs of it."""
    cancel(session, module_id)
    task = asyncio.get_running_loop().create_task(_run(ls, session, module_id, list(steps)))
    session.tasks[module_id] = task
    return task


def cancel(session: Session, module_id: str) -> None:
    """Stop what runs of a module; its processes are killed."""
    if task := session.tasks.pop(module_id, None):
        task.cancel()


async def run_and_wait(
    ls: TinyTorchServer, session: Session, module_id: str, steps: Sequence[Step]
) -> dict[str, State]:
    """Run steps and wait for the outcome, for a command of the client's."""
    task = start(ls, session, module_id, steps)
    await asyncio.wait([task])
    if not task.cancelled() and (error := task.exception()):
        raise error
    return {step.id: session.state(step) for step in steps}


async def _run(ls: TinyTorchServer, session: Session, module_id: str, steps: list[Step]) -> None:
    before: dict[str, State] = {step.id: session.state(step) for step in steps}
    waiting = {step.id for step in steps}
    session.running |= waiting
    ls.changed()
    progress = RunProgress(ls, len(steps), lambda: cancel(session, module_id))
    try:
        async for verdict in session.tester.test(steps):
            waiting.discard(verdict.step)
            session.running.discard(verdict.step)
            _note(ls, session, verdict)
            progress.step_done()
            _celebrate(ls, session, before[verdict.step], verdict)
        _save_progress(ls, session)
    except OSError as error:
        ls.warn(f"The steps can't be run now: {error.strerror or error}. Save again to retry.")
    finally:
        session.running -= waiting
        progress.end()
        ls.changed()


def _note(ls: TinyTorchServer, session: Session, verdict: Verdict) -> None:
    session.verdicts[verdict.step] = verdict
    module_id = verdict.step.partition("/")[0]
    for opened in session.files.values():
        if opened.module.id == module_id and not opened.syntax_error:
            publish(ls, session, opened)
    ls.changed()


def _celebrate(ls: TinyTorchServer, session: Session, before: State, verdict: Verdict) -> None:
    """Tell the client of a step that passes for the first time."""
    if verdict.state != "passed" or before == "passed":
        return
    course = session.course
    step = course.steps[verdict.step]
    following = course.next_step(step.id)
    module = course.module(step.module_id)
    milestone = next((m for m in course.milestones if m.step == step.id), None)
    ls.protocol.notify(
        "tinytorch/stepPassed",
        {
            "step": step.id,
            "title": step.title,
            "next": following.id if following else None,
            "moduleDone": all(session.state(s) == "passed" for s in module.steps),
            "milestone": f"{milestone.year}: {milestone.title}" if milestone else None,
        },
    )


def _save_progress(ls: TinyTorchServer, session: Session) -> None:
    try:
        session.folder.create()
        session.folder.progress.save()
    except Refused as refused:
        ls.warn(f"Your progress is not saved: {refused}. Your code is safe; the tests still run.")
