"""`tinytorch lsp`: the language server on standard input and output."""

from __future__ import annotations

from argparse import Namespace
from typing import Any


def register(commands: Any) -> None:
    parser = commands.add_parser("lsp", help="serve an editor (LSP over standard input and output)")
    parser.set_defaults(run=run)


def run(_options: Namespace) -> int:
    from tinytorch_ls.server.main import serve  # half a second that other commands need not pay

    serve()
    return 0
