"""Shows what is wrong with a lesson as diagnostics in the lesson's own file."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from lsprotocol import types

from tinytorch_ls.server.app import TinyTorchServer, uri_of_path


def publish_complaints(ls: TinyTorchServer) -> None:
    """Publish the complaints of the course, and clear those of files that are sound now."""
    found: dict[Path, list[types.Diagnostic]] = defaultdict(list)
    for file in ls.complained:
        found[file] = []
    for complaint in ls.course.complaints:
        line = complaint.line - 1
        found[complaint.file].append(
            types.Diagnostic(
                types.Range(types.Position(line, 0), types.Position(line + 1, 0)),
                complaint.message,
                severity=types.DiagnosticSeverity.Error,
                source="tinytorch",
            )
        )
    ls.complained = {file for file, diagnostics in found.items() if diagnostics}
    for file, diagnostics in found.items():
        uri = ls.lessons.get(file) or uri_of_path(file)
        ls.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, diagnostics))
