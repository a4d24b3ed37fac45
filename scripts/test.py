"""`npm test`: the same set-up as `npm start`, then every test there is; a table at the end."""

from __future__ import annotations

import sys

from checks import Check, pytest, python_types, run_lanes, static_checks
from chromium import install_browser
from setup import install_workbench, python, set_up
from stages import StageError, main
from tools import require_tools

_PROOFS = "tests/unit/check"  # as long as all other unit tests together


def lanes() -> list[list[Check]]:
    """Everything, as what runs side by side: on two cores a third lane would slow the others."""
    lessons = Check("lessons", (str(python()), "-m", "tinytorch_ls", "check"))
    return [
        [
            *static_checks(),
            python_types(),
            lessons,
            pytest("answers", "tests/answers"),
            pytest("language server", "tests/lsp"),
            pytest("tests of the proofs", _PROOFS),
        ],
        [
            pytest("Python tests", "tests/unit", f"--ignore={_PROOFS}"),
            pytest("workbench", "tests/e2e"),
        ],
    ]


def chosen_lanes(names: list[str]) -> list[list[Check]]:
    """The checks whose names are given. Raises StageError for a name that is none's."""
    known = [check.name for lane in lanes() for check in lane]
    for name in names:
        if name not in known:
            raise StageError(f"There is no check {name!r}. There are: {', '.join(known)}")
    chosen = [[check for check in lane if check.name in names] for lane in lanes()]
    return [lane for lane in chosen if lane]


def test(names: list[str]) -> int:
    """Set up, run the checks (all, or those whose names are given), and sum up."""
    chosen = chosen_lanes(names) if names else lanes()
    require_tools()
    set_up(tests=True)
    install_workbench()
    install_browser()
    return run_lanes(chosen)


if __name__ == "__main__":
    main(lambda: test(sys.argv[1:]))
