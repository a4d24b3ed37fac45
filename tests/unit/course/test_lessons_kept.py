"""Lessons that were read before: the same module without reading, and nothing that is not sound."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

import pytest

from tinytorch_ls.course import kept, lesson
from tinytorch_ls.course.locate import curriculum_folder

LESSON = curriculum_folder() / "02_activations" / "lesson.md"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of this test's own; each read is as in a new process."""
    folder = tmp_path / "cache"
    folder.mkdir()
    monkeypatch.setattr(kept, "_folder", lambda: str(folder))
    monkeypatch.setattr(lesson, "_read", lesson._read.__wrapped__)  # pyright: ignore[reportPrivateUsage]
    return folder


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that were read since."""
    texts: list[str] = []
    outline = lesson.read_outline

    def noting(text: str) -> Any:
        texts.append(text)
        return outline(text)

    monkeypatch.setattr(lesson, "read_outline", noting)
    return texts


def test_a_sound_lesson_is_read_once(read: list[str]) -> None:
    first = lesson.read_lesson(LESSON, 2)
    assert lesson.read_lesson(LESSON, 2) == first
    module, complaints = first
    assert module
    assert complaints == ()
    assert len(read) == 1


@pytest.mark.parametrize("what", ["text", "number", "place", "reader"])
def test_another_lesson_is_read_anew(
    tmp_path: Path, read: list[str], monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    path = tmp_path / "lesson.md"
    path.write_text(LESSON.read_text(encoding="utf-8"), encoding="utf-8")
    lesson.read_lesson(path, 2)
    number = 2
    match what:
        case "text":
            other = path.read_text(encoding="utf-8").replace("title: Activations", "title: Bends")
            path.write_text(other, encoding="utf-8")
        case "number":
            number = 3
        case "place":
            path = path.rename(tmp_path / "other.md")
        case _:
            monkeypatch.setattr(kept, "_reader", lambda: "another")
    module, _ = lesson.read_lesson(path, number)
    assert module
    assert (module.number, module.folder) == (number, path.parent)
    assert what != "text" or module.title == "Bends"
    assert len(read) == 2


def test_a_lesson_with_a_flaw_complains_each_time(tmp_path: Path, read: list[str]) -> None:
    path = tmp_path / "lesson.md"
    text = LESSON.read_text(encoding="utf-8").replace("### Hints", "### Clues", 1)
    path.write_text(text, encoding="utf-8")
    first = lesson.read_lesson(path, 2)
    assert first[1]
    assert lesson.read_lesson(path, 2) == first
    assert len(read) == 2


class Harm:
    """Runs a command where it is unpickled without care."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.mark),)


@pytest.mark.parametrize("damage", ["harm", "another kind", "half", "nothing", "a word"])
def test_what_lies_in_the_cache_is_data_and_never_run(
    folder: Path, tmp_path: Path, read: list[str], damage: str
) -> None:
    first = lesson.read_lesson(LESSON, 2)
    (place,) = folder.iterdir()
    digest, data = place.read_bytes().split(b"\n", 1)
    mark = tmp_path / "was-run"
    other = {
        "harm": pickle.dumps(Harm(mark)),
        "another kind": pickle.dumps([1, 2]),
        "half": data[: len(data) // 2],
        "nothing": b"",
        "a word": b"no pickle",
    }
    place.write_bytes(digest + b"\n" + other[damage])
    assert lesson.read_lesson(LESSON, 2) == first
    assert not mark.exists()
    assert len(read) == 2
    assert lesson.read_lesson(LESSON, 2) == first
    assert len(read) == 2  # what was read anew is in its place


def test_without_a_cache_lessons_are_read_all_the_same(folder: Path, read: list[str]) -> None:
    folder.rmdir()
    folder.write_text("no folder")
    first = lesson.read_lesson(LESSON, 2)
    assert first[0]
    assert lesson.read_lesson(LESSON, 2) == first
    assert len(read) == 2
