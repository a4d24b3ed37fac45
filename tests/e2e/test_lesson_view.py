"""The lesson view beside the code: what it shows, what it follows, and what can be done in it."""

from __future__ import annotations

import re

import setup as project
from playwright.sync_api import Locator, expect

from tinytorch_ls.course.model import Step
from tinytorch_ls.workspace.changes import solve_change
from tinytorch_ls.workspace.folder import StudentFolder
from workbench import Workbench

FILE = "tinytorch/environment.py"
TAB = "environment.py"
AXE = project.ROOT / "node_modules" / "axe-core" / "axe.min.js"
STUB = 'raise NotImplementedError("setup/greet is yours to write")'


def solved(course: StudentFolder, step: Step) -> str:
    return str(solve_change(course, [step], step.id, course.source).texts[FILE])


def button(workbench: Workbench, text: str) -> Locator:
    return workbench.lesson().locator("#actions button").filter(has_text=text)


def verdict(workbench: Workbench) -> Locator:
    return workbench.lesson().get_by_role("status")


def test_it_opens_beside_the_code_which_keeps_the_focus(workbench: Workbench) -> None:
    lesson = workbench.lesson()
    expect(lesson.locator("h1")).to_have_text("Meet the loop")
    expect(lesson.locator("header")).to_contain_text("00 Setup · step 1 of 5")
    expect(verdict(workbench)).to_contain_text("Not written")
    expect(workbench.page.locator(".monaco-editor.focused")).to_have_count(1)
    colour = "element => getComputedStyle(element).color"
    code = lesson.locator(".hljs-string").first
    assert code.evaluate(colour) != lesson.locator("main p").first.evaluate(colour)


def test_what_a_save_says_stands_at_its_foot(workbench: Workbench, course: StudentFolder) -> None:
    wrong = course.source(FILE).replace(STUB, 'return "Hello, " + name + "!"')
    workbench.write(TAB, wrong)
    workbench.go_to(TAB, wrong, "def greet(")
    lesson = workbench.lesson()
    expect(verdict(workbench)).to_contain_text("Failing")
    expect(lesson.locator("dl")).to_contain_text('greet("Ada")')
    expect(lesson.locator("dd.expected mark")).to_have_text(" Ready to build tinytorch.")
    selected = workbench.page.locator(".pane-body .monaco-list-row.selected")
    expect(selected).to_contain_text("Meet the loop")  # the paste had led to the last function
    workbench.shot("40-lesson-failing")


def test_a_hint_opens_in_the_lesson_and_stays(workbench: Workbench) -> None:
    lesson = workbench.lesson()
    expect(lesson.locator(".hints > li")).to_have_count(1)  # the TODO has the first
    button(workbench, "Hint 2 of 3").click()
    expect(lesson.locator(".hints > li")).to_have_count(2)
    button(workbench, "Hint 3 of 3").click()
    expect(lesson.locator(".hints > li")).to_have_count(3)
    expect(button(workbench, "Hint")).to_have_count(0)
    expect(workbench.page.locator(".notifications-toasts .notification-toast")).to_have_count(0)
    workbench.shot("41-lesson-hints")


def test_a_pass_says_what_it_unlocked_and_leads_on(
    workbench: Workbench, course: StudentFolder
) -> None:
    step = course.course.steps["setup/greet"]
    workbench.write(TAB, solved(course, step))
    workbench.go_to(TAB, course.source(FILE), "def greet(")
    expect(verdict(workbench)).to_contain_text("Passed")
    expect(verdict(workbench)).to_contain_text(step.unlocked.split("`")[0])
    selected = workbench.page.locator(".pane-body .monaco-list-row.selected")
    expect(selected).to_contain_text("Meet the loop")
    workbench.shot("42-lesson-passed")
    button(workbench, "Compare with the reference").click()
    compared = workbench.tab("the reference ↔ yours")
    expect(compared).to_be_visible()
    workbench.shot("44-lesson-compared")
    compared.locator(".action-label").click()
    button(workbench, "Next: Look at the machine").click()
    expect(workbench.lesson().locator("h1")).to_have_text("Look at the machine")
    expect(workbench.line("def system_info(")).to_be_visible()


def test_it_follows_the_cursor_in_the_text_as_it_is_now(
    workbench: Workbench, course: StudentFolder
) -> None:
    workbench.go_to(TAB, course.source(FILE), "def greet(")
    expect(workbench.lesson().locator("h1")).to_have_text("Meet the loop")
    workbench.go_to(TAB, course.source(FILE), "return f")
    workbench.page.keyboard.press("End")
    workbench.page.keyboard.type("\n    x = (\n" + "\n" * 30)  # no code that can be read
    expect(workbench.page.locator(".tab.active.dirty")).to_be_visible()
    workbench.page.wait_for_timeout(600)  # longer than the view waits
    expect(workbench.lesson().locator("h1")).to_have_text("Meet the loop")
    workbench.write(TAB, course.source(FILE))


def test_pages_are_turned_without_the_code(workbench: Workbench, course: StudentFolder) -> None:
    lesson = workbench.lesson()
    workbench.go_to(TAB, course.source(FILE), "def system_info(")
    expect(lesson.locator("h1")).to_have_text("Look at the machine")
    lesson.get_by_role("button", name="Previous page").click()
    expect(lesson.locator("h1")).to_have_text("Meet the loop")
    lesson.get_by_role("button", name="Previous page").click()
    expect(lesson.locator("h1")).to_have_text("Setup")
    expect(lesson.locator("body")).to_contain_text("You will")
    lesson.locator("summary").first.click()
    workbench.shot("43-lesson-of-a-module")


def test_it_comes_back_after_a_reload(workbench: Workbench) -> None:
    lesson = workbench.lesson()
    lesson.get_by_role("button", name="Next page").click()
    expect(lesson.locator("h1")).to_have_text("Meet the loop")
    workbench.page.reload()  # a page that was turned to a moment ago may not be kept yet
    expect(workbench.lesson().locator("h1")).to_have_text(re.compile("Meet the loop|Setup"))
    expect(workbench.page.locator("iframe.webview")).to_have_count(1)


def test_it_can_be_used_without_seeing_it_or_a_mouse(workbench: Workbench) -> None:
    workbench.take("Meet the loop")
    expect(verdict(workbench)).to_contain_text("Passed")
    view = workbench.lesson().locator("body").element_handle().owner_frame()
    assert view
    view.evaluate(AXE.read_text(encoding="utf-8"))
    found = view.evaluate("axe.run(document).then(({ violations }) => violations)")
    assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found] == []
    expect(workbench.lesson().locator("body")).to_match_aria_snapshot(
        """
        - banner:
          - 'button "Previous page: Setup"'
          - progressbar "1 of 5 steps pass"
          - 'button "Next page: Look at the machine"'
        - main:
          - heading "Meet the loop" [level=1]
        - contentinfo:
          - status:
            - strong: Passed
          - 'button "Next: Look at the machine"'
          - button "Run"
          - button "Debug"
          - button "Compare with the reference"
        """
    )
