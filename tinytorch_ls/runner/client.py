"""Asks for runs: starts them, ends what takes too long or is cancelled, reads the reports."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import signal
import struct
import sys
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tinytorch_ls.cache import cache_folder
from tinytorch_ls.course.model import Course
from tinytorch_ls.lesson import Pad, Slider
from tinytorch_ls.runner.decode import bindings, codes, step_run, under_way, with_turned
from tinytorch_ls.runner.fork import Forking
from tinytorch_ls.runner.job import (
    CUT_OFF,
    GRACE_SECONDS,
    OUTPUT,
    STACK,
    TALLY,
    Come,
    Draft,
    Job,
    LaunchesTold,
    Variant,
)
from tinytorch_ls.runner.lacking import without_lacking
from tinytorch_ls.runner.limits import DEFAULT_LIMITS, Limits, size_text
from tinytorch_ls.runner.processes import Process, Strategy
from tinytorch_ls.runner.reference import Survey, beside
from tinytorch_ls.runner.report import Frame, Limit, StepRun, UnderWay
from tinytorch_ls.runner.scratch import Scratch
from tinytorch_ls.runner.spare import Spare
from tinytorch_ls.runner.surveys import Surveys, in_turn
from tinytorch_ls.runner.within import within

_DRAFT = "draft.json"
_MOST_LOST = 2
_END_SECONDS = 5.0  # for a process that was killed
_AGAIN_SECONDS = 2.0  # of processor time, to come as far as a run that was lost
_NO_REPORT = (TypeError, ValueError, LookupError, AttributeError, RecursionError)
_UNREADABLE = "its results could not be read"
_STACK_LINE = re.compile(r'\s*File "(.+)", line (\d+) in (.+)')


@dataclass(frozen=True)
class RunRequest:
    """What to run: steps of one module, on one folder's code."""

    module: str
    steps: tuple[str, ...]  # ids
    root: Path | None = None  # the student's folder; None means the reference
    overlay: Mapping[str, str] = field(default_factory=dict[str, str])
    blocked: tuple[str, ...] = ()
    seed: int = 0
    more_seeds: tuple[int, ...] = ()
    """What passes is tested again with each of these in the same process: the first that fails is
    reported. What comes with a value is compared with the reference's for `seed` alone."""
    brief: bool = False  # whether it passes is all that is asked
    watched: bool = True  # whether it is asked which lines and calls a failure came from
    limits: Limits | None = None  # other ones than the runner's
    conditions: bool = False
    """Whether a step that fails is told twice: the second time with the condition that is why."""
    bindings: bool = False
    """Whether a step that passes is told twice: the second time with what its variables were."""
    launches: LaunchesTold = ""
    endless: tuple[Frame, ...] = ()
    """Where the code was seen not to come to an end: a step that is long there is stopped soon."""
    codes: bool = False
    """Whether a step that passes is told once more with what a compiler made of its kernels."""


@dataclass(frozen=True)
class Picture:
    """What a student's code drew."""

    png: str  # base64
    caption: str
    sliders: tuple[Slider, ...] = ()  # with the values with which it was drawn
    pads: tuple[Pad, ...] = ()


def default_strategy(environment: Mapping[str, str] | None = None) -> Strategy:
    """Forking where the system can, else a spare process; with these variables set in it."""
    return Spare(environment) if sys.platform == "win32" else Forking(environment)


class Runner:
    """Runs steps in processes of their own."""

    def __init__(
        self,
        course: Course,
        *,
        limits: Limits = DEFAULT_LIMITS,
        strategy: Strategy | None = None,
    ) -> None:
        self.course = course
        self.limits = limits
        self.strategy = strategy or default_strategy()
        self.scratch = Scratch()
        self.closed = 0  # how often: what was under way then says no more
        self.surveys = Surveys(self._survey)

    @property
    def library(self) -> Path:
        """The folder of the reference that the course teaches."""
        return self.course.library

    async def warm(self) -> None:
        """Have the process ready before the first run."""
        await self.strategy.warm()

    def foresee(self, place: Path, text: str) -> None:
        """Say what a file may be run as next; it runs all the same where that can't be said."""
        with contextlib.suppress(OSError):
            draft = self.scratch.file(_DRAFT)
            Draft(str(place), text).save(draft)
            self.strategy.foresee(str(draft))

    async def run(self, request: RunRequest) -> AsyncGenerator[StepRun, None]:
        """Run the steps and yield each report; a step that ends its process doesn't end the run.

        What is written comes first: none of it waits for the reference of an integration step, and
        the first step for no other's.
        Cancelling the task that reads them kills the process and all that it started.
        """
        closed = self.closed
        stopped: StepRun | None = None
        endless = request.endless
        for steps in self._turns(request):
            if stopped and not self._gets_further(steps, stopped):
                for step in steps:
                    yield replace(stopped, step=step)
                continue
            surveys = await self.surveyed(request.module, steps, request.seed)
            if closed != self.closed:
                return
            told = {step: survey.told for step, survey in surveys.items()}
            asked = replace(request, steps=steps, endless=endless)
            async with contextlib.aclosing(self._run(asked, told)) as runs:
                async for run in runs:
                    endless += run.endless_at
                    stopped = run if run.importing else None
                    known = surveys.get(run.step)
                    yield beside(run, known.run) if known else run

    def _gets_further(self, steps: Sequence[str], stopped: StepRun) -> bool:
        """Whether these may get beyond the import at which another step's run was stopped."""
        times = {step: self.course.steps[step].seconds for step in (*steps, stopped.step)}
        allowed = {step: self.limits.of(seconds).seconds for step, seconds in times.items()}
        return max(allowed.values()) > allowed[stopped.step]

    async def alone(self, request: RunRequest) -> StepRun:
        """The run of one step that is compared with nothing."""
        (run,) = [run async for run in self._run(request, {})]
        return run

    async def variants(self, request: RunRequest, variants: Sequence[Variant]) -> list[bool | None]:
        """Whether a step passes with each of these in place of the library's functions.

        None where that can't be told so, and on systems that can't fork: run the whole file.
        """
        request = replace(request, brief=True)
        tried = [whether async for whether, _ in self._tried(request, variants)]
        return tried + [None] * (len(variants) - len(tried))

    async def variant_runs(
        self, request: RunRequest, variants: Sequence[Variant]
    ) -> list[StepRun | None]:
        """What comes of a step with each of these in place of the library's functions.

        None where that can't be told so, and on systems that can't fork: run the whole file.
        """
        request = replace(request, brief=False, watched=False)
        tried = [run async for _, run in self._tried(request, variants)]
        return tried + [None] * (len(variants) - len(tried))

    async def _tried(
        self, request: RunRequest, variants: Sequence[Variant]
    ) -> AsyncGenerator[tuple[bool | None, StepRun | None], None]:
        """Of each variant whether the one step passes with it, and the report of its run."""
        if sys.platform == "win32" or not variants:
            return
        (step,) = request.steps
        surveys = await self.surveyed(request.module, request.steps, request.seed)
        told: StepRun | None = None
        with self.scratch.folder() as scratch:
            job = self._job(request, request.steps, scratch)
            reference = {step: survey.told for step, survey in surveys.items()}
            job = replace(job, reference=reference, variants=tuple(variants))
            process = await self.strategy.start(job)
            async with contextlib.aclosing(self._messages(process, job, job.limits.last)) as said:
                async for each in said:
                    if "run" in each:
                        told = _decoded(step, each["run"])
                    elif "variant" in each:
                        known = surveys.get(step)
                        yield each["variant"], beside(told, known.run) if told and known else told
                        told = None

    def _turns(self, request: RunRequest) -> list[tuple[str, ...]]:
        """The steps in the order in which they run: those of a turn in one process."""
        first, rest = request.steps[:1], request.steps[1:]
        if self.surveys.has(self.course, request.module, rest, request.seed):
            return in_turn(self.course, request.steps)
        return [first, *in_turn(self.course, rest)]

    async def surveyed(self, module: str, steps: Sequence[str], seed: int = 0) -> dict[str, Survey]:
        """What the reference does in the tests of these steps. Raises OSError."""
        return await self.surveys.of(self.course, module, steps, seed)

    def _survey(
        self, module: str, steps: Sequence[str], seed: int
    ) -> AsyncGenerator[StepRun, None]:
        return self._run(RunRequest(module, tuple(steps), seed=seed), {}, survey=True)

    async def _run(
        self, request: RunRequest, told: Mapping[str, str], *, survey: bool = False
    ) -> AsyncGenerator[StepRun, None]:
        left = request.steps
        lost = 0  # processes that ended before they began: the warm one was dying
        closed = self.closed
        endless = request.endless
        while left and closed == self.closed:
            with self.scratch.folder() as scratch:
                job = replace(
                    self._job(request, left, scratch),
                    reference=dict(told),
                    survey=survey,
                    endless=endless,
                )
                runs = self._one_process(job, again=lost < _MOST_LOST)
                lost += 1
                async with contextlib.aclosing(runs):
                    async for run in runs:
                        if closed != self.closed:
                            return
                        yield run
                        endless += run.endless_at
                        left = left[1:] if run.step in left else left
                        lost = 0

    async def picture(
        self,
        request: RunRequest,
        values: Mapping[str, float] | None = None,
        strokes: Mapping[str, Sequence[Sequence[float]]] | None = None,
    ) -> Picture | None:
        """What the pictures of the module draw for the first step, or None.

        Sliders that have none of the `values` keep those with which they begin, and a pad is empty
        that has no `strokes`.
        """
        pictures = self.course.module(request.module).pictures
        if not pictures.is_file():
            return None
        asked = {
            "tests": str(pictures),
            "picture": True,
            "values": dict(values or {}),
            "strokes": {pad: [[*line] for line in lines] for pad, lines in (strokes or {}).items()},
        }
        for _ in range(1 + _MOST_LOST):
            with self.scratch.folder() as scratch:
                job = replace(self._job(request, request.steps, scratch), **asked)
                drawn, lost = await self._drawn(job)
            if not lost:
                return drawn
        return None

    async def _drawn(self, job: Job) -> tuple[Picture | None, bool]:
        """What a process draws, and whether it was lost before it came to its end."""
        process = await self.strategy.start(job)
        begin = job.limits_of(*job.steps).wall
        async with contextlib.aclosing(self._messages(process, job, begin)) as messages:
            async for message in messages:
                if "picture" in message:
                    return _picture(message["picture"]), False
                if "status" in message or "limit" in message:
                    return None, message.get("status") != CUT_OFF  # which it says of an error
        return None, False

    async def close(self) -> None:
        """End what is under way: it reports no more. A later run begins anew."""
        self.closed += 1
        self.surveys.clear()
        await self.strategy.close()
        self.scratch.close()

    def abandon(self) -> None:
        """Kill what is left, where `close` took too long."""
        self.closed += 1
        self.strategy.abandon()
        self.scratch.close()

    def _job(self, request: RunRequest, steps: Sequence[str], scratch: str) -> Job:
        module = self.course.module(request.module)
        return Job(
            root=str(request.root or self.library),
            library=str(self.library),
            tests=str(module.tests),
            module=module.id,
            steps=tuple(steps),
            symbols={
                step.id: [(symbol.file, symbol.name) for symbol in step.symbols]
                for step in module.steps
                if step.id in steps
            },
            scratch=scratch,
            overlay=dict(request.overlay),
            blocked=request.blocked,
            seed=request.seed,
            more_seeds=request.more_seeds,
            brief=request.brief,
            watched=request.watched and not request.brief,
            conditions=request.conditions,
            bindings=request.bindings,
            launches=request.launches,
            codes=request.codes,
            endless=request.endless,
            limits=request.limits or self.limits,
            seconds={step.id: step.seconds for step in module.steps if step.seconds is not None},
            cache=cache_folder(),
            examples={step.id: step.example for step in module.steps if step.id in steps},
            modules=module.imports,
            needs=module.needs,
        )

    async def _one_process(self, job: Job, *, again: bool) -> AsyncGenerator[StepRun, None]:
        """The reports of one process; none of a step that may be tried `again`.

        That is where it never began, or was given up because of another run.
        """
        process = await self.strategy.start(job)
        running, began = job.steps[0], False
        reported: dict[str, StepRun] = {}
        limit: Limit | None = None
        printed = 0
        output = Path(job.scratch, OUTPUT)
        begin = job.limits.begin if again else job.limits.last
        async with contextlib.aclosing(self._messages(process, job, begin)) as messages:
            async for message in messages:
                if "begin" in message:
                    running, began = message["begin"], True
                elif "limit" in message:
                    limit = Limit(**message["limit"])
                elif "status" in message:
                    if again and message["status"] is None:
                        return
                    limit = limit or _ending(message["status"], job)
                elif "run" in message:
                    text, printed = _output(output, printed, job.limits.shown_output)
                    run = replace(_decoded(running, message["run"]), output=text)
                    reported[running] = run
                    yield run
                    if run.limit and run.limit.detail == _UNREADABLE:
                        return  # what else it sends is not to be trusted either
                elif running in reported:
                    reported[running] = _with_more(reported[running], message)
                    yield reported[running]
        if running in reported and reported[running].told_again:
            yield replace(reported[running], told_again=False)  # it ended over what was to follow
        if running not in reported and (began or not again):
            text, _ = _output(output, printed, job.limits.shown_output)
            limit = limit or Limit("crash", "no result")
            stack = _stopped_in(job)
            where = stack[-1] if stack else None
            met = await self._under_way(job, running) if began else None
            yield StepRun(running, (), limit, where, text, stack=stack, under_way=met)

    async def _under_way(self, job: Job, step: str) -> UnderWay | None:
        """What the tests of a step were at when their process was lost, which could not say it.

        Another run comes as far, where the code does again what it did; it is given little time.
        """
        come = _come(job)
        if come is None or job.until:
            return None
        few = replace(job.limits, seconds=min(_AGAIN_SECONDS, job.limits.seconds), busy=1)
        with self.scratch.folder() as scratch:
            again = replace(
                job,
                steps=(step,),
                scratch=scratch,
                watched=False,
                limits=few,
                seconds={},
                until=come,
            )
            process = await self.strategy.start(again)
            said = self._messages(process, again, again.limits.last)
            async with contextlib.aclosing(said) as messages:
                async for message in messages:
                    if "under_way" in message:
                        with contextlib.suppress(*_NO_REPORT):
                            return under_way(message["under_way"])
        return None

    async def _messages(
        self, process: Process, job: Job, begin: float
    ) -> AsyncGenerator[dict[str, Any], None]:
        """What the process says, then {"status": n}; kills it when it takes too long.

        One that says nothing in its first `begin` seconds is given up with its warm process.
        """
        last = job.limits_of(*job.steps).last
        allowed = begin
        done = False
        try:
            while line := await within(allowed, process.line()):
                allowed = last + GRACE_SECONDS
                message = json.loads(line)
                if not isinstance(message, dict):
                    raise ValueError(f"no message: {message!r}")
                if "end" in message:
                    done = True
                    break
                yield message
            if not done:
                yield {"status": await within(allowed, process.ended())}
        except asyncio.TimeoutError:
            kind = "busy" if allowed == begin else "stuck"
            yield {"limit": {"kind": kind, "detail": f"{min(allowed, last):g} s"}}
            if kind == "busy":
                process.abandon()
        except (ValueError, RecursionError):  # it is no JSON, or longer than any report
            yield {"limit": {"kind": "crash", "detail": _UNREADABLE}}
        finally:
            process.kill()
            await _end(process)


async def _end(process: Process) -> None:
    """Wait for the end of a process that was killed; its warm process may not obey any more."""
    try:
        await within(_END_SECONDS, process.ended())
    except asyncio.TimeoutError:
        process.abandon()


def _decoded(step: str, data: Any) -> StepRun:
    """A report; student code may have written on the descriptor that it came from."""
    try:
        return without_lacking(step_run(data))
    except _NO_REPORT:
        return StepRun(step, (), Limit("crash", _UNREADABLE))


def _picture(data: dict[str, Any]) -> Picture:
    sliders = tuple(Slider(**slider) for slider in data["sliders"])
    pads = tuple(Pad(**pad) for pad in data["pads"])
    return Picture(data["png"], data["caption"], sliders, pads)


def _with_more(run: StepRun, message: dict[str, Any]) -> StepRun:
    """A report with what came after it, if that can be read."""
    run = replace(run, told_again=False)
    with contextlib.suppress(*_NO_REPORT):
        if "codes" in message:
            return replace(run, codes=codes(message["codes"]))
        if "turned" in message:
            return with_turned(run, message["turned"])
        return replace(run, bindings=bindings(message["bindings"]))
    return run


def _ending(status: int | None, job: Job) -> Limit:
    """What the end of a process that sent no result means."""
    if status is None:
        return Limit("busy", f"{job.limits.begin:g} s")
    if status == CUT_OFF:
        return Limit("crash", "its results were cut off")
    if status >= 0:
        return Limit("exit", f"exit status {status}")
    name = signal.Signals(-status).name
    if name == "SIGXFSZ":
        return Limit("file-size", size_text(job.limits.file_size))
    if name == "SIGXCPU":
        return Limit("stuck", f"{job.limits_of(*job.steps).seconds:g} s of computing")
    return Limit("crash", f"signal {name}")


def _stopped_in(job: Job) -> tuple[Frame, ...]:
    """The student's lines in the stack that Python wrote when it hung, outermost first."""
    try:
        lines = Path(job.scratch, STACK).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ()
    found = filter(None, map(_STACK_LINE.fullmatch, lines))
    return tuple(
        Frame(each[1], each[3], int(each[2]), int(each[2]))
        for each in reversed(list(found))
        if Path(each[1]).is_relative_to(job.root)
    )


def _come(job: Job) -> Come | None:
    """How far the tests had come when their process was lost; None where none had begun."""
    try:
        seed, looks = struct.unpack("qq", Path(job.scratch, TALLY).read_bytes())
    except (OSError, struct.error):
        return None
    return Come(seed, looks) if looks else None


def _output(file: Path, start: int, most: int) -> tuple[str, int]:
    """What was printed since `start`, at most so many characters, and where it ends now."""
    try:
        with file.open("rb") as stream:
            stream.seek(start)
            text = stream.read(most * 4).decode("utf-8", "replace")
            end = stream.seek(0, 2)
    except OSError:
        return "", start
    if len(text) > most or end - start > most * 4:
        text = text[:most] + "\n… (more was printed)"
    return text, end
