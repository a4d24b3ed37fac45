"""The user's cache: a folder that is theirs alone."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import pytest

from tinytorch_ls.cache import cache_folder

posix = pytest.mark.skipif(sys.platform == "win32", reason="modes and owners of POSIX")


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The temporary folder of this test alone."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@posix
def test_the_shared_cache_is_this_user_s_alone() -> None:
    folder = Path(cache_folder())
    assert folder.name.endswith(str(os.getuid()))
    assert folder.stat().st_mode & 0o777 == 0o700
    assert cache_folder() == str(folder)


@posix
@pytest.mark.parametrize("trap", ["link", "open to all"])
def test_a_cache_that_somebody_else_may_have_made_is_not_used(temporary: Path, trap: str) -> None:
    name = Path(cache_folder())
    name.rmdir()
    if trap == "link":
        (temporary / "elsewhere").mkdir(mode=0o700)
        name.symlink_to(temporary / "elsewhere")
    else:
        name.mkdir()
        name.chmod(0o777)
    folder = Path(cache_folder())
    assert folder != name
    assert folder.stat().st_mode & 0o777 == 0o700
