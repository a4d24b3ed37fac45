"""Runs a job in this process, which is given to it alone, and sends what came of each step."""

from __future__ import annotations

import errno
import faulthandler
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import nullcontext, redirect_stdout, suppress
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn, TextIO

import numpy as np

from tinytorch_ls.runner.decode import told_by_test
from tinytorch_ls.runner.inside.ahead import compile_ahead
from tinytorch_ls.runner.inside.alarm import Alarm
from tinytorch_ls.runner.inside.calls import Calls, Writer
from tinytorch_ls.runner.inside.compiling import Lacking
from tinytorch_ls.runner.inside.draw import draw
from tinytorch_ls.runner.inside.entry import enter
from tinytorch_ls.runner.inside.example import Example, compiled, lines_of
from tinytorch_ls.runner.inside.expect import Expect, Unmet
from tinytorch_ls.runner.inside.given import make_ready
from tinytorch_ls.runner.inside.guard import Guard, Refusal
from tinytorch_ls.runner.inside.kernel_codes import codes_of
from tinytorch_ls.runner.inside.launches import Launches
from tinytorch_ls.runner.inside.preload import preload_drawing, preload_extras, preload_forms
from tinytorch_ls.runner.inside.randomness import seed_everything
from tinytorch_ls.runner.inside.resources import allow_reserve
from tinytorch_ls.runner.inside.rewrite import Script, call_at, script_of
from tinytorch_ls.runner.inside.sources import StudentFinder
from tinytorch_ls.runner.inside.tally import Tally
from tinytorch_ls.runner.inside.traces import Place, frame_in, frames_around, place_in, raised
from tinytorch_ls.runner.inside.turning import Turning
from tinytorch_ls.runner.inside.variants import tried
from tinytorch_ls.runner.inside.watch import Survey, Watch
from tinytorch_ls.runner.inside.witness import Witness
from tinytorch_ls.runner.job import STACK, Job
from tinytorch_ls.runner.limits import size_text
from tinytorch_ls.runner.report import (
    EXAMPLE,
    IMPORT,
    UNREACHED,
    UNREADABLE,
    Binding,
    Facts,
    Frame,
    Limit,
    Raised,
    StepRun,
    TestRun,
    Told,
    UnderWay,
)

Send = Callable[[dict[str, Any]], None]
_SHORT_SECONDS = 0.1
_LONG_SECONDS = 0.5  # of processor time: a verdict comes before all that takes longer
_TURNED_SECONDS = 0.2  # of the tests of a step in which other conditions are tried
_AHEAD_SECONDS = 0.03  # that a run which comes at once may have to wait for the one before it
_WAITED = 5  # a test may wait so many times as long as it may compute


@dataclass(frozen=True)
class Test:
    """One test of a step, and what the reference's values came with."""

    name: str
    line: int
    function: Callable[..., None]
    wants: tuple[str, ...]  # the names of its fixtures
    facts: Mapping[str, Facts]


def script(path: str) -> Script:
    """The compiled file, from memory unless it was changed."""
    return _script(path, os.stat(path).st_mtime_ns)  # noqa: PTH116


@lru_cache(maxsize=256)
def _script(path: str, _changed: int) -> Script:
    return script_of(Path(path).read_text(encoding="utf-8"), path)


def rehearse(job: Job) -> None:
    """Load, read, compile and decode what a job needs of the lesson: a fork then finds it done."""
    preload_extras(job.needs)
    preload_forms(file for symbols in job.symbols.values() for file, _ in symbols)
    if job.picture:
        preload_drawing()
    roots = dict.fromkeys((job.root, job.library))
    compile_ahead((Path(root, "tinytorch") for root in roots), _AHEAD_SECONDS)
    library = Path(job.library)
    make_ready(library, StudentFinder(library, library, {}).install)
    with suppress(OSError, SyntaxError, ValueError):
        script(job.tests)
    for told in job.reference.values():
        told_by_test(told)
    for text in job.examples.values():
        with suppress(SyntaxError, ValueError):
            for line in lines_of(text):
                compiled(line.source)


def execute(job: Job, send: Send) -> None:
    """Run the job's steps one after the other. `send` gets {"begin": id} and {"run": StepRun}."""
    with Path(job.scratch, STACK).open("w", encoding="utf-8") as stack:
        faulthandler.enable(stack, all_threads=False)
        guard = enter(job)
        if job.picture:
            _draw(job, send)
        else:
            _Steps(job, send, guard, stack).run()
        faulthandler.cancel_dump_traceback_later()
        faulthandler.disable()


class _Steps:
    """The steps of one job in this process."""

    def __init__(self, job: Job, send: Send, guard: Guard, stack: TextIO) -> None:
        self.job = job
        self.send = send
        self.root = os.path.join(job.root, "")  # noqa: PTH118
        self.guard = guard
        self.alarm = Alarm(self.root, stack, self.time_is_up, job.endless)
        guard.refused = self.refused
        self.under_way: tuple[str, ...] = ()  # the steps that are tested now: all at the import
        self.tests: list[TestRun] = []
        self.too_large: list[Raised] = []  # what the system said to a file that grew too large
        self.bindings: tuple[Binding, ...] = ()
        self.shown: list[tuple[Test, float]] = []  # the tests that fail, else the last that returns
        self.launches = self.new_launches()
        self.told = False  # whether what came of the steps under way was sent
        self.told_again = False  # whether more of them follows
        self.began = 0.0
        self.seed = job.seed
        self.tally = Tally(job.scratch, job.until, self.has_come)
        self.running: tuple[Test, Expect] | None = None
        self.costs: dict[str, float] = {}  # seconds, by the name of a test
        self.file: Script | None = None
        self.witness = Witness()
        self.leave = os._exit

    def run(self) -> None:
        os._exit = self.exits  # pyright: ignore[reportAttributeAccessIssue]
        try:
            with self.alarm:
                self.run_all()
        except MemoryError as error:
            allow_reserve()
            limit = Limit("memory", size_text(self.job.limits.memory))
            self.stop(limit, self.inside(raised(error)), self.at(error))

    def run_all(self) -> None:
        self.begin(*self.job.steps)
        try:
            file = script(self.job.tests)
        except (OSError, SyntaxError, ValueError) as error:
            self.tests.append(TestRun(UNREADABLE, 1, (), raised(error)))
            self.finish()
            return
        functions, broken = self.load(file)
        if broken:
            self.tests.append(TestRun(IMPORT, 1, (), broken))
            self.finish()
            return
        if self.job.variants:
            self.try_variants(functions)
            return
        for step in self.job.steps:
            self.run_step(functions, step)
            failed = self.job.watched and not self.passes() and not self.limit()
            seen = self.watch_all() if failed else {}
            self.told_again = bool(seen) and self.job.conditions and self.may_turn()
            self.finish()
            if self.told_again:
                self.send({"turned": self.turned_conditions(functions, seen)})
            if self.passes() and self.job.bindings:  # the verdict need not wait for them
                self.watch_all()
                self.send({"bindings": self.bindings})
            if self.passes() and self.job.codes and self.launches:
                self.alarm.rest()
                self.send({"codes": codes_of(self.launches, self.job.cache, self.guard.program)})

    def run_step(self, functions: list[Callable[..., None]], step: str) -> None:
        """Run the step's tests with one seed after the other, as long as they pass."""
        for seed in (self.job.seed, *self.job.more_seeds):
            self.seed = seed
            self.begin(step)
            self.run_tests(functions, step)
            if not self.passes():
                return

    def try_variants(self, functions: list[Callable[..., None]]) -> None:
        """Tell of each variant what comes of the step with it, or where it is brief whether it
        passes.

        The step runs as it is first: what is loaded late is there then. Where it is brief, tests
        that take little come first, and the first of these notices most variants.
        """
        send, self.send = self.send, _say_nothing
        heard = _say_nothing if self.job.brief else send
        (step,) = self.job.steps
        self.run_step(functions, step)
        if self.job.brief:
            self.costs = {test.name: test.seconds for test in self.tests}

        def passes() -> bool:
            self.send = heard
            self.run_step(functions, step)
            self.finish()  # at a limit the fork ends here
            return self.passes()

        self.alarm.rest()
        for variant in self.job.variants:
            send({"variant": tried(variant, passes, self.guard.fork)})

    def begin(self, *steps: str) -> None:
        self.under_way, self.tests, self.began = steps, [], time.perf_counter()
        self.bindings = ()
        self.launches = self.new_launches()
        self.shown, self.told, self.told_again = [], False, False
        self.tally.begin(self.seed)
        self.send({"begin": steps[0]})
        self.alarm.start(self.job.limits_of(*steps))

    def new_launches(self) -> Launches | None:
        """Where the launches of a step are noted, if anybody wants to know of them."""
        if not self.job.launches:
            return None
        return Launches(self.root, traced=self.job.launches == "traced")

    def load(self, file: Script) -> tuple[list[Callable[..., None]], Raised | None]:
        """The test functions of the module, or what stopped its import."""
        self.file = file
        names: dict[str, Any] = {"__name__": "step_tests", "__file__": self.job.tests}
        names.update(self.witness.hooks())
        seed_everything(self.job.seed)
        try:
            exec(file.code, names)
        except BaseException as error:
            if isinstance(error, MemoryError):
                raise
            return [], self.caught(error)
        return [f for name, f in names.items() if name.startswith("test_")], None

    def tests_of(self, functions: list[Callable[..., None]], step: str) -> Iterator[Test]:
        """The tests of a step: its example, then those of the lesson in their order."""
        told_by_reference = self.job.reference.get(step, "{}")  # of its run with the job's seed
        reference = told_by_test(told_by_reference) if self.seed == self.job.seed else {}
        if text := self.job.examples.get(step):
            told = reference.get(EXAMPLE, Told())
            example = Example(text, self.job.modules, told.values)
            yield Test(EXAMPLE, 1, example.run, ("expect",), told.facts)
        for function in functions:
            if getattr(function, "tinytorch_step", None) == step.partition("/")[2]:
                code = function.__code__
                wants = code.co_varnames[: code.co_argcount]
                told = reference.get(function.__name__, Told())
                yield Test(function.__name__, code.co_firstlineno, function, wants, told.facts)

    def run_tests(self, functions: list[Callable[..., None]], step: str) -> None:
        for test in sorted(self.tests_of(functions, step), key=self.cost):
            start = time.perf_counter()
            run = self.run_test(test)
            cost = max(run.seconds, (time.perf_counter() - start) / _WAITED)
            if all(run.passed for run in self.tests) and (not run.passed or _returns(run)):
                self.shown.clear()
            if _failed(run) and not any(map(_failed, self.tests)):
                self.shown.clear()  # those before it met a stub: it is what the verdict tells
            if not self.shown or _failed(run):
                self.shown.append((test, cost))
            self.tests.append(run)
            if self.limit() or (self.job.brief and not run.passed) or self.is_told_late():
                return

    def cost(self, test: Test) -> float:
        """The seconds that a test is known to take; their order is the lesson's where none is."""
        return self.costs.get(test.name, 0.0)

    def passes(self) -> bool:
        """Whether the step under way is run and passes."""
        return bool(self.tests) and all(test.passed for test in self.tests)

    def watch_all(self) -> dict[str, Watch]:
        """See what the step's own code does in the tests that tell of it; by their names."""
        seen: dict[str, Watch] = {}
        patience = self.patience()
        one = len(self.job.symbols.get(self.under_way[0], ())) < 2
        for number, (test, seconds) in enumerate(self.shown[:1] if one else self.shown):
            patience -= seconds
            if patience > 0:
                seen[test.name] = self.watch(test, first=number == 0)
        return seen

    def may_turn(self) -> bool:
        """Whether other conditions can be tried, and the tests take little enough for it."""
        return sys.platform != "win32" and self.spent() <= _TURNED_SECONDS

    def turned_conditions(
        self, functions: list[Callable[..., None]], seen: Mapping[str, Watch]
    ) -> dict[str, Frame]:
        """The conditions because of which tests failed that were watched, by the tests' names."""
        step, found = self.under_way[0], dict[str, Frame]()
        self.alarm.rest()
        send, self.send = self.send, _say_nothing  # the forks say nothing of themselves
        turning = Turning(self.guard.fork, self.spent())
        for file, name in self.job.symbols.get(step, ()):
            aside = {test for test, watch in seen.items() if name not in watch.ran}
            unmet = [r for r in self.tests if r.name in {*seen} - aside and self.is_unmet(r)]
            if not unmet:
                continue
            first = unmet[0].name
            tests = [test for test in self.tests_of(functions, step) if test.name not in aside]
            tests.sort(key=lambda test, first=first: test.name != first)
            passes = partial(self.pass_again, tests)
            if turned := turning.turned(file, name, seen[first].ran[name], passes):
                found.update((run.name, turned) for run in unmet)
        self.send = send
        return found

    def pass_again(self, tests: Iterable[Test]) -> bool:
        """Whether all of these pass now."""
        return all(self.run_test(test, again=True).passed for test in tests)

    def is_told_late(self) -> bool:
        """Whether a failure is known, and whoever waits for it has waited long."""
        fails = any(not (run.passed or run.not_run) for run in self.tests)
        return fails and self.spent() > _LONG_SECONDS

    def spent(self) -> float:
        """Seconds of processor time that the tests of the step took."""
        return sum(run.seconds for run in self.tests)

    def patience(self) -> float:
        """How long a test may have taken that is run again to be watched."""
        if self.passes():
            return _SHORT_SECONDS
        failed = (test for test in self.tests if not test.passed)
        met_stubs = all(test.raised and test.raised.unwritten for test in failed)
        return 0 if met_stubs else _LONG_SECONDS

    def watch(self, shown: Test, *, first: bool) -> Watch:
        """Run a test again, silently, and see what the step's own code does in it."""
        watch = self.watch_of(shown)
        again: TestRun | None = None
        with (
            Path(os.devnull).open("w", encoding="utf-8") as nothing,
            redirect_stdout(nothing),
            suppress(MemoryError),
            watch.watching(),
        ):
            again = self.run_test(shown, watch.calls, again=True)
        if first:
            self.bindings = tuple(watch.bindings.values())
        self.tests = [
            _watched(run, watch, again) if run.name == shown.name and _failed(run) else run
            for run in self.tests
        ]
        return watch

    def watch_of(self, shown: Test) -> Watch:
        """What is to be seen of a test: of one that failed also which call is why."""
        symbols = self.job.symbols.get(self.under_way[0], [])
        failed = next((run for run in self.tests if run.name == shown.name and _failed(run)), None)
        if failed is None:
            return Watch(self.root, symbols)
        strays = None if failed.raised else failed.observations[-1].deviation
        changed = strays.got if strays and strays.fact == "changes" else ""
        writer = Writer(self.witness, changed) if changed else None
        return Watch(self.root, symbols, Calls(self.witness), writer)

    def run_test(self, test: Test, calls: Calls | None = None, *, again: bool = False) -> TestRun:
        texts = self.file.calls if self.file else {}
        expect = Expect(
            texts,
            self.witness,
            test.facts,
            again=again,
            program=self.guard.program,
        )
        self.witness.forget()
        self.witness.look = None if again else self.tally.count
        seed_everything(self.seed)
        calls = calls or Calls(self.witness)
        survey = Survey(self.root, self.job.symbols.get(self.under_way[0], []), calls)
        expect.called, expect.calls_made = survey.since, calls.since
        error: Raised | None = None
        not_run = ""
        call, inputs = "", dict[str, str]()
        began = time.process_time()
        self.running = test, expect
        try:
            with (
                survey.surveying() if self.job.survey else nullcontext(),
                self.launches.observed() if self.launches and not again else nullcontext(),
            ):
                test.function(**self.fixtures(test, expect))
        except Unmet as end:
            if all(observation.passed for observation in expect.observations):
                error = raised(end)  # student code raised it, not an expectation
        except MemoryError:
            raise
        except Lacking as lacking:
            not_run = str(lacking)
        except BaseException as exception:
            error = self.caught(exception)
            call, inputs = self.called(test, exception, expect)
        else:
            error = self.unreached(test, expect)
        self.running = None
        return TestRun(
            test.name,
            test.line,
            tuple(expect.observations),
            error,
            called=tuple(survey.called),
            seconds=time.process_time() - began,
            call=call,
            inputs=inputs,
            not_run=not_run,
        )

    def unreached(self, test: Test, expect: Expect) -> Raised | None:
        """What is wrong where a test came to its end, and passed by some of its expectations."""
        line = expect.unreached()
        if line is None or not all(observation.passed for observation in expect.observations):
            return None
        call = expect.calls.get(line, "")
        return Raised(UNREACHED, call, (Frame(self.job.tests, test.name, line, line),))

    def called(
        self, test: Test, error: BaseException, expect: Expect
    ) -> tuple[str, dict[str, str]]:
        """What the test called when an error left it, and the operands before that call."""
        return self.call_at(frame_in(error, self.job.tests, test.name), expect)

    def call_at(self, place: Place | None, expect: Expect) -> tuple[str, dict[str, str]]:
        """What a test calls at a place in it, and the operands before that call."""
        if expect.line is not None:
            call, local = expect.line
        elif place and self.file:
            line = place.frame.line
            call = call_at(self.file.source, place.frame) or self.file.calls.get(line, "")
            local = place.local
        else:
            return "", {}
        return call, expect.inputs(call, local)

    def at(
        self, found: FrameType | BaseException | None, *, whole: bool = False
    ) -> UnderWay | None:
        """What the test that runs is at, or the `whole` statement: by the innermost frame, or by an
        error that left it."""
        if self.running is None:
            return None
        test, expect = self.running
        if isinstance(found, BaseException):
            place = frame_in(found, self.job.tests, test.name)
        else:
            place = place_in(found, self.job.tests, test.name)
        if place and whole:
            place = replace(place, frame=replace(place.frame, column=None))
        call, inputs = "", dict[str, str]()
        with suppress(Exception):  # it is stopped all the same
            call, inputs = self.call_at(place, expect)
        return UnderWay(test.name, place.frame.line if place else 0, call, inputs)

    def fixtures(self, test: Test, expect: Expect) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if "expect" in test.wants:
            found["expect"] = expect
        if "rng" in test.wants:
            found["rng"] = np.random.default_rng(self.seed)
        if "tmp_path" in test.wants:
            folder = Path(self.job.scratch, f"{test.name}-{time.perf_counter_ns()}")
            folder.mkdir()
            found["tmp_path"] = folder
        return found

    def is_unmet(self, test: TestRun) -> bool:
        """Whether a test met a wrong value; an error of student code says where it came from."""
        return _failed(test) and not (test.raised and self.inside(test.raised))

    def caught(self, error: BaseException) -> Raised:
        """An error that left student code; the system's own is told from one that reads like it."""
        found = raised(error)
        if type(error) is OSError and error.errno == errno.EFBIG:
            self.too_large.append(found)
        return found

    def limit(self) -> tuple[Limit, tuple[Frame, ...], UnderWay] | None:
        """The limit that was reached and where, even where student code hid the error."""
        for test in self.tests:
            error, limit = test.raised, None
            if error and error.type == "SystemExit":
                limit = Limit("exit", f"exit({error.message})")
            elif error in self.too_large:
                limit = Limit("file-size", size_text(self.job.limits.file_size))
            if error and limit:
                frames = (frame for frame in error.frames if frame.file == self.job.tests)
                line = next((frame.line for frame in frames), 0)
                under_way = UnderWay(test.name, line, test.call, test.inputs)
                return limit, self.inside(error), under_way
        return None

    def inside(self, error: Raised) -> tuple[Frame, ...]:
        """The student's lines that an exception came through, outermost first."""
        return tuple(frame for frame in error.frames if frame.file.startswith(self.root))

    def finish(self) -> None:
        """Report the step; one that reached a limit ends this process, so others start afresh."""
        if reached := self.limit():
            self.stop(*reached)
        self.report()

    def report(
        self,
        limit: Limit | None = None,
        stopped_in: Frame | None = None,
        stack: tuple[Frame, ...] = (),
        under_way: UnderWay | None = None,
    ) -> None:
        if self.told:
            return
        self.told = True
        with suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        seconds = time.perf_counter() - self.began
        for step in self.under_way:
            run = StepRun(
                step,
                tuple(self.tests),
                limit,
                stopped_in,
                seconds=seconds,
                bindings=self.bindings,
                stack=stack,
                under_way=under_way,
                seed=self.seed,
                launches=tuple(self.launches.reports()) if self.launches else (),
                told_again=self.told_again,
            )
            self.send({"begin": step})
            self.send({"run": run})

    def stop(
        self,
        limit: Limit,
        stack: tuple[Frame, ...],
        under_way: UnderWay | None,
        where: Frame | None = None,
    ) -> NoReturn:
        """Report that a limit was reached and end this process; it was in the last line of `stack`,
        unless `where` says it better."""
        self.report(limit, where or (stack[-1] if stack else None), stack, under_way)
        self.leave(0)

    def time_is_up(self, limit: Limit, where: Frame | None) -> NoReturn:
        """Called by the alarm, on Windows from a thread of its own."""
        main = threading.main_thread().ident or 0
        frame = sys._current_frames().get(main)  # pyright: ignore[reportPrivateUsage]
        self.stop(limit, frames_around(frame, self.root), self.at(frame), where)

    def has_come(self) -> NoReturn:
        """Called where another run came no further: tell of it, and end this one."""
        self.send({"under_way": self.at(sys._getframe(1), whole=True)})  # pyright: ignore[reportPrivateUsage]
        self.leave(0)

    def refused(self, refusal: Refusal) -> NoReturn:
        """Called by the guard: the step ends here, before code that hides the error can go on."""
        limit, frame = Limit(refusal.kind, refusal.what), refusal.frame
        self.stop(limit, frames_around(frame, self.root), self.at(frame))

    def exits(self, status: int) -> NoReturn:
        """What student code finds as `os._exit`."""
        frame = sys._getframe(1)  # pyright: ignore[reportPrivateUsage]
        limit = Limit("exit", f"exit status {status}")
        self.stop(limit, frames_around(frame, self.root), self.at(frame))


def _say_nothing(_: dict[str, Any]) -> None:
    """Where nobody wants to hear of a step."""


def _failed(test: TestRun) -> bool:
    """Whether what the step's own code did in a test says more of why it failed."""
    error = test.raised
    told = error and (error.unwritten or error.syntax_error or error.fault)
    return not (test.passed or test.not_run or told)


def _watched(run: TestRun, watch: Watch, again: TestRun | None) -> TestRun:
    """A test that failed, with what was seen when it ran again."""
    nested = tuple(watch.calls.nested) if watch.calls else ()
    if run.raised:
        same = again and again.raised and len(again.observations) == len(run.observations)
        calls = watch.calls.since() if same and watch.calls else ()
        return replace(run, calls=calls, nested=nested)
    wrote = watch.writer.wrote if watch.writer else None
    seen = replace(
        run, returned_from=watch.returned_from, trail=watch.trail, wrote=wrote, nested=nested
    )
    rest = len(run.observations) - 1
    if again is None or watch.calls is None or len(again.observations) != rest:
        return seen  # it ran otherwise than before
    calls = (*(each.calls for each in again.observations), watch.calls.since())
    told = (replace(each, calls=own) for each, own in zip(run.observations, calls, strict=True))
    return replace(seen, observations=tuple(told))


def _returns(test: TestRun) -> bool:
    """Whether a test wants a value, and not errors alone."""
    return any(observation.expected.kind != "raises" for observation in test.observations)


def _draw(job: Job, send: Send) -> None:
    """Send the picture of the job's one step, with the names of the file that draws it."""
    names: dict[str, Any] = {"__name__": "step_pictures", "__file__": job.tests}
    names.update(Witness().hooks())
    exec(script(job.tests).code, names)
    draw(job, names, send)
