"""What was sound and rests on the same is not proven again; anything else is."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from kept import check
from small_course import SmallCourse

from tinytorch_ls.check.lab import Lab
from tinytorch_ls.check.run import CheckReport, Outcome


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> set[str]:
    """The steps that were run since it was cleared; what is known lies in a folder of the test."""
    cache = tmp_path / "cache"
    cache.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(cache))
    steps = set[str]()
    run = Lab.run

    async def noted(self: Lab, step: Any, *args: Any, **named: Any) -> Any:
        steps.add(step.id)
        return await run(self, step, *args, **named)

    monkeypatch.setattr(Lab, "run", noted)
    return steps


ALL = {"box/grow", "box/add", "box/both", "lid/close"}


def _check(small: SmallCourse, **named: Any) -> CheckReport:
    return check(small.read(), fresh=False, **named)


def test_an_unchanged_course_is_not_run_again(small: SmallCourse, ran: set[str]) -> None:
    first = _check(small)
    assert ran == ALL
    ran.clear()
    assert _check(small) == first
    assert ran == set()


@pytest.mark.parametrize(
    ("file", "old", "new", "again"),
    [
        ("lesson", "Growing adds a step.", "Growing adds one step.", {"box/grow"}),
        ("lesson", "1. Which operator adds?", "1. Which operator?", {"box/grow"}),
        ("lesson", "return Box(self.value - other", "return Box(other.value - self", {"box/add"}),
        ("tests", "equals(5,", "equals(5.0,", {"box/both"}),
        (
            "tests",
            "from tinytorch import box\n",
            "from tinytorch import box\nN = 1\n",
            ALL - {"lid/close"},
        ),
        ("box", "return x + step", "return step + x", ALL),  # a lid imports a box
        ("lesson", "A box holds a number.\n", "A box holds a number.\n\nOne.\n", set[str]()),
    ],
)
def test_what_changed_is_proven_again(
    small: SmallCourse, ran: set[str], file: str, old: str, new: str, again: set[str]
) -> None:
    assert not _check(small).complaints
    ran.clear()
    places = {"lesson": small.lesson, "tests": small.tests, "box": small.box}
    small.change(places[file], old, new)
    _check(small)
    assert ran == again


def test_a_step_with_a_complaint_is_proven_again(small: SmallCourse, ran: set[str]) -> None:
    small.change(small.tests, "equals(5,", "equals(6,")
    found = _check(small).complaints
    assert found
    ran.clear()
    assert _check(small).complaints == found
    assert ran == {"box/both"}


def test_all_is_proven_where_that_is_asked(small: SmallCourse, ran: set[str]) -> None:
    _check(small)
    ran.clear()
    check(small.read(), fresh=True)
    assert ran == ALL


def test_one_step_alone_is_proven_where_that_is_asked(small: SmallCourse, ran: set[str]) -> None:
    report = _check(small, steps=["box/add"])
    assert [step.id for step in report.steps] == ["box/add"]
    assert ran == {"box/add"}


def test_a_cache_that_can_t_be_read_is_no_cache(
    small: SmallCourse, ran: set[str], tmp_path: Path
) -> None:
    first = _check(small)
    (file,) = (tmp_path / "cache").rglob("check-*.json")
    file.write_text('{"box/grow": 3, "box/add": {"digest": 1', encoding="utf-8")
    ran.clear()
    assert _check(small) == first
    assert ran == ALL


def test_each_step_is_told_in_the_order_of_the_course(small: SmallCourse) -> None:
    told: list[str] = []

    def note(outcome: Outcome) -> None:
        told.extend([outcome.about] if outcome.report else map(str, outcome.complaints))

    check(small.read(), told=note)
    assert told == ["box/grow", "box/add", "box/both", "lid/close"]


def test_a_picture_is_drawn_again_where_what_it_alone_draws_with_changed(
    small: SmallCourse, ran: set[str]
) -> None:
    drawing = small.library / "tinytorch" / "drawing.py"
    drawing.write_text("from matplotlib.figure import Figure\n\nmade = Figure\n")
    (small.folder / "01_box/pictures.py").write_text(
        "from tinytorch import drawing\nfrom tinytorch_ls.lesson import picture\n\n\n"
        '@picture("grow", "Grown.")\ndef draw():\n    return drawing.made()\n'
    )
    assert not _check(small).complaints
    ran.clear()
    drawing.write_text("made = int\n")
    (complaint,) = _check(small).complaints
    assert complaint.message.startswith("the picture `draw` returns no figure: int")
    assert ran == set()
