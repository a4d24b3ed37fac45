"""`tinytorch watch`: tests what a save changed, until Ctrl+C."""

from __future__ import annotations

import asyncio
import sys
from argparse import Namespace
from collections.abc import Iterable
from contextlib import aclosing, suppress
from itertools import groupby
from time import strftime
from typing import Any

from tinytorch_ls.cli.context import fault_words, next_words, save_progress, the_folder
from tinytorch_ls.cli.looking import Look
from tinytorch_ls.cli.testing import print_closing, print_milestones, print_verdicts
from tinytorch_ls.course.model import Module, Step
from tinytorch_ls.feedback.affected import changed_unseen, dependents, means_the_same
from tinytorch_ls.feedback.not_run import state_of
from tinytorch_ls.feedback.tester import Tester, changed_steps, steps_to_run
from tinytorch_ls.feedback.verdict import State, Verdict
from tinytorch_ls.forms.known import form_of
from tinytorch_ls.forms.refused import Refused
from tinytorch_ls.forms.texts import BOM
from tinytorch_ls.messages import say
from tinytorch_ls.runner.client import Runner
from tinytorch_ls.workspace.files import read_source
from tinytorch_ls.workspace.folder import StudentFolder
from tinytorch_ls.workspace.packages import is_part

_SECONDS_BETWEEN_LOOKS = 0.25


def register(commands: Any) -> None:
    parser = commands.add_parser("watch", help="test what you save, each time that you save")
    parser.set_defaults(run=run)


def run(_options: Namespace) -> int:
    """Watch until Ctrl+C, which is the way to end it: 0."""
    folder = the_folder()
    with suppress(KeyboardInterrupt):
        asyncio.run(_watch(folder))
    print("\nNo longer watching.")
    return 0


async def _watch(folder: StudentFolder) -> None:
    runner = Runner(folder.course)
    watch = Watch(folder, runner)
    try:
        await runner.warm()
        await watch.follow()
    finally:
        await watch.stop()
        await runner.close()


class Watch:
    """What is known of a folder while it is watched."""

    def __init__(self, folder: StudentFolder, runner: Runner) -> None:
        self.folder = folder
        self.runner = runner
        self.tester = Tester(folder, runner)
        self.look = Look(folder)
        self.tested: dict[str, str] = {}  # the last text of each file that could be read
        self.unreadable: set[str] = set()
        self.left: list[Step] = []  # to be tested, what was saved last first
        self.written: set[str] = set()  # of these, the ones whose own code a save changed
        self.before: dict[str, State] = {}  # of these, the states that the student knows
        self.told: dict[str, Verdict] = {}
        self.work: asyncio.Task[None] | None = None

    async def follow(self) -> None:
        """Test what changed unseen, then what each save changes. Raises Refused."""
        self._begin()
        where = self.folder.root / "tinytorch"
        _say(f"Watching {where}: what you save is tested. Ctrl+C ends this.")
        _say(next_words(self.folder))
        self._start()
        while True:
            if self.work and self.work.done():
                self.work.result()
            if not self.folder.root.is_dir():
                raise Refused(say("{root} is gone: it was moved or deleted", root=self.folder.root))
            if files := self.look.saved():
                await self.stop()
                for file in files:
                    self._saved(file)
                self._start()
            await asyncio.sleep(_SECONDS_BETWEEN_LOOKS)

    async def stop(self) -> None:
        """End what runs; its steps are left."""
        work, self.work = self.work, None
        if work and not work.done():
            work.cancel()
            await asyncio.wait([work])

    def _begin(self) -> None:
        """Read every file; want what is not as it was when it was tested last."""
        for file in self.look.seen:
            self._read(file)
        for module in self.folder.modules_begun():
            with suppress(Refused, SyntaxError):
                if changed := changed_unseen(self.folder, module):
                    self.written |= {step.id for step in changed}
                    after = [step for file in module.files for step in self._after(file)]
                    self._want([*module.steps[module.steps.index(changed[0]) :], *after])

    def _start(self) -> None:
        if self.left:
            self.work = asyncio.create_task(self._run())

    def _saved(self, file: str) -> None:
        """Take in a save: say what can't be read, want what it may have changed."""
        _say(f"\n{strftime('%H:%M:%S')} {file}")
        if file not in self.look.seen:
            self._gone(file)
            return
        before, broken = self.tested.get(file), file in self.unreadable
        text, module = self._read(file), self._module(file)
        if text is None:
            if module and is_part(file):  # the steps in other parts are tested without it
                self._want(step for step in module.steps if not self._is_unreadable(step))
            return
        if module:
            own = steps_to_run(module, file, None if broken and is_part(file) else before, text)
            changed = bool(own)
            if before is not None:
                self.written |= {s.id for s in changed_steps(module, file, before, text)}
        else:
            own, changed = [], not means_the_same(file, before, text)
        after = self._after(file) if changed else []
        self._want([*own, *after])
        if not changed:
            _say("Nothing to test: no code has changed.")
        elif not own:
            _say_unused(after)

    def _gone(self, file: str) -> None:
        """Want the steps of a lost file's module, and those that run on it."""
        self.tested.pop(file, None)
        self.unreadable.discard(file)
        module = self._module(file)
        own = module.steps if module else ()
        after = self._after(file)
        self.written |= {s.id for s in own if file in {symbol.file for symbol in s.symbols}}
        self._want([*own, *after])
        if not own:
            _say("It is gone.")
            _say_unused(after)

    def _read(self, file: str) -> str | None:
        """The text of a file, noted as tested; None where Python can't read it, which is said."""
        self.unreadable.add(file)
        path = self.folder.path(file)
        try:
            text = read_source(path).removeprefix(BOM)
        except Refused as refused:
            _say(str(refused))
            return None
        if fault := form_of(file).fault_in(text):
            _say(fault_words(str(path), fault))
            return None
        self.unreadable.discard(file)
        self.tested[file] = text
        return text

    def _module(self, file: str) -> Module | None:
        """The module that teaches a file, if one does."""
        return next((m for m in self.folder.course.modules if file in m.files), None)

    def _after(self, file: str) -> list[Step]:
        """The steps of other modules that run on a file."""
        modules = dependents(self.folder, file)
        return [step for module in modules for step in module.steps]

    def _want(self, steps: Iterable[Step]) -> None:
        """Have steps tested, before those that are left."""
        wanted = dict.fromkeys(step.id for step in [*steps, *self.left])
        self.left = [self.folder.course.steps[step] for step in wanted]
        for step in self.left:
            self.before.setdefault(step.id, state_of(self.folder, step))

    async def _run(self) -> None:
        """Test what is left, module by module, but for what can't be read."""
        ready = [step for step in self.left if not self._is_unreadable(step)]
        told = passed = 0
        for module, steps in groupby(ready, key=lambda step: step.module_id):
            before, reached = self.folder.all_passed(module), self.folder.reached()
            try:
                verdicts = await self._verdicts(list(steps))
            except OSError as error:
                reason = error.strerror or error
                _say(f"The steps can't be run now: {reason}. Save again to try again.")
                return
            news = [verdict for verdict in verdicts if self._is_news(verdict)]
            print_verdicts(self.folder, news)
            print_milestones(self.folder, reached)
            sys.stdout.flush()
            told += len(news)
            passed += any(v.state == "passed" != self.before[v.step] for v in news)
            self._done(verdicts)
            if not before and self.folder.all_passed(module):
                print_closing(self.folder.course.module(module))
        if ready and not told:
            _say(f"{_counted(len(ready))} tested: all as before.")
        if passed:
            _say(next_words(self.folder))

    async def _verdicts(self, steps: list[Step]) -> list[Verdict]:
        """The last word on each of these steps, which are of one module. Raises OSError."""
        verdicts: dict[str, Verdict] = {}
        files = self.folder.course.module(steps[0].module_id).files
        read = self.tested.keys() - self.unreadable
        texts = {file: self.tested[file] for file in files if file in read}
        async with aclosing(self.tester.test(steps, texts)) as tested:
            async for verdict in tested:
                verdicts[verdict.step] = verdict
        return [verdicts[step.id] for step in steps]

    def _done(self, verdicts: list[Verdict]) -> None:
        """Remember what was told."""
        done = {verdict.step for verdict in verdicts}
        self.told |= {verdict.step: verdict for verdict in verdicts}
        self.left = [step for step in self.left if step.id not in done]
        self.written -= done
        for step in done:
            del self.before[step]
        save_progress(self.folder)

    def _is_news(self, verdict: Verdict) -> bool:
        """Whether a student who has seen what was told before is told this."""
        if verdict.step in self.written or verdict.state != self.before[verdict.step]:
            return True
        if known := self.told.get(verdict.step):
            return verdict.failure is not None and verdict.failure != known.failure
        return verdict.failure is not None and verdict.state in ("failing", "todo")

    def _is_unreadable(self, step: Step) -> bool:
        """Whether a file can't be read without which the step can't be run."""
        own = {symbol.file for symbol in step.symbols}
        files = self.folder.course.module(step.module_id).files
        return any(f in self.unreadable and (f in own or not is_part(f)) for f in files)


def _say_unused(after: list[Step]) -> None:
    if not after:
        _say("Nothing to test: no step of yours runs on it.")


def _counted(steps: int) -> str:
    return "1 step" if steps == 1 else f"{steps} steps"


def _say(line: str) -> None:
    print(line, flush=True)
