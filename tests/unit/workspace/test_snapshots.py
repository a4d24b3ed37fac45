"""Snapshots: taken before each change, kept when it was undone, the damaged ones passed over."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tinytorch_ls.forms.refused import Refused
from tinytorch_ls.workspace import snapshots
from tinytorch_ls.workspace.folder import StudentFolder
from tinytorch_ls.workspace.snapshots import FileChange
from tinytorch_ls.workspace.undo import undo

BOX = "tinytorch/box.py"


def _files(student: StudentFolder) -> list[Path]:
    return sorted((student.root / ".tinytorch/snapshots").glob("*.json"))


def _change(student: StudentFolder, text: str) -> None:
    """Put a text in place of the file, as a change of the course does."""
    before = student.source(BOX)
    snapshots.take(student, {BOX: FileChange(before, text)}, repr(text))
    student.write(BOX, text)


def test_undo_goes_back_one_change_at_a_time_byte_by_byte(student: StudentFolder) -> None:
    texts = [student.source(BOX), "\ufeffone = '😀'\r\n", "two = 2\n", "three = 3\n"]
    for text in texts[1:]:
        _change(student, text)
    assert [snapshot.reason for snapshot in snapshots.history(student)] == [
        repr(text) for text in texts[:0:-1]
    ]
    for before, text in zip(texts[-2::-1], texts[:0:-1], strict=True):
        assert undo(student).snapshot.reason == repr(text)
        assert student.path(BOX).read_bytes() == before.encode()
    with pytest.raises(Refused, match="there is nothing to undo"):
        undo(student)


def test_what_was_undone_is_kept(student: StudentFolder) -> None:
    _change(student, "one = 1\n")
    undo(student)
    assert [json.loads(path.read_text())["undone"] for path in _files(student)] == [True]


def test_only_the_newest_are_kept(student: StudentFolder) -> None:
    for number in range(104):
        snapshots.take(student, {}, str(number))
    kept = [snapshot.reason for snapshot in snapshots.history(student)]
    assert kept == [str(number) for number in range(103, 3, -1)]


def test_one_that_did_not_happen_is_forgotten(student: StudentFolder) -> None:
    first = snapshots.take(student, {}, "first")
    snapshots.take(student, {}, "second")
    snapshots.forget(student, first)
    assert [snapshot.reason for snapshot in snapshots.history(student)] == ["second"]


_GOOD = '{"reason": "x", "time": 1, "undone": false, "files": '
DAMAGED = (
    "",
    "{",
    "[]",
    "null",
    '{"reason": "x"}',
    _GOOD + '["tinytorch/box.py"]}',
    _GOOD + '{"tinytorch/box.py": "old"}}',
    _GOOD + '{"tinytorch/box.py": {"before": 3, "after": null, "names": []}}}',
    _GOOD + '{"tinytorch/box.py": {"before": null, "after": null, "names": null}}}',
    _GOOD + '{"tinytorch/other.py": {"before": null, "after": null, "names": []}}}',
    '{"reason": 3, "time": 1, "undone": false, "files": {}}',
    '{"reason": "\\u001b[2J", "time": 1, "undone": false, "files": {}}',
    '{"reason": "x\\ny", "time": 1, "undone": false, "files": {}}',
    '{"reason": "[x](command:y)", "time": 1, "undone": false, "files": {}}',
    '{"reason": "' + "x" * 10_000 + '", "time": 1, "undone": false, "files": {}}',
    '{"reason": "x", "time": "soon", "undone": false, "files": {}}',
    "[" * 100_000,
)


@pytest.mark.parametrize("text", DAMAGED)
def test_a_damaged_snapshot_is_passed_over(student: StudentFolder, text: str) -> None:
    snapshots.take(student, {}, "good")
    (student.root / ".tinytorch/snapshots/000002.json").write_text(text)
    assert [each.reason for each in snapshots.history(student)] == ["good"]
    assert snapshots.take(student, {}, "next").number == 3


def test_files_that_are_no_snapshots_are_left_alone(student: StudentFolder) -> None:
    snapshots.take(student, {}, "good")
    for name in ("notes.json", "².json"):
        (student.root / ".tinytorch/snapshots" / name).write_text("mine")
    undo(student)
    assert [path.name for path in _files(student)] == ["000001.json", "notes.json", "².json"]


def test_a_snapshot_that_cant_be_taken_is_refused(student: StudentFolder) -> None:
    (student.root / ".tinytorch/snapshots").write_text("a file, where a folder should be")
    with pytest.raises(Refused, match="can't be written"):
        snapshots.take(student, {}, "reset")


def test_a_strangers_number_is_never_written_over(student: StudentFolder) -> None:
    _change(student, "one = 1\n")
    junk = student.root / ".tinytorch/snapshots/999999999.json"
    junk.write_text("junk")
    before = {file: file.read_bytes() for file in _files(student)}
    with pytest.raises(Refused, match="leaves no number"):
        snapshots.take(student, {BOX: FileChange("one = 1\n", "two = 2\n")}, "two")
    assert {file: file.read_bytes() for file in _files(student)} == before
    junk.unlink()
    assert undo(student).snapshot.reason == repr("one = 1\n")


@pytest.mark.parametrize("file", ["README.md", ".tinytorch/lock", ".tinytorch/progress.json"])
def test_a_change_of_what_no_module_teaches_is_none(student: StudentFolder, file: str) -> None:
    _change(student, "one = 1\n")
    strange = {"before": "x", "after": "y", "names": []}
    fields = {"version": 2, "reason": "r", "time": 1.0, "undone": False, "files": {file: strange}}
    (student.root / ".tinytorch/snapshots/000002.json").write_text(json.dumps(fields))
    assert undo(student, skip=True).snapshot.reason == repr("one = 1\n")


def test_half_a_character_is_no_text(student: StudentFolder) -> None:
    _change(student, "one = 1\n")
    half = {"before": "\ud800", "after": "y", "names": []}
    fields = {"version": 2, "reason": "r", "time": 1.0, "undone": False, "files": {BOX: half}}
    (student.root / ".tinytorch/snapshots/000002.json").write_text(json.dumps(fields))
    assert undo(student, skip=True).snapshot.reason == repr("one = 1\n")
