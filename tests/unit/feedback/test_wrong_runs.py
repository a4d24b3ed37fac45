"""A wrong answer is tried as other code of functions where nothing else of its files differs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from tinytorch_ls.course.locate import curriculum_folder
from tinytorch_ls.course.model import Step, Symbol
from tinytorch_ls.course.read import read_course
from tinytorch_ls.feedback.mistakes import mistaken
from tinytorch_ls.feedback.wrong_runs import variant_of, wrong_runs
from tinytorch_ls.runner.job import Replacement, Variant
from tinytorch_ls.runner.report import Raised, StepRun, TestRun

FILE = "tinytorch/lab.py"
REFERENCE = """\
TABLE = {}


@kept
def share(x, parts=1):
    return x / parts


class Lab:
    def product(self, x):
        return x * 2
"""


@pytest.fixture
def library(tmp_path: Path) -> Path:
    file = tmp_path / FILE
    file.parent.mkdir()
    file.write_text(REFERENCE)
    return tmp_path


def step(*names: str) -> Step:
    symbols = tuple(Symbol(FILE, name) for name in names)
    return Step("lab/try", "Try", "", symbols, (), "", (), (), "", 1)


def changed(old: str, new: str) -> dict[str, str]:
    assert old in REFERENCE
    return {FILE: REFERENCE.replace(old, new)}


def test_the_code_of_a_function_is_what_differs(library: Path) -> None:
    found = variant_of(step("share"), changed("x / parts", "parts / x"), library)
    code = "@kept\ndef share(x, parts=1):\n    return parts / x"
    assert found == (Replacement(FILE, "share", code, 4),)


def test_a_method_keeps_its_column(library: Path) -> None:
    found = variant_of(step("Lab.product"), changed("x * 2", "x"), library)
    code = "    def product(self, x):\n        return x"
    assert found == (Replacement(FILE, "Lab.product", code, 10),)


def test_one_that_has_moved_comes_too(library: Path) -> None:
    texts = changed("return x / parts", "x = x\n    return x")
    found = variant_of(step("share", "Lab.product"), texts, library)
    assert found is not None
    assert [(each.name, each.line) for each in found] == [("share", 4), ("Lab.product", 11)]


@pytest.mark.parametrize(
    ("old", "new"),
    [("parts=1", "parts=2"), ("@kept\n", ""), ("TABLE = {}", "TABLE = {1: 2}"), ("x * 2", "x * 2")],
    ids=["a default", "a decorator", "a table", "nothing"],
)
def test_more_than_code_is_run_as_a_whole(library: Path, old: str, new: str) -> None:
    assert variant_of(step("share"), changed(old, new), library) is None


def test_a_class_is_run_as_a_whole(library: Path) -> None:
    assert variant_of(step("Lab"), changed("x * 2", "x"), library) is None


def test_every_mistake_of_a_module_stands_where_it_is_put() -> None:
    course = read_course(curriculum_folder())
    fitting = 0
    for each in course.module("activations").steps:
        for mistake in each.mistakes:
            texts = mistaken(each, mistake, course.library)
            found = variant_of(each, texts, course.library)
            fitting += found is not None
            for replacement in found or ():
                lines = texts[replacement.file].split("\n")[replacement.line - 1 :]
                code = replacement.code.split("\n")
                assert lines[: len(code)] == code
    assert fitting > 40


async def test_what_passes_in_a_fork_or_is_not_told_is_run_as_a_whole(library: Path) -> None:
    error = Raised("ValueError", "no", ())
    failing = StepRun("lab/try", (TestRun("test", 1, (), error),))
    passing = StepRun("lab/try", (TestRun("test", 1, ()),))
    texts = [changed("x / parts", new) for new in ("x", "x + 0", "x + 1")]
    seen: list[object] = []

    async def forked(variants: Sequence[Variant]) -> list[StepRun | None]:
        assert len(variants) == len(texts)
        return [failing, passing, None]

    async def whole(answer: object) -> StepRun:
        seen.append(answer)
        return passing

    runs = await wrong_runs(step("share"), texts, library, forked, whole)
    assert runs == [failing, passing, passing]
    assert seen == texts[1:]
