"""Snapshots: taken before each change, put back by undo, the damaged ones passed over."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tinytorch_ls.workspace import snapshots
from tinytorch_ls.workspace.refused import Refused


def _files(root: Path) -> list[Path]:
    return sorted((root / ".tinytorch/snapshots").glob("*.json"))


def test_undo_puts_back_what_was_there_byte_by_byte(tmp_path: Path) -> None:
    raw = "\ufeffx = '😀'\r\n"
    snapshots.take(tmp_path, {"tinytorch/box.py": raw, "tinytorch/new.py": None}, "reset box/grow")
    (tmp_path / "tinytorch").mkdir()
    (tmp_path / "tinytorch/new.py").write_text("made since")
    undone = snapshots.undo(tmp_path)
    assert undone.reason == "reset box/grow"
    assert (tmp_path / "tinytorch/box.py").read_bytes() == raw.encode()
    assert not (tmp_path / "tinytorch/new.py").exists()
    assert _files(tmp_path) == []


def test_undo_goes_back_one_change_at_a_time(tmp_path: Path) -> None:
    for text in ("one", "two", "three"):
        snapshots.take(tmp_path, {"box.py": text}, text)
    assert [snapshot.reason for snapshot in snapshots.history(tmp_path)] == ["three", "two", "one"]
    for text in ("three", "two", "one"):
        assert snapshots.undo(tmp_path).reason == text
        assert (tmp_path / "box.py").read_text() == text
    with pytest.raises(Refused, match="there is nothing to undo"):
        snapshots.undo(tmp_path)


def test_only_the_newest_are_kept(tmp_path: Path) -> None:
    for number in range(104):
        snapshots.take(tmp_path, {"box.py": ""}, str(number))
    kept = [snapshot.reason for snapshot in snapshots.history(tmp_path)]
    assert kept == [str(number) for number in range(103, 3, -1)]


DAMAGED = (
    "",
    "{",
    "[]",
    "null",
    '{"reason": "x"}',
    '{"reason": "x", "time": 1, "files": ["box.py"]}',
    '{"reason": "x", "time": 1, "files": {"box.py": 3}}',
    '{"reason": "x", "time": "soon", "files": {}}',
    "[" * 100_000,
)


@pytest.mark.parametrize("text", DAMAGED)
def test_a_damaged_snapshot_is_passed_over_and_dropped(tmp_path: Path, text: str) -> None:
    snapshots.take(tmp_path, {"box.py": "good"}, "good")
    (tmp_path / ".tinytorch/snapshots/000002.json").write_text(text)
    assert snapshots.newest(tmp_path).reason == "good"
    snapshots.undo(tmp_path)
    assert _files(tmp_path) == []


@pytest.mark.parametrize(
    "file", ["../outside.py", "/outside.py", "a/../../outside.py", "..\\outside.py", "C:\\x.py"]
)
def test_a_snapshot_never_writes_outside_the_folder(tmp_path: Path, file: str) -> None:
    root = tmp_path / "student"
    snapshots.take(root, {}, "made the folder")
    fields = {"reason": "planted", "time": 1.0, "files": {file: "planted"}}
    (root / ".tinytorch/snapshots/000002.json").write_text(json.dumps(fields))
    assert snapshots.undo(root).reason == "made the folder"
    assert not (tmp_path / "outside.py").exists()


def test_files_that_are_no_snapshots_are_left_alone(tmp_path: Path) -> None:
    snapshots.take(tmp_path, {"box.py": "good"}, "good")
    for name in ("notes.json", "².json"):
        (tmp_path / ".tinytorch/snapshots" / name).write_text("mine")
    snapshots.undo(tmp_path)
    assert [path.name for path in _files(tmp_path)] == ["notes.json", "².json"]


def test_a_snapshot_that_cant_be_taken_is_refused(tmp_path: Path) -> None:
    (tmp_path / ".tinytorch").write_text("a file, where a folder should be")
    with pytest.raises(Refused, match="can't be written"):
        snapshots.take(tmp_path, {"box.py": "x"}, "reset")
