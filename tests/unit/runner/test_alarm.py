"""The alarm looks at student code now and then, lets it get on in between, and is heard."""

from __future__ import annotations

import subprocess
import sys
import time
from textwrap import dedent

import pytest

from tinytorch_ls.runner.inside import alarm as alarm_module
from tinytorch_ls.runner.inside.alarm import Alarm
from tinytorch_ls.runner.limits import Limits
from tinytorch_ls.runner.report import Frame, Limit

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a thread looks there")


class RungError(Exception):
    """The time was up."""


def ring(limit: Limit, _where: Frame | None) -> None:
    raise RungError(limit)


def test_looks_that_take_longer_than_the_pause_between_them_do_not_keep_code_from_getting_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    looks: list[float] = []

    def see(*_: object) -> None:
        looks.append(time.perf_counter())
        end = time.process_time() + 0.05  # more than twice the pause
        while time.process_time() < end:
            pass

    monkeypatch.setattr(alarm_module.Progress, "see", see)
    monkeypatch.setattr(alarm_module, "limit_processor", lambda _seconds: None)
    monkeypatch.setattr(alarm_module, "_EARLY", 0.0)
    with (tmp_path_factory.mktemp("stack") / "stack").open("w") as stack:
        alarm = Alarm("/", stack, ring)
        with alarm:
            alarm.start(Limits(seconds=2.0))
            got_on = _computed(0.3)
    assert got_on
    assert looks


def test_a_step_that_is_soon_over_is_not_looked_at(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    looks: list[float] = []
    monkeypatch.setattr(alarm_module.Progress, "see", lambda *seen: looks.append(seen[-1]))
    monkeypatch.setattr(alarm_module, "limit_processor", lambda _seconds: None)
    with (tmp_path_factory.mktemp("stack") / "stack").open("w") as stack:
        alarm = Alarm("/", stack, ring)
        with alarm:
            alarm.start(Limits(seconds=4.0))  # a look each 0.1 s
            _computed(0.3)
            assert not looks
            while not looks:
                _computed(0.1)
    assert looks[0] >= 1.0  # s of the processor, of 4


def _computed(seconds: float) -> bool:
    """Compute for so long, the time of the looks not counted."""
    spent, last = 0.0, time.perf_counter()
    while spent < seconds:
        now = time.perf_counter()
        spent += min(now - last, 0.001)
        last = now
    return True


def said_by(script: str) -> str:
    """What a process prints that runs this."""
    command = [sys.executable, "-c", dedent(script)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    return run.stdout


def test_a_signal_that_another_thread_takes_is_sent_again() -> None:
    """A thread that never comes back to Python takes it, so Python's main thread is not told."""
    script = """\
        import ctypes, os, signal, sys, threading, time
        from tinytorch_ls.runner.inside.alarm import Alarm
        from tinytorch_ls.runner.limits import Limits

        def ring(limit, where):
            os.write(1, limit.kind.encode())
            os._exit(0)

        waits, keeps = ctypes.CDLL(None), ctypes.PyDLL(None)  # one gives the lock up, one keeps it
        barrier, alarms = (ctypes.create_string_buffer(256) for _ in "ab")
        waits.pthread_barrier_init(barrier, None, 2)
        threading.Thread(target=waits.pthread_barrier_wait, args=(barrier,), daemon=True).start()
        keeps.sigemptyset(alarms)
        keeps.sigaddset(alarms, signal.SIGALRM)
        with Alarm("/nowhere/", sys.stderr, ring) as alarm:
            alarm.start(Limits(seconds=1.0))
            keeps.pthread_sigmask(signal.SIG_BLOCK, alarms, None)
            until = time.perf_counter() + 0.3
            while time.perf_counter() < until:
                pass
            keeps.pthread_sigmask(signal.SIG_UNBLOCK, alarms, None)
            for number in range(10**12):
                pass
        """
    assert said_by(script) == "slow"


def test_the_thread_that_writes_a_stack_takes_no_signal() -> None:
    script = """\
        import faulthandler, signal, sys
        from tinytorch_ls.runner.inside.alarm import Alarm
        from tinytorch_ls.runner.limits import Limits

        later = faulthandler.dump_traceback_later

        def look(*args, **named):
            print(signal.SIGALRM in signal.pthread_sigmask(signal.SIG_BLOCK, ()))
            later(*args, **named)

        faulthandler.dump_traceback_later = look
        with Alarm("/nowhere/", sys.stderr, print) as alarm:
            alarm.start(Limits())
            print(signal.SIGALRM in signal.pthread_sigmask(signal.SIG_BLOCK, ()))
        """
    assert said_by(script).split() == ["True", "False"]
