"""Decides what a save has changed, and so what is tested."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence

from tinytorch_ls.course.model import Module, Step
from tinytorch_ls.course.symbols import parse
from tinytorch_ls.feedback.tester import steps_to_run
from tinytorch_ls.server.app import TinyTorchServer
from tinytorch_ls.server.diagnostics import publish
from tinytorch_ls.server.following import test_dependents
from tinytorch_ls.server.runs import cancel, start
from tinytorch_ls.server.session import OpenFile, Session
from tinytorch_ls.workspace.refused import Refused


def test_saved(ls: TinyTorchServer, session: Session, opened: OpenFile) -> None:
    """Test what a save changed, and what an unreadable save before it kept from being tested."""
    if opened.syntax_error or not ls.trusted:
        _cut_off(ls, session, opened)
    elif opened.module is None:
        _helper_saved(ls, session, opened)
    else:
        _module_saved(ls, session, opened, opened.module)


def _module_saved(ls: TinyTorchServer, session: Session, opened: OpenFile, module: Module) -> None:
    saved = session.on_disk(opened.file)  # an editor may be typed into by now: this is what runs
    text = opened.text if saved is None else saved
    try:
        steps = steps_to_run(module, opened.file, opened.tested, text)
    except SyntaxError:  # the next save is on its way
        _cut_off(ls, session, opened)
        return
    steps += _others(module, session.cut_off.pop(module.id, []), steps)
    changed = bool(steps)
    if text != opened.tested:  # the lines of failures may have moved
        failing = [step.id for step in module.steps if session.failure(step)]
        steps += _others(module, failing, steps)
    opened.tested = text
    if steps:
        start(ls, session, module.id, steps, {} if saved is None else {opened.file: saved})
    else:
        publish(ls, session, opened.file)
    if changed:
        test_dependents(ls, session, opened.file)


def _helper_saved(ls: TinyTorchServer, session: Session, opened: OpenFile) -> None:
    """A file that no lesson teaches: what imports it is tested."""
    saved = session.on_disk(opened.file)
    publish(ls, session, opened.file)
    if saved is not None and not _means_the_same(opened.tested, saved):
        test_dependents(ls, session, opened.file)
    opened.tested = saved


def _means_the_same(old: str | None, new: str) -> bool:
    try:
        return old is not None and ast.dump(parse(old)) == ast.dump(parse(new))
    except (SyntaxError, RecursionError):
        return False


def _cut_off(ls: TinyTorchServer, session: Session, opened: OpenFile) -> None:
    """Stop what runs of a module; its steps are tested after the next save that can be read."""
    if module := opened.module:
        left = cancel(session, module.id)
        session.cut_off[module.id] = session.cut_off.get(module.id, []) + left
    publish(ls, session, opened.file)


def test_stale(ls: TinyTorchServer, session: Session, opened: OpenFile) -> None:
    """Test what was written or changed while nobody looked, and what failed when last seen."""
    module = opened.module
    if module is None or not ls.trusted or opened.tested is None:
        return
    try:
        stubs = set(session.folder.stubs(module).values())
    except (Refused, SyntaxError):
        return
    changed = [step for step in module.steps if _is_changed(session, step, stubs)]
    stale = changed + [
        step
        for step in module.steps
        if step not in changed
        and (_follows(module, step, changed) or _is_unexplained(session, step))
    ]
    if stale:
        start(ls, session, module.id, stale)
    if changed:
        test_dependents(ls, session, opened.file)


def _is_changed(session: Session, step: Step, stubs: set[str]) -> bool:
    """Whether the step's code is not that of its last run; a stub never run is as it should be."""
    known = session.folder.progress.of(step.id)
    if not step.symbols or (known.digest == "" and step.id in stubs):
        return False
    return known.digest != session.folder.digest(step)


def _is_unexplained(session: Session, step: Step) -> bool:
    """Whether a step failed in an earlier session, which knew why."""
    return step.id not in session.verdicts and session.state(step) in ("failing", "blocked")


def _follows(module: Module, step: Step, changed: list[Step]) -> bool:
    return bool(changed) and module.steps.index(step) > module.steps.index(changed[0])


def _others(module: Module, ids: Iterable[str], steps: Sequence[Step]) -> list[Step]:
    """The module's steps of these ids that are not among `steps`."""
    wanted = set(ids) - {step.id for step in steps}
    return [step for step in module.steps if step.id in wanted]
