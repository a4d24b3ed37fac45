"""A student's first hour, in the order in which it happens."""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import expect

from tinytorch_ls.course.model import Mistake
from tinytorch_ls.forms.python.transplant import transplant
from tinytorch_ls.workspace.changes import solve_change
from tinytorch_ls.workspace.folder import StudentFolder
from workbench import Workbench, until

FILE = "tinytorch/environment.py"
TAB = "environment.py"


def with_greet(course: StudentFolder, code: str) -> str:
    """The student's file with another `greet`."""
    return transplant(course.source(FILE), "greet", code)


def mistake(course: StudentFolder, title: str) -> Mistake:
    step = course.course.steps["setup/greet"]
    return next(each for each in step.mistakes if each.title == title)


def test_a_new_course_opens_at_its_first_step(workbench: Workbench) -> None:
    expect(workbench.row("00 Setup")).to_be_visible()
    expect(workbench.tab("environment.py")).to_be_visible()
    expect(workbench.line("TODO: Meet the loop.")).to_be_visible()
    lesson = workbench.lesson()
    expect(lesson.locator("h1")).to_have_text("Meet the loop")
    workbench.shot("00-first-sight")
    workbench.page.locator(".tab").filter(has_text="Meet the loop").locator(".action-label").click()


def test_opens_a_step_from_the_tree(workbench: Workbench, course: StudentFolder) -> None:
    workbench.show_lessons()
    expect(workbench.row("00 Setup")).to_contain_text("0/5")
    expect(workbench.row("01 Tensors")).to_contain_text(
        f"0/{len(course.course.module('tensor').steps)}"
    )
    workbench.expand("00 Setup")
    workbench.take("Meet the loop")
    expect(workbench.tab("environment.py")).to_be_visible()
    expect(workbench.lens("○ Not written")).to_be_visible()
    expect(workbench.lens("Run step test")).to_be_visible()
    expect(workbench.lens("Debug step")).to_be_visible()
    expect(workbench.lens("Hint 2/3")).to_be_visible()
    expect(workbench.line("TODO: Meet the loop.")).to_be_visible()
    workbench.shot("01-step-from-tree")


def test_hover_shows_what_to_do(workbench: Workbench) -> None:
    hover = workbench.hover(workbench.line("def greet("), x=45)
    expect(hover).to_contain_text("Step by step")
    expect(hover).to_contain_text("Drop the blanks around")
    workbench.shot("02-hover")


def test_explains_beside_the_code(workbench: Workbench) -> None:
    workbench.click_lens("Explain", above="def greet(")
    lesson = workbench.lesson()
    expect(lesson.locator("h1")).to_have_text("Meet the loop")
    expect(lesson.locator("body")).to_contain_text("In the real world")
    expect(workbench.line("def greet(")).to_be_visible()
    workbench.shot("03-explanation")


def test_marks_a_wrong_line_and_names_the_mistake(
    workbench: Workbench, course: StudentFolder
) -> None:
    workbench.write(TAB, with_greet(course, mistake(course, "Keeps the blanks").code))
    expect(workbench.lens("✗ Failing")).to_be_visible()
    wrong = "return f\"Hello, {name or 'you'}"
    until(lambda: workbench.squiggle_on(wrong))
    hover = workbench.hover(workbench.line(wrong), x=120)
    expect(hover).to_contain_text('greet("   ")')
    expect(hover).to_contain_text("This behaves like: Keeps the blanks")
    expect(workbench.row("Meet the loop")).to_be_visible()
    workbench.shot("04-squiggle")


def test_shows_the_tick_when_it_is_right(workbench: Workbench, course: StudentFolder) -> None:
    step = course.course.steps["setup/greet"]
    workbench.write(TAB, str(solve_change(course, [step], step.id, course.source).texts[FILE]))
    expect(workbench.lens("✓ Passed")).to_be_visible()
    expect(workbench.page.locator(".squiggly-error")).to_have_count(0)
    expect(workbench.row("00 Setup")).to_contain_text("1/5")
    expect(workbench.page.locator(".statusbar")).to_contain_text(
        f"TinyTorch 1/{len(course.course.steps)}"
    )
    workbench.shot("05-passed")


def test_runs_a_step_from_its_lens(workbench: Workbench) -> None:
    workbench.click_lens("Next step")
    here = "def system_info("
    expect(workbench.line(here)).to_be_visible()
    workbench.click_lens("Hint 2/3", above=here)
    expect(workbench.lesson().locator(".hints")).to_contain_text("Hint 2 of 3")
    expect(workbench.lens("Hint 3/3")).to_be_visible()
    toasts = workbench.page.locator(".notifications-toasts")
    workbench.click_lens("Run step test", above=here)
    expect(toasts).to_contain_text("“Look at the machine” is not written yet")
    workbench.shot("06-hint")
    workbench.command("Notifications: Clear All Notifications")


def test_debugs_up_to_the_failing_expectation(workbench: Workbench, course: StudentFolder) -> None:
    workbench.write(TAB, with_greet(course, mistake(course, "Forgets the empty name").code))
    expect(workbench.lens("✗ Failing")).to_be_visible()
    workbench.click_lens("Debug step", above="def greet(")
    stop = workbench.page.locator(".debug-top-stack-frame-line")
    expect(stop.first).to_be_visible()
    expect(workbench.page.locator(".debug-toolbar")).to_be_visible()
    expect(workbench.tab("environment.py")).to_be_visible()
    workbench.shot("07-debug-first-statement")
    workbench.command("Remove All Breakpoints")
    breakpoints = workbench.page.locator(".debug-breakpoints .monaco-list-row")
    expect(breakpoints.filter(has_text="environment.py")).to_have_count(0)
    workbench.page.locator(".monaco-editor.focused").wait_for()
    workbench.page.keyboard.press("F5")
    expect(workbench.page.locator(".exception-widget")).to_be_visible()
    expect(stop.first).to_be_visible()
    until(lambda: 'greet(" ") gave \'Hello, !' in workbench.exception())
    workbench.shot("08-debug-expectation")
    workbench.command("Debug: Stop")
    expect(workbench.page.locator(".debug-toolbar:visible")).to_have_count(0)
    expect(workbench.tab(TAB)).to_be_visible()
    expect(workbench.row("Meet the loop")).to_be_visible()
    workbench.page.locator(".monaco-editor.focused").wait_for()  # the last that is given back


def test_a_terminal_finds_the_command_of_the_course(
    workbench: Workbench, course: StudentFolder
) -> None:
    found = course.root / "found.txt"
    workbench.command("Terminal: Create New Terminal")
    terminal = workbench.page.locator(".terminal.xterm textarea").first
    terminal.wait_for()
    terminal.focus()
    workbench.page.keyboard.type("command -v tinytorch > found.txt\n")
    workbench.shot("24-terminal")
    until(lambda: found.is_file() and found.read_text(encoding="utf-8"))
    assert Path(found.read_text(encoding="utf-8").strip()).parent == Path(sys.executable).parent
    workbench.close_panel()


def test_resets_and_undoes(workbench: Workbench, course: StudentFolder) -> None:
    workbench.take("Meet the loop")
    expect(workbench.tab("environment.py")).to_be_visible()
    workbench.command("TinyTorch: Reset step to its TODO")
    expect(workbench.line("TODO: Meet the loop.")).to_be_visible()
    until(lambda: "greet is yours to write" in course.source(FILE))
    expect(workbench.line("STEP-BY-STEP IMPLEMENTATION:")).to_be_visible()
    expect(workbench.line("Drop the blanks around")).to_have_count(0)  # it is folded
    workbench.shot("09-reset")
    workbench.command("TinyTorch: Undo the last reset or solution")
    until(lambda: "{name.strip()}!" in course.source(FILE))
    expect(workbench.lens("✗ Failing")).to_be_visible()


def test_an_endless_loop_ends_and_hover_answers_meanwhile(
    workbench: Workbench, course: StudentFolder
) -> None:
    loop = "def greet(name):\n    while True:\n        name = name\n"
    workbench.write(TAB, with_greet(course, loop))
    expect(workbench.lens("… Running")).to_be_visible()
    hover = workbench.hover(workbench.line("def greet("), x=45)
    expect(hover).to_contain_text("Step by step")
    expect(workbench.lens("… Running").first).to_be_visible()
    expect(workbench.lesson().locator(".late")).to_have_text(
        "It is stopped after 10 s of computing."
    )
    workbench.shot("10-endless-loop")
    expect(workbench.lens("✗ Failing")).to_be_visible()
    hover = workbench.hover(workbench.line("def greet("), x=45)
    expect(hover).to_contain_text("had not come out of the loop")
    workbench.shot("11-time-limit")


def test_a_syntax_error_keeps_the_lenses(workbench: Workbench, course: StudentFolder) -> None:
    source = course.source(FILE).replace("while True:", "while True(:")
    workbench.write(TAB, source)
    until(lambda: workbench.page.locator(".squiggly-error").count() > 0)
    until(lambda: workbench.lens_above("Run step test", "def greet("))
    workbench.shot("12-syntax-error")


def test_a_picture_drawn_by_the_students_code(workbench: Workbench) -> None:
    workbench.expand("02 Activations")
    workbench.take("ReLU keeps what is positive")
    expect(workbench.tab("activations.py")).to_be_visible()
    workbench.command("TinyTorch: Show the solution of a step")
    expect(workbench.lens("✓ Passed")).to_be_visible()
    workbench.click_lens("Explain", above="def relu(")
    lesson = workbench.lesson()
    expect(lesson.locator("h1")).to_have_text("ReLU keeps what is positive")
    picture = lesson.locator("img").last
    picture.scroll_into_view_if_needed()
    until(lambda: picture.evaluate("image => image.naturalWidth > 100"))
    workbench.shot("13-picture")
