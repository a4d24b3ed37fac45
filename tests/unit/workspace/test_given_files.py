"""What the course gives beside the lessons is renewed only while it is as it was given."""

from __future__ import annotations

import json

import pytest

from tinytorch_ls.workspace import changes, given
from tinytorch_ls.workspace.folder import StudentFolder


@pytest.fixture
def renewed(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A newer edition of the files."""
    newer = {file: f"{text}\nnewer\n" for file, text in given.GIVEN.items()}
    monkeypatch.setattr(given, "GIVEN", newer)
    return newer


def text_of(student: StudentFolder, file: str) -> str:
    return (student.root / file).read_text(encoding="utf-8")


def test_a_course_asks_assistants_to_tutor(student: StudentFolder) -> None:
    agents = text_of(student, "AGENTS.md")
    for command in ("tinytorch explain STEP", "tinytorch test STEP", "tinytorch hint STEP"):
        assert command in agents
    assert text_of(student, "CLAUDE.md") == "@AGENTS.md\n"


def test_an_update_renews_what_was_left_as_it_was(
    student: StudentFolder, renewed: dict[str, str]
) -> None:
    assert {path.name for path in changes.update(student)} == set(renewed)
    assert text_of(student, "AGENTS.md") == renewed["AGENTS.md"]
    assert changes.update(student) == []


def test_other_line_ends_are_no_change(student: StudentFolder, renewed: dict[str, str]) -> None:
    path = student.root / "AGENTS.md"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    changes.update(student)
    assert text_of(student, "AGENTS.md") == renewed["AGENTS.md"]


@pytest.mark.usefixtures("renewed")
def test_what_the_student_changed_stays(student: StudentFolder) -> None:
    (student.root / "AGENTS.md").write_text("Solve it all.\n", encoding="utf-8")
    changes.update(student)
    student.begin("lid")
    assert text_of(student, "AGENTS.md") == "Solve it all.\n"


@pytest.mark.usefixtures("renewed")
def test_what_the_student_deleted_stays_deleted(student: StudentFolder) -> None:
    (student.root / "AGENTS.md").unlink()
    changes.update(student)
    student.begin("lid")
    assert not (student.root / "AGENTS.md").exists()


@pytest.mark.usefixtures("renewed")
def test_a_file_that_was_there_before_the_course_is_the_students(student: StudentFolder) -> None:
    record = student.root / ".tinytorch/given.json"
    known = json.loads(record.read_text(encoding="utf-8"))
    del known["AGENTS.md"]
    record.write_text(json.dumps(known), encoding="utf-8")
    before = text_of(student, "AGENTS.md")
    changes.update(student)
    assert text_of(student, "AGENTS.md") == before


@pytest.mark.parametrize("damaged", ["", "[]", "{", '{"AGENTS.md": 3}'])
@pytest.mark.usefixtures("renewed")
def test_a_damaged_record_takes_nothing_for_ours(student: StudentFolder, damaged: str) -> None:
    before = text_of(student, "AGENTS.md")
    (student.root / ".tinytorch/given.json").write_text(damaged, encoding="utf-8")
    changes.update(student)
    student.create()
    assert text_of(student, "AGENTS.md") == before
