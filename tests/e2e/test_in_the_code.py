"""What is done in the code of a step: it is opened, judged at its line, debugged and tidied up."""

from __future__ import annotations

from playwright.sync_api import expect

from tinytorch_ls.forms.python.form import PYTHON
from tinytorch_ls.workspace.folder import StudentFolder
from workbench import Workbench, until

FILE = "tinytorch/environment.py"
TAB = "environment.py"
WRONG = 'return "Hello"'
RIGHT = "return f\"Hello, {name.strip() or 'you'}! Ready to build tinytorch.\""


def replace_line(workbench: Workbench, code: str) -> None:
    """Write in place of the line from the cursor on, as a student does, and save."""
    workbench.page.locator(".tab").filter(has_text=TAB).click()
    workbench.page.locator(".monaco-editor.focused").wait_for()
    workbench.page.keyboard.press("Shift+End")
    workbench.page.keyboard.press("Shift+End")  # the first goes to where a long line is wrapped
    workbench.page.keyboard.type(code)
    workbench.save()


def test_a_step_opens_at_its_raise_with_its_scaffold_folded(
    workbench: Workbench, course: StudentFolder
) -> None:
    source = course.source(FILE)
    number = source[: source.index("raise NotImplementedError")].count("\n") + 1
    expect(workbench.line("STEP-BY-STEP IMPLEMENTATION:")).to_be_visible()
    expect(workbench.line("Drop the blanks around")).to_have_count(0)
    expect(workbench.line("def greet(")).to_be_visible()
    expect(workbench.lens("○ Not written")).to_be_visible()
    stub = 'raise NotImplementedError("setup/greet is yours to write")'
    column = len(stub) + 5  # it is selected: what is typed takes its place
    place = f"Ln {number}, Col {column} ({len(stub)} selected)"
    expect(workbench.page.locator(".statusbar")).to_contain_text(place)
    expect(workbench.lesson().locator("h1")).to_have_text("Meet the loop")
    workbench.shot("30-opened")


def test_the_verdict_stands_behind_the_line_that_is_typed(workbench: Workbench) -> None:
    replace_line(workbench, WRONG)
    expect(workbench.lens("✗ Failing")).to_be_visible()
    until(lambda: "✗ got 'Hello', wanted" in workbench.behind_lines())
    expect(workbench.line(WRONG)).not_to_contain_text("wanted")  # nor does the cursor meet it
    workbench.shot("31-verdict")
    bar = workbench.page.locator(".editor-scrollable > .scrollbar.horizontal").first
    whole = "(bar) => bar.firstElementChild.offsetWidth === bar.offsetWidth"
    until(lambda: bar.evaluate(whole))  # no line is longer by it than the window is wide
    workbench.enter(TAB)
    workbench.page.keyboard.press("End")
    workbench.page.keyboard.type("  # mine")
    expect(workbench.line(f"{WRONG}  # mine")).to_be_visible()
    until(lambda: "✗" not in workbench.behind_lines())
    for _ in "  # mine":
        workbench.page.keyboard.press("Backspace")
    workbench.save()
    until(lambda: "✗ got 'Hello', wanted" in workbench.behind_lines())


def test_f5_debugs_the_step_at_the_cursor_and_all_is_as_before(workbench: Workbench) -> None:
    stop = workbench.page.locator(".debug-top-stack-frame-line")
    tabs = workbench.page.locator(".tab").count()
    workbench.page.keyboard.press("F5")
    expect(stop.first).to_be_visible()
    workbench.shot("32-debug")
    workbench.page.keyboard.press("F5")
    example = workbench.page.locator(".monaco-editor .exception-widget")
    expect(example).to_be_visible()  # in the TODO: the lesson would show the mistakes too
    expect(workbench.page.locator(".tab")).to_have_count(tabs)
    workbench.page.keyboard.press("Shift+F5")
    expect(workbench.page.locator(".debug-toolbar:visible")).to_have_count(0)
    expect(workbench.tab(TAB)).to_be_visible()
    expect(workbench.page.locator(".tab")).to_have_count(tabs)
    expect(workbench.row("Meet the loop")).to_be_visible()
    expect(workbench.page.locator(".part.panel:visible")).to_have_count(0)
    workbench.shot("33-after-debugging")


def test_a_step_that_passes_is_tidied_up_and_its_toast_takes_that_back(
    workbench: Workbench, course: StudentFolder
) -> None:
    mine = course.source(FILE).replace(WRONG, RIGHT)
    workbench.write(TAB, mine)
    expect(workbench.lens("✓ Passed")).to_be_visible()
    workbench.resize(1360, 500)  # the lines that go are as many as the editor shows
    workbench.go_to(TAB, mine, "def greet(")
    workbench.click_lens("Tidy up", above="def greet(")
    toast = workbench.page.locator(".notifications-toasts")
    expect(toast).to_contain_text("says what the library says")
    until(lambda: "TODO: Meet the loop" not in course.source(FILE))
    assert RIGHT in course.source(FILE)
    expect(workbench.line("def greet(")).to_be_visible()
    expect(workbench.page.locator(".inline-folded:visible")).to_have_count(0)
    workbench.shot("34-tidied-up")
    toast.get_by_role("button", name="Undo").click()
    until(lambda: course.source(FILE) == mine)
    assert PYTHON.unwritten(mine).keys() == PYTHON.unwritten(course.source(FILE)).keys()
