"""Shows what is wrong with a lesson as diagnostics in the lesson's own file."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from lsprotocol import types

from tinytorch_ls.server.app import TinyTorchServer, uri_of_path


def publish_complaints(ls: TinyTorchServer) -> None:
    """Publish the complaints of the course, and clear those of files that are sound now."""
    found: dict[Path, list[types.Diagnostic]] = defaultdict(list)
    for module in ls.course.modules:
        found[module.lesson] = []
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
    for file, diagnostics in found.items():
        params = types.PublishDiagnosticsParams(uri_of_path(file), diagnostics)
        ls.text_document_publish_diagnostics(params)
