"""How a client debugs a step: the script to start, and where to stop first."""

from __future__ import annotations

import sys
from typing import Any

from tinytorch_ls.course.model import Step
from tinytorch_ls.course.symbols import definitions
from tinytorch_ls.runner.processes import DEBUG_SCRIPT, PACKAGE_ROOT, debug_environment
from tinytorch_ls.server.app import TinyTorchServer
from tinytorch_ls.server.positions import lines_of, position
from tinytorch_ls.server.session import Session
from tinytorch_ls.server.testing import NOT_TRUSTED
from tinytorch_ls.workspace.refused import Refused


def register(server: TinyTorchServer) -> None:
    """Add this request to the server."""

    @server.feature("tinytorch/debugConfiguration")
    def debug_configuration(ls: TinyTorchServer, params: Any) -> dict[str, Any] | None:  # pyright: ignore[reportUnusedFunction]
        step = ls.step(getattr(params, "step", None))
        session = ls.session
        if session is None or not ls.trusted:
            ls.warn(NOT_TRUSTED)
            return None
        module = ls.course.module(step.module_id)
        return {
            "name": f"Debug {step.id}",
            "program": str(PACKAGE_ROOT / DEBUG_SCRIPT),
            "args": [str(session.folder.root), str(module.tests), step.name],
            "cwd": str(session.folder.root),
            "env": debug_environment(),
            "python": sys.executable,
            "rules": [
                {"path": str(module.tests), "include": True},
                {"path": f"{session.folder.root}/**", "include": True},
                {"path": f"{PACKAGE_ROOT / 'tinytorch_ls'}/**", "include": False},
                {"path": f"{PACKAGE_ROOT / 'tinytorch'}/**", "include": False},
            ],
            "breakpoint": _first_statement(ls, session, step),
        }


def _first_statement(ls: TinyTorchServer, session: Session, step: Step) -> dict[str, Any] | None:
    for symbol in step.symbols:
        try:
            source = session.source(symbol.file)
            found = definitions(source).get(symbol.name)
        except (SyntaxError, Refused):
            return None
        if found:
            line = position(lines_of(source), found.first_statement).line
            return {"uri": ls.uri_of(session, symbol.file), "line": line}
    return None
