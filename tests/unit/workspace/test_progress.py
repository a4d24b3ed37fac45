"""Progress: written whole, read leniently."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinytorch_ls.course.locate import library_root
from tinytorch_ls.forms.refused import Refused
from tinytorch_ls.workspace import files, lock
from tinytorch_ls.workspace.progress import STATES, Progress, StepProgress


def _file(root: Path) -> Path:
    """Where the progress of a student's folder lies."""
    (root / ".tinytorch").mkdir(exist_ok=True)
    return root / ".tinytorch/progress.json"


def test_what_was_saved_is_read_back(tmp_path: Path) -> None:
    progress = Progress(tmp_path)
    progress.tested("box/grow", "passed", "abc")
    progress.hinted("box/grow", 2)
    progress.tested("box/add", "blocked", "")
    progress.save()
    again = Progress(tmp_path)
    assert again.of("box/grow") == StepProgress("passed", "abc", 2)
    assert again.of("box/add") == StepProgress("blocked", "", 1)
    assert again.of("box/both") == StepProgress("todo", "", 1)


def test_a_save_with_nothing_to_say_leaves_the_file_alone(tmp_path: Path) -> None:
    progress, file = Progress(tmp_path), _file(tmp_path)
    progress.tested("box/grow", "passed", "abc")
    progress.save()
    written = file.stat()
    progress.save()
    assert (file.stat().st_ino, file.stat().st_mtime_ns) == (written.st_ino, written.st_mtime_ns)
    file.unlink()
    progress.save()
    assert Progress(tmp_path).of("box/grow").state == "passed"


def test_nothing_is_written_before_save(tmp_path: Path) -> None:
    Progress(tmp_path).tested("box/grow", "passed", "abc")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[]",
        b"null",
        b'{"steps": []}',
        b'{"steps": {"a": 1}}',
        b'{"steps": {"a": {}}}',
        b'{"steps": {"a": {"state": "passed", "digest": "", "hints": "two"}}}',
        b'{"steps": {"a": {"state": "passed", "digest": "", "hints": 1e999}}}',
        b'{"steps": ' + b"[" * 100_000,
    ],
)
def test_a_damaged_file_counts_as_none(tmp_path: Path, text: bytes) -> None:
    (_file(tmp_path)).write_bytes(text)
    progress = Progress(tmp_path)
    assert progress.steps == {}
    progress.tested("box/grow", "passed", "abc")
    progress.save()
    assert Progress(tmp_path).of("box/grow").state == "passed"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["state", "digest", "hints", "steps", "a"]), inner)
    ),
    max_leaves=8,
)


@settings(max_examples=60)
@given(json_values)
def test_any_json_is_read_without_an_error(
    tmp_path_factory: pytest.TempPathFactory, value: object
) -> None:
    root = tmp_path_factory.mktemp("any")
    _file(root).write_text(json.dumps({"steps": value}))
    for progress in Progress(root).steps.values():
        assert progress.state in STATES
        assert progress.hints >= 1


def test_a_state_of_another_version_counts_as_todo(tmp_path: Path) -> None:
    fields = {"state": "mastered", "digest": "x", "hints": 0}
    (_file(tmp_path)).write_text(json.dumps({"steps": {"a": fields}}))
    assert Progress(tmp_path).of("a") == StepProgress("todo", "x", 1)


def test_a_failed_save_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    progress = Progress(tmp_path)
    progress.save()
    before = (_file(tmp_path)).read_bytes()
    progress.tested("box/grow", "passed", "abc")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(Refused, match="the disk is full"):
        progress.save()
    assert (_file(tmp_path)).read_bytes() == before
    assert sorted(path.name for path in _file(tmp_path).parent.iterdir()) == [
        "lock",
        "progress.json",
    ]


def test_a_damaged_step_costs_no_other(tmp_path: Path) -> None:
    fields = {"state": "passed", "digest": "x", "hints": 2}
    _file(tmp_path).write_text(json.dumps({"steps": {"a": fields, "b": 1}}))
    assert Progress(tmp_path).steps == {"a": StepProgress("passed", "x", 2)}


def test_two_writers_keep_what_each_has_learned(tmp_path: Path) -> None:
    editor, terminal = Progress(tmp_path), Progress(tmp_path)
    editor.tested("box/add", "passed", "1")
    terminal.tested("box/grow", "passed", "2")
    terminal.hinted("box/add", 3)
    terminal.save()
    editor.save()
    merged = {"box/add": StepProgress("passed", "1", 3), "box/grow": StepProgress("passed", "2")}
    assert Progress(tmp_path).steps == merged
    assert editor.steps == merged


def test_what_another_program_saved_is_taken_in_once(tmp_path: Path) -> None:
    editor, terminal = Progress(tmp_path), Progress(tmp_path)
    assert editor.refresh() is False
    editor.tested("box/add", "failing", "1")
    terminal.tested("box/grow", "passed", "2")
    terminal.save()
    assert editor.refresh() is True
    assert editor.of("box/grow").state == "passed"
    assert editor.of("box/add").state == "failing"
    assert editor.refresh() is False


@pytest.mark.parametrize("text", [None, "{", '{"version": 1, "steps": {}}'])
def test_a_memory_that_is_deleted_or_made_anew_is_filled_by_who_remembers(
    tmp_path: Path, text: str | None
) -> None:
    progress = Progress(tmp_path)
    progress.tested("box/grow", "passed", "abc")
    progress.save()
    shutil.rmtree(tmp_path / ".tinytorch")
    if text is not None:
        _file(tmp_path).write_text(text)
    progress.tested("box/add", "failing", "")
    progress.save()
    assert Progress(tmp_path).of("box/grow").state == "passed"


def test_many_programs_that_save_at_once_lose_nothing(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path\n"
        "from tinytorch_ls.workspace.progress import Progress\n"
        "for number in range(10):\n"
        "    progress = Progress(Path(sys.argv[1]))\n"
        "    progress.tested(f'{sys.argv[2]}/{number}', 'passed', '')\n"
        "    progress.save()\n"
    )
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(tmp_path), str(writer)], cwd=library_root()
        )
        for writer in range(3)
    ]
    assert [writer.wait(timeout=120) for writer in writers] == [0, 0, 0]
    assert len(Progress(tmp_path).steps) == 30


def test_a_folder_that_was_moved_is_not_made_anew(tmp_path: Path) -> None:
    root = tmp_path / "course"
    root.mkdir()
    progress = Progress(root)
    progress.tested("box/grow", "passed", "")
    root.rename(tmp_path / "moved")
    with pytest.raises(Refused, match="can't be written"):
        progress.save()
    assert not root.exists()


def test_a_writer_that_holds_the_folder_for_ever_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock, "_PATIENCE_SECONDS", 0.0)
    monkeypatch.setattr(lock, "_take", lambda _: False)
    with pytest.raises(Refused, match="another program of the course is changing this folder"):
        Progress(tmp_path).save()


def test_what_a_killed_writer_left_behind_is_swept(tmp_path: Path) -> None:
    for name in ("tinytorch/pack/inner", ".tinytorch/snapshots", ".vscode", "tinytorch"):
        (tmp_path / name).mkdir(parents=True, exist_ok=True)
        (tmp_path / name / ".tinytorch-ab12_x9z").write_text("half")
    (tmp_path / ".tinytorch-notes").write_text("the student's own")
    Progress(tmp_path).save()
    assert [path.name for path in tmp_path.rglob(".tinytorch-*")] == [".tinytorch-notes"]


def test_nothing_is_swept_behind_a_link(tmp_path: Path) -> None:
    there, mine = tmp_path / "there", tmp_path / "mine"
    for folder in (there, mine / "tinytorch"):
        folder.mkdir(parents=True)
    (there / ".tinytorch-ab12_x9z").write_text("a stranger's")
    for link in (".vscode", "tinytorch/pack"):
        (mine / link).symlink_to(there)
    Progress(mine).save()
    assert (there / ".tinytorch-ab12_x9z").exists()


@pytest.mark.parametrize("text", ["{", "null", '{"version": 99, "steps": {}}'])
def test_a_file_that_can_not_be_read_is_set_aside_and_said(tmp_path: Path, text: str) -> None:
    (tmp_path / ".tinytorch").mkdir()
    file = tmp_path / ".tinytorch/progress.json"
    file.write_text(text)
    progress = Progress(tmp_path)
    assert progress.damaged()
    progress.tested("box/grow", "passed", "d")
    progress.save()
    assert (file.parent / "progress.damaged.json").read_text() == text
    assert str(progress.loss()) == (
        "your progress could not be read; "
        "what stood there is kept in .tinytorch/progress.damaged.json"
    )
    assert progress.loss() is None
    assert Progress(tmp_path).loss() is None


def test_a_file_that_is_gone_is_said_once_and_nothing_of_it_is_kept(tmp_path: Path) -> None:
    progress = Progress(tmp_path)
    assert not progress.damaged()
    assert str(progress.loss()) == "your progress could not be read"
    assert progress.loss() is None
