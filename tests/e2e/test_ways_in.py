"""The ways in: a folder that is not trusted, and a machine with nothing but the extension."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tinytorch_ls.workspace.folder import StudentFolder
from workbench import Workbench, serving, until

FILE = "tinytorch/environment.py"


@pytest.fixture
def untrusted(browser: Browser, course: StudentFolder, tmp_path: Path) -> Iterator[Workbench]:
    with serving(tmp_path, course.root, trust=True) as url:
        bench = Workbench(browser, url)
        yield bench
        bench.close()


@pytest.fixture
def empty(browser: Browser, tmp_path: Path) -> Iterator[Workbench]:
    folder = tmp_path / "somewhere"
    folder.mkdir()
    with serving(tmp_path / "home", folder, trust=False) as url:
        bench = Workbench(browser, url)
        yield bench
        bench.close()


def test_nothing_runs_in_a_folder_that_is_not_trusted(
    untrusted: Workbench, course: StudentFolder
) -> None:
    mark = course.root / "was-run"
    code = f'open({str(mark)!r}, "w").close()\n' + course.source(FILE)
    course.path(FILE).write_text(code, encoding="utf-8")
    expect(untrusted.page.locator(".statusbar")).to_contain_text("Restricted Mode")
    untrusted.show_lessons()
    welcome = untrusted.page.locator(".pane-body")
    expect(welcome.filter(has_text="is not trusted").first).to_be_visible()
    untrusted.shot("20-untrusted")
    untrusted.page.keyboard.press("Control+P")
    untrusted.page.keyboard.type("environment.py")
    untrusted.page.locator(".quick-input-list .monaco-list-row").first.click()
    expect(untrusted.tab("environment.py")).to_be_visible()
    untrusted.write("environment.py", f"{code}\n# saved\n")
    until(lambda: "# saved" in course.source(FILE))
    untrusted.command("TinyTorch: Show output")
    untrusted.shot("21-untrusted-saved")
    expect(untrusted.page.locator(".squiggly-error")).to_have_count(0)
    assert not mark.exists()


def test_the_extension_alone_starts_the_course(empty: Workbench, tmp_path: Path) -> None:
    empty.show_lessons()
    button = empty.page.get_by_role("button", name="Start the course").first
    expect(button).to_be_visible()
    empty.shot("22-welcome")
    button.click()
    empty.page.locator(".quick-input-list .monaco-list-row").filter(
        has_text="In this folder"
    ).first.click()
    expect(empty.tab("environment.py")).to_be_visible(timeout=240_000)
    expect(empty.lens("○ Not written")).to_be_visible()
    expect(empty.row("00 Setup")).to_contain_text("0/5")
    assert (tmp_path / "somewhere" / FILE).is_file()
    empty.shot("23-started")
