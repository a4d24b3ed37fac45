"""A virtual environment from a Python that has no ensurepip, as Debian's without python3-venv."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pip_wheel
import pytest
from stages import StageError

WHEEL = "pip-25.3-py3-none-any.whl"


@pytest.fixture(autouse=True)
def no_ensurepip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without = tmp_path / "without"
    without.mkdir()
    (without / "ensurepip.py").write_text("raise ImportError('not on Debian')")
    monkeypatch.setenv("PYTHONPATH", str(without))
    monkeypatch.setattr(pip_wheel, "CACHE", tmp_path / "cache")


@pytest.fixture
def forged_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An index whose pip is not the one that was published."""
    listing = tmp_path / "simple" / "pip"
    listing.mkdir(parents=True)
    (listing / "index.html").write_text(f'<a href="../../files/{WHEEL}#sha256=0">{WHEEL}</a>')
    files = tmp_path / "files"
    files.mkdir()
    (files / WHEEL).write_bytes(b"something else")
    serve = partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), serve) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{server.server_port}/simple")
        yield
        server.shutdown()


@pytest.mark.slow
def test_the_environment_has_pip_all_the_same(tmp_path: Path) -> None:
    folder = tmp_path / "environment"
    python = folder / "bin" / "python"
    for command in pip_wheel.venv_commands(folder, python):
        subprocess.run(command, check=True)
    asked = subprocess.run([python, "-m", "pip", "--version"], check=True, capture_output=True)
    assert str(folder).encode() in asked.stdout


@pytest.mark.usefixtures("forged_index")
def test_a_wheel_that_was_not_published_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StageError, match="not the release that was published"):
        pip_wheel.fetched_wheel()
    assert not (tmp_path / "cache" / WHEEL).exists()


def test_without_a_network_the_package_to_install_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    with pytest.raises(StageError, match="python3-venv"):
        pip_wheel.fetched_wheel()
