"""Tests a student's steps: verdicts first, then whose fault a failure is, and its name."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import replace
from itertools import groupby
from types import MappingProxyType

from tinytorch_ls.course.model import Module, Step
from tinytorch_ls.course.needs import lacking
from tinytorch_ls.feedback.faults import Faults, at_import, pointing, too_early, waiting
from tinytorch_ls.feedback.judge import judge
from tinytorch_ls.feedback.likeness import Name
from tinytorch_ls.feedback.lost import file_emptied, file_missing
from tinytorch_ls.feedback.meanwhile import as_it_comes
from tinytorch_ls.feedback.mistakes import MistakeBook
from tinytorch_ls.feedback.not_run import lack_of, not_run
from tinytorch_ls.feedback.standing_in import StandIn, away, held_up, stand_ins
from tinytorch_ls.feedback.verdict import Failure, Mark, State, Verdict
from tinytorch_ls.forms.known import form_of
from tinytorch_ls.forms.refused import Refused
from tinytorch_ls.forms.texts import is_empty
from tinytorch_ls.runner.client import Runner, RunRequest
from tinytorch_ls.runner.report import Frame, StepRun
from tinytorch_ls.workspace.files import no_file
from tinytorch_ls.workspace.folder import StudentFolder
from tinytorch_ls.workspace.packages import is_part

log = logging.getLogger("tinytorch")

_NOT_JUDGED = Failure(
    "What came of this run can't be judged.",
    help="This is a fault of the course, not of your code; the output of TinyTorch has the rest. "
    "An error that your code raises with something else than text in it may be behind it.",
)


class Tester:
    """Runs steps on the student's code."""

    __test__ = False

    def __init__(self, folder: StudentFolder, runner: Runner, *, for_editor: bool = False) -> None:
        self.folder = folder
        self.for_editor = for_editor  # of steps that pass too: they are yielded once more
        self.runner = runner
        self.mistakes = MistakeBook(folder.course, runner)
        self.faults = Faults(folder, runner)
        self.endless: dict[str, tuple[Frame, ...]] = {}  # where each step did not come to an end

    async def test(
        self, steps: Iterable[Step], texts: Mapping[str, str] = MappingProxyType({})
    ) -> AsyncGenerator[Verdict, None]:
        """Run the steps and yield each verdict; the folder's progress notes it, unsaved.

        The files run as `texts` has them, else as they lie on the disk now. Those that fail are
        yielded again with what is known of them: the first step as soon as that is, since it is the
        one that was saved; the others once all steps of the module are run. Last come those that
        pass, with what a compiler makes of the kernels that they launched.
        """
        present: list[Step] = []
        standing: dict[str, dict[str, StandIn]] = {}  # by module
        for step in steps:
            if step.module_id not in standing:
                module = self.folder.course.module(step.module_id)
                standing[module.id] = stand_ins(self.folder, module, texts)
            if lack := lack_of(self.folder, step):
                yield not_run(step, lack)
            elif lost := self._lost(step, texts):
                self.folder.progress.tested(step.id, "todo", "")
                yield lost
            elif gone := away(step, standing[step.module_id]):
                self.folder.progress.tested(step.id, "failing", "")
                yield gone
            else:
                present.append(step)
        for module_id, group in groupby(present, key=lambda step: step.module_id):
            known = standing[module_id]
            laid = {**texts, **{file: each.text for file, each in known.items()}}
            async with aclosing(self._run(list(group), laid)) as verdicts:
                async for verdict in verdicts:
                    yield held_up(verdict, known, self.folder.course)

    async def prepare(self, module: Module) -> None:
        """Learn what a first save would have to wait for: the reference's values, and the mistakes
        of the step that is written next. Raises OSError."""
        if lacking(module.needs):
            return
        states = self.folder.progress
        steps = sorted(module.steps, key=lambda step: states.of(step.id).state == "passed")
        await self.runner.surveyed(module.id, [step.id for step in steps])
        following = next((s for s in steps if states.of(s.id).state != "passed"), None)
        if following:
            self.mistakes.prepare(following)

    async def _run(
        self, steps: list[Step], texts: Mapping[str, str]
    ) -> AsyncGenerator[Verdict, None]:
        module = self.folder.course.module(steps[0].module_id)
        laid = {f: text for f, text in texts.items() if f in module.files or is_part(f)}
        texts = {**self.folder.texts(module), **laid}
        by_id = {step.id: step for step in steps}
        request = RunRequest(
            module.id,
            tuple(by_id),
            root=self.folder.root,
            overlay=texts,
            conditions=True,
            bindings=self.for_editor,
            launches="counted" if self.for_editor else "",
            endless=tuple(w for s, where in self.endless.items() if s not in by_id for w in where),
        )
        failed: dict[str, tuple[StepRun, tuple[Step, ...]]] = {}
        told: dict[str, Verdict] = {}
        launched: dict[str, StepRun] = {}
        beside: set[asyncio.Task[Verdict | None]] = set()
        async with aclosing(as_it_comes(self.runner.run(request), beside)) as coming:
            async for run in coming:
                if not isinstance(run, StepRun):
                    if run:
                        yield self._noted(run, texts)
                    continue
                self.endless[run.step] = run.endless_at
                before = told.get(run.step)
                if before is None or before.state == "passed":
                    verdict, suspects = await self._first_judged(run, texts)
                elif before.state == "failing":  # told again: with the conditions that are why
                    verdict, suspects = self._judged(run), failed[run.step][1]
                else:
                    continue
                if run.launches and verdict.state == "passed":
                    launched[run.step] = run
                if verdict.state != "failing" or verdict != before:
                    yield self._noted(verdict, texts)
                told[run.step] = verdict
                if verdict.state == "failing":
                    failed[run.step] = run, suspects
                    if run.step == steps[0].id and not run.told_again:
                        explained = self._explained(run, suspects, texts)
                        beside.add(asyncio.create_task(explained))
        for run, suspects in failed.values():
            known = run.step == steps[0].id and suspects == self.faults.suspects(steps[0])
            if not known and (later := await self._explained(run, suspects, texts)):
                yield self._noted(later, texts)
        if launched and self.for_editor and not lacking(("cuda",)):
            async with aclosing(self._compiled(request, launched)) as verdicts:
                async for verdict in verdicts:
                    yield verdict

    async def _first_judged(
        self, run: StepRun, texts: Mapping[str, str]
    ) -> tuple[Verdict, tuple[Step, ...]]:
        """What is said of a run at once, and the steps because of which it may fail."""
        step, verdict = self.folder.course.steps[run.step], self._judged(run)
        if verdict.state == "passed" and (first := self._open_before(step, texts)):
            return too_early(verdict, *first, self.folder.course), ()
        if verdict.state != "failing":
            return verdict, ()
        suspects = self.faults.suspects(step)
        return await self._waiting(verdict, run, suspects, texts), suspects

    async def _compiled(
        self, request: RunRequest, launched: Mapping[str, StepRun]
    ) -> AsyncGenerator[Verdict, None]:
        """Of steps that pass what a compiler makes of the kernels that they launched."""
        again = replace(request, steps=tuple(launched), bindings=False, codes=True)
        async with aclosing(self.runner.run(again)) as coming:
            async for run in coming:
                if run.codes:
                    yield self._judged(replace(launched[run.step], codes=run.codes))

    def _open_before(self, step: Step, texts: Mapping[str, str]) -> tuple[Step, State] | None:
        """Of an integration step the first of its module before it that is not right yet.

        Its tests may not meet what is wrong there, and what it says when it passes is of them all.
        """
        if step.symbols:
            return None
        module = self.folder.course.module(step.module_id)
        stubs = set(self.folder.stubs(module, texts).values())  # what is written may be untested
        for each in module.steps[: module.steps.index(step)]:
            state = self.folder.progress.of(each.id).state
            if each.symbols and (each.id in stubs or state in ("failing", "blocked")):
                return each, "todo" if each.id in stubs else state
        return None

    async def _waiting(
        self, verdict: Verdict, run: StepRun, suspects: Sequence[Step], texts: Mapping[str, str]
    ) -> Verdict:
        """A failing verdict, or the one that the step waits for what it fails because of."""
        if suspects and (other := await self.faults.blocked_by(run, suspects, texts)):
            return waiting(verdict, other, self.folder.course)
        return verdict

    async def _explained(
        self, run: StepRun, asked: Sequence[Step], texts: Mapping[str, str]
    ) -> Verdict | None:
        """What more can be said of a failure."""
        verdict = self._judged(run)
        suspects = self.faults.suspects(self.folder.course.steps[run.step])
        if suspects != asked:  # one that was tested after this one fails
            verdict = await self._waiting(verdict, run, suspects, texts)
            if verdict.state == "blocked":
                return verdict
        if cause := await self.faults.elsewhere(run, texts):
            return pointing(verdict, cause, self.folder.course.steps[run.step])
        names = await self.mistakes.names(run, self.folder.root, texts)
        return self._judged(run, names) if names else None

    def _noted(self, verdict: Verdict, texts: Mapping[str, str]) -> Verdict:
        """A verdict, once what a run of these texts said is remembered."""
        digest = self.folder.digest(self.folder.course.steps[verdict.step], texts)
        self.folder.progress.tested(verdict.step, verdict.state, digest)
        return verdict

    def _judged(self, run: StepRun, names: Mapping[str, Name] = MappingProxyType({})) -> Verdict:
        step = self.folder.course.steps[run.step]
        course, root = self.folder.course, self.folder.root
        tests = course.module(step.module_id).tests
        try:
            verdict = judge(step, run, root, tests, names, self.folder.stub, course)
        except Exception as error:  # whatever came out of a student's process, no old tick stays
            log.error("a run of %s can't be judged", step.id, exc_info=error)
            return Verdict(step.id, "failing", (Mark(_NOT_JUDGED),), output=run.output)
        verdict = at_import(verdict, run, course, root)
        return replace(verdict, bindings=run.bindings, launches=run.launches, codes=run.codes)

    def _lost(self, step: Step, texts: Mapping[str, str]) -> Verdict | None:
        """What is said of a step one of whose files is gone or empty."""
        module = self.folder.course.module(step.module_id)
        whole = [file for file in module.files if not is_part(file)]  # one may need no part
        for file in dict.fromkeys(symbol.file for symbol in step.symbols) or whole:
            if not self.folder.path(file).is_file():  # the library's would pass for it
                return file_missing(step, module, file, no_file(self.folder.path(file)))
            with suppress(Refused):
                if is_empty(texts[file] if file in texts else self.folder.source(file)):
                    return file_emptied(step, module, file)
        return None


def steps_to_run(module: Module, file: str, old: str | None, new: str) -> list[Step]:
    """The steps whose symbols a save changed, then those after the first of them in the module.

    Where more of the file changed, such as a helper, all other steps follow. `old` is the text of
    the last save, None if there was none. Raises SyntaxError where `new` can't be read.
    """
    form = form_of(file)
    form.definitions(new)
    if old is None or form.fault_in(old):
        return list(module.steps)
    names = _names(module, file)
    changed = changed_steps(module, file, old, new)
    if form.meaning(old, names) != form.meaning(new, names):
        after = module.steps
    else:
        after = module.steps[module.steps.index(changed[0]) :] if changed else ()
    return changed + [step for step in after if step not in changed]


def changed_steps(module: Module, file: str, old: str, new: str) -> list[Step]:
    """The steps whose own symbols differ in two texts of a file. Raises SyntaxError."""
    names, digest = _names(module, file), form_of(file).symbol_digest
    differing = {name for name in names if digest(old, name) != digest(new, name)}
    return [
        step
        for step in module.steps
        if any(s.file == file and s.name in differing for s in step.symbols)
    ]


def _names(module: Module, file: str) -> tuple[str, ...]:
    """The names of all symbols that a module's steps have in a file."""
    return tuple(s.name for step in module.steps for s in step.symbols if s.file == file)
