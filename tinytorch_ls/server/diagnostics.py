"""Publishes failures on the student's own lines, in whatever file they are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

from lsprotocol import types

from tinytorch_ls.course.model import Module, Step
from tinytorch_ls.course.titles import titled
from tinytorch_ls.feedback.faults import together
from tinytorch_ls.feedback.lost import emptied
from tinytorch_ls.feedback.states import wording
from tinytorch_ls.feedback.verdict import Failure, Mark, Verdict
from tinytorch_ls.feedback.words import failure_text, in_short
from tinytorch_ls.forms.form import Unreadable
from tinytorch_ls.forms.known import form_of
from tinytorch_ls.forms.texts import BOM, is_empty
from tinytorch_ls.messages import say
from tinytorch_ls.runner.report import IMPORT, Frame
from tinytorch_ls.server.app import TinyTorchServer, uri_of_path
from tinytorch_ls.server.positions import frame_range, lines_of, span_range
from tinytorch_ls.server.session import OpenFile, Session

SOURCE = "tinytorch"
EMPTY = "empty"
_MOST_LINKS = 3  # from a step to those that wait for it


def publish(ls: TinyTorchServer, session: Session, file: str) -> None:
    """Publish all that is to say of one file, in each editor that shows it."""
    shown = {
        each.uri: _diagnostics(ls, session, each)
        for each in session.shown(file, ls.uri_of(session, file))
    }
    gone = [uri for uri, of in session.marked.items() if of == file and uri not in shown]
    for uri in gone:
        _tell(ls, session, uri, file, [])
    for uri, diagnostics in shown.items():
        _tell(ls, session, uri, file, diagnostics)


def clear(ls: TinyTorchServer, session: Session) -> None:
    """Take back all that was published of a folder."""
    for uri, file in list(session.marked.items()):
        _tell(ls, session, uri, file, [])


def _tell(
    ls: TinyTorchServer,
    session: Session,
    uri: str,
    file: str,
    diagnostics: list[types.Diagnostic],
) -> None:
    if diagnostics:
        session.marked[uri] = file
    else:
        session.marked.pop(uri, None)
    ls.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, diagnostics))


def filled(ls: TinyTorchServer, session: Session, opened: OpenFile) -> None:
    """Take back that a file is empty: its text is in the editor again, saved or not."""
    if not opened.empty:
        _tell(ls, session, opened.uri, opened.file, [])


def show(ls: TinyTorchServer, session: Session, before: Verdict | None, now: Verdict) -> None:
    """Publish the files that a step's verdict is about, and those that the one before it was."""
    step = session.course.steps[now.step]
    files = dict.fromkeys(session.course.module(step.module_id).files)
    for mark in (*now.marks, *(before.marks if before else ())):
        if mark.where and (file := session.file_of(Path(mark.where.file))):
            files[file] = None
    for verdict in (now, before):  # the other end of the link
        if verdict and (other := session.course.steps.get(verdict.blocked_by or "")):
            files |= dict.fromkeys(symbol.file for symbol in other.symbols)
    for file in files:
        opened = session.opened(file)
        if opened is None or not opened.syntax_error:
            publish(ls, session, file)


def marks_in(session: Session, opened: OpenFile) -> Iterator[tuple[Step, Verdict, Mark]]:
    """What is to be shown in a file, of whatever step; one cause of several failures is one."""
    causes: dict[str, list[tuple[Step, Verdict, Mark]]] = {}
    marks = _imports_once(list(_all_marks_in(session, opened)))
    fails = {_line_of(mark) for _, verdict, mark in marks if verdict.state == "failing"}
    for step, verdict, mark in marks:
        if verdict.state == "blocked" and mark.where and _line_of(mark) in fails:
            continue  # what it waits for is said there
        if mark.cause and mark.where:
            name = mark.function or f"line {mark.where.line}"
            causes.setdefault(name, []).append((step, verdict, mark))
        else:
            yield step, verdict, mark
    for found in causes.values():
        step, verdict, _ = found[0]
        yield step, verdict, together([mark for _, _, mark in found])


def _imports_once(marks: list[tuple[Step, Verdict, Mark]]) -> list[tuple[Step, Verdict, Mark]]:
    """The marks, of an import that stops several steps the one that says most.

    They are the same error, and what more is known of it comes to one step after the other.
    """
    best: dict[tuple[str, int], Mark] = {}
    for _, verdict, mark in marks:
        place = _line_of(mark)
        if place and verdict.state == "failing" and mark.failure.test == IMPORT:
            known = best.setdefault(place, mark)
            if len(failure_text(mark.failure)) > len(failure_text(known.failure)):
                best[place] = mark
    kept = set(map(id, best.values()))
    return [each for each in marks if _line_of(each[2]) not in best or id(each[2]) in kept]


def _line_of(mark: Mark) -> tuple[str, int] | None:
    return (mark.where.file, mark.where.line) if mark.where else None


def _all_marks_in(session: Session, opened: OpenFile) -> Iterator[tuple[Step, Verdict, Mark]]:
    for step in session.course.steps.values():
        verdict = session.verdicts.get(step.id)
        for mark in (*verdict.marks, *verdict.notes) if verdict else ():
            if verdict and _belongs(session, opened, step, verdict, mark):
                yield step, verdict, mark


def place_of(opened: OpenFile, step: Step, mark: Mark) -> types.Range:
    """Where a mark is shown: on its line, else on the name of its step."""
    lines = lines_of(opened.text)
    if mark.where:
        return frame_range(lines, mark.where)
    if definition := opened.good.get(mark.function) or opened.definition(step):
        return span_range(lines, definition.identifier)
    return types.Range(types.Position(0, 0), types.Position(0, len(lines[0])))


def at_line(session: Session, opened: OpenFile, verdict: Verdict, mark: Mark) -> str:
    """What stands behind a marked line: its verdict in short; "" once something is typed."""
    is_tested = opened.text.removeprefix(BOM) == session.tested.get(opened.file)
    if not is_tested or verdict.state not in ("failing", "blocked"):
        return ""
    return f"{wording(verdict.state).sign} {in_short(mark.failure)}"


def located(
    ls: TinyTorchServer, session: Session, step: Step, mark: Mark
) -> tuple[str, types.Range] | None:
    """The file of the student's in which a mark is shown, and where."""
    if mark.where:
        file = session.file_of(Path(mark.where.file))
    else:
        file = step.symbols[0].file if step.symbols else None
    if file is None:
        return None
    for shown in session.shown(file, ls.uri_of(session, file)):
        return shown.uri, place_of(shown, step, mark)
    return None


def _diagnostics(ls: TinyTorchServer, session: Session, opened: OpenFile) -> list[types.Diagnostic]:
    if not session.folder.path(opened.file).exists():
        return []
    if opened.syntax_error:
        return [_syntax_error(opened, opened.syntax_error)]
    if opened.empty and opened.module:
        return [_emptied(opened, opened.module)]
    return _merged([_diagnostic(ls, session, opened, *each) for each in marks_in(session, opened)])


def _belongs(session: Session, opened: OpenFile, step: Step, verdict: Verdict, mark: Mark) -> bool:
    """Whether a mark is shown in this file: where it points, else where its step is written.

    An integration step that waits for others says so in its lens: nothing of the student's is
    wrong.
    """
    if verdict.state == "not run" or (verdict.state == "blocked" and not step.symbols):
        return False
    if verdict.state == "todo" and not _is_lost_elsewhere(session, opened, step):
        return False
    if mark.where:
        return Path(mark.where.file) == session.folder.path(opened.file)
    if step.symbols:
        return opened.file in [symbol.file for symbol in step.symbols]
    return opened.module is not None and opened.module.id == step.module_id


def _is_lost_elsewhere(session: Session, opened: OpenFile, step: Step) -> bool:
    """Whether a file of a step other than this one, which has its text, is still lost.

    A step's verdict says of a file that it was lost; its text may be back before the next verdict.
    """
    files = {symbol.file for symbol in step.symbols}
    others = (files or {*session.course.module(step.module_id).files}) - {opened.file}
    return any(is_empty(session.on_disk(file) or "") for file in others)


def _diagnostic(
    ls: TinyTorchServer,
    session: Session,
    opened: OpenFile,
    step: Step,
    verdict: Verdict,
    mark: Mark,
) -> types.Diagnostic:
    is_wrong = verdict.state not in ("blocked", "passed")
    severity = types.DiagnosticSeverity.Error if is_wrong else types.DiagnosticSeverity.Information
    return types.Diagnostic(
        place_of(opened, step, mark),
        failure_text(mark.failure),
        severity=severity,
        code=step.id,
        source=SOURCE,
        related_information=list(_related(ls, session, step, mark)) or None,
        data={"step": step.id, "short": at_line(session, opened, verdict, mark)},
    )


def _related(
    ls: TinyTorchServer, session: Session, step: Step, mark: Mark
) -> Iterator[types.DiagnosticRelatedInformation]:
    """The line of the test, and the other places of the student's code that it is about.

    Those are the step that it waits for, too, and those that wait for it.
    """
    if mark.expectation:
        tests = session.course.module(step.module_id).tests
        line = mark.expectation.line - 1
        place = types.Range(types.Position(line, 0), types.Position(line + 1, 0))
        message = mark.failure.because or f"the test {mark.failure.test}"
        location = types.Location(uri_of_path(tests), place)
        yield types.DiagnosticRelatedInformation(location, message)
    for frame, message in mark.related:
        if file := session.file_of(Path(frame.file)):
            uri = ls.uri_of(session, file)
            for shown in session.shown(file, uri):
                place = frame_range(lines_of(shown.text), frame)
                location = types.Location(shown.uri, place)
                yield types.DiagnosticRelatedInformation(location, message)
    if not mark.related and (other := session.waited_for(step)):
        yield from _link(ls, session, other, say("{step} is here", step=titled(other)))
    for other in islice(session.waiting_for(step), _MOST_LINKS):
        yield from _link(ls, session, other, say("{step} waits for this", step=titled(other)))


def _link(
    ls: TinyTorchServer, session: Session, step: Step, message: str
) -> Iterator[types.DiagnosticRelatedInformation]:
    """The way to a step; none while its file is not there."""
    if step.symbols and (found := located(ls, session, step, Mark(Failure("")))):
        yield types.DiagnosticRelatedInformation(types.Location(*found), message)


def unreadable(opened: OpenFile, error: SyntaxError) -> tuple[Unreadable, types.Range]:
    """What keeps a file from being read, and where that is."""
    form, kind = form_of(opened.file), type(error).__name__
    why = form.unreadable(opened.text, kind, error.msg, error.lineno or 1)
    frame = Frame("", "", why.line, why.line)
    if why.line == (error.lineno or 1):
        column = max((error.offset or 1) - 1, 0)
        end = max((error.end_offset or 0) - 1, column + 1)
        frame = replace(frame, column=column, end_column=end)
    return why, frame_range(lines_of(opened.text), frame)


def until_read(why: Unreadable) -> str:
    """What helps, and what happens then."""
    return f"{why.help} {say('The steps are tested again once the file can be read.')}"


def _syntax_error(opened: OpenFile, error: SyntaxError) -> types.Diagnostic:
    why, place = unreadable(opened, error)
    return types.Diagnostic(
        place,
        f"{why.fact}.\nhelp: {until_read(why)}",
        severity=types.DiagnosticSeverity.Error,
        code="syntax",
        source=SOURCE,
    )


def _emptied(opened: OpenFile, module: Module) -> types.Diagnostic:
    """What is said of a file that has lost all of its text, instead of each of its steps."""
    name = Path(opened.file).name
    text = (
        f"{emptied(opened.file, module)}\n"
        f"help: The editor's Undo brings your text back. *Bring the TODOs of {name} back* in the "
        "lightbulb begins the file anew; what you had in it before a reset is in "
        "`.tinytorch/snapshots`."
    )
    top = types.Position(0, 0)
    return types.Diagnostic(
        types.Range(top, top),
        text,
        severity=types.DiagnosticSeverity.Error,
        code=EMPTY,
        source=SOURCE,
    )


def _merged(diagnostics: list[types.Diagnostic]) -> list[types.Diagnostic]:
    """One diagnostic where several steps stumble over the same thing at the same place."""
    kept: dict[tuple[int, int, str], types.Diagnostic] = {}
    for diagnostic in diagnostics:
        start = diagnostic.range.start
        kept.setdefault((start.line, start.character, diagnostic.message), diagnostic)
    return list(kept.values())
