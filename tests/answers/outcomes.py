"""Judges the answers of the corpus as a student's: in a folder of their own, two at once.

Where all is right it is enough to know that, so right answers are tried together: one of each step.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from corpus import Answer

from tinytorch_ls.course.locate import curriculum_folder
from tinytorch_ls.course.read import read_course
from tinytorch_ls.feedback.blame import Code
from tinytorch_ls.feedback.judge import judge
from tinytorch_ls.feedback.mistakes import MistakeBook
from tinytorch_ls.feedback.verdict import Verdict
from tinytorch_ls.runner.client import Runner, RunRequest
from tinytorch_ls.runner.job import Replacement
from tinytorch_ls.runner.report import Observation, StepRun

_Piece = TypeVar("_Piece")
_Result = TypeVar("_Result")
_AT_ONCE = 2
_PACKAGE = "from pkgutil import extend_path\n\n__path__ = extend_path(__path__, __name__)\n"


@dataclass(frozen=True)
class Outcome:
    """What a student is told of one answer."""

    answer: Answer
    run: StepRun
    verdict: Verdict
    outside: bool  # whether a mark stands elsewhere than in the step's own functions
    doubtful: bool = False  # whether it is named otherwise where it is tested with other inputs

    @property
    def caught(self) -> bool:
        return self.verdict.state == "failing"

    @property
    def name(self) -> str:
        """The mistake or the fact that is named; another kind of value, dtype... is a headline."""
        failure = self.verdict.failure
        if failure is None:
            return ""
        test = next((test for test in self.run.tests if test.name == failure.test), None)
        # None: an answer without end was stopped, and its test has no report
        strays = test and not test.raised and test.observations and test.observations[-1].deviation
        return self.called or (failure.headline if strays else "")

    @property
    def called(self) -> str:
        """What it is said to behave like, which may be untrue; a headline tells what was seen."""
        failure = self.verdict.failure
        return (failure.mistake or failure.fact) if failure else ""


class Desk:
    """Where one answer after the other is laid over the library."""

    def __init__(self, runner: Runner, book: MistakeBook, other: MistakeBook, root: Path) -> None:
        self.runner = runner
        self.book = book
        self.other = other  # of another seed, and so of other inputs
        self.root = root
        (root / "tinytorch").mkdir()
        (root / "tinytorch/__init__.py").write_text(_PACKAGE, encoding="utf-8")

    async def passing(self, answers: Sequence[Answer]) -> list[Answer]:
        """Those of the answers, each to another step of a module, that pass beside the others."""
        steps = {answer.step: answer for answer in answers}
        runs = await self._run(answers)
        return [steps[run.step] for run in runs if run.passed]

    async def unnoticed(self, answers: Sequence[Answer]) -> list[Answer]:
        """Those of the answers to one step that don't fail: a fork is enough to know it of most."""
        step = self.book.course.steps[answers[0].step]
        meant = {answer: answer.functions(step) for answer in answers}
        single = [answer for answer in answers if len(meant[answer]) == 1]
        variants = [
            (Replacement(symbol.file, symbol.name, answer.code),)
            for answer in single
            for symbol in meant[answer]
        ]
        request = RunRequest(step.module_id, (step.id,), brief=True)
        told = await self.runner.variants(request, variants)
        noticed = {answer for answer, passes in zip(single, told, strict=True) if passes is False}
        left = [answer for answer in answers if answer not in noticed]
        return [answer for answer in left if not await self._fails(answer)]

    async def _fails(self, answer: Answer) -> bool:
        """Whether the tests notice an answer: not where they could not be run."""
        (run,) = await self._run([answer])
        return not (run.passed or run.not_run)

    async def judge(self, answer: Answer) -> Outcome:
        return await self._judge(answer, self.book)

    async def judge_twice(self, answer: Answer) -> Outcome:
        """What comes of an answer; a name that other inputs do not give too is doubtful."""
        outcome = await self.judge(answer)
        if not (outcome.caught and outcome.called and await self._draws(answer.step)):
            return outcome
        again = await self._judge(answer, self.other)
        return replace(outcome, doubtful=again.caught and again.called != outcome.called)

    async def _judge(self, answer: Answer, book: MistakeBook) -> Outcome:
        step = book.course.steps[answer.step]
        module = book.course.module(step.module_id)
        (run,) = await self._run([answer], book.seed)
        verdict = judge(step, run, self.root, module.tests, await book.names(run, self.root))
        code = Code(self.root, step)
        outside = any(not mark.where or not code.symbol_at(mark.where) for mark in verdict.marks)
        return Outcome(answer, run, verdict, outside)

    async def _draws(self, step: str) -> bool:
        """Whether the tests of a step have other inputs under another seed."""
        module = step.partition("/")[0]
        known = [
            (await self.runner.surveyed(module, (step,), seed))[step].run
            for seed in (self.book.seed, self.other.seed)
        ]
        first, second = ([(repr(o.value), o.inputs) for o in _seen(run)] for run in known)
        return first != second

    async def _run(self, answers: Sequence[Answer], seed: int = 0) -> list[StepRun]:
        """The runs of the answers to a module's steps, all laid over its files."""
        course = self.book.course
        module = course.module(course.steps[answers[0].step].module_id)
        texts = {file: (self.runner.library / file).read_text("utf-8") for file in module.files}
        for answer in answers:
            answer.put_into(texts, course.steps[answer.step])
        for file, text in texts.items():
            (self.root / file).parent.mkdir(exist_ok=True)  # of a package
            (self.root / file).write_text(text, encoding="utf-8")
        steps = tuple(answer.step for answer in answers)
        request = RunRequest(module.id, steps, root=self.root, seed=seed, conditions=True)
        last = {run.step: run async for run in self.runner.run(request)}
        return list(last.values())


def _seen(run: StepRun) -> list[Observation]:
    return [observation for test in run.tests for observation in test.observations]


async def outcomes(found: Iterable[Answer]) -> list[Outcome]:
    """What comes of each answer, in their order."""
    return await _at_desks(found, Desk.judge)


async def missed(found: Iterable[Answer]) -> list[Answer]:
    """Those wrong answers that don't fail."""
    steps: defaultdict[str, list[Answer]] = defaultdict(list)
    for answer in found:
        steps[answer.step].append(answer)
    return [answer for own in await _at_desks(steps.values(), Desk.unnoticed) for answer in own]


async def doubted(found: Iterable[Answer]) -> list[Outcome]:
    """The same; a name is doubted that the answer does not have with other inputs too."""
    return await _at_desks(found, Desk.judge_twice)


async def refused(found: Sequence[Answer]) -> list[Outcome]:
    """What comes of those right answers that don't pass."""
    passing = await _at_desks(_beside_one_another(found), Desk.passing)
    left = set(found).difference(*passing)
    judged = await outcomes(answer for answer in found if answer in left)
    return [outcome for outcome in judged if outcome.verdict.state != "passed"]


def _beside_one_another(found: Iterable[Answer]) -> list[list[Answer]]:
    """The answers to the steps of a module: the first to each, the second to each, and so on."""
    rows: defaultdict[tuple[str, int], list[Answer]] = defaultdict(list)
    seen: Counter[str] = Counter()
    for answer in found:
        seen[answer.step] += 1
        rows[answer.step.partition("/")[0], seen[answer.step]].append(answer)
    return list(rows.values())


async def _at_desks(
    pieces: Iterable[_Piece], work: Callable[[Desk, _Piece], Awaitable[_Result]]
) -> list[_Result]:
    """What the work on each piece comes to, in their order."""
    course = read_course(curriculum_folder())
    runner = Runner(course)
    book, other = MistakeBook(course, runner), MistakeBook(course, runner, seed=1)
    waiting = iter(list(enumerate(pieces)))
    done: dict[int, _Result] = {}

    async def at(root: Path) -> None:
        desk = Desk(runner, book, other, root)
        for number, piece in waiting:
            done[number] = await work(desk, piece)

    with tempfile.TemporaryDirectory() as folder:
        roots = [Path(folder, str(number)) for number in range(_AT_ONCE)]
        for root in roots:
            root.mkdir()
        try:
            await asyncio.gather(*map(at, roots))
        finally:
            await runner.close()
    return [done[number] for number in sorted(done)]
