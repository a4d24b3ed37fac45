"""The alarm looks at student code now and then, and lets it get on in between."""

from __future__ import annotations

import sys
import time

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
        end = time.process_time() + 0.12  # more than twice the pause
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
