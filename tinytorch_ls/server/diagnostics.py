"""Publishes the failures of a file's steps on the student's own lines."""

from __future__ import annotations

from pathlib import Path

from lsprotocol import types

from tinytorch_ls.course.model import Step
from tinytorch_ls.feedback.verdict import Failure, Verdict
from tinytorch_ls.feedback.words import failure_text
from tinytorch_ls.runner.report import Frame
from tinytorch_ls.server.app import TinyTorchServer, uri_of_path
from tinytorch_ls.server.positions import frame_range, lines_of, span_range
from tinytorch_ls.server.session import OpenFile, Session

SOURCE = "tinytorch"


def publish(ls: TinyTorchServer, session: Session, file: str) -> None:
    """Publish all that is to say of one file, in each editor that shows it."""
    for shown in session.shown(file, ls.uri_of(session, file)):
        params = types.PublishDiagnosticsParams(shown.uri, _diagnostics(session, shown))
        ls.text_document_publish_diagnostics(params)


def _diagnostics(session: Session, opened: OpenFile) -> list[types.Diagnostic]:
    if opened.syntax_error:
        return [_syntax_error(opened, opened.syntax_error)]
    return _merged(
        [
            _diagnostic(session, opened, step, verdict, verdict.failure)
            for step in opened.module.steps
            if (verdict := session.verdicts.get(step.id))
            and verdict.failure
            and _belongs(session, opened, step, verdict)
        ]
    )


def _belongs(session: Session, opened: OpenFile, step: Step, verdict: Verdict) -> bool:
    """Whether a verdict is shown in this file: where it points, else where its step is written.

    An integration step that waits for others says so in its lens: nothing of the student's is
    wrong.
    """
    if verdict.state == "blocked" and not step.symbols:
        return False
    if verdict.where:
        return Path(verdict.where.file) == session.folder.path(opened.file)
    return opened.file in [symbol.file for symbol in step.symbols] or not step.symbols


def _diagnostic(
    session: Session, opened: OpenFile, step: Step, verdict: Verdict, failure: Failure
) -> types.Diagnostic:
    lines = lines_of(opened.text)
    blocked = verdict.state == "blocked"
    severity = types.DiagnosticSeverity.Information if blocked else types.DiagnosticSeverity.Error
    return types.Diagnostic(
        _range(opened, step, verdict.where, lines),
        failure_text(failure),
        severity=severity,
        code=step.id,
        source=SOURCE,
        related_information=_related(session, step, verdict, failure),
        data={"step": step.id},
    )


def _range(opened: OpenFile, step: Step, where: Frame | None, lines: list[str]) -> types.Range:
    if where:
        return frame_range(lines, where)
    definition = opened.definition(step)
    if definition:
        return span_range(lines, definition.identifier)
    return types.Range(types.Position(0, 0), types.Position(0, len(lines[0])))


def _related(
    session: Session, step: Step, verdict: Verdict, failure: Failure
) -> list[types.DiagnosticRelatedInformation] | None:
    if verdict.expectation is None:
        return None
    tests = session.course.module(step.module_id).tests
    line = verdict.expectation.line - 1
    place = types.Range(types.Position(line, 0), types.Position(line + 1, 0))
    message = failure.because or f"the test {failure.test}"
    location = types.Location(uri_of_path(tests), place)
    return [types.DiagnosticRelatedInformation(location, message)]


def _syntax_error(opened: OpenFile, error: SyntaxError) -> types.Diagnostic:
    lines = lines_of(opened.text)
    line = error.lineno or 1
    column = max((error.offset or 1) - 1, 0)
    frame = Frame("", "", line, line, column, max((error.end_offset or 0) - 1, column + 1))
    text = (
        f"Python can't read this file: {error.msg}.\n"
        "help: Look here and in the line above for an open bracket or quote, or a missing colon. "
        "The steps are tested again once the file can be read."
    )
    return types.Diagnostic(
        frame_range(lines, frame),
        text,
        severity=types.DiagnosticSeverity.Error,
        code="syntax",
        source=SOURCE,
    )


def _merged(diagnostics: list[types.Diagnostic]) -> list[types.Diagnostic]:
    """One diagnostic where several steps stumble over the same thing at the same place."""
    kept: dict[tuple[int, int, str], types.Diagnostic] = {}
    for diagnostic in diagnostics:
        start = diagnostic.range.start
        kept.setdefault((start.line, start.character, diagnostic.message), diagnostic)
    return list(kept.values())
