"""A browser and a bare machine for all tests; a workbench on a fresh course for each file."""

from __future__ import annotations

import subprocess
from collections.abc import Generator, Iterator

import pytest
import start
import tools
from bare import Machine, bare_environment, copy_project
from playwright.sync_api import Browser, Playwright, sync_playwright

from tinytorch_ls.course.locate import curriculum_folder
from tinytorch_ls.course.read import read_course
from tinytorch_ls.workspace.folder import StudentFolder
from workbench import Workbench, launch, serving


@pytest.fixture(scope="session")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """Set up as a new container does it: no compiler, no browser, no git, an empty home."""
    folder = tmp_path_factory.mktemp("machine")
    machine = Machine(folder / "project", bare_environment(folder))
    copy_project(machine.project)
    done = subprocess.run(
        ["bash", ".devcontainer/set-up.sh"],
        cwd=machine.project,
        env=machine.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return machine


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    chromium = launch(playwright, tools.browser())
    yield chromium
    chromium.close()


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> StudentFolder:
    """A student's folder with module 00 begun."""
    folder = StudentFolder(
        tmp_path_factory.mktemp("course") / "my-course", read_course(curriculum_folder())
    )
    folder.begin("setup")
    start.write_settings(folder.root)
    return folder


@pytest.fixture(scope="module")
def workbench(
    browser: Browser, course: StudentFolder, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Workbench]:
    home = tmp_path_factory.mktemp("home")
    with serving(home, course.root, trust=False) as url:
        bench = Workbench(browser, url)
        yield bench.served()
        bench.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Function, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What the page showed when a test failed."""
    report = yield
    if call.when == "call" and report.failed:
        for bench in item.funcargs.values():
            if isinstance(bench, Workbench):
                bench.shot(f"failed-{item.name}")
    return report
