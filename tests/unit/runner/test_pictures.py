"""Pictures: what a student's code draws, with what they set, and with what was prepared once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from runner.conftest import Bench

from tinytorch_ls.runner.client import Picture
from tinytorch_ls.runner.inside.ink import ink
from tinytorch_ls.runner.job import Job
from tinytorch_ls.runner.limits import Limits
from tinytorch_ls.runner.processes import Process

PICTURES = """\
from matplotlib.figure import Figure

from tinytorch import box
from tinytorch_ls.lesson import Pad, Slider, picture


def prepare():
    print("prepared")
    return {"made": [box.first(1)]}


@picture(
    "first",
    "What it makes.",
    controls=[Slider("height", "height", 0, 9, 1, 1), Pad("written", "Write:", 8)],
    prepare=prepare,
)
def draw(prepared, height, written):
    figure = Figure(figsize=(2, 2))
    axes = figure.subplots()
    axes.plot([0, height, prepared["made"][0]])
    axes.imshow(written)
    return figure
"""
RIGHT = "def first(x):\n    return x + 1\n"
STROKES = {"written": [[0.1, 0.1, 0.9, 0.9]]}


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that outlives runs, for this test alone."""
    folder = tmp_path / "cache"
    folder.mkdir()
    monkeypatch.setattr("tinytorch_ls.runner.client.cache_folder", lambda: str(folder))
    return folder


@pytest.fixture
def drawing(bench: Bench, cache: Path) -> Bench:
    assert not [*cache.iterdir()]
    (bench.tests.parent / "pictures.py").write_text(PICTURES, encoding="utf-8")
    bench.write(RIGHT)
    return bench


async def drawn(bench: Bench, height: float = 1, *, writes: bool = False) -> Picture:
    strokes = STROKES if writes else {}
    request = replace(bench.request(), limits=Limits(seconds=30))  # the first reads all fonts
    picture = await bench.runner.picture(request, {"height": height}, strokes)
    assert picture
    return picture


async def test_what_is_set_is_drawn_and_said(drawing: Bench) -> None:
    first, again, higher = [await drawn(drawing, height) for height in (1, 1, 5)]
    written = await drawn(drawing, writes=True)
    assert [slider.value for slider in higher.sliders] == [5]
    assert [(pad.name, pad.label) for pad in first.pads] == [("written", "Write:")]
    assert first.png == again.png
    assert len({first.png, higher.png, written.png}) == 3


async def test_what_was_prepared_is_kept_until_the_student_s_code_changes(
    drawing: Bench, cache: Path
) -> None:
    first = await drawn(drawing)
    (kept,) = cache.glob("picture-*.npz")
    before = kept.stat().st_mtime_ns
    assert (await drawn(drawing)).png == first.png
    assert kept.stat().st_mtime_ns == before
    drawing.write("def first(x):\n    return x + 7\n")
    assert (await drawn(drawing)).png != first.png
    assert kept.stat().st_mtime_ns != before
    assert [*cache.glob("picture-*")] == [kept]


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 half", b"no archive"])
async def test_what_was_kept_and_can_t_be_read_is_prepared_anew(
    drawing: Bench, cache: Path, damage: bytes
) -> None:
    first = await drawn(drawing)
    (kept,) = cache.glob("picture-*.npz")
    kept.write_bytes(damage)
    assert (await drawn(drawing)).png == first.png


async def test_a_folder_that_can_t_be_written_costs_time_and_no_picture(
    drawing: Bench, cache: Path
) -> None:
    cache.rmdir()
    cache.write_text("no folder")
    assert (await drawn(drawing)).png


class Lost:
    """A process that was given up with the warm one that it came from."""

    async def line(self) -> bytes:
        return b""

    async def ended(self) -> int | None:
        return None

    def kill(self) -> None:
        pass

    def abandon(self) -> None:
        pass


async def test_a_process_that_is_lost_costs_no_picture(
    drawing: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    strategy = drawing.runner.strategy
    start = strategy.start
    left = [Lost(), Lost()]

    async def losing(job: Job) -> Process:
        return left.pop() if left else await start(job)

    monkeypatch.setattr(strategy, "start", losing)
    assert await drawn(drawing)


async def test_what_raises_is_drawn_once(drawing: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    drawing.write("def first(x):\n    raise ValueError\n")
    strategy = drawing.runner.strategy
    started: list[Job] = []
    start = strategy.start

    async def counting(job: Job) -> Process:
        started.append(job)
        return await start(job)

    monkeypatch.setattr(strategy, "start", counting)
    assert await drawing.runner.picture(drawing.request()) is None
    assert len(started) == 1


SIZE = 32


def test_writing_is_as_large_as_the_field_wherever_and_however_small_it_was() -> None:
    large = ink([[0.1, 0.0, 0.6, 1.0]], SIZE)
    small = ink([[0.72, 0.5, 0.82, 0.7]], SIZE)
    assert np.array_equal(large, small)
    rows = np.flatnonzero(large.any(1))
    assert (rows[0], rows[-1]) == (0, SIZE - 1)


def test_a_narrow_digit_stays_narrow_and_stands_in_the_middle() -> None:
    columns = np.flatnonzero(ink([[0.2, 0.1, 0.2, 0.9]], SIZE).any(0))
    assert len(columns) == SIZE / 8
    assert columns[0] == SIZE - 1 - columns[-1]


def test_a_dot_stays_a_dot_and_nothing_leaves_the_field_empty() -> None:
    assert 0 < ink([[0.5, 0.5]], SIZE).sum() < 0.03 * SIZE**2
    assert not ink([], SIZE).any()
    assert not ink([[]], SIZE).any()
