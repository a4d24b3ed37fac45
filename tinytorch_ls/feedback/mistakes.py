"""Names what a student's functions behave like: a recorded mistake, another function, a fact."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import MappingProxyType

from tinytorch_ls.course.model import Course, Mistake, Step
from tinytorch_ls.feedback.advice import error_name
from tinytorch_ls.feedback.blame import Code, plain_code
from tinytorch_ls.feedback.judge import failed_tests
from tinytorch_ls.feedback.likeness import EXAMPLE_ANSWER, RAISES, Name, likeness
from tinytorch_ls.feedback.siblings import siblings
from tinytorch_ls.feedback.unsteady import ANYWHERE, STEADY, Unsteady, kind_of, unsteady
from tinytorch_ls.feedback.wrong_runs import wrong_runs
from tinytorch_ls.forms.known import form_of
from tinytorch_ls.forms.refused import Refused
from tinytorch_ls.runner.alike import alike as alike_values
from tinytorch_ls.runner.client import Runner, RunRequest
from tinytorch_ls.runner.report import EXAMPLE, IMPORT, Frame, Observation, Raised, StepRun, TestRun
from tinytorch_ls.runner.values import ArrayValue, RaisedValue, SequenceValue, TensorValue, Text


@dataclass(frozen=True)
class WrongRun:
    """What the tests see of a wrong answer in the reference."""

    mistake: Mistake
    symbols: frozenset[str]  # that it defines
    run: StepRun
    texts: Mapping[str, str]  # the library's files with it, by their path below the root
    again: Unsteady | None = None  # what another run of it had otherwise; None: not asked yet
    recorded: bool = True  # by an author; else it is another function of the library

    def is_like(self, run: StepRun, function: str, own: Unsteady) -> bool:
        """Whether the tests of a function can't tell a run from this one, and none passes it alone.

        `own` is what is otherwise in another run of the same code: there, if it is so here too,
        the values say nothing.
        """
        loose = (self.again or STEADY) & own
        aside = frozenset[str]() if self.recorded else _of_other_errors(self.run)
        ours, theirs = _without(run, aside), _without(self.run, aside)
        return alike(ours, theirs, function, loose) and not _says_more(theirs, ours)

    def holds(self, frame: Frame) -> bool:
        """Whether a frame stands in a file that the wrong answer is in."""
        return any(Path(frame.file).match(file) for file in self.texts)

    def line(self, frame: Frame) -> str:
        """The code at a frame of its run, without what does not matter."""
        text = next((self.texts[f] for f in self.texts if Path(frame.file).match(f)), "")
        return plain_code(text, frame)


class MistakeBook:
    """What the tests see of each wrong answer that is known: run once, then remembered."""

    def __init__(self, course: Course, runner: Runner, seed: int = 0) -> None:
        self.course = course
        self.runner = runner
        self.seed = seed  # of the runs that are named
        self.runs: dict[tuple[str, bool], asyncio.Task[list[WrongRun]]] = {}

    async def names(
        self, run: StepRun, root: Path, texts: Mapping[str, str] = MappingProxyType({})
    ) -> dict[str, Name]:
        """What the step's functions that fail behave like, where it is one thing.

        `texts` are those of the student's files that were laid over the disk's for this run.
        """
        if run.passed or run.limit:
            return {}
        step = self.course.steps[run.step]
        code = Code(root, step, self.course.library)
        failed = failed_tests(code, run)
        if any(test.name == IMPORT for test in run.tests):  # none of the wrong answers was reached
            return _likenesses(code, run, failed)
        found: dict[str, Name] = {}
        for recorded in (True, False):
            left = {name: tests for name, tests in failed.items() if name not in found}
            if not recorded:  # of what another function *gives*, an error says nothing
                left = {name: tests for name, tests in left.items() if not tests[0].raised}
            if left:
                wrong = await self._wrong_runs(step, recorded)
                own = STEADY
                if recorded:
                    own = await self._unsteady(run, self._request(step, texts, root), wrong)
                found.update(_matches(code, run, left, wrong, own))
        return _likenesses(code, run, failed) | found

    def prepare(self, step: Step) -> None:
        """Run the step's recorded mistakes now, so that a later `names` has them ready."""
        self._task(step, recorded=True)

    def _task(self, step: Step, *, recorded: bool) -> asyncio.Task[list[WrongRun]]:
        key = (step.id, recorded)
        if key not in self.runs:
            module = self.course.module(step.module_id)
            known = step.mistakes if recorded else siblings(module, step, self.runner.library)
            runs = self._run_all(step, tuple(known), recorded=recorded)
            self.runs[key] = asyncio.create_task(runs)
        return self.runs[key]

    async def _wrong_runs(self, step: Step, recorded: bool) -> list[WrongRun]:
        try:
            return await asyncio.shield(self._task(step, recorded=recorded))
        except OSError:
            self.runs.pop((step.id, recorded), None)
            return []

    async def _unsteady(self, run: StepRun, request: RunRequest, wrong: list[WrongRun]) -> Unsteady:
        """What is otherwise in another run of the student's code, where a wrong answer asks for it.

        A wrong answer that `run` could be, but for its values, is run a second time, and that once.
        Where it has other values then, the student's code is run a second time too.
        """
        step, asked = self.course.steps[run.step], False
        for place, each in enumerate(wrong):
            if not any(only_loosely_alike(run, each.run, name) for name in ("", *each.symbols)):
                continue
            if each.again is None:
                found = await self._again(self._request(step, each.texts), each.run)
                wrong[place] = each = replace(each, again=found)
            asked = asked or each.again != STEADY
        return await self._again(request, run) if asked else STEADY

    async def _again(self, request: RunRequest, first: StepRun) -> Unsteady:
        """What is otherwise in another run."""
        with suppress(OSError):
            async for run in self.runner.run(request):
                return unsteady(first, run)
        return STEADY

    def _request(
        self, step: Step, overlay: Mapping[str, str], root: Path | None = None
    ) -> RunRequest:
        return RunRequest(
            step.module_id, (step.id,), root=root, overlay=overlay, seed=self.seed, watched=False
        )

    async def _run_all(
        self, step: Step, mistakes: Sequence[Mistake], *, recorded: bool
    ) -> list[WrongRun]:
        texts: list[tuple[Mistake, Mapping[str, str]]] = []
        for mistake in mistakes:
            with suppress(Refused, SyntaxError):  # `check` tells the author
                texts.append((mistake, mistaken(step, mistake, self.runner.library)))
            await asyncio.sleep(0)  # a text takes its time: others have their turn between two

        async def whole(overlay: Mapping[str, str]) -> StepRun:
            runs = [run async for run in self.runner.run(self._request(step, overlay))]
            if not runs:
                raise OSError("the runner was closed")
            return runs[0]

        forked = partial(self.runner.variant_runs, self._request(step, {}))
        answers = [overlay for _, overlay in texts]
        runs = await wrong_runs(step, answers, self.runner.library, forked, whole)
        return [
            WrongRun(mistake, frozenset(_defined(step, mistake)), run, overlay, recorded=recorded)
            for (mistake, overlay), run in zip(texts, runs, strict=True)
        ]


def _of_other_errors(run: StepRun) -> frozenset[str]:
    """The tests that met an error in place of the one that they want: another function's has
    another name in its words, and says nothing of what it gives."""
    return frozenset(
        test.name
        for test in run.tests
        if test.observations
        and not test.observations[-1].passed
        and isinstance(test.observations[-1].value, RaisedValue)
    )


def _without(run: StepRun, aside: Collection[str]) -> StepRun:
    return replace(run, tests=tuple(test for test in run.tests if test.name not in aside))


def _says_more(wrong: StepRun, run: StepRun) -> bool:
    """Whether a wrong answer fails where a run passes: it may be of several functions."""
    pairs = zip(run.tests, wrong.tests, strict=False)
    return any(ours.passed and not theirs.passed for ours, theirs in pairs)


def only_loosely_alike(run: StepRun, wrong: StepRun, function: str = "") -> bool:
    """Whether two runs differ in their values or an error's words, and in nothing else."""
    loosely = alike(run, wrong, function, ANYWHERE)
    return loosely and not alike(run, wrong, function)


def _matches(
    code: Code,
    run: StepRun,
    failed: Mapping[str, list[TestRun]],
    wrong: Sequence[WrongRun],
    own: Unsteady,
) -> dict[str, Name]:
    """For each function the wrong answer that its tests can't tell from the student's."""
    found: dict[str, Name] = {}
    for function in failed:
        about = [each for each in wrong if not function or function in each.symbols]
        matching = [each for each in about if each.is_like(run, function, own)]
        if len(matching) == 1 and _same_lines(code, run, matching[0]):
            mistake = matching[0].mistake
            found[function] = Name(mistake.title, mistake.feedback)
    return found


def _same_lines(code: Code, run: StepRun, wrong: WrongRun) -> bool:
    """Whether each error that both met comes from code that reads the same in both."""
    for ours, theirs in zip(run.tests, wrong.run.tests, strict=False):
        if ours.raised and theirs.raised and _has_place(ours.raised):
            one = next((f for f in reversed(ours.raised.frames) if code.symbol_at(f)), None)
            named = [f for f in theirs.raised.frames if one and f.function == one.function]
            other = [frame for frame in named if wrong.holds(frame)]
            if one and (not other or code.line(one) != wrong.line(other[-1])):
                return False
    return True


def _has_place(error: Raised) -> bool:
    """Whether it means something on which line an error came. Where nesting ends is chance."""
    return not (error.unwritten or error.fault or error.type == "RecursionError")


def _likenesses(code: Code, run: StepRun, failed: Mapping[str, list[TestRun]]) -> dict[str, Name]:
    """What the errors and the wrong values say by themselves."""
    found: dict[str, Name] = {}
    for function, tests in failed.items():
        unmet = [test.observations[-1] for test in tests if not test.raised]
        if error := tests[0].raised:
            name = None if error.syntax_error else _of_error(code, error)
        elif _repeats(run, unmet):
            name = EXAMPLE_ANSWER
        else:
            name = likeness(unmet, function, silent=code.gives_nothing())
        if name and name.title:
            found[function] = name
    return found


def _of_error(code: Code, error: Raised) -> Name:
    if error.fault:
        return Name("", "", kind="fact")  # the fault says it
    own = error.frames and code.symbol_at(error.frames[-1])
    if error.by_hand and own and error.type != "NotImplementedError":
        return RAISES
    if found := code.slip(error):
        return Name(found.title, found.help, kind="fact")
    inside, silent = code.met(error), code.gives_nothing()
    return Name(*error_name(error, in_student_code=inside, silent=silent), kind="fact")


def _repeats(run: StepRun, unmet: Sequence[Observation]) -> bool:
    """Whether every wrong value is one that the example had, rightly."""
    several = len({each.got for each in unmet}) < len({each.wanted for each in unmet})
    examples = [o for test in run.tests if test.name == EXAMPLE for o in test.observations]
    return several and all(
        isinstance(wrong.value, Text | TensorValue | ArrayValue | SequenceValue)
        and any(each.passed and alike_values(wrong.value, each.value) for each in examples)
        for wrong in unmet
    )


def mistaken(step: Step, mistake: Mistake, library: Path) -> dict[str, str]:
    """The library's files with a mistake's definitions in place of the right ones. Refused.

    The checks that a student is given stand before a mistake too.
    """
    texts: dict[str, str] = {}
    defined = _defined(step, mistake)
    for symbol in step.symbols:
        if symbol.name in defined:
            reference = (library / symbol.file).read_text(encoding="utf-8")
            form, text = form_of(symbol.file), texts.get(symbol.file, reference)
            code = form.with_prologue(mistake.code, symbol.name, reference, library)
            texts[symbol.file] = form.transplant(text, symbol.name, code)
    return texts


def _defined(step: Step, mistake: Mistake) -> set[str]:
    """The step's symbols that a mistake defines; it may write a method as a plain function."""
    found: set[str] = set()
    for file, name in ((symbol.file, symbol.name) for symbol in step.symbols):
        wrong = form_of(file).definitions(mistake.code)
        if name in wrong or name.rpartition(".")[2] in wrong:
            found.add(name)
    return found


def alike(one: StepRun, other: StepRun, function: str = "", loose: Unsteady = STEADY) -> bool:
    """Whether two runs of a step saw the same: the same values, the same errors.

    One that failed and took long has ended early; the tests count that both have run. With
    `function` only those count that call it, and of them none that met a stub. What is `loose` is
    compared by its kind alone.
    """
    if one.limit or other.limit:
        return False
    pairs = [
        (ours, theirs)
        for ours, theirs in zip(one.tests, other.tests, strict=False)
        if not (function and _aside(ours, function))
    ]
    failing = any(not ours.passed for ours, _ in pairs)
    return failing and all(_alike_tests(*pair, loose) for pair in pairs)


def _aside(test: TestRun, function: str) -> bool:
    unwritten = test.raised is not None and test.raised.unwritten is not None
    return unwritten or bool(test.called and function not in test.called)


def _alike_tests(one: TestRun, other: TestRun, loose: Unsteady) -> bool:
    if (one.raised is None) != (other.raised is None):
        return False
    words = (other.name, -1) not in loose
    if one.raised and other.raised and not _alike_errors(one.raised, other.raised, words=words):
        return False
    if len(one.observations) != len(other.observations):
        return False
    pairs = enumerate(zip(one.observations, other.observations, strict=True))
    return all(
        _alike_observations(*pair, values=(other.name, place) not in loose) for place, pair in pairs
    )


def _alike_errors(one: Raised, other: Raised, *, words: bool) -> bool:
    """The same error with the same words, from the same function of the same file's kind."""
    if one.fault and other.fault:
        return one.fault == other.fault  # of one kind, at the same statement
    if one.type == other.type == "RecursionError":
        return True
    if one.type != other.type or (words and one.message != other.message):
        return False
    ours, theirs = (error.frames[-1].function if error.frames else "" for error in (one, other))
    return ours == theirs


def _alike_observations(one: Observation, other: Observation, *, values: bool) -> bool:
    if one.passed != other.passed or one.passed:
        return one.passed == other.passed
    if _strayed(one) != _strayed(other):
        return False
    if not values:
        return kind_of(one) == kind_of(other)
    return alike_values(one.value, other.value)


def _strayed(observation: Observation) -> tuple[str, str, str] | None:
    strays = observation.deviation
    return (strays.fact, strays.got, strays.wanted) if strays else None
