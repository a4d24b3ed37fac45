"""Starts the server on standard input and output."""

from __future__ import annotations

import logging
import os
import sys

from tinytorch_ls.server.registry import make_server


def serve() -> None:
    """Serve until the client leaves. Nothing but the protocol reaches standard output."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING)
    protocol = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    make_server().start_io(sys.stdin.buffer, protocol)
