"""What runs a step's example in a process of its own.

Arguments: the folder of the library, then the modules whose names the example may use. The example
comes over standard input. Where it fails the exit status is 1, and the last line of standard output
says at which line, and how: JSON behind `RESULT`.
"""

from __future__ import annotations

import doctest
import json
import sys
from typing import Any, NoReturn

RESULT = "the example fails: "
_LONGEST = 300  # characters of one message


class _Runner(doctest.DocTestRunner):
    """Tells the first failure, and runs nothing behind it."""

    def report_failure(
        self,
        out: Any,  # noqa: ARG002
        test: doctest.DocTest,  # noqa: ARG002
        example: doctest.Example,
        got: str,
    ) -> None:
        """It prints something else."""
        words = f"prints {_words(got)}, not {_words(example.want)}"
        _fail(example, words)

    def report_unexpected_exception(
        self,
        out: Any,  # noqa: ARG002
        test: doctest.DocTest,  # noqa: ARG002
        example: doctest.Example,
        exc_info: Any,
    ) -> None:
        """It ends in an error."""
        kind, error, _ = exc_info
        _fail(example, f"raises {kind.__name__}: {error}")


def _words(printed: str) -> str:
    return " ".join(printed.split()) or "nothing"


def _fail(example: doctest.Example, words: str) -> NoReturn:
    message = f"`{' '.join(example.source.split())}` {words}"[:_LONGEST]
    print(RESULT + json.dumps({"line": example.lineno, "message": message}), file=sys.__stdout__)
    sys.exit(1)


def main() -> None:
    """Run the example, as far as it is right."""
    sys.path.insert(0, sys.argv[1])
    names: dict[str, Any] = {}
    for module in sys.argv[2:]:
        exec(f"from {module} import *", names)
    text = sys.stdin.read()
    test = doctest.DocTestParser().get_doctest(text, names, "example", "lesson.md", 0)
    _Runner(optionflags=doctest.NORMALIZE_WHITESPACE).run(test)
