"""What runs a step's example in a process of its own.

Arguments: the folder of the library, then the modules whose names the example may use. The example
comes over standard input; the exit status is 1 where it prints something else.
"""

from __future__ import annotations

import doctest
import sys
from typing import Any


def main() -> None:
    """Run the example; what it prints instead goes to standard output."""
    sys.path.insert(0, sys.argv[1])
    names: dict[str, Any] = {}
    for module in sys.argv[2:]:
        exec(f"from {module} import *", names)
    text = sys.stdin.read()
    test = doctest.DocTestParser().get_doctest(text, names, "example", "lesson.md", 0)
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    runner.run(test)
    sys.exit(runner.failures > 0)
