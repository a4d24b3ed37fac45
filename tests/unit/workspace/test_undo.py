"""Undo brings back what a change replaced, leaves all else, and loses no text."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tinytorch_ls.course.model import Step
from tinytorch_ls.forms.python.symbols import definitions
from tinytorch_ls.forms.refused import Refused
from tinytorch_ls.workspace import changes, files, snapshots
from tinytorch_ls.workspace import folder as student_folder
from tinytorch_ls.workspace.folder import StudentFolder
from tinytorch_ls.workspace.paths import Place
from tinytorch_ls.workspace.undo import undo

BOX = "tinytorch/box.py"
MINE = '''\
"""My boxes."""


def grow(x, step=1):
    return x + step  # mine


class Box:
    def __init__(self, value):
        self.value = value

    @staticmethod
    def add(self, other):
        # 😀
        return Box(self.value + other.value)
'''


def _write(student: StudentFolder, text: str) -> None:
    student.path(BOX).write_bytes(text.encode())


def _read(student: StudentFolder) -> str:
    return student.path(BOX).read_bytes().decode()


def _replace(student: StudentFolder, old: str, new: str) -> None:
    text = _read(student)
    assert text.count(old) == 1
    _write(student, text.replace(old, new))


def _all_texts(student: StudentFolder) -> str:
    return "".join(p.read_text() for p in (student.root / ".tinytorch/snapshots").iterdir())


def _steps(student: StudentFolder, *names: str) -> list[Step]:
    return [student.course.steps[name] for name in names]


HELPER = "\n\ndef an_hour_of_work():\n    return 42\n"


@pytest.mark.parametrize("step", ["box/grow", "box/add"])
@pytest.mark.parametrize("what", ["reset", "solve"])
def test_what_was_written_since_elsewhere_stays(
    student: StudentFolder, step: str, what: str
) -> None:
    _write(student, MINE)
    if what == "reset":
        changes.reset(student, student.course.steps[step])
    else:
        changes.solve(student, _steps(student, step), step)
    _write(student, _read(student).replace('boxes."""\n', 'boxes."""\n\nimport os\n') + HELPER)
    _replace(student, "self.value = value", "self.value = value or os.sep  # later")
    undo(student)
    wanted = MINE.replace('boxes."""\n', 'boxes."""\n\nimport os\n') + HELPER
    assert _read(student) == wanted.replace(
        "self.value = value", "self.value = value or os.sep  # later"
    )


def test_what_was_written_in_its_place_is_kept_and_comes_back_by_undoing_again(
    student: StudentFolder,
) -> None:
    _write(student, MINE)
    changes.reset(student, student.course.steps["box/grow"])
    raise_line = 'raise NotImplementedError("box/grow is yours to write")'
    _replace(student, raise_line, "return an_hour_of_work")
    worked = _read(student)
    undone = undo(student)
    assert undone.kept is not None
    assert _read(student) == MINE
    assert undo(student).snapshot.reason == "undo reset “Grow a number”"
    assert _read(student) == worked
    with pytest.raises(Refused, match="there is nothing to undo"):
        undo(student)
    assert "return x + step  # mine" in _all_texts(student)


def test_a_text_that_was_only_formatted_is_kept_and_is_not_in_the_way(
    student: StudentFolder,
) -> None:
    _write(student, MINE)
    changes.solve(student, _steps(student, "box/add"), "“Add two boxes”")
    changes.solve(student, _steps(student, "box/grow"), "“Grow a number”")
    _replace(student, "return x + step", "return (x  +  step)")
    assert undo(student).snapshot.reason == "solve “Grow a number”"
    assert "(x  +  step)" in _all_texts(student)
    assert undo(student).snapshot.reason == "solve “Add two boxes”"
    assert _read(student) == MINE


@pytest.mark.parametrize("word", ["# MINE", '"""Mine."""'])
def test_words_that_are_overwritten_come_back_by_undoing_again(
    student: StudentFolder, word: str
) -> None:
    _write(student, MINE)
    changes.solve(student, _steps(student, "box/grow"), "“Grow a number”")
    solved = _read(student)
    changes.reset(student, student.course.steps["box/grow"])
    mine = solved.replace('"""`x`, larger by `step`."""', word, 1)
    _write(student, mine)
    assert undo(student).snapshot.reason == "reset “Grow a number”"
    assert undo(student).snapshot.reason == "undo reset “Grow a number”"
    assert _read(student) == mine
    third = undo(student)
    assert third.snapshot.reason == "solve “Grow a number”"
    assert third.kept is not None
    assert not third.kept.undone
    assert _read(student) == MINE
    assert undo(student).snapshot.reason == "undo solve “Grow a number”"
    assert _read(student) == mine


def test_a_damaged_snapshot_that_is_the_newest_is_told_of(student: StudentFolder) -> None:
    _write(student, MINE)
    changes.solve(student, _steps(student, "box/grow"), "“Grow a number”")
    stranger = student.root / ".tinytorch/snapshots/000002.json"
    stranger.write_text("{")
    with pytest.raises(Refused, match=r"000002\.json is damaged .*--skip.*solve “Grow a number”"):
        undo(student)
    assert undo(student, skip=True).snapshot.reason == "solve “Grow a number”"
    with pytest.raises(Refused, match=r"000002\.json is damaged"):
        undo(student)
    stranger.unlink()
    with pytest.raises(Refused, match="there is nothing to undo"):
        undo(student)


def test_several_steps_of_several_files_come_back_together(student: StudentFolder) -> None:
    student.begin("lid")
    _write(student, MINE)
    lid = student.source("tinytorch/lid.py")
    steps = _steps(student, "box/grow", "box/add", "lid/close")
    changes.solve(student, steps, "the course")
    _write(student, _read(student) + HELPER)
    undo(student)
    assert _read(student) == MINE + HELPER
    assert student.source("tinytorch/lid.py") == lid


def test_a_symbol_that_the_change_left_as_it_was_is_left_by_undo(student: StudentFolder) -> None:
    changes.solve(student, _steps(student, "box/grow"), "“Grow a number”")
    changes.solve(student, _steps(student, "box/grow", "box/add"), "box")
    _replace(student, "return x + step", "return step + x")
    undo(student)
    assert "return step + x" in _read(student)
    assert "box/add is yours to write" in _read(student)


def test_a_definition_that_a_change_brought_goes_again(student: StudentFolder) -> None:
    gone = MINE.replace("def grow(x, step=1):\n    return x + step  # mine\n\n\n", "")
    _write(student, gone)
    changes.solve(student, _steps(student, "box/grow"), "“Grow a number”")
    _write(student, _read(student) + HELPER)
    undo(student)
    assert "grow" not in definitions(_read(student))
    assert _read(student).endswith(gone[gone.index("class Box") :] + HELPER)


def test_a_definition_deleted_since_comes_back(student: StudentFolder) -> None:
    _write(student, MINE)
    changes.reset(student, student.course.steps["box/add"])
    text = _read(student)
    place = definitions(text)["Box.add"].whole
    _write(student, text[: place.start.offset].rstrip() + "\n" + HELPER)
    undo(student)
    assert "@staticmethod\n    def add(self, other):\n        # 😀" in _read(student)
    assert HELPER in _read(student)


@pytest.mark.parametrize(
    ("old", "new"), [("other.value)", "other.value"), ("@staticmethod", "@staticmethod(1")]
)
def test_a_broken_definition_comes_back_broken_among_later_work(
    student: StudentFolder, old: str, new: str
) -> None:
    broken = MINE.replace(old, new)
    assert broken != MINE
    _write(student, broken)
    changes.reset(student, student.course.steps["box/add"])
    _write(student, _read(student) + HELPER)
    undo(student)
    assert _read(student) == broken + HELPER


def test_undo_works_where_a_syntax_error_was_written_into_the_step(student: StudentFolder) -> None:
    _write(student, MINE)
    changes.reset(student, student.course.steps["box/add"])
    _replace(student, 'raise NotImplementedError("box/add is yours to write")', "return ((")
    _write(student, _read(student) + HELPER)
    undo(student)
    assert _read(student) == MINE + HELPER
    assert "return ((" in _all_texts(student)


def test_an_error_elsewhere_is_refused_and_nothing_changes(student: StudentFolder) -> None:
    _write(student, MINE)
    changes.reset(student, student.course.steps["box/add"])
    _replace(student, "return x + step  # mine", "return (x")
    before = _read(student)
    with pytest.raises(Refused, match="syntax error in line 5"):
        undo(student)
    assert _read(student) == before
    assert [snapshot.reason for snapshot in snapshots.history(student)] == ["reset “Add two boxes”"]


def test_a_file_that_is_gone_comes_back_whole(student: StudentFolder) -> None:
    _write(student, MINE)
    changes.reset(student, student.course.steps["box/add"])
    student.path(BOX).unlink()
    undo(student)
    assert _read(student) == MINE


later = st.lists(
    st.sampled_from(
        [
            ('"""My boxes."""\n', '"""My boxes."""\n\nimport os  # later\n'),
            ("class Box:\n", "LATER = 1\n\n\nclass Box:\n    size = 3\n\n"),
            ("self.value = value\n", "self.value = [value]  # 😀\n"),
            ("\nclass Box", "\n# a remark\n\n\nclass Box"),
        ]
    ),
    unique=True,
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    edits=later,
    chosen=st.lists(st.sampled_from(["box/grow", "box/add"]), min_size=1, unique=True),
    reset=st.booleans(),
    end=st.sampled_from(["\n", "\r\n"]),
    mark=st.sampled_from(["", "\ufeff"]),
)
def test_a_change_and_its_undo_are_as_if_they_had_not_been(
    student: StudentFolder,
    edits: list[tuple[str, str]],
    chosen: list[str],
    reset: bool,
    end: str,
    mark: str,
) -> None:
    def edited(text: str) -> str:
        for old, new in edits:
            text = text.replace(old.replace("\n", end), new.replace("\n", end), 1)
        return text

    mine = mark + MINE.replace("\n", end)
    _write(student, mine)
    if reset:
        for step in chosen:
            changes.reset(student, student.course.steps[step])
    else:
        changes.solve(student, _steps(student, *chosen), "some")
    _write(student, edited(_read(student)))
    for _ in chosen if reset else [1]:
        undo(student)
    assert _read(student) == edited(mine)


@pytest.mark.parametrize("call", range(1, 12))
def test_a_disk_that_fills_up_at_any_write_loses_nothing(
    student: StudentFolder, monkeypatch: pytest.MonkeyPatch, call: int
) -> None:
    _write(student, MINE)
    changes.reset(student, student.course.steps["box/grow"])
    _replace(student, 'raise NotImplementedError("box/grow is yours to write")', "return 'work'")
    worked, calls = _read(student), 0
    real = files.os.fsync

    def full(descriptor: int) -> None:
        nonlocal calls
        calls += 1
        if calls == call:
            raise OSError(28, "No space left on device")
        real(descriptor)

    with monkeypatch.context() as patch:
        patch.setattr(files.os, "fsync", full)
        with suppress(Refused):
            undo(student)
    assert _read(student) in (MINE, worked)
    assert "return 'work'" in _read(student) + _all_texts(student)
    assert "return x + step  # mine" in _read(student) + _all_texts(student)
    assert not list(student.root.rglob(".tinytorch-*"))


class Killed(BaseException):
    """As if the process had ended here."""


@pytest.mark.parametrize("write", range(1, 5))
def test_a_change_killed_at_any_write_can_be_undone(
    student: StudentFolder, monkeypatch: pytest.MonkeyPatch, write: int
) -> None:
    student.begin("lid")
    _write(student, MINE)
    lid, written = student.source("tinytorch/lid.py"), 0
    real = files.write_whole

    def dies(place: Place, text: str) -> None:
        nonlocal written
        written += 1
        if written == write:
            raise Killed
        real(place, text)

    with monkeypatch.context() as patch:
        for module in (student_folder, snapshots):
            patch.setattr(module, "write_whole", dies)
        with suppress(Killed):
            changes.solve(student, _steps(student, "box/grow", "box/add", "lid/close"), "all")
    if next(snapshots.history(student), None):
        undo(student)
    assert (_read(student), student.source("tinytorch/lid.py")) == (MINE, lid)


def test_a_change_that_cant_be_taken_back_hides_none_before_it(student: StudentFolder) -> None:
    student.begin("lid")
    lid = student.source("tinytorch/lid.py")
    changes.solve(student, _steps(student, "lid/close"), "lid")
    _write(student, MINE)
    changes.reset(student, student.course.steps["box/grow"])
    _replace(student, "self.value = value", "self.value = value)")
    broken = _read(student)
    why = (
        r"the last change \(reset “Grow a number”\) can't be taken back now: "
        r"your file has a syntax error in line \d+.*; "
        "`tinytorch undo --skip` takes back this instead: solve lid"
    )
    with pytest.raises(Refused, match=why):
        undo(student)
    undone = undo(student, skip=True)
    assert undone.snapshot.reason == "solve lid"
    assert (student.source("tinytorch/lid.py"), _read(student)) == (lid, broken)
    _write(student, broken.replace("= value)", "= value"))
    assert undo(student).snapshot.reason == "reset “Grow a number”"


def test_a_link_in_the_place_of_a_file_hides_no_change_of_another(student: StudentFolder) -> None:
    student.begin("lid")
    changes.solve(student, _steps(student, "lid/close"), "lid")
    changes.solve(student, _steps(student, "box/grow"), "box")
    elsewhere = student.root / "elsewhere.py"
    student.path(BOX).rename(elsewhere)
    student.path(BOX).symlink_to(elsewhere)
    with pytest.raises(
        Refused, match=r"the last change \(solve box\) can't be taken back now: .* is a link"
    ):
        undo(student)
    assert undo(student, skip=True).snapshot.reason == "solve lid"


def test_names_that_a_stranger_made_up_change_nothing(student: StudentFolder) -> None:
    (student.root / ".tinytorch/snapshots").mkdir()
    fields = {
        "reason": "planted",
        "time": 1.0,
        "undone": False,
        "files": {BOX: {"before": "planted", "after": None, "names": ["__class__", "a.b.c", ""]}},
    }
    (student.root / ".tinytorch/snapshots/000001.json").write_text(json.dumps(fields))
    before = _read(student)
    undo(student)
    assert _read(student) == before
