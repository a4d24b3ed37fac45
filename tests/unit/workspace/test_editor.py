"""The course's settings for VS Code: written once, and never over a student's own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tinytorch_ls.workspace.editor import FILE, SETTINGS, settle, settled
from tinytorch_ls.workspace.folder import StudentFolder


def test_a_new_course_saves_when_its_student_says_so(student: StudentFolder) -> None:
    found = json.loads((student.root / FILE).read_text(encoding="utf-8"))
    assert found == SETTINGS
    assert found["files.autoSave"] == "off"


def test_what_a_student_has_set_stays(tmp_path: Path) -> None:
    own = {"editor.wordWrap": "off", "editor.fontSize": 20}
    (tmp_path / ".vscode").mkdir()
    (tmp_path / FILE).write_text(json.dumps(own), encoding="utf-8")
    settle(tmp_path)
    found = json.loads((tmp_path / FILE).read_text(encoding="utf-8"))
    assert found == {**SETTINGS, **own}


@pytest.mark.parametrize("text", ['{\n  // mine\n  "a": 1\n}', "[]", "", "{"])
def test_a_file_that_would_lose_something_is_left(text: str) -> None:
    assert settled(text) is None


def test_what_a_student_takes_out_stays_out(student: StudentFolder) -> None:
    (student.root / FILE).write_text("{}", encoding="utf-8")
    student.begin("lid")
    assert (student.root / FILE).read_text(encoding="utf-8") == "{}"


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    root = tmp_path / "course"
    root.mkdir()
    (root / ".vscode").symlink_to(elsewhere)
    settle(root)
    assert list(elsewhere.iterdir()) == []
