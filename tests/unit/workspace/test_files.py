"""A file is written whole or not at all, and what stood in the way is said in one line."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tinytorch_ls.course.locate import library_root
from tinytorch_ls.forms.refused import Refused
from tinytorch_ls.workspace import files
from tinytorch_ls.workspace.files import read_source, remove, write_whole
from tinytorch_ls.workspace.paths import Place

_LIMITED = """
import resource, sys
from pathlib import Path
from tinytorch_ls.workspace.files import write_whole
from tinytorch_ls.workspace.paths import Place
from tinytorch_ls.forms.refused import Refused
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    write_whole(Place(Path(sys.argv[1]), "box.py"), "x" * 5000)
except Refused as refused:
    print(refused)
"""


def test_bytes_are_kept(tmp_path: Path) -> None:
    text = "\ufeffa\r\nb\rc\n😀\f"
    write_whole(Place(tmp_path, "deep/er/box.py"), text)
    assert (tmp_path / "deep/er/box.py").read_bytes() == text.encode()
    assert read_source(tmp_path / "deep/er/box.py") == text


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other modes")
def test_a_file_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "box.py"
    write_whole(Place(tmp_path, "box.py"), "1")
    assert path.stat().st_mode & 0o777 == 0o644
    path.chmod(0o755)
    write_whole(Place(tmp_path, "box.py"), "2")
    assert path.stat().st_mode & 0o777 == 0o755


def test_a_disk_that_is_full_keeps_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "box.py"
    path.write_text("old")
    left = tmp_path / ".tinytorch-left"
    left.touch()
    full = lambda **_: (os.open("/dev/full", os.O_WRONLY), str(left))  # noqa: E731
    monkeypatch.setattr(tempfile, "mkstemp", full)
    with pytest.raises(Refused, match=r"^box\.py can't be written: the disk is full; free some"):
        write_whole(Place(tmp_path, "box.py"), "new")
    assert path.read_text() == "old"
    assert not left.exists()


def test_a_limit_on_the_size_of_files_keeps_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "box.py"
    path.write_text("old")
    done = subprocess.run(
        [sys.executable, "-c", _LIMITED, str(tmp_path)],
        capture_output=True,
        text=True,
        cwd=library_root(),
        check=True,
    )
    assert done.stdout == "box.py can't be written: it is larger than your system allows\n"
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["box.py"]


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "the disk is full"),
        (errno.EDQUOT, "your disk quota is used up"),
        (errno.EROFS, "it lies on a read-only disk"),
        (errno.EACCES, "you have no permission to write there"),
        (errno.EIO, os.strerror(errno.EIO)),
    ],
)
def test_what_stood_in_the_way_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, words: str
) -> None:
    path = tmp_path / "box.py"
    path.write_text("old")

    def fails(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", fails)
        with pytest.raises(Refused) as refused:
            write_whole(Place(tmp_path, "box.py"), "new")
    assert str(refused.value).startswith(f"box.py can't be written: {words}")
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["box.py"]


def test_a_file_that_the_student_protects_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "box.py"
    path.write_text("old")
    path.chmod(0o444)
    if os.access(path, os.W_OK):  # the superuser may write everywhere
        monkeypatch.setattr(files.os, "access", lambda *_: False)
    with pytest.raises(Refused, match="you have no permission"):
        write_whole(Place(tmp_path, "box.py"), "new")
    assert path.read_text() == "old"


def test_a_folder_in_the_place_of_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "box.py").mkdir()
    with pytest.raises(Refused, match=r"box\.py can't be written"):
        write_whole(Place(tmp_path, "box.py"), "new")
    (tmp_path / "file").write_text("")
    with pytest.raises(Refused, match=r"box\.py can't be written"):
        write_whole(Place(tmp_path, "file/box.py"), "new")
    with pytest.raises(Refused, match=r"box\.py can't be written"):
        remove(Place(tmp_path, "box.py"))


def test_removing_what_is_gone_is_no_error(tmp_path: Path) -> None:
    remove(Place(tmp_path, "box.py"))


def test_a_pipe_in_the_place_of_a_source_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "box.py")
    with pytest.raises(Refused, match="it is a pipe and not a file"):
        read_source(tmp_path / "box.py")
