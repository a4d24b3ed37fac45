"""Which programs the tests drive: the system's if they answer, else the packaged ones."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import setup
import tools
from stages import StageError


@pytest.fixture
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that is the whole PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def program(system: Path, name: str, status: int = 0) -> str:
    file = system / name
    file.write_text(f"#!/bin/sh\nexit {status}\n")
    file.chmod(0o755)
    return str(file)


def test_the_systems_programs_come_first(system: Path) -> None:
    chrome, nvim, gxx = (program(system, name) for name in ("google-chrome", "nvim", "g++"))
    assert tools.browser() == tools.Browser(chrome)
    assert tools.neovim() == nvim
    assert tools.cpp_compiler() == [gxx]


def test_a_stub_that_says_where_to_get_a_browser_is_none(system: Path) -> None:
    program(system, "chromium-browser", status=1)
    assert tools.system_browser() is None


@pytest.mark.usefixtures("system")
@pytest.mark.parametrize(
    ("system_name", "machine", "wanted"),
    [
        ("darwin", "arm64", "Chromium or Google Chrome"),
        ("linux", "aarch64", "Chromium or Google Chrome and Neovim"),
    ],
)
def test_what_no_registry_has_is_named_before_the_set_up(
    monkeypatch: pytest.MonkeyPatch, system_name: str, machine: str, wanted: str
) -> None:
    monkeypatch.setattr(tools.sys, "platform", system_name)
    monkeypatch.setattr(tools.platform, "machine", lambda: machine)
    with pytest.raises(StageError, match=f"drive {wanted}\\."):
        tools.require_tools()


@pytest.mark.usefixtures("system")
def test_a_bare_linux_machine_lacks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tools.sys, "platform", "linux")
    monkeypatch.setattr(tools.platform, "machine", lambda: "x86_64")
    tools.require_tools()


@pytest.mark.usefixtures("system")
def test_a_compiler_from_pypi_stands_in_for_the_systems() -> None:
    assert tools.cpp_compiler() == [sys.executable, "-m", "ziglang", "c++"]
    assert "compiler" in setup.test_extras()


def test_no_compiler_is_fetched_where_there_is_one(system: Path) -> None:
    program(system, "clang++")
    assert "compiler" not in setup.test_extras()


def test_packaged_chromium_gets_its_own_libraries_only_where_the_system_lacks_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tools, "_LIBRARIES", ())
    assert "LD_LIBRARY_PATH" not in tools.packaged_browser().environment
    monkeypatch.setattr(tools, "_LIBRARIES", ("libno-such-library.so",))
    libraries = tools.packaged_browser().environment["LD_LIBRARY_PATH"]
    assert Path(libraries).is_relative_to(tools.UNPACKED)
