"""Tests the steps of a student's folder: runs them, names the mistake, remembers the state."""

from __future__ import annotations

import ast
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from itertools import groupby

from tinytorch_ls.course.model import Module, Step
from tinytorch_ls.course.symbols import definitions, parse
from tinytorch_ls.feedback.judge import judge
from tinytorch_ls.feedback.mistakes import MistakeBook
from tinytorch_ls.feedback.verdict import Verdict
from tinytorch_ls.runner.client import Runner, RunRequest
from tinytorch_ls.workspace.folder import StudentFolder
from tinytorch_ls.workspace.transplant import symbol_digest


class Tester:
    """Runs steps on the student's code."""

    __test__ = False

    def __init__(self, folder: StudentFolder, runner: Runner) -> None:
        self.folder = folder
        self.runner = runner
        self.mistakes = MistakeBook(folder.course, runner)

    async def test(self, steps: Iterable[Step]) -> AsyncGenerator[Verdict, None]:
        """Run the steps and yield each verdict; the folder's progress notes it, unsaved.

        Where a file of the module is not there, the library's would be tested in its place, so its
        steps are not run: they are still to do.
        """
        for module, group in groupby(steps, key=lambda step: step.module_id):
            ids = tuple(step.id for step in group)
            if self.folder.complete(self.folder.course.module(module)):
                request = RunRequest(module, ids, root=self.folder.root)
                async with aclosing(self._run(request)) as verdicts:
                    async for verdict in verdicts:
                        yield verdict
            else:
                for step_id in ids:
                    self.folder.progress.tested(step_id, "todo", "")
                    yield Verdict(step_id, "todo")

    async def _run(self, request: RunRequest) -> AsyncGenerator[Verdict, None]:
        async with aclosing(self.runner.run(request)) as runs:
            async for run in runs:
                step = self.folder.course.steps[run.step]
                digest = self.folder.digest(step)
                mistake = None if run.passed else await self.mistakes.named(run)
                tests = self.folder.course.module(step.module_id).tests
                verdict = judge(step, run, self.folder.root, tests, mistake)
                self.folder.progress.tested(step.id, verdict.state, digest)
                yield verdict


def steps_to_run(module: Module, file: str, old: str | None, new: str) -> list[Step]:
    """The steps whose symbols a save changed, then those after the first of them in the module.

    Where more of the file changed, such as a helper, all other steps follow. `old` is the text of
    the last save, None if there was none. Raises SyntaxError where `new` can't be read.
    """
    definitions(new)
    if old is None or not _readable(old):
        return list(module.steps)
    names = [s.name for step in module.steps for s in step.symbols if s.file == file]
    differing = {name for name in names if symbol_digest(old, name) != symbol_digest(new, name)}
    changed = [
        step
        for step in module.steps
        if any(s.file == file and s.name in differing for s in step.symbols)
    ]
    if _rest(old, names) != _rest(new, names):
        after = module.steps
    else:
        after = module.steps[module.steps.index(changed[0]) :] if changed else ()
    return changed + [step for step in after if step not in changed]


def _readable(source: str) -> bool:
    try:
        definitions(source)
    except SyntaxError:
        return False
    return True


def _rest(source: str, names: Iterable[str]) -> str:
    """What a text means to Python without the definitions of these names."""
    found = definitions(source)
    places = {found[name].whole for name in names if name in found}
    for place in sorted(places, key=lambda span: span.start, reverse=True):
        source = f"{source[: place.start.offset]}pass{source[place.end.offset :]}"
    try:
        return ast.dump(parse(source))
    except (RecursionError, SyntaxError):
        return source
