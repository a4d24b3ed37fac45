"""`npm test`: the same set-up as `npm start`, then every test there is; a table at the end."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass

from setup import install_workbench, npm, python, set_up
from stages import ROOT, StageError, main

_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@dataclass(frozen=True)
class Check:
    """One part of the tests."""

    name: str
    command: tuple[str, ...]


def checks() -> list[Check]:
    """Everything, the quick parts first."""
    py = str(python())
    pytest = (py, "-m", "pytest", "-q")
    return [
        Check("Python lint", (py, "-m", "ruff", "check", ".")),
        Check("Python format", (py, "-m", "ruff", "format", "--check", ".")),
        Check("Python types", (py, "-m", "pyright", "--pythonpath", py)),
        Check("TypeScript lint", (npm(), "run", "--silent", "lint")),
        Check("TypeScript types", (npm(), "run", "--silent", "types")),
        Check("TypeScript tests", (npm(), "run", "--silent", "unit")),
        Check("Python tests", (*pytest, "tests/unit")),
        Check("language server", (*pytest, "tests/lsp")),
        Check("lessons", (py, "-m", "tinytorch_ls", "check")),
        Check("workbench", (*pytest, "tests/e2e")),
    ]


def test(chosen: list[str]) -> int:
    """Set up, run the checks (all, or those whose names are given), and sum up."""
    require_tools()
    set_up(tests=True)
    install_workbench()
    results: list[tuple[str, bool, float]] = []
    for check in checks():
        if chosen and check.name not in chosen:
            continue
        print(f"\n── {check.name}", flush=True)
        start = time.monotonic()
        done = subprocess.run(check.command, cwd=ROOT, env=_environment(), check=False)
        results.append((check.name, done.returncode == 0, time.monotonic() - start))
    print("\n── summary")
    for name, passed, seconds in results:
        print(f"{'✓' if passed else '✗'} {name:<18} {seconds:6.1f} s")
    return 0 if results and all(passed for _, passed, _ in results) else 1


def require_tools() -> None:
    """The programs of other makers that the tests drive: no test is skipped for want of one."""
    packages: list[str] = []
    if not any(shutil.which(name) for name in _BROWSERS):
        packages.append("chromium")
    if shutil.which("nvim") is None:
        packages.append("neovim")
    if packages:
        command = f"sudo apt-get install {' '.join(packages)}"
        raise StageError(f"The tests drive a browser and Neovim. Install them with:\n  {command}")


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return {**kept, "PYTHONUTF8": "1", "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"}


if __name__ == "__main__":
    main(lambda: test(sys.argv[1:]))
