"""The `tinytorch` command: one file a command, data in, text or JSON out."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

import tinytorch_ls
from tinytorch_ls.cli.packages import package_words
from tinytorch_ls.forms.refused import Refused
from tinytorch_ls.messages import locale_of_terminal, speak

_TRACEBACK = "TINYTORCH_TRACEBACK"  # set it to see where an error of the course's own comes from


class _Parser(argparse.ArgumentParser):
    """Says in one line what is wrong with a command."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"tinytorch: {message}; `{self.prog} --help` shows what can be given\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line. 0: passed; 1: a step failed; 2: it could not be carried out."""
    _print_anything()
    try:
        options = _parser().parse_args(argv)
        speak(locale_of_terminal() if options.language is None else options.language)
        status: int = options.run(options)
        sys.stdout.flush()
    except Refused as refused:
        return _refuse(str(refused))
    except KeyboardInterrupt:
        return _refuse("stopped")
    except BrokenPipeError:  # whoever read it has seen enough, as in `tinytorch status | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 2
    except OSError as error:
        place = f": {error.filename}" if error.filename else ""
        return _refuse(package_words(error) or f"{error.strerror or error}{place}")
    except Exception as error:
        if os.environ.get(_TRACEBACK):
            raise
        if words := package_words(error):
            return _refuse(words)
        what = " ".join(f"{type(error).__name__}: {error}".split())
        return _refuse(f"an error of the course, not of yours ({what}); {_TRACEBACK}=1 shows it")
    return status


def _parser() -> argparse.ArgumentParser:
    from tinytorch_ls.cli.commands import COMMANDS  # they import packages, which may be broken

    parser = _Parser(
        prog="tinytorch", description="Build a deep-learning framework, one function at a time."
    )
    parser.add_argument("--version", action="version", version=tinytorch_ls.__version__)
    language = "the language of lessons and answers, such as de; default: that of the system"
    parser.add_argument("--language", metavar="LOCALE", help=language)
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for command in COMMANDS:
        command.register(commands)
    return parser


def _refuse(line: str) -> int:
    print(f"tinytorch: {line}", file=sys.stderr)
    return 2


def _print_anything() -> None:
    """Let a terminal that lacks a sign, such as the tick, show a question mark instead."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
