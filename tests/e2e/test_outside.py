"""What happens outside a window: another window on the folder, files that are moved or renamed."""

from __future__ import annotations

from contextlib import suppress

from playwright.sync_api import Browser, expect
from playwright.sync_api import TimeoutError as Late

from tinytorch_ls.workspace.changes import solve_change
from tinytorch_ls.workspace.folder import StudentFolder
from workbench import Workbench

FILE = "tinytorch/environment.py"
TAB = "environment.py"


def test_two_windows_on_one_folder_agree(
    workbench: Workbench, browser: Browser, course: StudentFolder
) -> None:
    expect(workbench.lesson().locator("h1")).to_have_text("Meet the loop")
    other = Workbench(browser, workbench.page.url)
    expect(other.lesson().get_by_role("status")).to_contain_text("Not written")
    step = course.course.steps["setup/greet"]
    workbench.write(TAB, str(solve_change(course, [step], step.id, course.source).texts[FILE]))
    expect(other.row("00 Setup")).to_contain_text("1/5")
    expect(other.lesson().get_by_role("status")).to_contain_text("Passed")
    expect(other.lens("✓ Passed")).to_be_visible()
    other.command("TinyTorch: Go to the next step")
    expect(other.lesson().locator("h1")).to_have_text("Look at the machine")
    other.shot("70-other-window")
    other.close()


def test_a_renamed_file_is_not_made_anew_in_silence(
    workbench: Workbench, course: StudentFolder
) -> None:
    file = course.path(FILE)
    mine = file.with_name("mine.py")
    file.rename(mine)
    expect(workbench.lesson().get_by_role("status")).to_contain_text("environment.py is not there")
    workbench.row("Give good advice").click()
    toasts = workbench.page.locator(".notifications-toasts")
    expect(toasts).to_contain_text("is not there any more. If you moved or renamed it, put it back")
    workbench.shot("71-renamed")
    assert not file.exists()
    mine.rename(file)
    workbench.command("Notifications: Clear All Notifications")
    expect(workbench.row("00 Setup")).to_contain_text("1/5")


def test_a_course_that_was_moved_is_said_to_be_gone(
    workbench: Workbench, course: StudentFolder
) -> None:
    moved = course.root.with_name("moved")
    course.root.rename(moved)
    with suppress(Late):  # the window may have looked by itself, and then the tree is gone
        workbench.row("Time a call").click(timeout=3000)
    expect(workbench.page.locator("body")).to_contain_text("Start the course")
    workbench.command("Notifications: Show Notifications")
    said = workbench.page.locator(".notifications-center")
    expect(said).to_contain_text(f"The course is no longer in {course.root}")
    workbench.shot("72-moved")
    assert not course.root.exists(), list(course.root.rglob("*"))
    moved.rename(course.root)
