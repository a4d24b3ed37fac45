"""Tests the steps of a student's folder: runs them, names the mistake, remembers the state."""

from __future__ import annotations

import ast
from collections.abc import AsyncIterator, Iterable
from itertools import groupby

from tinytorch_ls.course.model import Module, Step
from tinytorch_ls.course.symbols import parse
from tinytorch_ls.feedback.judge import file_missing, judge
from tinytorch_ls.feedback.mistakes import MistakeBook
from tinytorch_ls.feedback.verdict import Verdict
from tinytorch_ls.runner.client import Runner, RunRequest
from tinytorch_ls.workspace.folder import StudentFolder
from tinytorch_ls.workspace.transplant import symbol_digest


class Tester:
    """Runs steps on the student's code."""

    def __init__(self, folder: StudentFolder, runner: Runner) -> None:
        self.folder = folder
        self.runner = runner
        self.mistakes = MistakeBook(folder.course, runner)

    async def test(self, steps: Iterable[Step]) -> AsyncIterator[Verdict]:
        """Run the steps and yield each verdict; the folder's progress notes it, unsaved."""
        present: list[Step] = []
        for step in steps:
            if missing := self._missing_file(step):
                self.folder.progress.tested(step.id, "todo", "")
                yield file_missing(step, missing)
            else:
                present.append(step)
        for module, group in groupby(present, key=lambda step: step.module_id):
            ids = tuple(step.id for step in group)
            known = {id: self.folder.course.steps[id] for id in ids}
            digests = {id: self.folder.digest(step) for id, step in known.items()}
            request = RunRequest(module, ids, root=self.folder.root)
            async for run in self.runner.run(request):
                step = known[run.step]
                mistake = None if run.passed else await self.mistakes.named(run)
                verdict = judge(step, run, self.folder.root, mistake)
                self.folder.progress.tested(step.id, verdict.state, digests[step.id])
                yield verdict

    def _missing_file(self, step: Step) -> str | None:
        """A file of the step that the student does not have: the library's would pass for it."""
        files = [symbol.file for symbol in step.symbols]
        files = files or list(self.folder.course.module(step.module_id).files)
        return next((file for file in files if not self.folder.path(file).is_file()), None)


def steps_to_run(module: Module, file: str, old: str | None, new: str) -> list[Step]:
    """The steps whose symbols a save changed, then those after the first of them in the module.

    `old` is the text of the last save, None if there was none. Raises SyntaxError.
    """
    changed: list[Step] = []
    for step in module.steps:
        names = [symbol.name for symbol in step.symbols if symbol.file == file]
        if any(old is None or _differs(old, new, name) for name in names):
            changed.append(step)
    if not changed:
        return [] if old is not None and _same_rest(old, new) else list(module.steps)
    after = module.steps[module.steps.index(changed[0]) :]
    return changed + [step for step in after if step not in changed]


def _differs(old: str, new: str, name: str) -> bool:
    try:
        return symbol_digest(old, name) != symbol_digest(new, name)
    except SyntaxError:
        return True


def _same_rest(old: str, new: str) -> bool:
    """Whether two texts mean the same to Python, comments aside."""
    try:
        return ast.dump(parse(old)) == ast.dump(parse(new))
    except SyntaxError:
        return False
