"""Starts the server on standard input and output."""

from __future__ import annotations

import logging
import os
import sys

from tinytorch_ls.server import (
    actions,
    commands,
    course_view,
    debugging,
    documents,
    hover,
    inlay_hints,
    lenses,
    lifecycle,
)
from tinytorch_ls.server.app import TinyTorchServer

FEATURES = (
    lifecycle,
    documents,
    hover,
    lenses,
    inlay_hints,
    actions,
    commands,
    course_view,
    debugging,
)


def make_server() -> TinyTorchServer:
    """A server with all its features."""
    server = TinyTorchServer()
    for feature in FEATURES:
        feature.register(server)
    return server


def serve() -> None:
    """Serve until the client leaves. Nothing but the protocol reaches standard output."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING)
    protocol = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    make_server().start_io(sys.stdin.buffer, protocol)
