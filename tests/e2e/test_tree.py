"""The tree beside the code: where one is, what is left, and what can be asked of the course."""

from __future__ import annotations

from playwright.sync_api import expect

from tinytorch_ls.workspace.changes import solve_change
from tinytorch_ls.workspace.folder import StudentFolder
from workbench import Workbench

FILE = "tinytorch/environment.py"
TAB = "environment.py"
# Notes whether a text was ever shown, however short: from before the page's own scripts on.
_WATCH = """
window.seen = { starting: false, start: false };
new MutationObserver(() => {
  const text = document.querySelector(".welcome-view")?.textContent ?? "";
  window.seen.starting ||= text.includes("Starting the course");
  window.seen.start ||= text.includes("Start the course");
}).observe(document, { childList: true, subtree: true, characterData: true });
"""


def test_it_goes_where_the_cursor_goes_and_takes_no_focus(
    workbench: Workbench, course: StudentFolder
) -> None:
    expect(workbench.lesson().locator("h1")).to_have_text("Meet the loop")
    workbench.go_to(TAB, course.source(FILE), "def time_call(")
    selected = workbench.page.locator(".pane-body .monaco-list-row.selected")
    expect(selected).to_contain_text("Time a call")
    expect(workbench.page.locator(".monaco-editor.focused")).to_have_count(1)
    workbench.lesson().get_by_role("button", name="Previous page").click()
    expect(selected).to_contain_text("Give good advice")


def test_a_row_tells_a_screen_reader_how_far_a_module_is(workbench: Workbench) -> None:
    name = "00 Setup, begun, 0 of 5 steps pass"
    expect(workbench.page.get_by_role("treeitem", name=name)).to_be_visible()
    later = workbench.page.get_by_role("treeitem", name="01 Tensors, not begun")
    expect(later).to_be_visible()


def test_it_can_hide_what_passes_and_remembers_that(
    workbench: Workbench, course: StudentFolder
) -> None:
    step = course.course.steps["setup/greet"]
    workbench.write(TAB, str(solve_change(course, [step], step.id, course.source).texts[FILE]))
    expect(workbench.row("00 Setup")).to_contain_text("1/5")
    steps = workbench.page.locator(".pane-body .monaco-list-row").filter(has_text="Meet the loop")
    expect(steps).to_have_count(1)
    workbench.page.get_by_role("button", name="Hide what passes").click()
    expect(steps).to_have_count(0)
    workbench.shot("60-what-is-left")
    workbench.page.add_init_script(_WATCH)
    workbench.page.reload()
    expect(workbench.row("Look at the machine")).to_be_visible()
    expect(steps).to_have_count(0)
    workbench.page.get_by_role("button", name="Show what passes too").click()
    expect(steps).to_have_count(1)


def test_while_the_server_starts_it_says_so(workbench: Workbench) -> None:
    assert workbench.page.evaluate("window.seen") == {"starting": True, "start": False}


def test_the_editor_of_a_course_file_has_run_hint_and_lesson(workbench: Workbench) -> None:
    workbench.page.locator(".tab").filter(has_text=TAB).click()
    title = workbench.page.locator(".editor-actions")
    for name in ("Run step test", "Next hint", "Explain step"):
        expect(title.locator(f"[aria-label^='{name}']").first).to_be_visible()


def test_a_chord_of_any_keyboard_shows_the_next_hint(
    workbench: Workbench, course: StudentFolder
) -> None:
    workbench.go_to(TAB, course.source(FILE), "def system_info(")
    workbench.click_lens("Explain", above="def system_info(")
    expect(workbench.lesson().locator("h1")).to_have_text("Look at the machine")
    workbench.page.keyboard.press("Control+K")
    workbench.page.keyboard.press("h")
    expect(workbench.lesson().locator(".hints > li")).to_have_count(2)


def test_the_doctor_says_what_is_wrong_and_where_to_read_all(
    workbench: Workbench, course: StudentFolder
) -> None:
    toasts = workbench.page.locator(".notifications-toasts")
    workbench.command("TinyTorch: Doctor")
    expect(toasts).to_contain_text("Nothing is wrong")
    workbench.command("Notifications: Clear All Notifications")
    hiding = course.root / "random.py"
    hiding.write_text("")
    workbench.command("TinyTorch: Doctor")
    expect(toasts).to_contain_text("random.py hides the module random from Python: rename it")
    workbench.shot("61-doctor")
    hiding.unlink()
    workbench.command("Notifications: Clear All Notifications")


def test_an_update_says_what_it_changed_and_can_be_undone(
    workbench: Workbench, course: StudentFolder
) -> None:
    old = course.source(FILE).replace("TODO: Time a call.", "TODO: Of an older course.")
    workbench.write(TAB, old)
    workbench.command("TinyTorch: Update the course")
    toasts = workbench.page.locator(".notifications-toasts")
    expect(toasts).to_contain_text("environment.py")
    workbench.go_to(TAB, old, "def time_call(")
    expect(workbench.line("TODO: Time a call.")).to_be_visible()
    workbench.shot("62-update")
    toasts.get_by_role("button", name="Undo").click()
    expect(workbench.line("TODO: Of an older course.")).to_be_visible()


def test_the_next_step_is_the_one_behind_the_cursor(
    workbench: Workbench, course: StudentFolder
) -> None:
    workbench.command("Notifications: Clear All Notifications")
    workbench.go_to(TAB, course.source(FILE), "def system_info(")
    selected = workbench.page.locator(".pane-body .monaco-list-row.selected")
    for title in ("Look at the machine", "Give good advice", "Time a call"):
        expect(selected).to_contain_text(title)
        workbench.page.keyboard.press("Control+K")
        workbench.page.keyboard.press("j")
    expect(selected).to_contain_text("An environment report")


def test_a_module_that_is_entered_unfolds_and_its_toast_leaves_the_lesson_free(
    workbench: Workbench, course: StudentFolder
) -> None:
    workbench.go_to(TAB, course.source(FILE), "def system_info(")
    steps = [step for step in course.course.module("setup").steps if step.symbols]
    workbench.write(TAB, str(solve_change(course, steps, "setup", course.source).texts[FILE]))
    toast = workbench.page.locator(".notification-toast").filter(has_text="every step passes")
    expect(toast).to_be_visible()
    lesson = workbench.lesson().locator("body").bounding_box()
    place = toast.bounding_box()
    assert lesson
    assert place
    assert place["x"] + place["width"] < lesson["x"]
    toast.get_by_role("button", name="Next step").click()
    selected = workbench.page.locator(".pane-body .monaco-list-row.selected")
    expect(selected).to_contain_text("Make a tensor")
    workbench.shot("64-module-entered")


def test_the_walkthrough_opens_where_it_is_asked_for(workbench: Workbench) -> None:
    workbench.page.get_by_role("button", name="How the course works").click()
    expect(workbench.page.locator(".gettingStartedContainer")).to_contain_text("When it fails")
    workbench.shot("63-walkthrough")
