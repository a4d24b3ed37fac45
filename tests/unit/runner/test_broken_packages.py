"""What is installed and broken is found by importing it, apart from the student's folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from tinytorch_ls.course import needs
from tinytorch_ls.runner.broken import broken_within

CODE = {
    "hull": "raise OSError('libhull.so: wrong ELF class')",
    "needs-hull": "raise ImportError('hull is broken')",
    "whole": "pass",
}


def test_it_is_told_with_its_error_and_not_what_needs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, code in CODE.items():
        (tmp_path / f"{name}.py").write_text(code)
    monkeypatch.setattr(needs, "core_packages", lambda: tuple(CODE))
    monkeypatch.setattr(needs, "_installed", lambda _: True)
    monkeypatch.setattr(needs, "_as_known", lambda name: f"{name}==1")
    monkeypatch.setattr(needs, "_required", lambda name: ("hull",) if name == "needs-hull" else ())
    monkeypatch.setattr(needs, "_imported", lambda name: _run(tmp_path / f"{name}.py"))
    (found,) = broken_within(())
    reason = "hull is installed and can't be imported here (OSError: libhull.so: wrong ELF class)"
    assert found.reason == reason
    assert found.install[-2:] == ("--no-deps", "hull==1")


def test_all_that_is_here_is_whole() -> None:
    assert not [*broken_within(("deploy",))]


def _run(path: Path) -> str:
    """What stands behind `import` and runs a file."""
    return f"runpy; runpy.run_path({str(path)!r})"
