"""The `tinytorch` command: one file a command, data in, text or JSON out."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

import tinytorch_ls
from tinytorch_ls.cli import author, changing, doctor, lsp, reading, start, testing
from tinytorch_ls.workspace.refused import Refused

_COMMANDS = (start, reading, testing, changing, doctor, lsp, author)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line. 0: passed; 1: a step failed; 2: it could not be carried out."""
    parser = argparse.ArgumentParser(
        prog="tinytorch", description="Build a deep-learning framework, one function at a time."
    )
    parser.add_argument("--version", action="version", version=tinytorch_ls.__version__)
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for command in _COMMANDS:
        command.register(commands)
    options = parser.parse_args(argv)
    try:
        return options.run(options)
    except Refused as refused:
        print(f"tinytorch: {refused}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("tinytorch: stopped", file=sys.stderr)
        return 2
