"""The project's checks, how several of them run side by side, and the table that sums them up."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from setup import npm, python
from stages import CACHE, ROOT

_BEAT_SECONDS = 30


@dataclass(frozen=True)
class Check:
    """One part of the tests."""

    name: str
    command: tuple[str, ...]


@dataclass(frozen=True)
class Result:
    """What became of a check."""

    name: str
    passed: bool
    seconds: float
    log: Path


def pytest(name: str, *options: str) -> Check:
    return Check(name, (str(python()), "-m", "pytest", "-q", "--durations=20", *options))


def static_checks() -> list[Check]:
    """What looks at the code for seconds and starts nothing of it, and the extension's tests."""
    py = str(python())
    return [
        Check("Python lint", (py, "-m", "ruff", "check", ".")),
        Check("Python format", (py, "-m", "ruff", "format", "--check", ".")),
        Check("TypeScript lint", (npm(), "run", "--silent", "lint")),
        Check("TypeScript types", (npm(), "run", "--silent", "types")),
        Check("TypeScript tests", (npm(), "run", "--silent", "unit")),
    ]


def python_types() -> Check:
    """By far the longest of what looks at the code: half a minute of one core by itself."""
    py = str(python())
    return Check("Python types", (py, "-m", "pyright", "--pythonpath", py))


def run_checks(checks: Sequence[Check], at_once: int) -> int:
    """Run the checks, each begun when fewer than `at_once` run, in their order; the status."""
    start = time.monotonic()
    with ThreadPoolExecutor(at_once) as pool:
        done = list(pool.map(run_check, checks))
    for result in done:
        if not result.passed:
            print(f"\n── {result.name}\n{_text(result.log)}", flush=True)
    print("\n── summary")
    for result in done:
        mark = "✓" if result.passed else "✗"
        print(f"{mark} {result.name:<18} {result.seconds:6.1f} s")
    print(f"  {'in all':<18} {time.monotonic() - start:6.1f} s", flush=True)
    return 0 if done and all(result.passed for result in done) else 1


def run_check(check: Check) -> Result:
    """Run one check into its log, with a line now and then, and its last line at the end."""
    log = CACHE / "logs" / f"{check.name.lower().replace(' ', '-')}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    start = time.monotonic()
    ended = threading.Event()
    beat = threading.Thread(target=_beat, args=(check.name, start, ended), daemon=True)
    beat.start()
    try:
        with log.open("wb") as stream:
            done = subprocess.run(
                check.command,
                cwd=ROOT,
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                check=False,
            )
    finally:
        ended.set()
        beat.join()
    result = Result(check.name, done.returncode == 0, time.monotonic() - start, log)
    last = next(reversed(_text(log).split("\n")), "")
    mark = "✓" if result.passed else "✗"
    print(f"{mark} {check.name} {result.seconds:.1f} s  {last}", flush=True)
    return result


def _text(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace").strip()


def _beat(name: str, start: float, ended: threading.Event) -> None:
    while not ended.wait(_BEAT_SECONDS):
        print(f"  {name}: {time.monotonic() - start:.0f} s …", flush=True)


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return {**kept, "PYTHONUTF8": "1", "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"}
