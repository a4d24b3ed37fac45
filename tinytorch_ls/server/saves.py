"""Decides what a save has changed, whoever saved, and so what is tested."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tinytorch_ls.course.model import Module, Step
from tinytorch_ls.feedback.affected import changed_unseen, means_the_same
from tinytorch_ls.feedback.tester import steps_to_run
from tinytorch_ls.forms.refused import Refused
from tinytorch_ls.forms.texts import BOM
from tinytorch_ls.server.app import TinyTorchServer
from tinytorch_ls.server.diagnostics import publish
from tinytorch_ls.server.following import test_dependents
from tinytorch_ls.server.runs import cancel, start
from tinytorch_ls.server.session import OpenFile, Session
from tinytorch_ls.workspace.packages import is_part


def test_saved(ls: TinyTorchServer, session: Session, saved: OpenFile) -> None:
    """Test what a save changed, and what an unreadable save before it kept from being tested."""
    if saved.syntax_error or not ls.trusted:
        _cut_off(ls, session, saved)
    elif saved.module is None:
        _helper_saved(ls, session, saved.file)
    else:
        _module_saved(ls, session, saved, saved.module)


def _module_saved(ls: TinyTorchServer, session: Session, saved: OpenFile, module: Module) -> None:
    file, before = saved.file, session.tested.get(saved.file)
    on_disk = session.on_disk(file)  # an editor may be typed into by now: this is what runs
    if on_disk is not None and saved.being_written(on_disk):
        _cut_off(ls, session, saved)
        return
    text = (saved.text if on_disk is None else on_disk).removeprefix(BOM)
    try:
        steps = steps_to_run(module, file, before, text)
    except SyntaxError:  # the next save is on its way
        _cut_off(ls, session, saved)
        return
    steps += _others(module, _take_up(session, module), steps)
    changed = bool(steps)
    if text != before:  # the lines of failures may have moved
        failing = [step.id for step in module.steps if session.failure(step)]
        steps += _others(module, failing, steps)
    session.tested[file] = text
    mended = _is_mended(session, file)
    if steps:
        start(ls, session, module.id, steps, {} if on_disk is None else {file: on_disk})
    else:
        publish(ls, session, file)
    if changed or mended:
        test_dependents(ls, session, file)


def _is_mended(session: Session, file: str) -> bool:
    """Whether a file can be read again: what imports it was blocked, whatever the text is now."""
    was = file in session.unreadable
    session.unreadable.discard(file)
    return was


def _take_up(session: Session, module: Module) -> list[str]:
    """The steps that were cut off; those of a part that can't be read wait for it still."""
    left = session.cut_off.pop(module.id, [])
    if not left:
        return []
    broken = session.folder.broken_parts(module, session.folder.texts(module))
    held = {step.id for file in broken for step in _written_in(module, file)}
    session.cut_off[module.id] = [step for step in left if step in held]
    return [step for step in left if step not in held]


def _helper_saved(ls: TinyTorchServer, session: Session, file: str) -> None:
    """A file that no lesson teaches: what imports it is tested."""
    before, text = session.tested.get(file), session.on_disk(file)
    publish(ls, session, file)
    if text is not None:
        session.tested[file] = text.removeprefix(BOM)
        mended = _is_mended(session, file)
        if mended or not means_the_same(file, before, session.tested[file]):
            test_dependents(ls, session, file)


def _cut_off(ls: TinyTorchServer, session: Session, opened: OpenFile) -> None:
    """Stop what runs of a module; its steps are tested after the next save that can be read."""
    if opened.syntax_error:
        session.unreadable.add(opened.file)
    if module := opened.module:
        left = cancel(session, module.id)
        session.cut_off[module.id] = session.cut_off.get(module.id, []) + left
    publish(ls, session, opened.file)
    ls.changed()
    if opened.syntax_error and ls.trusted:  # what imports it can't be run either
        if module and is_part(opened.file):
            _without(session, module, opened)
        test_dependents(ls, session, opened.file)


def _without(session: Session, module: Module, opened: OpenFile) -> None:
    """Have the other steps of a package tested without a part that can't be read.

    All of them are tested once it is mended: its text was noted as the last.
    """
    own = _written_in(module, opened.file)
    session.stale[module.id] = [step.id for step in module.steps if step not in own]
    session.tested[opened.file] = opened.text.removeprefix(BOM)


def test_if_written(ls: TinyTorchServer, session: Session, opened: OpenFile) -> None:
    """Test an open file whose text is on the disk already: another program has written it."""
    text = opened.text.removeprefix(BOM)
    if text == session.tested.get(opened.file) and opened.file not in session.unreadable:
        publish(ls, session, opened.file)
    elif (written := session.on_disk(opened.file)) and written.removeprefix(BOM) == text:
        test_saved(ls, session, opened)


def test_written(ls: TinyTorchServer, session: Session, file: str) -> None:
    """Test a file that another program has written, or clear what was said of one it has removed.

    The text on the disk counts, whatever unsaved text an editor shows.
    """
    saved = session.saved(file, ls.uri_of(session, file))
    if saved is None:
        _forget(ls, session, file)
    elif file not in session.tested and saved.module and not saved.syntax_error:
        test_stale(ls, session, saved)
    elif saved.text.removeprefix(BOM) != session.tested.get(file) or file in session.unreadable:
        test_saved(ls, session, saved)


def _forget(ls: TinyTorchServer, session: Session, file: str) -> None:
    """Clear what was said of a file that is gone or no text any more; its steps say that it is."""
    publish(ls, session, file)
    known, module = session.tested.pop(file, None), session.module_of(file)
    is_there = session.folder.path(file).is_file()
    if not ls.trusted or (module and known is None and not is_there):
        return
    if module:
        steps = module.steps if is_there or is_part(file) else _written_in(module, file)
        start(ls, session, module.id, steps)
    test_dependents(ls, session, file)


def _written_in(module: Module, file: str) -> list[Step]:
    """The steps that are written in a file."""
    return [step for step in module.steps if file in [symbol.file for symbol in step.symbols]]


def test_stale(ls: TinyTorchServer, session: Session, opened: OpenFile) -> None:
    """Test what was written or changed while nobody looked, and what failed when last seen."""
    module = opened.module
    if module is None or not ls.trusted:
        return
    texts = session.texts(module)
    if opened.file not in texts:
        if session.folder.path(opened.file).is_file():  # it is no UTF-8: a run says what it is
            start(ls, session, module.id, module.steps)
        return
    try:
        changed = changed_unseen(session.folder, module, texts)
    except (Refused, SyntaxError):
        return
    waiting = is_part(opened.file)  # its steps may wait for a part that was lost
    stale = changed + [
        step
        for step in module.steps
        if step not in changed
        and (
            _follows(module, step, changed)
            or _is_unexplained(session, step)
            or (waiting and session.state(step) == "blocked")
        )
    ]
    session.tested[opened.file] = texts[opened.file].removeprefix(BOM)
    mended = _is_mended(session, opened.file)
    if stale:
        start(ls, session, module.id, stale, texts)
    if mended or changed:
        test_dependents(ls, session, opened.file)


def _is_unexplained(session: Session, step: Step) -> bool:
    """Whether a step failed in an earlier session, which knew why."""
    return step.id not in session.verdicts and session.state(step) in ("failing", "blocked")


def _follows(module: Module, step: Step, changed: list[Step]) -> bool:
    return bool(changed) and module.steps.index(step) > module.steps.index(changed[0])


def _others(module: Module, ids: Iterable[str], steps: Sequence[Step]) -> list[Step]:
    """The module's steps of these ids that are not among `steps`."""
    wanted = set(ids) - {step.id for step in steps}
    return [step for step in module.steps if step.id in wanted]
