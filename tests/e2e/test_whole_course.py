"""Every step of the course in the workbench: once with a mistake, then as it should be."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Locator, expect

from tinytorch_ls.course.model import Step
from tinytorch_ls.feedback.mistakes import mistaken
from tinytorch_ls.workspace.changes import solve_change
from tinytorch_ls.workspace.folder import StudentFolder
from workbench import Workbench


def test_a_student_takes_every_step(
    workbench: Workbench, course: StudentFolder, tmp_path: Path
) -> None:
    expect(workbench.tab("Lesson.md")).to_be_visible()  # the welcome has come to its end
    for module in course.course.modules:
        title = f"{module.number:02} {module.title}"
        workbench.expand(title)
        workbench.row(module.steps[0].title).click()
        expect(workbench.tab(Path(module.files[0]).name)).to_be_visible()
        for step in module.steps:
            if step.symbols:
                take(workbench, course, step, tmp_path)
        for step in module.steps:
            expect(state(workbench, step, "passed")).to_be_visible()
        said = f"{module.title}: every step passes."
        expect(workbench.page.locator(".notifications-toasts")).to_contain_text(said)
        total = len(module.steps)
        expect(workbench.row(title)).to_contain_text(f"{total}/{total}")
        expect(workbench.lens(f"✓ Passed: {module.steps[-1].title}")).to_be_visible()
        expect(workbench.lesson().locator("h1")).to_be_visible()
        workbench.shot(f"30-module-{module.id}")
        workbench.row(title).click()  # folds it, so that the next one is on the screen
    steps = len(course.course.steps)
    expect(workbench.page.locator(".statusbar")).to_contain_text(f"TinyTorch {steps}/{steps}")


def take(workbench: Workbench, course: StudentFolder, step: Step, place: Path) -> None:
    """Write a step as its first recorded mistake, see it fail; write it right, see it pass."""
    file = step.symbols[0].file
    solved = str(solve_change(course, [step], step.id, course.source).texts[file])
    copy = place / file
    copy.parent.mkdir(parents=True, exist_ok=True)
    copy.write_text(solved, encoding="utf-8")
    tab = Path(file).name
    workbench.write(tab, mistaken(step, step.mistakes[0], place)[file])
    expect(state(workbench, step, "failing")).to_be_visible()
    workbench.write(tab, solved)
    expect(state(workbench, step, "passed")).to_be_visible()


def state(workbench: Workbench, step: Step, word: str) -> Locator:
    """The row of a step in the tree, as a screen reader has it, once it is in that state."""
    name = re.compile(rf"^{re.escape(step.title)}, {word}", re.IGNORECASE)
    return workbench.page.get_by_role("treeitem", name=name)
