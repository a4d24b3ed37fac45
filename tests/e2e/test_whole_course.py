"""Every module of the course in the workbench, to its last tick: the first step with a mistake,
then as it should be, then the rest, file by file.

`TINYTORCH_MODULES=dataloader,autograd` takes these modules only, every step of them with a mistake
first, and keeps pictures of each as it fails and as it passes.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from itertools import groupby, zip_longest
from pathlib import Path

from playwright.sync_api import Locator, expect

from tinytorch_ls.course.model import Step
from tinytorch_ls.feedback.mistakes import mistaken
from tinytorch_ls.workspace.changes import solve, solve_change
from tinytorch_ls.workspace.folder import StudentFolder
from workbench import Workbench, until

ONLY = [name for name in os.environ.get("TINYTORCH_MODULES", "").split(",") if name]
_VERDICTS = 180.0  # s: of a module with its trainings and its machine code, on a busy machine


def test_a_student_takes_every_module(
    workbench: Workbench, course: StudentFolder, tmp_path: Path
) -> None:
    workbench.resize(1360, 1400)  # all rows of the tree
    expect(workbench.lesson().locator("h1")).to_be_visible()  # the welcome has come to its end
    taken = [module for module in course.course.modules if not ONLY or module.id in ONLY]
    used = {course.course.module_of(file).id for module in taken for file in module.uses}
    for module in course.course.modules:
        if module.id in used and module not in taken:
            solve(course, [step for step in module.steps if step.symbols], module.id)
    for module in taken:
        title = f"{module.number:02} {module.title}"
        workbench.expand(title)
        go_to(workbench, module.steps[0], Path(module.files[0]).name)
        written = [step for step in module.steps if step.symbols]
        tried = written if ONLY else written[:1]
        take(workbench, course, tried, tmp_path)
        solve_rest(workbench, course, written[len(tried) :])
        for step in module.steps:
            until(state(workbench, step, "passed").is_visible, _VERDICTS)
        said = f"{module.title}: every step passes."
        expect(workbench.page.locator(".notifications-toasts")).to_contain_text(said)
        total = len(module.steps)
        expect(workbench.row(title)).to_contain_text(f"{total}/{total}")
        if not module.steps[-1].symbols:  # its lens stands at the head of the file
            workbench.take(module.steps[-1].title)
            expect(workbench.lens(f"✓ Passed: {module.steps[-1].title}")).to_be_visible()
        expect(workbench.lesson().locator("h1")).to_be_visible()
        workbench.shot(f"30-module-{module.id}")
        workbench.fold(title)  # so that the next one is on the screen
    if not ONLY:  # what they run on may itself wait for what is not there
        steps = len(course.course.steps)
        expect(workbench.page.locator(".statusbar")).to_contain_text(f"TinyTorch {steps}/{steps}")


def take(workbench: Workbench, course: StudentFolder, steps: Sequence[Step], place: Path) -> None:
    """Write each step as its first recorded mistake and see it fail; write it right, see it pass.

    One save has the right code of a step and the mistake of the next one, if they share a file.
    """
    waiting: list[Step] = []  # whose right code comes with the next save
    for step, following in zip_longest(steps, steps[1:]):
        file = step.symbols[0].file
        solved = str(solve_change(course, [*waiting, step], step.id, course.source).texts[file])
        copy = place / file
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(solved, encoding="utf-8")
        tab = Path(file).name
        if not workbench.tab(tab).is_visible():  # the first step of another file of a package
            go_to(workbench, step, tab)
        workbench.write(tab, mistaken(step, step.mistakes[0], place)[file])
        see(workbench, waiting, "passed")
        see(workbench, [step], "failing")
        waiting = [step]
        if following is None or following.symbols[0].file != file:
            workbench.write(tab, solved)
            see(workbench, waiting, "passed")
            waiting = []


def solve_rest(workbench: Workbench, course: StudentFolder, steps: Sequence[Step]) -> None:
    """Write these steps right, those of a file at once."""
    for file, own in groupby(steps, lambda step: step.symbols[0].file):
        first, *others = own
        go_to(workbench, first, Path(file).name)
        change = solve_change(course, [first, *others], first.id, course.source)
        workbench.write(Path(file).name, str(change.texts[file]))


def see(workbench: Workbench, steps: Sequence[Step], word: str) -> None:
    """Wait until these steps are in a state."""
    for step in steps:
        until(state(workbench, step, word).is_visible)
        if ONLY:  # where few are taken
            shot(workbench, step, word)


def go_to(workbench: Workbench, step: Step, tab: str) -> None:
    """Click a step; its lesson comes last, when the cursor stands in its code."""
    workbench.take(step.title, workbench.tab(tab))
    expect(workbench.lesson().locator("h1")).to_have_text(step.title)


def shot(workbench: Workbench, step: Step, word: str) -> None:
    """Keep what the student sees of a step and is told of it."""
    workbench.take(step.title)  # brings its function and its lesson on the screen
    expect(workbench.lens(word.capitalize())).to_be_visible()
    if word == "failing":
        until(lambda: step.mistakes[0].title in told(workbench))
    workbench.shot(f"30-{step.id.replace('/', '-')}-{word}")


def told(workbench: Workbench) -> str:
    """What the hover on the marked line says."""
    workbench.leave_hover()
    place = workbench.page.locator(".squiggly-error").first.bounding_box()
    if not place:
        return ""
    workbench.page.mouse.move(place["x"] + 20, place["y"] + 8)
    hover = workbench.page.locator(".monaco-hover:not(.hidden)").first
    expect(hover).to_be_visible()
    return hover.inner_text().replace("\xa0", " ").replace("\n", " ")


def state(workbench: Workbench, step: Step, word: str) -> Locator:
    """The row of a step in the tree, as a screen reader has it, once it is in that state."""
    name = re.compile(rf"^{re.escape(step.title)}, {word}", re.IGNORECASE)
    return workbench.page.get_by_role("treeitem", name=name)
