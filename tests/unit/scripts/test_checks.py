"""Checks side by side: what is printed of them, and what the status says."""

from __future__ import annotations

import sys

import pytest
import test as whole
from checks import Check, run_checks
from stages import StageError


def saying(name: str, text: str, status: int = 0) -> Check:
    return Check(name, (sys.executable, "-c", f"print({text!r}); raise SystemExit({status})"))


def test_what_failed_is_shown_at_the_end_before_the_table(
    capsys: pytest.CaptureFixture[str],
) -> None:
    good, bad = saying("a test good", "fine\n12 passed"), saying("a test bad", "why\nlast", 1)
    assert run_checks([good, bad], 2) == 1
    shown = capsys.readouterr().out
    assert "12 passed" in shown
    assert "fine" not in shown
    whole_output, table = shown.index("why\nlast"), shown.index("── summary")
    assert whole_output < table
    assert shown.index("✓ a test good", table) < shown.index("✗ a test bad", table)


def test_the_others_run_after_a_failure(capsys: pytest.CaptureFixture[str]) -> None:
    checks = [saying("a test first", "", 1), saying("a test second", "reached")]
    assert run_checks(checks, 1) == 1
    assert "reached" in capsys.readouterr().out


def test_the_status_is_0_if_all_pass() -> None:
    assert run_checks([saying("a test good", "fine")], 1) == 0


def test_a_part_is_chosen_by_its_name() -> None:
    chosen = whole.chosen_checks(["workbench", "Python lint"])
    assert [each.name for each in chosen] == ["Python lint", "workbench"]


def test_a_name_of_no_part_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(StageError, match="workbench"):
        whole.chosen_checks(["workbnch"])
