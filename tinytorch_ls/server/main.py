"""Starts the server on standard input and output."""

from __future__ import annotations

import asyncio
import logging
import os
import sys

from tinytorch_ls.server.registry import make_server
from tinytorch_ls.server.stdio import serve_streams


def serve() -> None:
    """Serve until the client leaves. Nothing but the protocol reaches standard output."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING)
    protocol = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    status = asyncio.run(serve_streams(make_server(), sys.stdin.buffer, protocol))
    logging.shutdown()
    os._exit(status)  # a thread may wait for input that never comes
