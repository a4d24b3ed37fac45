"""Finds what is installed and broken: only who imports it learns that."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from subprocess import DEVNULL, PIPE, Popen

from tinytorch_ls.course.needs import Lack, broken_among, packages_here
from tinytorch_ls.runner.processes import import_command


def broken_within(needs: Iterable[str]) -> Iterator[Lack]:
    """The packages of the course and of these needs that are here and can't be imported.

    Each is imported in a process of its own, all at once: that takes a second or two.
    """
    tries = {name: _importing(module) for name, module in packages_here(needs).items()}
    said = {name: process.communicate()[1] for name, process in tries.items()}
    broken = (name for name, process in tries.items() if process.returncode)
    return broken_among({name: _last_line(said[name]) for name in broken})


def _importing(module: str) -> Popen[str]:
    return Popen(
        import_command(module),
        stdin=DEVNULL,
        stdout=DEVNULL,
        stderr=PIPE,
        encoding="utf-8",
        errors="replace",
    )


def _last_line(said: str) -> str:
    return next(iter(said.strip().splitlines()[-1:]), "")
