"""The steps in VS Code's own Test Explorer, its gutter and its results."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Locator, expect
from playwright.sync_api import TimeoutError as Late

from tinytorch_ls.workspace.changes import solve_change
from tinytorch_ls.workspace.folder import StudentFolder
from workbench import Workbench, until

FILE = "tinytorch/environment.py"
TAB = "environment.py"
STUB = 'raise NotImplementedError("setup/greet is yours to write")'
WRONG = 'return "Hello, " + name + "!"'


def row(workbench: Workbench, title: str) -> Locator:
    """A row of the explorer, which says its state to a screen reader."""
    return workbench.page.locator(".test-explorer .monaco-list-row").filter(has_text=title).first


def gutter(workbench: Workbench, state: str) -> Locator:
    return workbench.page.locator(f".testing-run-glyph.codicon-testing-{state}-icon")


def shows(workbench: Workbench, part: Locator) -> None:
    """Wait until the explorer shows a part of it, and open it again where another view is: the tree
    of lessons comes back where it goes to a step at that moment."""
    until(lambda: is_open(workbench) and is_done(lambda: part.wait_for(timeout=5000)))


def press(workbench: Workbench, title: str, button: str) -> None:
    """Press a button that the explorer shows in a row under the mouse."""

    def pressed() -> None:
        row(workbench, title).hover(timeout=5000)
        row(workbench, title).locator(f"[aria-label^='{button}']").click(timeout=5000)

    until(lambda: is_open(workbench) and is_done(pressed))


def is_done(act: Callable[[], None]) -> bool:
    try:
        act()
    except Late:
        return False
    return True


def is_open(workbench: Workbench) -> bool:
    """Whether the explorer shows the steps of module 00."""
    module = row(workbench, "00 Setup")
    try:
        if not module.is_visible():
            workbench.page.locator(".activitybar .action-item a[aria-label^='Testing']").click()
            module.wait_for(timeout=5000)
        if module.get_attribute("aria-expanded") != "true":
            module.click(timeout=5000)
            workbench.page.keyboard.press("ArrowRight")
        row(workbench, "Meet the loop").wait_for(timeout=5000)
    except Late:
        return False
    return True


def test_what_a_save_says_stands_in_explorer_and_gutter(
    workbench: Workbench, course: StudentFolder
) -> None:
    expect(workbench.lesson().locator("h1")).to_have_text("Meet the loop")
    workbench.write(TAB, course.source(FILE).replace(STUB, WRONG))
    workbench.go_to(TAB, course.source(FILE), "def greet(")
    expect(gutter(workbench, "failed")).to_have_count(1)
    greet = row(workbench, "Meet the loop")
    shows(workbench, greet.filter(has_text="Failing"))
    shows(workbench, greet.locator(".codicon-testing-failed-icon"))
    shows(workbench, row(workbench, "Look at the machine").filter(has_text="Not written"))
    expect(workbench.page.locator(".part.panel:visible")).to_have_count(0)
    workbench.shot("50-test-explorer")


def test_a_run_shows_got_and_expected_at_the_students_line(workbench: Workbench) -> None:
    press(workbench, "Meet the loop", "Run Test")
    expect(workbench.page.locator(".part.panel")).to_contain_text("is not what it should be")
    workbench.command("Test: Peek Output")
    peek = workbench.page.locator(".peekview-widget")
    expect(peek).to_contain_text("Expected")
    expect(peek).to_contain_text("Ready\u00a0to\u00a0build\u00a0tinytorch.")
    workbench.shot("51-test-failure")
    workbench.page.keyboard.press("Escape")
    workbench.close_panel()


def test_a_module_is_run_from_the_explorer(workbench: Workbench, course: StudentFolder) -> None:
    step = course.course.steps["setup/greet"]
    workbench.write(TAB, str(solve_change(course, [step], step.id, course.source).texts[FILE]))
    passed = row(workbench, "Meet the loop").locator(".codicon-testing-passed-icon")
    shows(workbench, passed)
    press(workbench, "00 Setup", "Run Test")
    machine = row(workbench, "Look at the machine")
    shows(workbench, machine.locator(".codicon-testing-skipped-icon"))
    shows(workbench, passed)
    workbench.close_panel()
    workbench.go_to(TAB, course.source(FILE), "def greet(")
    expect(gutter(workbench, "passed")).to_have_count(1)
    workbench.shot("52-test-passed")


def test_debug_stops_in_the_students_function(workbench: Workbench) -> None:
    press(workbench, "Meet the loop", "Debug Test")
    expect(workbench.page.locator(".debug-top-stack-frame-line").first).to_be_visible()  # it wraps
    workbench.shot("53-test-debug")
    workbench.command("Debug: Stop")
    expect(workbench.page.locator(".debug-toolbar:visible")).to_have_count(0)
