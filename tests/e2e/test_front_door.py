"""`npm start`, and the tools of `npm test`, on a machine with Python and Node alone."""

from __future__ import annotations

import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import chromium
import pytest
import tools
from bare import Machine
from playwright.sync_api import Playwright
from stages import CACHE, ROOT

from workbench import Workbench, launch, until

READY = re.compile(r"TinyTorch is at (http://127\.0\.0\.1:\d+/\S*)")

packaged_here = pytest.mark.skipif(
    (sys.platform, platform.machine()) != ("linux", "x86_64"), reason="no package for this machine"
)


@pytest.fixture
def started(machine: Machine) -> Iterator[Path]:
    """What `npm start` prints; the workbench's packages are those of this checkout."""
    stamps = machine.project / ".cache" / "stamps"
    shutil.copy2(CACHE / "stamps" / "workbench", stamps / "workbench")
    packages = machine.project / "workbench" / "node_modules"
    packages.symlink_to((ROOT / "workbench" / "node_modules").resolve())
    said = machine.project.parent / "said"
    with said.open("wb") as output:
        process = subprocess.Popen(
            ["npm", "start"],
            cwd=machine.project,
            env=machine.environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        until(lambda: process.poll() is not None or READY.search(said.read_text()), seconds=300)
        yield said
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()


def test_the_machine_is_bare(machine: Machine) -> None:
    for name in ("gcc", "g++", "cc", "make", "git", "code", "chromium", "google-chrome", "nvim"):
        assert shutil.which(name, path=machine.environment["PATH"]) is None


def test_the_course_opens_in_the_browser(started: Path, machine: Machine) -> None:
    found = READY.search(said := started.read_text())
    assert found, said
    assert "rror" not in said
    with urllib.request.urlopen(found[1]) as page:
        assert "vscode-workbench-web-configuration" in page.read().decode()
    extensions = machine.project / ".cache" / "workbench" / "extensions"
    assert list(extensions.glob("tinytorch.tinytorch-*/dist/extension.js"))
    assert (machine.project / "my-course" / "tinytorch" / "environment.py").is_file()


def test_the_terminal_of_the_browser_runs_commands(workbench: Workbench, tmp_path: Path) -> None:
    said = tmp_path / "said"
    workbench.command("Terminal: Create New Terminal")
    terminal = workbench.page.locator(".terminal.xterm .xterm-screen").first
    terminal.click()
    workbench.page.keyboard.type(f"echo $((6 * 7)) > '{said}'\n")
    until(lambda: said.is_file() and said.read_text() == "42\n")


@packaged_here
def test_a_browser_from_npm_draws_a_page(
    machine: Machine, playwright: Playwright, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", machine.environment["PATH"])
    chromium.install_browser()
    packaged = tools.browser()
    assert Path(packaged.path).is_relative_to(CACHE)
    browser = launch(playwright, packaged)
    page = browser.new_page()
    page.set_content("<h1 style='display: inline'>Tensors</h1>")
    box = page.locator("h1").bounding_box()
    browser.close()
    assert box is not None
    assert box["width"] > 50  # a font has drawn it


@packaged_here
def test_a_neovim_from_pypi_answers(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", machine.environment["PATH"])
    asked = [tools.neovim(), "--version"]
    assert subprocess.run(asked, capture_output=True, check=True).stdout.startswith(b"NVIM")
