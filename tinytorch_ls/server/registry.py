"""Every feature and every command of the server, in one table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tinytorch_ls.server import (
    actions,
    commands,
    course_view,
    debugging,
    documents,
    folding,
    half_typed,
    hover,
    inlay_hints,
    lenses,
    lifecycle,
    page,
    threads,
    watching,
)
from tinytorch_ls.server.app import TinyTorchServer

Handler = Callable[..., Any]  # pygls looks at its signature: the server, then the params

FEATURES: Mapping[str, Handler] = {
    **lifecycle.FEATURES,
    **documents.FEATURES,
    **watching.FEATURES,
    **folding.FEATURES,
    **half_typed.FEATURES,
    **hover.FEATURES,
    **lenses.FEATURES,
    **inlay_hints.FEATURES,
    **actions.FEATURES,
    **course_view.FEATURES,
    **page.FEATURES,
    **threads.FEATURES,
    **debugging.FEATURES,
}
OPTIONS: Mapping[str, Any] = {**documents.OPTIONS, **actions.OPTIONS}
COMMANDS: Mapping[str, Handler] = commands.COMMANDS


def make_server() -> TinyTorchServer:
    """A server with all its features."""
    server = TinyTorchServer()
    for method, handler in FEATURES.items():
        server.feature(method, OPTIONS.get(method))(handler)
    for name, handler in COMMANDS.items():
        server.command(name)(handler)
    return server
