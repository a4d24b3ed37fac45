"""`npm test`: the same set-up as `npm start`, then every test there is; a table at the end."""

from __future__ import annotations

import sys

from checks import Check, pytest, python_types, run_checks, static_checks
from chromium import install_browser
from setup import install_workbench, python, set_up
from stages import StageError, main
from tools import require_tools

_PROOFS = "tests/unit/check"  # a quarter as long as all other unit tests together
_AT_ONCE = 2  # on two cores a third would slow the others


def all_checks() -> list[Check]:
    """Everything: what takes seconds, then the longest first, so that no core waits at the end."""
    lessons = Check("lessons", (str(python()), "-m", "tinytorch_ls", "check"))
    return [
        *static_checks(),
        pytest("Python tests", "tests/unit", f"--ignore={_PROOFS}"),
        pytest("workbench", "tests/e2e"),
        lessons,
        pytest("answers", "tests/answers"),
        pytest("language server", "tests/lsp"),
        pytest("tests of the proofs", _PROOFS),
        python_types(),
    ]


def chosen_checks(names: list[str]) -> list[Check]:
    """The checks whose names are given. Raises StageError for a name that is none's."""
    known = [check.name for check in all_checks()]
    for name in names:
        if name not in known:
            raise StageError(f"There is no check {name!r}. There are: {', '.join(known)}")
    return [check for check in all_checks() if check.name in names]


def test(names: list[str]) -> int:
    """Set up, run the checks (all, or those whose names are given), and sum up."""
    chosen = chosen_checks(names) if names else all_checks()
    require_tools()
    set_up(tests=True)
    install_workbench()
    install_browser()
    return run_checks(chosen, _AT_ONCE)


if __name__ == "__main__":
    main(lambda: test(sys.argv[1:]))
