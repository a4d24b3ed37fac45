"""Progress: written whole, read leniently."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinytorch_ls.workspace import files
from tinytorch_ls.workspace.progress import STATES, Progress, StepProgress
from tinytorch_ls.workspace.refused import Refused


def test_what_was_saved_is_read_back(tmp_path: Path) -> None:
    progress = Progress(tmp_path / "progress.json")
    progress.tested("box/grow", "passed", "abc")
    progress.hinted("box/grow", 2)
    progress.tested("box/add", "blocked", "")
    progress.save()
    again = Progress(tmp_path / "progress.json")
    assert again.of("box/grow") == StepProgress("passed", "abc", 2)
    assert again.of("box/add") == StepProgress("blocked", "", 1)
    assert again.of("box/both") == StepProgress("todo", "", 1)


def test_nothing_is_written_before_save(tmp_path: Path) -> None:
    Progress(tmp_path / "progress.json").tested("box/grow", "passed", "abc")
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
    (tmp_path / "progress.json").write_bytes(text)
    progress = Progress(tmp_path / "progress.json")
    assert progress.steps == {}
    progress.tested("box/grow", "passed", "abc")
    progress.save()
    assert Progress(tmp_path / "progress.json").of("box/grow").state == "passed"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["state", "digest", "hints", "steps", "a"]), inner)
    ),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None)
@given(json_values)
def test_any_json_is_read_without_an_error(
    tmp_path_factory: pytest.TempPathFactory, value: object
) -> None:
    file = tmp_path_factory.mktemp("any") / "progress.json"
    file.write_text(json.dumps({"steps": value}))
    for progress in Progress(file).steps.values():
        assert progress.state in STATES
        assert progress.hints >= 1


def test_a_state_of_another_version_counts_as_todo(tmp_path: Path) -> None:
    fields = {"state": "mastered", "digest": "x", "hints": 0}
    (tmp_path / "progress.json").write_text(json.dumps({"steps": {"a": fields}}))
    assert Progress(tmp_path / "progress.json").of("a") == StepProgress("todo", "x", 1)


def test_a_failed_save_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    progress = Progress(tmp_path / "progress.json")
    progress.save()
    before = (tmp_path / "progress.json").read_bytes()
    progress.tested("box/grow", "passed", "abc")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(Refused, match="the disk is full"):
        progress.save()
    assert (tmp_path / "progress.json").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["progress.json"]
